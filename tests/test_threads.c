/* SPDX-License-Identifier: Apache-2.0 */
/* test_threads.c: records of live threads, and the attempts they hold. */
#include "core/threads.h"

#include <CUnit/CUnit.h>

#include "suite.h"

static struct attempts *attempts;
static struct threads  *threads;

static void fresh(void)
{
    CU_ASSERT_EQUAL_FATAL(attempts_new(&attempts), WEIR_OK);
    CU_ASSERT_EQUAL_FATAL(threads_new(&threads, attempts), WEIR_OK);
}

static void gone(void)
{
    threads_delete(threads);
    attempts_delete(attempts);
}

static uint32_t begin(uint32_t attempt)
{
    struct owner_key who = { .stack = 7, .attempt = attempt, .component = WEIR_TASK_OFF_HEAP, .decider = 2 };
    CU_ASSERT_TRUE(threads_claim(threads, UINT64_MAX));
    return threads_begin(threads, &who, false, 1000);
}

static uint32_t attempt(int32_t number)
{
    struct attempt_identity who = { .job_id = { 1, 2 }, .attempt = number };
    return attempts_begin(attempts, &who, 1000);
}

static void threads_get_returns_what_begin_and_runs_stored(void)
{
    struct thread_rec r;
    uint32_t          slot = begin(0);
    CU_ASSERT_TRUE_FATAL(threads_get(threads, slot, &r));
    CU_ASSERT_TRUE(r.creator.stack == 7 && r.creator.decider == 2 && r.since_ms == 1000 && r.tid == 0 && r.at == 0 && !r.found);
    threads_runs(threads, slot, 42, 0x1000);
    CU_ASSERT_TRUE(threads_get(threads, slot, &r) && r.tid == 42 && r.at == 0x1000);
    CU_ASSERT_FALSE(threads_get(threads, slot + 1, &r));
    CU_ASSERT_FALSE(threads_get(threads, 0, &r));
    CU_ASSERT_FALSE(threads_get(threads, THREADS_UNRECORDED, &r));
}

static void threads_end_counts_once_and_its_slot_is_used_again(void)
{
    struct thread_rec r;
    uint32_t          a = begin(0), b = begin(0);
    CU_ASSERT_EQUAL(threads_live(threads), 2);
    threads_end(threads, a);
    threads_end(threads, a);
    threads_end(threads, 0);
    CU_ASSERT_EQUAL(threads_live(threads), 1);
    CU_ASSERT_FALSE(threads_get(threads, a, &r));
    CU_ASSERT_TRUE(threads_get(threads, b, &r));
    CU_ASSERT_EQUAL(begin(0), a);
    CU_ASSERT_EQUAL(threads_high(threads), 3);
}

static void threads_claim_stops_at_the_limit(void)
{
    CU_ASSERT_TRUE(threads_claim(threads, 2));
    CU_ASSERT_TRUE(threads_claim(threads, 2));
    CU_ASSERT_FALSE(threads_claim(threads, 2));
    CU_ASSERT_EQUAL(threads_live(threads), 2);
    CU_ASSERT_TRUE(threads_claim(threads, UINT64_MAX));
    CU_ASSERT_FALSE(threads_claim(threads, 2));
}

static void threads_beyond_the_table_are_counted(void)
{
    for (int i = 0; i < THREADS_MAX; i++)
        CU_ASSERT_NOT_EQUAL_FATAL(begin(0), THREADS_UNRECORDED);
    CU_ASSERT_EQUAL(begin(0), THREADS_UNRECORDED);
    CU_ASSERT_EQUAL(threads_live(threads), THREADS_MAX + 1);
    CU_ASSERT_EQUAL(threads_dropped(threads), 1);
    threads_end(threads, THREADS_UNRECORDED);
    threads_end(threads, 1);
    CU_ASSERT_EQUAL(threads_live(threads), THREADS_MAX - 1);
    CU_ASSERT_EQUAL(begin(0), 1);
}

/* 2^14 attempts later the slot of an ended one would be another's. */
static void threads_hold_their_attempt(void)
{
    uint32_t first = attempt(0), slot = begin(first);
    attempts_end(attempts, first, 2000);
    for (int i = 0; i < (1 << 14) + 10; i++) {
        uint32_t id = attempt(1);
        CU_ASSERT_NOT_EQUAL_FATAL(id, first);
        attempts_end(attempts, id, 2000);
    }
    CU_ASSERT_EQUAL(attempts_ended_threads(attempts, 2001), 1);
    CU_ASSERT_EQUAL(attempts_ended_threads(attempts, 2000), 0);
    threads_end(threads, slot);
    CU_ASSERT_EQUAL(attempts_ended_threads(attempts, 2001), 0);
    bool again = false;
    for (int i = 0; i < (1 << 14) && !again; i++) {
        uint32_t id = attempt(2);
        again = id == first;
        attempts_end(attempts, id, 3000);
    }
    CU_ASSERT_TRUE(again);
}

SUITE(threads, fresh, gone, CASE(threads_get_returns_what_begin_and_runs_stored),
      CASE(threads_end_counts_once_and_its_slot_is_used_again), CASE(threads_claim_stops_at_the_limit),
      CASE(threads_beyond_the_table_are_counted), CASE(threads_hold_their_attempt));
