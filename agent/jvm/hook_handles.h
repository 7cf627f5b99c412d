/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_HOOK_HANDLES_H
#define JVM_HOOK_HANDLES_H
/* RocksDB's and ForSt's native objects as their Java classes open and close them. */
#include <jni.h>
#include <jvmti.h>
#include <stdbool.h>

#include "core/handles.h"
#include "core/stacks.h"
#include "weir.h"

/* Live phase, once. The caller has set the event NativeMethodBind to reach hook_handles_bound(). attached: natives that
 * are bound already are looked for too. On failure *why says what is missing; "ok" or a sentence about what is left out. */
enum weir_rc hook_handles_install(JNIEnv *jni, struct stacks *names, bool attached, const char **why);
void         hook_handles_bound(JNIEnv *jni, jmethodID method, void *function, void **instead);
/* NULL: the hook is not in. */
struct handles *hook_handles_table(void);
/* Reporter, once a second. */
void            hook_handles_tick(JNIEnv *jni);
/* Natives that were left alone since all wrappers were taken, or they pass too many arguments. */
unsigned        hook_handles_left_out(void);

#endif
