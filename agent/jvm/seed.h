/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_SEED_H
#define JVM_SEED_H
/* Direct buffers taken before weir: found once, exactly, in the list of the JDK's own cleaners. */
#include <jni.h>
#include <stdint.h>

#include "weir.h"

/* Call after the hooks are in. Books each living buffer as `before weir` so that its later free is followed too; returns
 * their number through *blocks. Holds the cleaners' lock meanwhile. WEIR_EJVM: this JDK keeps them elsewhere. */
enum weir_rc seed_direct(JNIEnv *jni, uint64_t *blocks);

#endif
