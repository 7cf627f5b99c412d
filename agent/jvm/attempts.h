/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_ATTEMPTS_H
#define JVM_ATTEMPTS_H
/* Which attempt the current thread works for: read from Flink's Task when its thread starts, inherited by the threads it
 * starts (DESIGN.md 4.4). Fields are read, no Java code runs. */
#include <jni.h>
#include <jvmti.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/attempts.h"
#include "core/jobs.h"
#include "core/stacks.h"
#include "jvm/threadtag.h"
#include "weir.h"

struct attempts_thread {
    uint32_t id;     /* core/attempts; 0 none */
    bool     shared; /* a pool thread, or one that outlived the attempt that started it: `created by` id */
};

/* Field ids of Thread; those of Flink's classes are looked up when the first Task is met. WEIR_EJVM: threads cannot be told. */
enum weir_rc attempts_init(JNIEnv *jni, struct attempts *book, struct jobs *jobs, struct stacks *names);
/* Inside a hook, any Java thread. */
struct attempts_thread attempts_current(JNIEnv *jni);
/* On a thread that begins, whose tag was just read: saves it to ask for its tag later. */
void attempts_begins(struct threadtag tag);
/* The same thread where the code of this class loader decides: a shared thread that runs another job's code works for that. */
struct attempts_thread attempts_in_code_of(struct attempts_thread thread, uint32_t loader_tag);
/* In Thread.start0 on the starting thread: what `started`, which is about to run, will work for; `slot` is the caller's. A
 * task's thread begins its attempt here. Without attempts_init(): nothing. */
struct threadtag attempts_on_start(JNIEnv *jni, jthread started, int64_t coarse_ms);
/* Outside hooks, after hook_thread_install(): the tasks that run already. How many. Their begin is taken to be now: Flink's
 * Task does not say. */
uint32_t attempts_adopt(JNIEnv *jni, int64_t coarse_ms);
/* Reporter: whose job's code the loaders are that the tasks run with now, also of tasks that no hook has met. */
void     attempts_learn_code(JNIEnv *jni);
/* The start failed: undo. */
void     attempts_start_failed(struct threadtag tag, int64_t coarse_ms);
/* On the ending thread itself. Returns the attempt that ends with it, 0 for other threads. */
uint32_t attempts_on_end(JNIEnv *jni, int64_t coarse_ms);

#endif
