/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_LOADERSTATS_H
#define JVM_LOADERSTATS_H
/* What the VM says each class loader holds, and which of ours it is. The reporter's thread only. */
#include <jni.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/cldstats.h"
#include "weir.h"

struct loaderstats_id {
    uint32_t tag;    /* jvm/loaders; 0: not one that we can tell */
    uint32_t host;   /* of a loader without a tag: the user-code loader that it descends from; 0 none or not known */
    uint32_t source; /* core/stacks name: the jar of one of its classes; 0 none */
};

struct loaderstats {
    bool                         joined; /* false: no row can be told from another of the same type */
    const struct cldstats_row   *rows;
    const struct loaderstats_id *ids; /* by row */
    struct cldstats              sum;
};

/* Once, after dcmd_init(). */
enum weir_rc loaderstats_init(void);
/* vm_used: bytes of the whole metaspace by the VM's own count. every_class: also walks all loaded classes, calls each() with the signature of every one
 * and finds hosts; else only when there is a loader that it does not know yet. WEIR_EJVM: the VM does not say. *out stands
 * until loaderstats_drop(). */
enum weir_rc loaderstats_read(JNIEnv *jni, uint64_t vm_used, bool every_class, void (*each)(void *with, const char *signature),
                              void *with, struct loaderstats *out);
void         loaderstats_drop(void);

#endif
