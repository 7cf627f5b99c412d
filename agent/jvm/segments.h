/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_SEGMENTS_H
#define JVM_SEGMENTS_H
/* Flink's memory segments that live already when weir is attached: which addresses are network buffers, which managed pages.
 * Found by a walk over the heap, which stops the JVM; the fields are those of Flink 1.10 to 2.3. */
#include <jni.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir.h"

struct segment {
    uintptr_t addr;
    uint64_t  bytes;
};

struct segments {
    struct segment *network, *managed; /* sorted by address */
    size_t          network_count, managed_count, room;
    uint64_t        expected; /* segments that the NetworkBufferPool says it has; network is empty if fewer were found */
    uint64_t        seen;     /* direct segments of its size that were found, garbage included */
    int64_t         walk_us;  /* how long the JVM stood still, at most */
};

/* Outside hooks, live phase. WEIR_ENOENT: no Flink here, or one whose classes are not what we know; *out is empty. */
enum weir_rc segments_find(JNIEnv *jni, struct segments *out);
void         segments_drop(struct segments *segments);
/* Is a network buffer at this address? */
bool         segments_have(const struct segments *segments, uintptr_t addr);

#endif
