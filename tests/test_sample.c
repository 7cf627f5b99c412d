/* SPDX-License-Identifier: Apache-2.0 */
/* test_sample.c: which calls are walked, and that what the walked ones stand for is what was left out. The draws are random:
 * each bound below lies at five or more standard deviations. */
#include "core/sample.h"

#include <CUnit/CUnit.h>
#include <math.h>

#include "crew.h"
#include "suite.h"

static void fresh(void)
{
    sample_reset();
}

static uint64_t due_of(uint64_t bytes, unsigned calls)
{
    uint64_t due = 0;
    for (unsigned i = 0; i < calls; i++) {
        uint8_t exponent;
        due += sample_due(bytes, &exponent);
        CU_ASSERT_EQUAL(exponent, sample_get());
    }
    return due;
}

static void sample_walks_every_call_to_begin_with(void)
{
    CU_ASSERT_EQUAL(due_of(8, 1000), 1000);
    CU_ASSERT_EQUAL(due_of(1ULL << 40, 10), 10);
}

/* p = 1 - exp(-size/M), of calls of one size and one thread. */
static void sample_walks_in_proportion_to_the_bytes(void)
{
    static const struct {
        uint64_t bytes;
        uint8_t  exponent;
    } cases[] = { { 64, 12 }, { 64, 16 }, { 4096, 12 }, { 4096, 14 }, { 1 << 20, 20 }, { 1 << 20, 24 } };
    enum { CALLS = 400000 };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sample_set(cases[i].exponent);
        double p = -expm1(-(double)cases[i].bytes / (double)(1ULL << cases[i].exponent));
        double sigma = sqrt(CALLS * p * (1 - p));
        double due = (double)due_of(cases[i].bytes, CALLS);
        CU_ASSERT(fabs(due - CALLS * p) < 6 * sigma + 2);
    }
}

static void sample_walks_a_block_far_above_the_mean_for_certain(void)
{
    sample_set(12);
    CU_ASSERT_EQUAL(due_of(1 << 20, 10000), 10000);
}

static void sample_takes_up_a_new_mean_at_once(void)
{
    sample_set(40);
    CU_ASSERT_EQUAL(due_of(8, 10), 0);
    sample_set(0);
    CU_ASSERT_EQUAL(due_of(8, 10), 10);
    sample_set(12);
    CU_ASSERT_EQUAL(due_of(1 << 20, 10), 10);
}

static void sample_weight_is_what_a_walked_block_stands_for(void)
{
    CU_ASSERT_EQUAL(sample_weight(64, 0), 0);
    /* size/M tiny: about M - size/2 */
    uint64_t w = sample_weight(64, 20);
    CU_ASSERT(w > (1 << 20) - 40 && w < (1 << 20) - 24);
    CU_ASSERT_EQUAL(sample_weight(1 << 20, 12), 0); /* p is 1 */
}

static void sample_estimates_sum_to_the_undecided(void)
{
    uint64_t out[WEIR_COMPONENT_COUNT], sum = 0;
    sample_charge(WEIR_MANAGED, 64, 16);
    sample_charge(WEIR_NETWORK, 64, 16);
    sample_charge(WEIR_NETWORK, 64, 16);
    sample_estimates(1000001, out);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        sum += out[c];
    CU_ASSERT_EQUAL(sum, 1000001);
    CU_ASSERT(out[WEIR_MANAGED] > 333000 && out[WEIR_MANAGED] < 334000);
    CU_ASSERT(out[WEIR_NETWORK] > 666000 && out[WEIR_NETWORK] < 667100);
    CU_ASSERT_EQUAL(out[WEIR_TASK_OFF_HEAP], 0);
}

static void sample_estimates_nothing_where_nothing_was_sampled(void)
{
    uint64_t out[WEIR_COMPONENT_COUNT];
    sample_charge(WEIR_MANAGED, 64, 0); /* walked because every call was */
    sample_estimates(1 << 20, out);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        CU_ASSERT_EQUAL(out[c], 0);
    sample_charge(WEIR_MANAGED, 64, 16);
    sample_discharge(WEIR_MANAGED, 64, 16);
    sample_estimates(1 << 20, out);
    CU_ASSERT_EQUAL(out[WEIR_MANAGED], 0);
}

SUITE(sample, fresh, fresh, CASE(sample_walks_every_call_to_begin_with), CASE(sample_walks_in_proportion_to_the_bytes),
      CASE(sample_walks_a_block_far_above_the_mean_for_certain), CASE(sample_takes_up_a_new_mean_at_once),
      CASE(sample_weight_is_what_a_walked_block_stands_for), CASE(sample_estimates_sum_to_the_undecided),
      CASE(sample_estimates_nothing_where_nothing_was_sampled));
