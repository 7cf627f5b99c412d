/* SPDX-License-Identifier: Apache-2.0 */
/* test_attempts.c: who ran, what it still holds, and when its slot may be somebody else's. */
#include "core/attempts.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

enum { ENDLESS = 1 << 20 };

static struct attempts    *attempts;
static struct stacks      *names;
static struct weir_attempt got;

static void fresh(void)
{
    CU_ASSERT_EQUAL_FATAL(attempts_new(&attempts), WEIR_OK);
    CU_ASSERT_EQUAL_FATAL(stacks_new(&names), WEIR_OK);
    memset(&got, 0, sizeof got);
}

static void gone(void)
{
    attempts_delete(attempts);
    stacks_delete(names);
}

static uint32_t begin(int32_t number)
{
    struct attempt_identity who = { .job_id = { 1, 2 }, .subtask = 3, .attempt = number };
    return attempts_begin(attempts, &who, 1000);
}

static bool get(uint32_t id)
{
    return attempts_get(attempts, names, id, &got);
}

static void attempts_get_returns_who_began(void)
{
    struct attempt_identity who = { .job_id = { 0x5f1c000000000000ULL, 0x9e2a },
                                    .job_name = stacks_name(names, "orders", 6),
                                    .vertex = stacks_name(names, "Flat Map", 8),
                                    .subtask = 1,
                                    .attempt = 4 };
    uint32_t                id = attempts_begin(attempts, &who, 5000);
    CU_ASSERT_NOT_EQUAL(id, 0);
    CU_ASSERT_TRUE_FATAL(get(id));
    CU_ASSERT_TRUE(got.known && got.state == WEIR_ATTEMPT_RUNNING);
    CU_ASSERT_TRUE(got.job_id[0] == who.job_id[0] && got.job_id[1] == who.job_id[1]);
    CU_ASSERT_STRING_EQUAL(got.job_name, "orders");
    CU_ASSERT_STRING_EQUAL(got.vertex, "Flat Map");
    CU_ASSERT_TRUE(got.subtask == 1 && got.attempt == 4);
    CU_ASSERT_TRUE(got.begin_ms == 5000 && got.end_ms == 0);
    CU_ASSERT_EQUAL(got.bytes + got.blocks, 0);
}

static void attempts_get_says_no_of_0_and_of_ids_never_given(void)
{
    uint32_t id = begin(0);
    got.subtask = 77;
    CU_ASSERT_FALSE(get(0));
    CU_ASSERT_FALSE(get(id + 1));
    CU_ASSERT_FALSE(get(UINT32_MAX));
    CU_ASSERT_EQUAL(got.subtask, 77);
    CU_ASSERT_FALSE(attempts_running(attempts, 0));
    CU_ASSERT_FALSE(attempts_running(attempts, id + 1));
    CU_ASSERT_FALSE(attempts_running(attempts, UINT32_MAX));
}

static void attempts_end_stops_it_and_keeps_the_time(void)
{
    uint32_t id = begin(0), other = begin(1);
    CU_ASSERT_TRUE(attempts_running(attempts, id));
    attempts_end(attempts, id, 9000);
    CU_ASSERT_FALSE(attempts_running(attempts, id));
    CU_ASSERT_TRUE(attempts_running(attempts, other));
    CU_ASSERT_TRUE(get(id));
    CU_ASSERT_TRUE(got.state == WEIR_ATTEMPT_ENDED && got.end_ms == 9000);
    attempts_end(attempts, 0, 1); /* nobody */
    attempts_end(attempts, UINT32_MAX, 1);
}

static void attempts_hold_what_was_charged_and_not_discharged(void)
{
    uint32_t id = begin(0);
    attempts_charge(attempts, id, 100, false);
    attempts_charge(attempts, id, 40, false);
    attempts_discharge(attempts, id, 100, false);
    CU_ASSERT_TRUE(get(id));
    CU_ASSERT_TRUE(got.bytes == 40 && got.blocks == 1);
    attempts_charge(attempts, 0, 5, false); /* bytes without an attempt */
    attempts_discharge(attempts, 0, 5, false);
    attempts_end(attempts, id, 1);
    attempts_discharge(attempts, id, 40, false); /* freed after the end */
    CU_ASSERT_TRUE(get(id));
    CU_ASSERT_TRUE(got.bytes == 0 && got.blocks == 0);
}

static void attempts_ended_bytes_are_of_those_that_ended_before(void)
{
    uint32_t a = begin(0), b = begin(1), c = begin(2);
    attempts_charge(attempts, a, 100, false);
    attempts_charge(attempts, b, 20, false);
    attempts_charge(attempts, c, 3, false);
    CU_ASSERT_EQUAL(attempts_ended_bytes(attempts, INT64_MAX), 0);
    attempts_end(attempts, a, 5000);
    attempts_end(attempts, b, 7000);
    CU_ASSERT_EQUAL(attempts_ended_bytes(attempts, 5000), 0);
    CU_ASSERT_EQUAL(attempts_ended_bytes(attempts, 5001), 100);
    CU_ASSERT_EQUAL(attempts_ended_bytes(attempts, INT64_MAX), 120);
    CU_ASSERT_TRUE(attempts_ended_before(attempts, a, 5001));
    CU_ASSERT_FALSE(attempts_ended_before(attempts, a, 5000));
    CU_ASSERT_FALSE(attempts_ended_before(attempts, c, INT64_MAX)); /* runs */
    CU_ASSERT_FALSE(attempts_ended_before(attempts, 0, INT64_MAX));
    CU_ASSERT_FALSE(attempts_ended_before(attempts, UINT32_MAX, INT64_MAX));
}

static uint32_t visited[8];
static size_t   visits;

static void note(void *with, uint32_t id)
{
    CU_ASSERT_PTR_EQUAL(with, &visits);
    if (visits < sizeof visited / sizeof visited[0])
        visited[visits] = id;
    visits++;
}

static void attempts_each_visits_who_runs_or_holds_something(void)
{
    uint32_t running = begin(0), over = begin(1), leaking = begin(2);
    attempts_charge(attempts, leaking, 1, false);
    attempts_end(attempts, over, 1);
    attempts_end(attempts, leaking, 1);
    visits = 0;
    attempts_each(attempts, note, &visits);
    CU_ASSERT_EQUAL(visits, 2);
    CU_ASSERT_TRUE(visited[0] == running && visited[1] == leaking);
}

/* ---- full */

static uint32_t fill(void)
{
    uint32_t n = 0;
    while (n < ENDLESS && begin((int32_t)n) != 0)
        n++;
    return n;
}

static void attempts_full_of_the_running_gives_0_and_counts(void)
{
    uint32_t n = fill();
    CU_ASSERT_EQUAL(n, 1 << 14);
    CU_ASSERT_EQUAL(attempts_dropped(attempts), 1);
    CU_ASSERT_EQUAL(begin(0), 0);
    CU_ASSERT_EQUAL(attempts_dropped(attempts), 2);
    CU_ASSERT_TRUE(get(n)); /* ids go to the last slot */
    CU_ASSERT_TRUE(attempts_running(attempts, n));
}

static void attempts_reuse_only_who_ended_and_holds_nothing(void)
{
    uint32_t n = fill(), leaking = n / 2, over = n / 3;
    attempts_charge(attempts, leaking, 1, false);
    attempts_end(attempts, leaking, 1);
    CU_ASSERT_EQUAL(begin(1), 0);
    attempts_end(attempts, over, 1);
    CU_ASSERT_EQUAL(begin(12345), over);
    CU_ASSERT_TRUE(get(over));
    CU_ASSERT_TRUE(got.state == WEIR_ATTEMPT_RUNNING && got.attempt == 12345 && got.end_ms == 0);
    CU_ASSERT_EQUAL(begin(1), 0);
    attempts_discharge(attempts, leaking, 1, false);
    CU_ASSERT_EQUAL(begin(1), leaking);
}

static void attempts_reuse_a_slot_as_late_as_possible(void)
{
    uint32_t first = begin(0);
    attempts_end(attempts, first, 1);
    CU_ASSERT_NOT_EQUAL(begin(1), first); /* its last owners may still be shown */
}

SUITE(attempts, fresh, gone, CASE(attempts_get_returns_who_began),
      CASE(attempts_get_says_no_of_0_and_of_ids_never_given),
      CASE(attempts_end_stops_it_and_keeps_the_time),
      CASE(attempts_hold_what_was_charged_and_not_discharged),
      CASE(attempts_ended_bytes_are_of_those_that_ended_before),
      CASE(attempts_each_visits_who_runs_or_holds_something),
      CASE(attempts_full_of_the_running_gives_0_and_counts),
      CASE(attempts_reuse_only_who_ended_and_holds_nothing),
      CASE(attempts_reuse_a_slot_as_late_as_possible));
