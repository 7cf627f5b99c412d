/* SPDX-License-Identifier: Apache-2.0 */
/* deny.c: claim; if it does not fit: may it be denied at all, then a collection and a bounded wait for the cleaners, then
 * the error.
 * What an ended attempt of a Flink job dropped hangs on its StreamTask, which has a finalizer (1.20 and 2.3): the first
 * collection only queues that, the second one frees. So there is a second one, when ended attempts hold what is lacking.
 * A collection that freed nothing of the component makes denials of the next second immediate, so a program that keeps
 * asking cannot keep the collector running; a second one that did not help is not made again for ten. Time is the books'
 * coarse second: no clock is read here. */
#include "jvm/deny.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/guard.h"
#include "jvm/env.h"
#include "jvm/frames.h"
#include "jvm/hook_throw.h"
#include "jvm/vmflags.h"
#include "model/component.h"
#include "model/memsize.h"
#include "base/poison.h"

enum { LONGEST_WAIT_MS = 256, STEP_MS = 2, LONGEST_GC_MS = 10000, FUTILE_MS = 1000, LEAKED_MS = 10000, TEXT_CAP = 320 };

static struct {
    jclass       error, system;
    jmethodID    gc;
    bool         as_jvm, gc_works;
    atomic_bool  collecting;
    atomic_llong futile_until[WEIR_COMPONENT_COUNT], leaked_until[WEIR_COMPONENT_COUNT];
} me;

enum weir_rc deny_init(JNIEnv *jni, bool as_jvm)
{
    bool off = false;
    me.as_jvm = as_jvm;
    if (me.error == NULL) /* global references: a hook may be at them */
        me.error = env_class(jni, "java/lang/OutOfMemoryError");
    if (me.system == NULL)
        me.system = env_class(jni, "java/lang/System");
    me.gc = me.system != NULL ? (*jni)->GetStaticMethodID(jni, me.system, "gc", "()V") : NULL;
    env_threw(jni);
    me.gc_works = me.gc != NULL && !(vmflags_bool("DisableExplicitGC", &off) && off);
    return me.error != NULL ? WEIR_OK : WEIR_EJVM;
}

/* One at a time: who comes second waits for the end of the first one's, however long that takes within reason. True: it was
 * this thread's own. */
static bool collect(JNIEnv *jni)
{
    if (!atomic_exchange_explicit(&me.collecting, true, memory_order_acquire)) {
        (*jni)->CallStaticVoidMethod(jni, me.system, me.gc);
        env_threw(jni);
        atomic_store_explicit(&me.collecting, false, memory_order_release);
        return true;
    }
    for (unsigned ms = 0; ms < LONGEST_GC_MS && atomic_load_explicit(&me.collecting, memory_order_acquire); ms++)
        usleep(1000);
    return false;
}

/* The cleaners run on other threads: a moment for them. Short steps: what they free goes to whoever looks first. */
static bool fits_soon(uint64_t bytes, struct acct_claim *claim)
{
    for (unsigned ms = 0; ms < LONGEST_WAIT_MS; ms += STEP_MS) {
        if (acct_reclaim(bytes, claim) == ACCT_FITS)
            return true;
        usleep(STEP_MS * 1000);
    }
    return acct_reclaim(bytes, claim) == ACCT_FITS;
}

static bool ended_attempts_hold(uint64_t lacking)
{
    return lacking > 0 && attempts_ended_bytes(acct_attempts(), INT64_MAX) >= lacking;
}

/* One collection came before, and the finalizers had their time while its cleaners had theirs. */
static bool fits_after_finalizers(JNIEnv *jni, uint64_t bytes, struct acct_claim *claim)
{
    enum weir_component c = claim->key.component;
    uint64_t wanted = acct_used(c) + bytes, limit = acct_limit(c);
    if (!me.gc_works || acct_coarse_ms() < atomic_load_explicit(&me.leaked_until[c], memory_order_relaxed) ||
        !ended_attempts_hold(wanted > limit ? wanted - limit : 0))
        return false;
    collect(jni);
    if (fits_soon(bytes, claim))
        return true;
    atomic_store_explicit(&me.leaked_until[c], acct_coarse_ms() + LEAKED_MS, memory_order_relaxed);
    return false;
}

/* Another thread's collection may have begun before this one's garbage was any: then one of its own. Futile is only what
 * freed nothing at all: freed room that other threads took first is no reason to give up on the next second. */
static bool fits_after_collection(JNIEnv *jni, uint64_t bytes, struct acct_claim *claim)
{
    enum weir_component c = claim->key.component;
    uint64_t frees = acct_frees(c);
    if (!me.gc_works || acct_coarse_ms() < atomic_load_explicit(&me.futile_until[c], memory_order_relaxed))
        return false;
    bool own = collect(jni);
    if (fits_soon(bytes, claim))
        return true;
    if (!own && (collect(jni), fits_soon(bytes, claim)))
        return true;
    if (fits_after_finalizers(jni, bytes, claim))
        return true;
    if (acct_frees(c) == frees)
        atomic_store_explicit(&me.futile_until[c], acct_coarse_ms() + FUTILE_MS, memory_order_relaxed);
    return false;
}

/* Flink overwrites, and treats as fatal, what it takes for the VM's own errors: ours names none of their words. */
static void own_text(struct buf *b, uint64_t bytes, const struct acct_claim *claim, uint64_t limit)
{
    enum weir_component c = claim->key.component;
    buf_printf(b, "weir: %s: ", c == WEIR_JVM_METASPACE ? "class-metadata" : component_id(c));
    memsize_put_human(b, bytes);
    buf_puts(b, " requested, ");
    memsize_put_human(b, acct_used(c));
    buf_puts(b, " of ");
    memsize_put_human(b, limit);
    buf_puts(b, " used (mode=enforce)");
}

static void refuse(JNIEnv *jni, uint64_t bytes, const struct acct_claim *claim)
{
    char text[TEXT_CAP];
    struct buf b;
    uint64_t limit = acct_limit(claim->key.component);
    buf_init(&b, text, sizeof text);
    if (me.as_jvm)
        buf_printf(&b, "Cannot reserve %llu bytes of direct buffer memory (allocated: %llu, limit: %llu)",
                   (unsigned long long)bytes, (unsigned long long)acct_used(claim->key.component),
                   (unsigned long long)limit);
    else
        own_text(&b, bytes, claim, limit);
    acct_denied(jni, bytes, claim);
    (*jni)->ThrowNew(jni, me.error, text);
}

bool deny_or_claim(JNIEnv *jni, uint64_t bytes, struct acct_claim *claim)
{
    int e = errno;
    bool go_on = acct_claim(jni, bytes, claim) == ACCT_FITS;
    if (!go_on) {
        /* The guard keeps our own System.gc() and ThrowNew out of the books' events. */
        guard_enter();
        go_on = frames_spared(jni, &claim->key) || fits_after_collection(jni, bytes, claim);
        if (!go_on)
            refuse(jni, bytes, claim);
        guard_leave();
    }
    errno = e;
    return go_on;
}

bool deny_collect(JNIEnv *jni)
{
    if (!me.gc_works)
        return false;
    collect(jni);
    return true;
}

bool deny_as_jvm(void)
{
    return me.as_jvm;
}

void deny_throw(JNIEnv *jni, const char *text)
{
    (*jni)->ThrowNew(jni, me.error, text);
}

bool deny_or_claim_mapping(void *thread, uint64_t bytes, bool again, struct acct_claim *claim)
{
    int e = errno;
    bool go_on = acct_claim_as(thread, bytes, WEIR_MAPPED, WEIR_KIND_MAPPED, claim) == ACCT_FITS;
    if (!go_on) {
        guard_enter();
        go_on = frames_spared(thread, &claim->key) || (again && fits_after_finalizers(thread, bytes, claim));
        if (!go_on && again)
            acct_denied(thread, bytes, claim);
        guard_leave();
        if (!go_on)
            hook_throw_denied();
    }
    errno = e;
    return go_on;
}
