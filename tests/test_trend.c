/* SPDX-License-Identifier: Apache-2.0 */
/* test_trend.c: bytes per minute over the sheets that were seen. */
#include "model/trend.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

enum { MIB = 1 << 20, SECOND = 1000 };

static struct trend t;

static void fresh(void)
{
    memset(&t, 0, sizeof t);
}

static void see(int64_t time_ms, uint64_t used)
{
    struct trend_sheet s = { .time_ms = time_ms };
    s.known[WEIR_TASK_OFF_HEAP] = true;
    s.used[WEIR_TASK_OFF_HEAP] = used;
    trend_add(&t, &s);
}

static void expect(int64_t bytes)
{
    int64_t found = 0;
    CU_ASSERT_TRUE(trend_per_minute(&t, WEIR_TASK_OFF_HEAP, &found));
    CU_ASSERT_EQUAL(found, bytes);
}

static void trend_needs_two_sheets_a_second_apart(void)
{
    int64_t bytes;
    CU_ASSERT_FALSE(trend_per_minute(&t, WEIR_TASK_OFF_HEAP, &bytes));
    see(10 * SECOND, MIB);
    CU_ASSERT_FALSE(trend_per_minute(&t, WEIR_TASK_OFF_HEAP, &bytes));
    see(10 * SECOND + 999, MIB);
    CU_ASSERT_FALSE(trend_per_minute(&t, WEIR_TASK_OFF_HEAP, &bytes));
    see(11 * SECOND, 2 * MIB);
    expect(60 * MIB);
    CU_ASSERT_FALSE(trend_per_minute(&t, WEIR_NETWORK, &bytes));
}

static void trend_falls_too(void)
{
    see(0, 9 * MIB);
    see(30 * SECOND, 3 * MIB);
    expect(-12 * MIB);
    see(30 * SECOND, 100 * MIB);
    see(20 * SECOND, 100 * MIB);
    expect(-12 * MIB);
}

static void trend_is_of_the_last_minutes_only(void)
{
    uint64_t used = 0;
    int64_t  now = 0;
    for (; now < 20 * 60 * SECOND; now += 250)
        see(now, used += 1000);
    for (int64_t flat = now + TREND_WINDOW_MS; now <= flat; now += 250)
        see(now, used);
    expect(0);
    CU_ASSERT_TRUE(t.count < TREND_SHEETS);
    CU_ASSERT_TRUE(trend_span_ms(&t) <= TREND_WINDOW_MS);
    CU_ASSERT_TRUE(trend_span_ms(&t) > TREND_WINDOW_MS - 10 * SECOND);
}

static void trend_survives_any_figures(void)
{
    int64_t bytes;
    see(0, 0);
    see(1000, UINT64_MAX);
    expect(INT64_MAX);
    fresh();
    see(INT64_MIN + 1, UINT64_MAX);
    see(INT64_MAX, 0);
    (void)trend_per_minute(&t, WEIR_TASK_OFF_HEAP, &bytes);
}

SUITE(trend, fresh, NULL, CASE(trend_needs_two_sheets_a_second_apart), CASE(trend_falls_too),
      CASE(trend_is_of_the_last_minutes_only), CASE(trend_survives_any_figures));
