/* SPDX-License-Identifier: Apache-2.0 */
/* deny_class.c: a guess, a reading, a collection, the error.
 *   guess       Each definition adds what a class may take at most. Only when that could reach the bound since the last
 *               reading is anything more done: one atomic addition and a comparison otherwise.
 *   reading     The stack decides whether this definition may be denied at all. Then the reporter reads metaspace, which takes it
 *               microseconds: the hook wakes it and looks for the answer every tenth of a millisecond. If none comes in
 *               time (the reporter writes, the VM stands still) the last one counts, which is a second old, and nobody waits
 *               again in this second. A denial never rests on the guess.
 *   collection  Classes go with their loader, and a loader of an ended job is often held by an object that has a finalizer: so
 *               there is a second collection, at most every ten seconds unless an attempt has ended since. When they made no room, the next second's
 *               denials are immediate. Time is the books' coarse second.
 * What was read may be passed by the definitions that are under way then, one for each thread. */
#include "jvm/deny_class.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/guard.h"
#include "base/lock.h"
#include "core/acct.h"
#include "jvm/deny.h"
#include "jvm/frames.h"
#include "jvm/loaders.h"
#include "jvm/vmflags.h"
#include "model/memsize.h"
#include "model/metabound.h"
#include "base/poison.h"

enum { LONGEST_READ_US = 100000, READ_STEP_US = 100, LONGEST_UNLOAD_MS = 64, UNLOAD_STEP_MS = 8, FUTILE_MS = 1000,
       SECOND_MS = 10000, TEXT_CAP = 640 };

static struct {
    atomic_bool      on, unreadable;
    uint64_t         vm_limit; /* MaxMetaspaceSize; 0 none */
    atomic_ullong    guessed;  /* of all definitions so far */
    atomic_uint      asked, answered; /* readings */
    atomic_ullong    ended; /* attempts, at the last second collection */
    atomic_llong     hurry_until, futile_until, second_until; /* coarse times */
    struct lock      lock;
    struct metabound bound; /* this and below: protected by lock */
    uint64_t         guessed_at; /* the last reading */
} me;

void deny_class_init(bool on)
{
    uint64_t flag = 0;
    if (vmflags_size("MaxMetaspaceSize", &flag) && flag < (uint64_t)INT64_MAX) /* unset it is the largest uintx */
        me.vm_limit = flag;
    if (me.lock.rank != LOCK_RANK_CLASSES)
        lock_init(&me.lock, LOCK_RANK_CLASSES);
    /* Release: the limit. Pairs with the acquire in deny_class(). */
    atomic_store_explicit(&me.on, on, memory_order_release);
}

/* ---- the reporter's side ---- */

bool deny_class_waits(void)
{
    return atomic_load_explicit(&me.asked, memory_order_relaxed) != atomic_load_explicit(&me.answered, memory_order_relaxed);
}

struct deny_class_reading deny_class_begin(void)
{
    return (struct deny_class_reading){ atomic_load_explicit(&me.guessed, memory_order_relaxed),
                                        atomic_load_explicit(&me.asked, memory_order_relaxed) };
}

void deny_class_read(struct deny_class_reading begun, bool known, uint64_t committed, uint64_t used)
{
    if (known && me.lock.rank == LOCK_RANK_CLASSES) {
        lock_take(&me.lock);
        metabound_read(&me.bound, committed, used);
        me.guessed_at = begun.guessed;
        lock_drop(&me.lock);
    }
    if (known)
        acct_read(WEIR_JVM_METASPACE, committed);
    atomic_store_explicit(&me.unreadable, !known, memory_order_relaxed);
    /* Release: the reading. Pairs with the acquire in read_now(). */
    atomic_store_explicit(&me.answered, begun.asked, memory_order_release);
}

/* ---- the hook's side ---- */

static uint64_t bound_now(void)
{
    return metabound_from(acct_limit(WEIR_JVM_METASPACE), me.vm_limit);
}

static bool is_due(uint64_t from)
{
    lock_take(&me.lock);
    struct metabound m = me.bound;
    uint64_t         since = atomic_load_explicit(&me.guessed, memory_order_relaxed) - me.guessed_at;
    lock_drop(&me.lock);
    return from != UINT64_MAX && (m.committed == 0 || metabound_due(&m, since, from));
}

/* Also when nothing was read, ever: then there is nothing to deny by. */
static bool fits(const struct deny_class_request *r)
{
    lock_take(&me.lock);
    struct metabound m = me.bound;
    lock_drop(&me.lock);
    return metabound_fits(&m, r->bytes, bound_now());
}

static bool is_before(const atomic_llong *until)
{
    return acct_coarse_ms() < atomic_load_explicit(until, memory_order_relaxed);
}

/* A reading that was begun after this call, if it comes in time. */
static void read_now(void)
{
    if (is_before(&me.hurry_until))
        return;
    unsigned mine = atomic_fetch_add_explicit(&me.asked, 1, memory_order_relaxed) + 1;
    acct_wake();
    for (int us = 0; us < LONGEST_READ_US; us += READ_STEP_US) {
        if ((int)(atomic_load_explicit(&me.answered, memory_order_acquire) - mine) >= 0)
            return;
        usleep(READ_STEP_US);
    }
    atomic_store_explicit(&me.hurry_until, acct_coarse_ms() + FUTILE_MS, memory_order_relaxed);
}

/* Unloaded classes give their memory back a little after the collection, on a thread of the VM's. */
static bool fits_soon(const struct deny_class_request *r)
{
    for (int ms = 0;; ms += UNLOAD_STEP_MS) {
        read_now();
        if (fits(r))
            return true;
        if (ms >= LONGEST_UNLOAD_MS)
            return false;
        usleep(UNLOAD_STEP_MS * 1000);
    }
}

static bool fits_after_collection(JNIEnv *jni, const struct deny_class_request *r)
{
    if (deny_collect(jni) && fits_soon(r))
        return true;
    uint64_t ended = acct_attempts_ended();
    if (!is_before(&me.second_until) || atomic_exchange_explicit(&me.ended, ended, memory_order_relaxed) != ended) {
        if (deny_collect(jni) && fits_soon(r))
            return true;
        atomic_store_explicit(&me.second_until, acct_coarse_ms() + SECOND_MS, memory_order_relaxed);
    }
    atomic_store_explicit(&me.futile_until, acct_coarse_ms() + FUTILE_MS, memory_order_relaxed);
    return false;
}

/* Flink takes an error whose text has this word for the VM's, overwrites it and ends the process; a class may be called so. */
static bool says_metaspace(const char *name)
{
    static const char word[] = "metaspace";
    for (; *name != '\0'; name++)
        if (strncasecmp(name, word, sizeof word - 1) == 0)
            return true;
    return false;
}

static void put_class(struct buf *b, const char *name)
{
    if (name == NULL || says_metaspace(name))
        return;
    buf_puts(b, " for class ");
    for (; *name != '\0'; name++)
        buf_put(b, *name == '/' ? "." : name, 1);
}

static void put_text(struct buf *b, const struct deny_class_request *r)
{
    uint64_t limit = acct_limit(WEIR_JVM_METASPACE), from = bound_now();
    buf_puts(b, "weir: class-metadata: a class file of ");
    memsize_put_human(b, r->bytes);
    buf_puts(b, " requested, ");
    memsize_put_human(b, acct_used(WEIR_JVM_METASPACE));
    buf_puts(b, " of ");
    memsize_put_human(b, limit);
    buf_puts(b, " used");
    if (from < limit) {
        buf_puts(b, ", denied from ");
        memsize_put_human(b, from);
        buf_puts(b, " on since the JVM's own error would end a TaskManager");
    }
    buf_puts(b, " (mode=enforce)");
    put_class(b, r->name);
    buf_mark_cut(b);
}

static void refuse(JNIEnv *jni, const struct deny_class_request *r)
{
    char              text[TEXT_CAP];
    struct buf        b;
    struct acct_claim claim = { .outermost = true };
    buf_init(&b, text, sizeof text);
    if (deny_as_jvm())
        buf_puts(&b, "Metaspace");
    else
        put_text(&b, r);
    if (!frames_site(jni, &claim.key))
        claim.key = (struct owner_key){ .decider = -1 };
    claim.key.component = WEIR_JVM_METASPACE;
    claim.key.kind = WEIR_KIND_CLASS;
    acct_denied(jni, r->bytes, &claim);
    deny_throw(jni, text);
}

static bool may_be_denied(JNIEnv *jni, const struct deny_class_request *r)
{
    struct loader definer = r->beside != NULL ? loaders_of_class(jni, r->beside) : loaders_of_object(jni, r->loader);
    return frames_user_defines(jni, definer.kind);
}

static bool has_room(JNIEnv *jni, const struct deny_class_request *r)
{
    bool futile = is_before(&me.futile_until);
    if (!futile)
        read_now();
    return fits(r) || (!futile && fits_after_collection(jni, r));
}

bool deny_class(JNIEnv *jni, const struct deny_class_request *r)
{
    if (!atomic_load_explicit(&me.on, memory_order_acquire) || !acct_denies(WEIR_JVM_METASPACE) ||
        atomic_load_explicit(&me.unreadable, memory_order_relaxed))
        return true;
    atomic_fetch_add_explicit(&me.guessed, metabound_guess(r->bytes), memory_order_relaxed);
    if (!is_due(bound_now()))
        return true;
    int  e = errno;
    bool go_on = true;
    /* Nested: our own System.gc() or error needs a class. */
    if (guard_enter()) {
        go_on = !may_be_denied(jni, r) || has_room(jni, r);
        if (!go_on)
            refuse(jni, r);
    }
    guard_leave();
    errno = e;
    return go_on;
}
