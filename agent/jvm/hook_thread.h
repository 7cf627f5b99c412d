/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_HOOK_THREAD_H
#define JVM_HOOK_THREAD_H
/* Thread.start0: who starts whom. Accounting only: a start is never denied here. */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "weir.h"

/* An attempt began or ended, on the thread it happened on, inside the hook: may not block. */
typedef void hook_thread_event(uint32_t attempt, bool ended);

/* Live phase, once; attempts_init() came before. On failure *why says what is missing: owners then have no job. */
enum weir_rc hook_thread_install(JNIEnv *jni, hook_thread_event *event, const char **why);
/* From the ThreadEnd event. */
void hook_thread_ended(JNIEnv *jni);

#endif
