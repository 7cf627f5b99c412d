/* SPDX-License-Identifier: Apache-2.0 */
/* test_policy.c: when a line is due (DESIGN.md 5), as short stories of used bytes over time. */
#include "model/policy.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

#define MIB    (1024ULL * 1024)
#define SECOND 1000LL
#define MINUTE (60 * SECOND)

static struct policy_limits limits;
static struct policy        policy;
static uint64_t             used[WEIR_COMPONENT_COUNT];
static int64_t              now;

static void limit(enum weir_component c, uint64_t bytes, bool declared)
{
    limits.limit[c] =
        (struct weir_limit){ .set = true, .declared = declared, .bytes = bytes, .source = "test" };
}

/* A TaskManager as Flink starts it: 128m of framework.off-heap, task.off-heap 0, neither declared. */
static void healthy(void)
{
    memset(&limits, 0, sizeof limits);
    memset(used, 0, sizeof used);
    limits.mode = WEIR_MODE_WARN;
    limits.role = WEIR_ROLE_TASKMANAGER;
    limits.grace = MIB;
    limit(WEIR_FRAMEWORK_OFF_HEAP, 128 * MIB, false);
    limit(WEIR_TASK_OFF_HEAP, 0, false);
    limit(WEIR_MANAGED, 512 * MIB, false);
    limit(WEIR_NETWORK, 64 * MIB, false);
    limit(WEIR_JVM_METASPACE, 256 * MIB, false);
    policy_init(&policy, &limits);
    now = 1000000;
}

static void declared_32m(void)
{
    limit(WEIR_TASK_OFF_HEAP, 32 * MIB, true);
    policy_init(&policy, &limits);
}

static struct policy_verdict ask(enum weir_component c, uint64_t before, uint64_t requested)
{
    used[c] = before;
    return policy_request(&policy, used, c, requested, now);
}

#define SAYS(v, lev, why)                \
    do {                                 \
        struct policy_verdict v_ = (v);  \
        CU_ASSERT_EQUAL(v_.level, lev);  \
        CU_ASSERT_EQUAL(v_.reason, why); \
    } while (0)
#define SILENT(v) CU_ASSERT_EQUAL((v).level, WEIR_LEVEL_NONE)

static void policy_notices_an_undeclared_share_once(void)
{
    SAYS(ask(WEIR_TASK_OFF_HEAP, 0, 1), WEIR_LEVEL_NOTICE, WEIR_REASON_SHARE);
    for (int minute = 0; minute < 600; minute++, now += MINUTE) {
        SILENT(ask(WEIR_TASK_OFF_HEAP, (uint64_t)minute * 100 * 1024, 4096));
        SILENT(policy_tick(&policy, used, now));
        used[WEIR_TASK_OFF_HEAP] = 0;
        SILENT(policy_tick(&policy, used, now));
    }
    SAYS(ask(WEIR_MANAGED, 512 * MIB, 8), WEIR_LEVEL_NOTICE,
         WEIR_REASON_SHARE); /* another component */
}

static void policy_leaves_an_undeclared_share_to_a_full_budget(void)
{
    SAYS(ask(WEIR_TASK_OFF_HEAP, 120 * MIB, 20 * MIB), WEIR_LEVEL_CRITICAL, WEIR_REASON_BUDGET);
    now += SECOND;
    SILENT(ask(WEIR_TASK_OFF_HEAP, 120 * MIB, 20 * MIB));
    now += SECOND;
    SAYS(ask(WEIR_TASK_OFF_HEAP, 10 * MIB, MIB), WEIR_LEVEL_NOTICE,
         WEIR_REASON_SHARE); /* room again */
}

static void policy_says_nothing_within_limits(void)
{
    declared_32m();
    SILENT(ask(WEIR_TASK_OFF_HEAP, 0, 32 * MIB));
    SILENT(ask(WEIR_TASK_OFF_HEAP, 32 * MIB, 0));
    SILENT(ask(WEIR_TASK_OFF_HEAP, 32 * MIB, MIB)); /* the grace */
    SILENT(ask(WEIR_MANAGED, 511 * MIB, MIB));
    SILENT(ask(WEIR_NETWORK, 64 * MIB, 64 * MIB)); /* not asked of */
    SILENT(ask(WEIR_JVM_METASPACE, 500 * MIB, 0));
    SILENT(ask(WEIR_UNDECIDED, 5000 * MIB, 0)); /* no limit set */
}

static void policy_warns_beyond_grace_and_at_each_doubling(void)
{
    declared_32m();
    SAYS(ask(WEIR_TASK_OFF_HEAP, 32 * MIB, MIB + 1), WEIR_LEVEL_WARN, WEIR_REASON_SHARE);
    now += 11 * MINUTE;
    SILENT(ask(WEIR_TASK_OFF_HEAP, 33 * MIB, MIB)); /* excess 2m: one byte short of double */
    SAYS(ask(WEIR_TASK_OFF_HEAP, 33 * MIB, MIB + 2), WEIR_LEVEL_WARN, WEIR_REASON_SHARE);
    now += 11 * MINUTE;
    SILENT(ask(WEIR_TASK_OFF_HEAP, 35 * MIB, 0));
    SAYS(ask(WEIR_TASK_OFF_HEAP, 36 * MIB, 4), WEIR_LEVEL_WARN, WEIR_REASON_SHARE);
}

static void policy_keeps_ten_minutes_between_warnings_and_counts(void)
{
    declared_32m();
    SAYS(ask(WEIR_TASK_OFF_HEAP, 34 * MIB, 0), WEIR_LEVEL_WARN, WEIR_REASON_SHARE); /* excess 2m */
    now += MINUTE;
    SILENT(ask(WEIR_TASK_OFF_HEAP, 36 * MIB, 0)); /* 4m: left out */
    SILENT(ask(WEIR_TASK_OFF_HEAP, 37 * MIB, 0)); /* no double of what was counted */
    SILENT(ask(WEIR_TASK_OFF_HEAP, 40 * MIB, 0)); /* 8m: left out */
    now += 9 * MINUTE - 1;
    SILENT(ask(WEIR_TASK_OFF_HEAP, 40 * MIB, 0));
    now += 1;
    struct policy_verdict v = ask(WEIR_TASK_OFF_HEAP, 40 * MIB, 0);
    SAYS(v, WEIR_LEVEL_WARN, WEIR_REASON_SHARE);
    CU_ASSERT_EQUAL(v.suppressed, 2);
    now += 10 * MINUTE;
    CU_ASSERT_EQUAL(ask(WEIR_TASK_OFF_HEAP, 48 * MIB, 0).suppressed, 0);
}

static void policy_rearms_ten_points_lower(void)
{
    declared_32m();
    SAYS(ask(WEIR_TASK_OFF_HEAP, 40 * MIB, 0), WEIR_LEVEL_WARN, WEIR_REASON_SHARE);
    now += 11 * MINUTE;
    used[WEIR_TASK_OFF_HEAP] = 29 * MIB; /* 91 % */
    SILENT(policy_tick(&policy, used, now));
    SILENT(ask(WEIR_TASK_OFF_HEAP, 40 * MIB, 0));
    used[WEIR_TASK_OFF_HEAP] = 28 * MIB; /* 88 % */
    SILENT(policy_tick(&policy, used, now));
    SAYS(ask(WEIR_TASK_OFF_HEAP, 34 * MIB, 0), WEIR_LEVEL_WARN, WEIR_REASON_SHARE);
    used[WEIR_TASK_OFF_HEAP] = 0;
    policy_tick(&policy, used, now);
    SILENT(ask(WEIR_TASK_OFF_HEAP, 34 * MIB, 0)); /* armed, but too soon */
    now += 10 * MINUTE;
    CU_ASSERT_EQUAL(ask(WEIR_TASK_OFF_HEAP, 34 * MIB, 0).suppressed, 1);
}

static void policy_rearms_a_declared_share_of_zero_at_zero(void)
{
    limit(WEIR_TASK_OFF_HEAP, 0, true);
    policy_init(&policy, &limits);
    SILENT(ask(WEIR_TASK_OFF_HEAP, 0, MIB));
    SAYS(ask(WEIR_TASK_OFF_HEAP, MIB, 1), WEIR_LEVEL_WARN, WEIR_REASON_SHARE);
    now += 11 * MINUTE;
    used[WEIR_TASK_OFF_HEAP] = 1;
    policy_tick(&policy, used, now);
    SILENT(ask(WEIR_TASK_OFF_HEAP, MIB, 1));
    used[WEIR_TASK_OFF_HEAP] = 0;
    policy_tick(&policy, used, now);
    SAYS(ask(WEIR_TASK_OFF_HEAP, MIB, 1), WEIR_LEVEL_WARN, WEIR_REASON_SHARE);
}

static void policy_budget_speaks_at_80_and_95_percent(void)
{
    limit(WEIR_FRAMEWORK_OFF_HEAP, 60, false);
    limit(WEIR_TASK_OFF_HEAP, 40, true);
    policy_init(&policy, &limits);
    used[WEIR_FRAMEWORK_OFF_HEAP] = 50;
    SILENT(ask(WEIR_TASK_OFF_HEAP, 20, 9)); /* 79 */
    struct policy_verdict v = ask(WEIR_TASK_OFF_HEAP, 20, 10);
    SAYS(v, WEIR_LEVEL_WARN, WEIR_REASON_BUDGET);
    CU_ASSERT_EQUAL(v.budget_used, 70); /* without the request */
    CU_ASSERT_EQUAL(v.budget_limit, 100);
    now += SECOND; /* the gap is per level */
    SAYS(ask(WEIR_TASK_OFF_HEAP, 40, 5), WEIR_LEVEL_CRITICAL, WEIR_REASON_BUDGET);
    now += 9 * SECOND;
    SILENT(ask(WEIR_TASK_OFF_HEAP, 40, 10));
    now += SECOND;
    v = ask(WEIR_TASK_OFF_HEAP, 40, 10);
    SAYS(v, WEIR_LEVEL_CRITICAL, WEIR_REASON_BUDGET);
    CU_ASSERT_EQUAL(v.suppressed, 1);
    CU_ASSERT_EQUAL(v.budget_used, 90);
}

static void policy_critical_is_said_for_the_warning_too(void)
{
    SAYS(policy_row(&policy, WEIR_JVM_METASPACE, 96, 100, now), WEIR_LEVEL_CRITICAL,
         WEIR_REASON_ROW);
    for (int minute = 0; minute < 60; minute++, now += MINUTE)
        SILENT(policy_row(&policy, WEIR_JVM_METASPACE, 94, 100, now)); /* on its way down */
    SILENT(policy_row(&policy, WEIR_JVM_METASPACE, 70, 100, now));
    SAYS(policy_row(&policy, WEIR_JVM_METASPACE, 81, 100, now), WEIR_LEVEL_WARN, WEIR_REASON_ROW);
}

static void policy_budget_is_of_both_parts_and_of_no_other_component(void)
{
    used[WEIR_TASK_OFF_HEAP] = 127 * MIB;
    SILENT(ask(WEIR_MANAGED, 0, MIB));
    SAYS(ask(WEIR_FRAMEWORK_OFF_HEAP, 2 * MIB, 0), WEIR_LEVEL_CRITICAL, WEIR_REASON_BUDGET);
}

static void policy_job_manager_has_one_budget(void)
{
    memset(&limits, 0, sizeof limits);
    limits.mode = WEIR_MODE_WARN;
    limits.role = WEIR_ROLE_JOBMANAGER;
    limit(WEIR_OFF_HEAP, 100 * MIB, false);
    policy_init(&policy, &limits);
    CU_ASSERT_TRUE(policy_in_budget(&policy, WEIR_OFF_HEAP));
    CU_ASSERT_FALSE(policy_in_budget(&policy, WEIR_TASK_OFF_HEAP));
    SILENT(ask(WEIR_OFF_HEAP, 70 * MIB, MIB));
    SAYS(ask(WEIR_OFF_HEAP, 70 * MIB, 10 * MIB), WEIR_LEVEL_WARN, WEIR_REASON_BUDGET);
    SAYS(ask(WEIR_OFF_HEAP, 70 * MIB, 40 * MIB), WEIR_LEVEL_CRITICAL, WEIR_REASON_BUDGET);
}

/* In a plain JVM with one limit by option there is no sum to fill. */
static void policy_without_both_parts_has_no_budget(void)
{
    memset(&limits, 0, sizeof limits);
    limits.mode = WEIR_MODE_WARN;
    limits.role = WEIR_ROLE_OTHER;
    limit(WEIR_TASK_OFF_HEAP, 10, true);
    policy_init(&policy, &limits);
    CU_ASSERT_EQUAL(policy_quiet_budget(&policy), UINT64_MAX);
    SILENT(ask(WEIR_TASK_OFF_HEAP, 0, 10));
    SAYS(ask(WEIR_TASK_OFF_HEAP, 0, 11), WEIR_LEVEL_WARN, WEIR_REASON_SHARE);
    SILENT(ask(WEIR_FRAMEWORK_OFF_HEAP, UINT64_MAX, 1));
}

static void policy_share_and_budget_both_get_their_line(void)
{
    declared_32m(); /* B = 160m */
    used[WEIR_FRAMEWORK_OFF_HEAP] = 90 * MIB;
    SAYS(ask(WEIR_TASK_OFF_HEAP, 40 * MIB, 0), WEIR_LEVEL_WARN,
         WEIR_REASON_SHARE); /* 81 % of B: same level */
    SAYS(ask(WEIR_TASK_OFF_HEAP, 40 * MIB, 0), WEIR_LEVEL_WARN, WEIR_REASON_BUDGET);
    SILENT(ask(WEIR_TASK_OFF_HEAP, 40 * MIB, 0));

    policy_init(&policy, &limits);
    used[WEIR_FRAMEWORK_OFF_HEAP] = 120 * MIB;
    SAYS(ask(WEIR_TASK_OFF_HEAP, 40 * MIB, 0), WEIR_LEVEL_CRITICAL,
         WEIR_REASON_BUDGET); /* higher level first */
    SAYS(ask(WEIR_TASK_OFF_HEAP, 40 * MIB, 0), WEIR_LEVEL_WARN, WEIR_REASON_SHARE);
    SILENT(ask(WEIR_TASK_OFF_HEAP, 40 * MIB, 0));
}

static void overhead(uint64_t bytes, bool declared)
{
    limit(WEIR_JVM_OVERHEAD, bytes, declared);
    policy_init(&policy, &limits);
}

static void policy_share_that_is_read_speaks_as_the_others_do(void)
{
    overhead(192 * MIB, false);
    SILENT(policy_share(&policy, WEIR_JVM_OVERHEAD, 192 * MIB, now));
    SAYS(policy_share(&policy, WEIR_JVM_OVERHEAD, 193 * MIB, now), WEIR_LEVEL_NOTICE, WEIR_REASON_SHARE);
    SILENT(policy_share(&policy, WEIR_JVM_OVERHEAD, 400 * MIB, now += 3600 * SECOND)); /* a notice comes once */
    overhead(192 * MIB, true);
    SILENT(policy_share(&policy, WEIR_JVM_OVERHEAD, 193 * MIB, now)); /* grace */
    SAYS(policy_share(&policy, WEIR_JVM_OVERHEAD, 200 * MIB, now), WEIR_LEVEL_WARN, WEIR_REASON_SHARE);
}

/* Hooks book but a part of it: what they booked re-arms nothing. */
static void policy_tick_leaves_a_share_that_is_read_alone(void)
{
    overhead(192 * MIB, true);
    SAYS(policy_share(&policy, WEIR_JVM_OVERHEAD, 200 * MIB, now), WEIR_LEVEL_WARN, WEIR_REASON_SHARE);
    used[WEIR_JVM_OVERHEAD] = MIB;
    for (int i = 0; i < 3600; i++, now += SECOND) {
        policy_tick(&policy, used, now);
        SILENT(policy_share(&policy, WEIR_JVM_OVERHEAD, 200 * MIB, now));
    }
    SILENT(policy_share(&policy, WEIR_JVM_OVERHEAD, 170 * MIB, now)); /* armed again */
    SAYS(policy_share(&policy, WEIR_JVM_OVERHEAD, 200 * MIB, now), WEIR_LEVEL_WARN, WEIR_REASON_SHARE);
}

static void policy_row_goes_by_percentages(void)
{
    SILENT(policy_row(&policy, WEIR_JVM_METASPACE, 79, 100, now));
    struct policy_verdict v = policy_row(&policy, WEIR_JVM_METASPACE, 80, 100, now);
    SAYS(v, WEIR_LEVEL_WARN, WEIR_REASON_ROW);
    CU_ASSERT_EQUAL(v.budget_limit, 0);
    for (int i = 0; i < 3000; i++, now += SECOND)
        SILENT(policy_row(&policy, WEIR_JVM_METASPACE, 80, 100, now));
    SAYS(policy_row(&policy, WEIR_JVM_METASPACE, 95, 100, now), WEIR_LEVEL_CRITICAL,
         WEIR_REASON_ROW);
    SILENT(policy_row(&policy, WEIR_JVM_METASPACE, 71, 100, now));
    SILENT(policy_row(&policy, WEIR_JVM_METASPACE, 80, 100, now)); /* not yet re-armed */
    SILENT(policy_row(&policy, WEIR_JVM_METASPACE, 70, 100, now));
    SAYS(policy_row(&policy, WEIR_JVM_METASPACE, 80, 100, now), WEIR_LEVEL_WARN, WEIR_REASON_ROW);
    SILENT(policy_row(&policy, WEIR_TASK_HEAP, 70, 100, now)); /* rows do not share slots */
    SAYS(policy_row(&policy, WEIR_TASK_HEAP, 80, 100, now), WEIR_LEVEL_WARN, WEIR_REASON_ROW);
    SILENT(policy_row(&policy, WEIR_HEAP, 80, 0, now)); /* no limit known */
}

/* Feeds a row every second; from the given second on it grows by `step` a second. */
static struct policy_verdict grow(uint64_t from, uint64_t step, int seconds, uint64_t of)
{
    struct policy_verdict v = { 0 };
    for (int s = 0; s < seconds && v.level == WEIR_LEVEL_NONE; s++, now += SECOND)
        v = policy_row(&policy, WEIR_JVM_METASPACE, from + step * (uint64_t)s, of, now);
    return v;
}

static void policy_slope_needs_five_minutes_of_growth(void)
{
    SILENT(grow(500, 1, 300, 1300)); /* five samples: no more is known */
    SAYS(grow(800, 1, 2, 1300), WEIR_LEVEL_WARN,
         WEIR_REASON_SLOPE); /* the sixth: 60 a minute, 500 left */
}

static void policy_slope_is_silent_when_there_is_time_left(void)
{
    SILENT(grow(500, 1, 1200, 2400)); /* 12 minutes at least to the end, 71 % */
}

static void policy_slope_is_silent_at_start_up(void)
{
    for (int round = 0; round < 20; round++) { /* four minutes up, one flat */
        SILENT(grow(0, 3, 240, 1000));
        SILENT(grow(720, 0, 60, 1000));
    }
}

static void policy_slope_keeps_quiet_for_ten_minutes(void)
{
    SAYS(grow(0, 1000, 3600, 1000000), WEIR_LEVEL_WARN, WEIR_REASON_SLOPE);
    int64_t               first = now;
    struct policy_verdict v = grow(0, 1000, 3600, 1000000); /* emptied by a GC, and again */
    SAYS(v, WEIR_LEVEL_WARN, WEIR_REASON_SLOPE);
    CU_ASSERT_TRUE(now - first >= 10 * MINUTE);
    CU_ASSERT_EQUAL(v.suppressed, 3); /* minutes 7, 8 and 9 */
}

static void policy_slope_starts_anew_after_a_pause(void)
{
    SILENT(grow(0, 100, 299, 40000));
    now += 5 * MINUTE;
    SILENT(grow(29900, 1, 60, 40000));
    now -= 60 * MINUTE; /* the clock is set back */
    SILENT(grow(29960, 1, 240, 40000));
}

static void policy_tick_judges_the_slope_of_the_budget(void)
{
    struct policy_verdict v = { 0 };
    for (int s = 0; s < 400 && v.level == WEIR_LEVEL_NONE; s++, now += SECOND) {
        used[WEIR_TASK_OFF_HEAP] = 30 * MIB + (uint64_t)s * 160 * 1024;
        v = policy_tick(&policy, used, now);
    }
    SAYS(v, WEIR_LEVEL_WARN, WEIR_REASON_SLOPE);
    CU_ASSERT_EQUAL(v.budget_used, 30 * MIB + 300 * 160 * 1024);
    CU_ASSERT_EQUAL(v.budget_limit, 128 * MIB);
}

static void policy_observe_says_nothing(void)
{
    limits.mode = WEIR_MODE_OBSERVE;
    declared_32m();
    SILENT(ask(WEIR_TASK_OFF_HEAP, 900 * MIB, MIB));
    SILENT(policy_row(&policy, WEIR_JVM_METASPACE, 100, 100, now));
    for (int s = 0; s < 1000; s++, now += SECOND) {
        used[WEIR_TASK_OFF_HEAP] += MIB;
        SILENT(policy_tick(&policy, used, now));
    }
    CU_ASSERT_EQUAL(policy_quiet(&policy, WEIR_TASK_OFF_HEAP), UINT64_MAX);
    CU_ASSERT_EQUAL(policy_quiet_budget(&policy), UINT64_MAX);
}

static void policy_quiet_is_the_last_silent_figure(void)
{
    declared_32m();
    CU_ASSERT_EQUAL(policy_quiet(&policy, WEIR_TASK_OFF_HEAP), 33 * MIB);
    CU_ASSERT_EQUAL(policy_quiet(&policy, WEIR_FRAMEWORK_OFF_HEAP),
                    128 * MIB); /* undeclared: no grace */
    CU_ASSERT_EQUAL(policy_quiet(&policy, WEIR_NETWORK), UINT64_MAX);
    CU_ASSERT_EQUAL(policy_quiet(&policy, WEIR_JVM_METASPACE), UINT64_MAX);
    CU_ASSERT_EQUAL(policy_quiet(&policy, WEIR_UNDECIDED), UINT64_MAX);
    CU_ASSERT_EQUAL(policy_quiet_budget(&policy), 128 * MIB - 1);
    limits.grace = UINT64_MAX;
    policy_init(&policy, &limits);
    CU_ASSERT_EQUAL(policy_quiet(&policy, WEIR_TASK_OFF_HEAP), UINT64_MAX);
}

static void policy_survives_the_largest_numbers(void)
{
    limit(WEIR_FRAMEWORK_OFF_HEAP, UINT64_MAX, false);
    declared_32m();
    used[WEIR_FRAMEWORK_OFF_HEAP] = UINT64_MAX;
    SAYS(ask(WEIR_TASK_OFF_HEAP, UINT64_MAX, UINT64_MAX), WEIR_LEVEL_CRITICAL, WEIR_REASON_BUDGET);
    SAYS(ask(WEIR_TASK_OFF_HEAP, UINT64_MAX, UINT64_MAX), WEIR_LEVEL_WARN, WEIR_REASON_SHARE);
    SILENT(policy_tick(&policy, used, now));
    SAYS(policy_row(&policy, WEIR_TASK_HEAP, UINT64_MAX, 1, now), WEIR_LEVEL_CRITICAL,
         WEIR_REASON_ROW);
    SILENT(ask(WEIR_COMPONENT_COUNT - 1, UINT64_MAX, 1));
}

/* Laws over a random day: nothing below the quiet figures, no two lines sooner than their level allows. */
static void policy_keeps_its_laws_over_random_days(void)
{
    static const int64_t gap[] = { 0, INT64_MAX, 10 * MINUTE, 10 * SECOND };
    unsigned             state = 99;
    declared_32m();
    int64_t last[2][4][WEIR_COMPONENT_COUNT] = { 0 };
    long    lines = 0;
    for (int i = 0; i < 400000; i++) {
        state = state * 1664525u + 1013904223u;
        enum weir_component c = (enum weir_component)((state >> 10) % WEIR_COMPONENT_COUNT);
        used[c] = (uint64_t)(state >> 16) * (state & 1 ? 4096 : 64);
        uint64_t request = (state >> 5) % 5000000;
        now += (state >> 12) % 700;
        SILENT(policy_tick(&policy, used, now + 5)); /* never six growing minutes */
        struct policy_verdict v = policy_request(&policy, used, c, request, now);
        uint64_t sum = used[WEIR_FRAMEWORK_OFF_HEAP] + used[WEIR_TASK_OFF_HEAP] + request;
        bool     quiet = used[c] + request <= policy_quiet(&policy, c) &&
                     (!policy_in_budget(&policy, c) || sum <= policy_quiet_budget(&policy));
        CU_ASSERT_FALSE_FATAL(quiet && v.level != WEIR_LEVEL_NONE);
        if (v.level == WEIR_LEVEL_NONE)
            continue;
        lines++;
        int64_t *at =
            &last[v.reason == WEIR_REASON_BUDGET][v.level][v.reason == WEIR_REASON_BUDGET ? 0 : c];
        CU_ASSERT_FALSE_FATAL(*at != 0 && now - *at < gap[v.level]);
        *at = now;
    }
    CU_ASSERT_TRUE(lines > 100); /* 40 hours: it did speak */
}

static struct policy_slot survived[4];

static struct policy_verdict left(uint64_t bytes)
{
    return policy_survived(survived, bytes, now);
}

static void policy_survivors_speak_from_16_mib_and_when_the_excess_doubles(void)
{
    memset(survived, 0, sizeof survived);
    SILENT(left(16 * MIB - 1));
    SAYS(left(20 * MIB), WEIR_LEVEL_WARN, WEIR_REASON_SURVIVED);
    now += MINUTE;
    SILENT(left(36 * MIB)); /* due, and too soon */
    now += 20 * MINUTE;
    SILENT(left(23 * MIB)); /* 7 beyond the 16, not 8 */
    struct policy_verdict v = left(36 * MIB);
    SAYS(v, WEIR_LEVEL_WARN, WEIR_REASON_SURVIVED);
    CU_ASSERT_EQUAL(v.suppressed, 1);
    now += 20 * MINUTE;
    SILENT(left(36 * MIB));
    SILENT(left(14 * MIB)); /* re-armed */
    SAYS(left(16 * MIB), WEIR_LEVEL_WARN, WEIR_REASON_SURVIVED);
}

/* clang-format off */
static struct policy_gauge gauge;

static struct policy_verdict container_at(uint64_t charge, uint64_t to_come)
{
    now += SECOND;
    return policy_container(&gauge, charge * MIB, (charge + to_come) * MIB, 1000 * MIB, now);
}

static void container_warns_of_what_may_come_and_is_critical_at_95_percent(void)
{
    memset(&gauge, 0, sizeof gauge);
    SILENT(container_at(100, 900));
    SILENT(container_at(900, 100)); /* what was to come has come */
    SAYS(container_at(100, 901), WEIR_LEVEL_WARN, WEIR_REASON_CONTAINER);
    SILENT(container_at(101, 901)); /* once, until the excess has doubled and ten minutes are over */
    SILENT(container_at(940, 0));
    SAYS(container_at(950, 0), WEIR_LEVEL_CRITICAL, WEIR_REASON_CONTAINER);
    SILENT(container_at(951, 0));
    now += 11 * SECOND;
    SAYS(container_at(960, 0), WEIR_LEVEL_CRITICAL, WEIR_REASON_CONTAINER);
    SILENT(container_at(840, 0)); /* ten points lower: armed again */
    now += 10 * MINUTE;
    SAYS(container_at(950, 0), WEIR_LEVEL_CRITICAL, WEIR_REASON_CONTAINER);
}

static void container_that_fills_within_ten_minutes_is_told(void)
{
    memset(&gauge, 0, sizeof gauge);
    for (uint64_t minute = 0; minute < 5; minute++) {
        SILENT(container_at(500 + 40 * minute, 100));
        now += MINUTE - SECOND;
    }
    SAYS(container_at(700, 100), WEIR_LEVEL_WARN, WEIR_REASON_CONTAINER); /* 200 left, 40 a minute */
    memset(&gauge, 0, sizeof gauge);
    now += 20 * MINUTE;
    for (uint64_t minute = 0; minute < 12; minute++) { /* a heap that is touched for the first time is no slope */
        SILENT(container_at(300 + 40 * minute, 600 - 40 * minute));
        now += MINUTE - SECOND;
    }
}

SUITE(policy, healthy, NULL,
      CASE(policy_notices_an_undeclared_share_once), CASE(container_warns_of_what_may_come_and_is_critical_at_95_percent),
      CASE(container_that_fills_within_ten_minutes_is_told),
      CASE(policy_leaves_an_undeclared_share_to_a_full_budget),
      CASE(policy_says_nothing_within_limits),
      CASE(policy_warns_beyond_grace_and_at_each_doubling),
      CASE(policy_keeps_ten_minutes_between_warnings_and_counts),
      CASE(policy_rearms_ten_points_lower),
      CASE(policy_share_that_is_read_speaks_as_the_others_do),
      CASE(policy_tick_leaves_a_share_that_is_read_alone),
      CASE(policy_rearms_a_declared_share_of_zero_at_zero),
      CASE(policy_budget_speaks_at_80_and_95_percent),
      CASE(policy_critical_is_said_for_the_warning_too),
      CASE(policy_budget_is_of_both_parts_and_of_no_other_component),
      CASE(policy_job_manager_has_one_budget),
      CASE(policy_without_both_parts_has_no_budget),
      CASE(policy_share_and_budget_both_get_their_line),
      CASE(policy_row_goes_by_percentages),
      CASE(policy_slope_needs_five_minutes_of_growth),
      CASE(policy_slope_is_silent_when_there_is_time_left),
      CASE(policy_slope_is_silent_at_start_up),
      CASE(policy_slope_keeps_quiet_for_ten_minutes),
      CASE(policy_slope_starts_anew_after_a_pause),
      CASE(policy_tick_judges_the_slope_of_the_budget),
      CASE(policy_survivors_speak_from_16_mib_and_when_the_excess_doubles),
      CASE(policy_observe_says_nothing),
      CASE(policy_quiet_is_the_last_silent_figure),
      CASE(policy_survives_the_largest_numbers),
      CASE(policy_keeps_its_laws_over_random_days));
