/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_DENY_THREAD_H
#define JVM_DENY_THREAD_H
/* mode=enforce: the start of a thread beyond limit.threads. Whom it is never refused is jvm/deny.h's matter. */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/owners.h"
#include "weir.h"

/* as_jvm: in the VM's own words. WEIR_EJVM: nothing can be refused. */
enum weir_rc deny_thread_init(JNIEnv *jni, bool as_jvm);
/* In Thread.start0 under the guard: says it and leaves an OutOfMemoryError pending. The Thread stays new: it can be started
 * when there is room. No collection is tried: a thread that nothing refers to lives on, so none would end by it. */
void deny_thread(JNIEnv *jni, const struct owner_key *creator, uint64_t live, uint64_t limit);

#endif
