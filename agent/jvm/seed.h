/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_SEED_H
#define JVM_SEED_H
/* What was taken before weir (or while it was idle), found once, exactly, and booked so that its later free is followed too.
 * Call after the hooks are in, outside hooks. */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "jvm/segments.h"
#include "weir.h"

struct seed {
    uint64_t direct_blocks, direct_bytes;   /* as `before weir` */
    uint64_t network_blocks, network_bytes; /* direct too, told by Flink's own objects */
    uint64_t mapped_blocks, mapped_bytes;
    int64_t  held_us; /* how long nobody could allocate or free a direct buffer */
};

/* Living direct buffers and mapped files, from the list of the JDK's own cleaners, whose lock is held meanwhile. Those among
 * `network` (may be NULL) are network; mapped: hooks count that row. Adds to *out. A buffer whose allocation is under way
 * has no cleaner yet: a second call some time later finds it. WEIR_EJVM: this JDK keeps its cleaners elsewhere. */
enum weir_rc seed_cleaners(JNIEnv *jni, const struct segments *network, bool mapped, struct seed *out);

#endif
