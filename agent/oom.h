/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OOM_H
#define OOM_H
/* An OutOfMemoryError event, made whole. Reporter thread only. */
#include <jni.h>
#include <stdbool.h>

#include "core/ring.h"
#include "snapshot.h"

/* Waits up to 20 ms for the thread to finish making the error, to have its text. may_collect: when ended attempts hold enough
 * to be suspected, two collections tell garbage from leak (not in mode=observe). The result is valid until the next call;
 * diagnosis is empty. */
struct weir_oom *oom_describe(JNIEnv *jni, const struct ring_event *event, bool may_collect);
/* Who asked: the thread's attempt and its stack, of any event. */
void oom_requester(const struct ring_event *event, struct weir_attempt *attempt, struct weir_stack *stack);

#endif
