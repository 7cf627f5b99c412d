/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_JOBLOADERS_H
#define JVM_JOBLOADERS_H
/* Flink's user-code loaders: of which jobs they are and whether Flink has let them go. The reporter's thread only. */
#include <jni.h>
#include <stdint.h>

/* Field ids, once. Without them the end of a job is told by the silence of its tasks. */
void jobloaders_init(JNIEnv *jni);
/* Looks at every known user-code loader whose job is not known to have ended, and keeps the answer in jvm/loaders and core/jobs.
 * Touches the loaders: an unreachable one that a concurrent collection is about to find dead may live on until the next. So
 * look when something may have changed, not every second. */
void jobloaders_look(JNIEnv *jni, int64_t now_ms);
/* Is another look of use soon? Some loader's job has no task any more, and is not known to have ended. */
int  jobloaders_waiting(void);

#endif
