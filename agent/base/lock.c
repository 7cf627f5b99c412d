/* SPDX-License-Identifier: Apache-2.0 */
/* lock.c: test-and-set spinlock that yields. Not a pthread mutex: a hook may run where the program's thread holds
 * anything, and these sections are shorter than a futex call. */
#include "base/lock.h"

#include <sched.h>

#ifdef WEIR_DEBUG
static _Thread_local unsigned held __attribute__((tls_model("initial-exec"))); /* bit per rank */

void lock_ordered(const struct lock *lock, bool taken)
{
    if (taken && (held >> lock->rank) != 0)
        __builtin_trap();
    held = taken ? held | 1U << lock->rank : held & ~(1U << lock->rank);
}
#endif

void lock_init(struct lock *lock, enum lock_rank rank)
{
    atomic_init(&lock->taken, 0);
    lock->rank = rank;
}

void lock_wait(struct lock *lock)
{
    /* Acquire: as in lock_take(). */
    for (unsigned spins = 1; atomic_exchange_explicit(&lock->taken, 1, memory_order_acquire) != 0; spins++)
        if (spins % 64 == 63)
            sched_yield();
}
