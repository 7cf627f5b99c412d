/* SPDX-License-Identifier: Apache-2.0 */
/* stress_threads.c: threads are started, refused, and end on many threads while the reporter looks at all records. A record
 * must be whole when it is read, never more than the limit may be live, and nobody may be left at the end. */
#include "core/threads.h"

#include <CUnit/CUnit.h>
#include <sched.h>
#include <stdatomic.h>

#include "crew.h"
#include "suite.h"

enum { CREW = 8, REPORTER = 0, ROUNDS = 60000 / CREW_SCALE, LIMIT = 3 };

static struct attempts *attempts;
static struct threads  *threads;
static atomic_uint      at_work;

static void live_one(uint64_t *seed)
{
    uint32_t          number = (uint32_t)crew_random(seed) | 1;
    struct owner_key  who = { .stack = number, .source = ~number, .decider = -1 };
    struct thread_rec mine;
    if (!threads_claim(threads, LIMIT))
        return;
    crew_check(threads_live(threads) <= LIMIT);
    uint32_t slot = threads_begin(threads, &who, false, number);
    threads_runs(threads, slot, (int32_t)(number & 0xffff), number);
    sched_yield(); /* so that they overlap, on few processors too */
    crew_check(threads_get(threads, slot, &mine) && mine.creator.stack == number && mine.at == number);
    threads_end(threads, slot);
}

static void look(void)
{
    struct thread_rec r;
    for (uint32_t i = 1; i < threads_high(threads); i++)
        if (threads_get(threads, i, &r))
            crew_check(r.creator.source == ~r.creator.stack && (r.at == 0 || r.at == r.creator.stack));
}

static void work(int member)
{
    uint64_t seed = (uint64_t)member;
    if (member == REPORTER) {
        while (atomic_load_explicit(&at_work, memory_order_acquire) > 0)
            look();
        return;
    }
    for (int i = 0; i < ROUNDS; i++)
        live_one(&seed);
    atomic_fetch_sub_explicit(&at_work, 1, memory_order_release);
}

static void threads_are_counted_while_all_start_and_end(void)
{
    CU_ASSERT_EQUAL_FATAL(attempts_new(&attempts), WEIR_OK);
    CU_ASSERT_EQUAL_FATAL(threads_new(&threads, attempts), WEIR_OK);
    atomic_store(&at_work, CREW - 1);
    CU_ASSERT_EQUAL(crew_run(CREW, work), 0);
    CU_ASSERT_EQUAL(threads_live(threads), 0);
    CU_ASSERT_EQUAL(threads_dropped(threads), 0);
    CU_ASSERT_TRUE(threads_high(threads) <= LIMIT + 1); /* dense: a free slot first */
    threads_delete(threads);
    attempts_delete(attempts);
}

SUITE(stress_threads, NULL, NULL, CASE(threads_are_counted_while_all_start_and_end));
