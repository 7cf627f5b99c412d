/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_SEED_H
#define JVM_SEED_H
/* Direct buffers taken before weir: found once, exactly, by a heap walk over java.nio.DirectByteBuffer$Deallocator. */
#include <jni.h>
#include <stdint.h>

#include "weir.h"

/* Call after the hooks are in. Books each living buffer as `before weir` so that its later free is followed too; returns
 * their number through *blocks. Needs can_tag_objects; stops the world for about 6 ns per heap object. */
enum weir_rc seed_direct(JNIEnv *jni, uint64_t *blocks);

#endif
