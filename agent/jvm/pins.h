/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_PINS_H
#define JVM_PINS_H
/* What keeps class loaders alive: found by walking the heap of the running process, the program stopped meanwhile. */
#include <jni.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot_classes.h"
#include "weir.h"

struct pins_query {
    const uint32_t *loaders;   /* tags (jvm/loaders) of the loaders that should be dead; their children go with them */
    size_t          count;
    const char     *glob;      /* instead, when not NULL: loaders whose class name matches */
    int64_t         budget_us; /* no further walk is begun, and a walk is broken off, when all have taken so long */
};

/* Reporter's thread, outside hooks. Leaves no tag and no reference behind. WEIR_ENOENT: no such loader is alive.
 * *out is then as empty as when this JVM cannot tell (WEIR_EJVM, WEIR_ENOMEM). */
enum weir_rc pins_find(JNIEnv *jni, const struct pins_query *query, struct weir_pins *out);

#endif
