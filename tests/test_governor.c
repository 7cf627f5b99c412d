/* SPDX-License-Identifier: Apache-2.0 */
/* test_governor.c: a program that allocates at a steady rate, seen by the governor in windows of 100 ms. */
#include "model/governor.h"

#include <CUnit/CUnit.h>
#include <math.h>

#include "suite.h"

#define WINDOW_NS 100000000ULL
enum { FRAMES = 20 };

static struct governor governor;

static void fresh(void)
{
    governor_init(&governor);
}

/* What the hooks would walk of `calls` calls of `bytes` in one window under the present M. */
static uint64_t walked(double calls, double bytes)
{
    if (governor.exponent == 0)
        return (uint64_t)calls;
    return (uint64_t)(calls * -expm1(-bytes / (double)(1ULL << governor.exponent)));
}

/* The share of one CPU that walking took over `windows`. */
static double run(unsigned windows, double calls, double bytes)
{
    uint64_t ns = 0;
    for (unsigned i = 0; i < windows; i++) {
        uint64_t walks = walked(calls, bytes);
        ns += governor_cost(walks, walks * FRAMES);
        governor_next(&governor, walks, walks * FRAMES, WINDOW_NS);
    }
    return (double)ns / (double)(windows * WINDOW_NS);
}

static void governor_walks_all_where_it_can_pay(void)
{
    CU_ASSERT(run(600, 30, 1 << 20) < 0.01);
    CU_ASSERT_EQUAL(governor.exponent, 0);
}

/* 4,096 network buffers at the start of a TaskManager: dear, and over at once. */
static void governor_pays_for_a_burst_out_of_its_savings(void)
{
    run(1, 16384, 32768);
    CU_ASSERT_EQUAL(governor.exponent, 0);
}

static void governor_keeps_a_storm_under_one_percent(void)
{
    static const struct {
        double calls, bytes;
    } storms[] = { { 125000, 64 }, { 30000, 4096 }, { 5000, 1 << 20 }, { 1000000, 8 } };
    for (size_t i = 0; i < sizeof storms / sizeof storms[0]; i++) {
        fresh();
        run(50, storms[i].calls, storms[i].bytes); /* until savings are gone and M has been found */
        CU_ASSERT(run(600, storms[i].calls, storms[i].bytes) < 0.0125);
        CU_ASSERT_NOT_EQUAL(governor.exponent, 0);
    }
}

static void governor_goes_back_to_all_after_the_storm(void)
{
    run(100, 125000, 64);
    CU_ASSERT_NOT_EQUAL(governor.exponent, 0);
    run(600, 10, 64);
    CU_ASSERT_EQUAL(governor.exponent, 0);
}

static void governor_stays_in_its_range(void)
{
    for (int i = 0; i < 200; i++)
        governor_next(&governor, UINT32_MAX, UINT32_MAX, WINDOW_NS);
    CU_ASSERT_EQUAL(governor.exponent, 40);
    for (int i = 0; i < 300; i++)
        governor_next(&governor, 0, 0, WINDOW_NS); /* 20 s pay the debt off, 3 s take M down */
    CU_ASSERT_EQUAL(governor.exponent, 0);
}

static void governor_pays_for_native_walks_from_the_same_law(void)
{
    struct governor by_cost;
    governor_init(&by_cost);
    CU_ASSERT_EQUAL(governor_native_cost(10, 200, 0, 0),
                    GOVERNOR_NATIVE_TIMES * (10 * GOVERNOR_NS_PER_NATIVE_WALK + 200 * GOVERNOR_NS_PER_NATIVE_FRAME));
    CU_ASSERT_EQUAL(governor_native_cost(0, 0, 8, 160), GOVERNOR_NATIVE_TIMES * governor_cost(8, 160));
    for (unsigned i = 0; i < 60; i++)
        CU_ASSERT_EQUAL(governor_pay(&by_cost, governor_cost(100000, 2000000), WINDOW_NS),
                        governor_next(&governor, 100000, 2000000, WINDOW_NS));
    CU_ASSERT_TRUE(by_cost.exponent > 0);
}

SUITE(governor, fresh, NULL, CASE(governor_walks_all_where_it_can_pay), CASE(governor_pays_for_a_burst_out_of_its_savings),
      CASE(governor_keeps_a_storm_under_one_percent), CASE(governor_goes_back_to_all_after_the_storm),
      CASE(governor_stays_in_its_range), CASE(governor_pays_for_native_walks_from_the_same_law));
