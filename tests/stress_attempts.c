/* SPDX-License-Identifier: Apache-2.0 */
/* stress_attempts.c: attempts begin, take, give back and end on many threads while the reporter looks at all of them, with
 * so many that slots are reused. An identity must be whole when it is read, and nobody's bytes may be left at the end. */
#include "core/attempts.h"

#include <CUnit/CUnit.h>
#include <stdatomic.h>

#include "crew.h"
#include "suite.h"

enum { CREW = 8, REPORTER = 0, ROUNDS = 40000 / CREW_SCALE };

static struct attempts *attempts;
static struct stacks   *names;
static atomic_uint      at_work;

static void live_one(uint64_t *seed)
{
    uint64_t                job = crew_random(seed);
    struct attempt_identity who = { .job_id = { job, ~job },
                                    .subtask = (int32_t)(job & 0xffff),
                                    .attempt = (int32_t)(job & 0xffff) + 1 };
    uint32_t                id = attempts_begin(attempts, &who, 1), blocks = crew_below(seed, 4);
    crew_check(id != 0);
    for (uint32_t i = 0; i < blocks; i++)
        attempts_charge(attempts, id, 100 + i, false);
    crew_check(attempts_running(attempts, id));
    struct weir_attempt mine = { .known = false };
    crew_check(attempts_get(attempts, names, id, &mine) && mine.job_id[0] == job);
    attempts_end(attempts, id, 2);
    for (uint32_t i = 0; i < blocks; i++) /* freed after the end, as Cleaners do */
        attempts_discharge(attempts, id, 100 + i, false);
}

static void look(void *with, uint32_t id)
{
    struct weir_attempt a = { .known = false };
    (void)with;
    if (!attempts_get(attempts, names, id, &a))
        return;
    crew_check(a.job_id[1] == ~a.job_id[0]);
    crew_check(a.subtask == (int32_t)(a.job_id[0] & 0xffff) && a.attempt == a.subtask + 1);
}

static void work(int member)
{
    uint64_t seed = (uint64_t)member + 1;
    if (member == REPORTER) {
        while (atomic_load_explicit(&at_work, memory_order_relaxed) != 0)
            attempts_each(attempts, look, NULL);
        return;
    }
    for (int i = 0; i < ROUNDS; i++)
        live_one(&seed);
    atomic_fetch_sub_explicit(&at_work, 1, memory_order_relaxed);
}

static void count_one(void *with, uint32_t id)
{
    (void)id;
    ++*(unsigned *)with;
}

static void stress_attempts_are_whole_and_leave_nothing(void)
{
    unsigned left = 0;
    CU_ASSERT_EQUAL_FATAL(attempts_new(&attempts), WEIR_OK);
    CU_ASSERT_EQUAL_FATAL(stacks_new(&names), WEIR_OK);
    atomic_store(&at_work, CREW - 1);
    CU_ASSERT_EQUAL(crew_run(CREW, work), 0);
    attempts_each(attempts, count_one, &left);
    CU_ASSERT_EQUAL(left, 0);
    CU_ASSERT_EQUAL(attempts_ended_bytes(attempts, INT64_MAX), 0);
    CU_ASSERT_EQUAL(attempts_dropped(attempts), 0);
    attempts_delete(attempts);
    stacks_delete(names);
}

SUITE(stress_attempts, NULL, NULL, CASE(stress_attempts_are_whole_and_leave_nothing));
