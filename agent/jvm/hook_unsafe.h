/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_HOOK_UNSAFE_H
#define JVM_HOOK_UNSAFE_H
/* jdk.internal.misc.Unsafe allocateMemory0, reallocateMemory0, freeMemory0: every direct buffer, every sun.misc.Unsafe
 * block, every FFM arena of the JVM passes here. */
#include <jni.h>
#include <stdbool.h>

#include "weir.h"

/* Live phase, once; acct_init() and frames_init() came before. On failure *why says what is missing, nothing is counted and
 * the program runs on unhooked. */
enum weir_rc hook_unsafe_install(JNIEnv *jni, const char **why);
/* mode=enforce or not, at any time; deny_init() came before the first true. */
void         hook_unsafe_enforce(bool on);
/* Allocates and frees 8 bytes the way Java does and looks whether the books saw both. */
enum weir_rc hook_unsafe_check(JNIEnv *jni, const char **why);

#endif
