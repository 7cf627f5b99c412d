/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_ENDING_H
#define JVM_ENDING_H
/* Who ends the JVM in order. */
#include <jni.h>
#include <stddef.h>

#include "core/stacks.h"

/* In VMDeath, on its thread: "Runtime.halt by org.apache.flink.X.y(X.java:54)", "a signal", or "" when the last thread just ended.
 * Texts as interned in `stacks`. */
void ending_tell(JNIEnv *jni, struct stacks *stacks, char *out, size_t cap);

#endif
