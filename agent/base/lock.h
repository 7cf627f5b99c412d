/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H
/* Short leaf locks for our own tables. Held for tens of instructions, never across a JNI, JVMTI, libc or original call, so a
 * waiter spins and a safepoint cannot strand it. */
#include <stdatomic.h>
#include <stdbool.h>

/* Taken only in rising order on one thread; debug builds stop on a violation. */
enum lock_rank {
    LOCK_RANK_POLICY = 1, /* one decision to speak */
    LOCK_RANK_OWNERS,     /* a bucket group of owners */
    LOCK_RANK_FRAMES,     /* a slot of the method cache */
    LOCK_RANK_LOADERS,
    LOCK_RANK_LIVE,       /* a bucket group of addresses */
    LOCK_RANK_CLASSES,    /* families of classes */
    LOCK_RANK_INTERN      /* insertion into an intern table: innermost */
};

struct lock {
    atomic_uint    taken;
    enum lock_rank rank;
};

void lock_init(struct lock *lock, enum lock_rank rank);
void lock_wait(struct lock *lock); /* private to this header: another thread has it */
void lock_ordered(const struct lock *lock, bool taken); /* private: stops a debug build on a violation */

/* Inline: a hook takes one per malloc, and almost always it is free. */
static inline void lock_take(struct lock *lock)
{
#ifdef WEIR_DEBUG
    lock_ordered(lock, true);
#endif
    /* Acquire: what the last holder wrote is visible. Pairs with the release in lock_drop(). */
    if (atomic_exchange_explicit(&lock->taken, 1, memory_order_acquire) != 0)
        lock_wait(lock);
}

static inline void lock_drop(struct lock *lock)
{
#ifdef WEIR_DEBUG
    lock_ordered(lock, false);
#endif
    atomic_store_explicit(&lock->taken, 0, memory_order_release);
}

#endif
