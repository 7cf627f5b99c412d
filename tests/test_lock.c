/* SPDX-License-Identifier: Apache-2.0 */
/* test_lock.c: the spinlock excludes, publishes, and in debug builds stops who takes locks out of order. */
#include "base/lock.h"

#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crew.h"
#include "suite.h"

enum { CREW = 8, ROUNDS = 100000 / CREW_SCALE };

static struct lock lock;
static uint64_t    plain, copy; /* protected by lock; no atomics: a broken lock loses some */

static void add_under_lock(int member)
{
    (void)member;
    for (int i = 0; i < ROUNDS; i++) {
        lock_take(&lock);
        crew_check(plain == copy);
        plain++;
        copy++;
        lock_drop(&lock);
    }
}

static void lock_lets_one_thread_in_at_a_time(void)
{
    lock_init(&lock, LOCK_RANK_LIVE);
    plain = copy = 0;
    CU_ASSERT_EQUAL(crew_run(CREW, add_under_lock), 0);
    CU_ASSERT_EQUAL(plain, (uint64_t)CREW * ROUNDS);
}

static void lock_can_be_taken_in_rising_order_again_and_again(void)
{
    struct lock low, high;
    lock_init(&low, LOCK_RANK_POLICY);
    lock_init(&high, LOCK_RANK_INTERN);
    for (int i = 0; i < 3; i++) {
        lock_take(&low);
        lock_take(&high);
        lock_drop(&high);
        lock_drop(&low);
        lock_take(&high); /* alone, after the lower one was dropped */
        lock_drop(&high);
    }
    CU_ASSERT_EQUAL(low.taken, 0);
    CU_ASSERT_EQUAL(high.taken, 0);
}

#ifdef WEIR_DEBUG
/* In a child, which dies of it. */
static bool stops(enum lock_rank first, enum lock_rank second)
{
    pid_t child = fork();
    if (child == 0) {
        struct lock a, b;
        signal(SIGILL, SIG_DFL); /* a sanitizer's report is not wanted here */
        signal(SIGTRAP, SIG_DFL);
        lock_init(&a, first);
        lock_init(&b, second);
        lock_take(&a);
        lock_take(&b);
        _exit(0);
    }
    int status = 0;
    CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void lock_debug_stops_on_a_wrong_order(void)
{
    CU_ASSERT_FALSE(stops(LOCK_RANK_POLICY, LOCK_RANK_OWNERS));
    CU_ASSERT_FALSE(stops(LOCK_RANK_LIVE, LOCK_RANK_INTERN));
    CU_ASSERT_TRUE(stops(LOCK_RANK_OWNERS, LOCK_RANK_POLICY));
    CU_ASSERT_TRUE(stops(LOCK_RANK_INTERN, LOCK_RANK_LIVE));
    CU_ASSERT_TRUE(
        stops(LOCK_RANK_LIVE, LOCK_RANK_LIVE)); /* two groups at once: a deadlock in waiting */
}
#endif

SUITE(lock, NULL, NULL, CASE(lock_lets_one_thread_in_at_a_time),
#ifdef WEIR_DEBUG
      CASE(lock_debug_stops_on_a_wrong_order),
#endif
      CASE(lock_can_be_taken_in_rising_order_again_and_again));
