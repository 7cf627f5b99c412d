/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_HOOK_THREAD_H
#define JVM_HOOK_THREAD_H
/* Thread.start0, and the events of a thread's start and end: which Java threads live, who started each. In mode=enforce a start
 * beyond limit.threads that user code decided is refused (jvm/deny_thread.h). */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "weir.h"

/* An attempt began or ended, on the thread it happened on, inside the hook: may not block. */
typedef void hook_thread_event(uint32_t attempt, bool ended);

/* Live phase, once; attempts_init() came before where there are tasks. Enables its JVMTI events. On failure *why says what
 * is missing: threads are then not counted, owners have no job. */
enum weir_rc hook_thread_install(JNIEnv *jni, hook_thread_event *event, const char **why);
/* The threads that run already, outside hooks, after attempts_adopt(). */
void hook_thread_adopt(JNIEnv *jni, int64_t coarse_ms);
/* A thread of the agent's own, before it starts: not one of the program's. */
void hook_thread_own(jobject thread);
/* Live Java threads beyond which a start is refused; UINT64_MAX: none is. walk_all: every starter's stack, however many there
 * are; so it is in any case where starts may be refused. At any time. */
void hook_thread_enforce(uint64_t limit, bool walk_all);

/* From the ThreadStart and ThreadEnd events, on the thread itself. */
void hook_thread_began(JNIEnv *jni, jobject thread);
void hook_thread_ended(JNIEnv *jni, jobject thread);

/* Reporter: live platform threads, each with its record (core/threads; 0 none) and the attempt that ran when it or an ancestor
 * of its made it start: 0 for the tasks' own, and where the starter served no single attempt. The name is in the JVM's UTF-8. */
struct hook_thread_view {
    uint32_t    slot, starter;
    const char *name;
};
void hook_thread_each(JNIEnv *jni, void (*visit)(void *with, const struct hook_thread_view *), void *with);

#endif
