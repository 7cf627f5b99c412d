/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_DENY_H
#define JVM_DENY_H
/* mode=enforce: does an allocation go through (DESIGN.md 5)? Never denied: stacks no application frame decided, the JDK's
 * cleaners, Flink's RPC, Netty and canceler threads, a task's cancel, cleanup and close, class initialisers that are not the
 * user's, FFM arenas of JDK 21 to 24 (which do not roll back). */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/acct.h"
#include "weir.h"

/* as_jvm: the VM's own wording, to rehearse production. WEIR_EJVM: nothing can be denied. */
enum weir_rc deny_init(JNIEnv *jni, bool as_jvm);
/* True: go on; the claim is to be settled by acct_claimed() or acct_unclaimed(). False: refused, said, and an
 * OutOfMemoryError is pending: return the callee's own failure at once. May collect garbage, one thread at a time, wait
 * for another thread's collection and a quarter of a second after each, three at most; holds nothing meanwhile. */
bool deny_or_claim(JNIEnv *jni, uint64_t bytes, struct acct_claim *claim);
/* The same for a mapped file, whose caller collects garbage and asks again by itself (native/hook_map.c): said only then,
 * after a second collection where ended attempts hold enough.
 * No error is made: that is the caller's. thread: a JNIEnv, NULL for a thread that is not Java's. */
bool deny_or_claim_mapping(void *thread, uint64_t bytes, bool again, struct acct_claim *claim);

/* For what has its own law (jvm/deny_class.c), inside the guard. A full collection, this thread's or one that another makes just
 * now; false: none can be made. */
bool deny_collect(JNIEnv *jni);
bool deny_as_jvm(void);
/* An OutOfMemoryError is pending afterwards. */
void deny_throw(JNIEnv *jni, const char *text);

#endif
