/* SPDX-License-Identifier: Apache-2.0 */
/* test_counters.c: exact totals per component and kind, and their peaks. */
#include "core/counters.h"

#include <CUnit/CUnit.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "crew.h"
#include "suite.h"

enum { CREW = 8, ROUNDS = 50000 / CREW_SCALE };

static struct counters c;
static struct weir_row row;

static void fresh(void)
{
    memset(&c, 0, sizeof c);
    memset(&row, 0, sizeof row);
}

static const struct weir_row *of(enum weir_component component)
{
    counters_row(&c, component, &row);
    return &row;
}

static void counters_add_returns_what_was_held_before(void)
{
    CU_ASSERT_EQUAL(counters_add(&c, WEIR_MANAGED, WEIR_KIND_UNSAFE, 100, 1), 0);
    CU_ASSERT_EQUAL(counters_add(&c, WEIR_MANAGED, WEIR_KIND_DIRECT, 7, 1), 100);
    CU_ASSERT_EQUAL(counters_add(&c, WEIR_NETWORK, WEIR_KIND_DIRECT, 1, 1), 0);
    CU_ASSERT_EQUAL(counters_add(&c, WEIR_MANAGED, WEIR_KIND_DIRECT, 0, 1), 107);
}

static void counters_row_sums_by_kind(void)
{
    counters_add(&c, WEIR_MANAGED, WEIR_KIND_UNSAFE, 100, 1);
    counters_add(&c, WEIR_MANAGED, WEIR_KIND_UNSAFE, 11, 1);
    counters_add(&c, WEIR_MANAGED, WEIR_KIND_DIRECT, 7, 1);
    counters_add(&c, WEIR_NETWORK, WEIR_KIND_DIRECT, 5000, 1);
    of(WEIR_MANAGED);
    CU_ASSERT_EQUAL(row.used, 118);
    CU_ASSERT_EQUAL(row.blocks, 3);
    CU_ASSERT_EQUAL(row.kind_bytes[WEIR_KIND_UNSAFE], 111);
    CU_ASSERT_EQUAL(row.kind_blocks[WEIR_KIND_UNSAFE], 2);
    CU_ASSERT_EQUAL(row.kind_bytes[WEIR_KIND_DIRECT], 7);
    CU_ASSERT_EQUAL(row.kind_blocks[WEIR_KIND_DIRECT], 1);
    CU_ASSERT_EQUAL(row.kind_bytes[WEIR_KIND_FFM], 0);
}

static void counters_sub_undoes_add(void)
{
    counters_add(&c, WEIR_MANAGED, WEIR_KIND_UNSAFE, 100, 1);
    counters_add(&c, WEIR_MANAGED, WEIR_KIND_DIRECT, 7, 1);
    counters_sub(&c, WEIR_MANAGED, WEIR_KIND_UNSAFE, 100);
    of(WEIR_MANAGED);
    CU_ASSERT_EQUAL(row.used, 7);
    CU_ASSERT_EQUAL(row.blocks, 1);
    CU_ASSERT_EQUAL(row.kind_bytes[WEIR_KIND_UNSAFE], 0);
    CU_ASSERT_EQUAL(row.kind_blocks[WEIR_KIND_UNSAFE], 0);
}

static void counters_peak_is_the_highest_and_its_time(void)
{
    CU_ASSERT_EQUAL(of(WEIR_MANAGED)->peak, 0);
    CU_ASSERT_EQUAL(row.peak_time_ms, 0);
    counters_add(&c, WEIR_MANAGED, WEIR_KIND_UNSAFE, 100, 1000);
    counters_add(&c, WEIR_MANAGED, WEIR_KIND_DIRECT, 50, 2000);
    counters_sub(&c, WEIR_MANAGED, WEIR_KIND_UNSAFE, 100);
    counters_add(&c, WEIR_MANAGED, WEIR_KIND_UNSAFE, 100, 3000); /* as high, not higher */
    CU_ASSERT_EQUAL(of(WEIR_MANAGED)->peak, 150);
    CU_ASSERT_EQUAL(row.peak_time_ms, 2000);
    counters_add(&c, WEIR_MANAGED, WEIR_KIND_UNSAFE, 1, 4000);
    CU_ASSERT_EQUAL(of(WEIR_MANAGED)->peak, 151);
    CU_ASSERT_EQUAL(row.peak_time_ms, 4000);
}

static void counters_forget_peak_starts_again_from_what_is_used(void)
{
    counters_add(&c, WEIR_MANAGED, WEIR_KIND_UNSAFE, 100, 1000);
    counters_sub(&c, WEIR_MANAGED, WEIR_KIND_UNSAFE, 100);
    counters_add(&c, WEIR_MANAGED, WEIR_KIND_UNSAFE, 30, 2000);
    counters_forget_peak(&c, WEIR_MANAGED);
    CU_ASSERT_EQUAL(of(WEIR_MANAGED)->peak, 30);
    counters_sub(&c, WEIR_MANAGED, WEIR_KIND_UNSAFE, 30);
    counters_forget_peak(&c, WEIR_MANAGED);
    CU_ASSERT_EQUAL(of(WEIR_MANAGED)->peak, 0);
    CU_ASSERT_EQUAL(row.peak_time_ms, 0); /* no peak, no time */
}

static void counters_row_leaves_the_other_fields(void)
{
    struct weir_row want;
    memset(&row, 0xa5, sizeof row);
    row.present = row.measured = true;
    row.note = "kept";
    row.limit = (struct weir_limit){ true, false, 77, "somewhere" };
    want = row;
    of(WEIR_NETWORK);
    CU_ASSERT_TRUE(row.present && row.measured);
    CU_ASSERT_PTR_EQUAL(row.note, want.note);
    CU_ASSERT_TRUE(crew_same(&row.limit, &want.limit, sizeof row.limit));
    CU_ASSERT_EQUAL(row.used + row.peak + row.blocks, 0);
}

/* ---- several threads */

static void add_and_sub(int member)
{
    uint64_t seed = (uint64_t)member;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t       bytes = 1 + crew_below(&seed, 5000);
        enum weir_kind kind = (enum weir_kind)crew_below(&seed, 3);
        counters_add(&c, WEIR_MANAGED, kind, bytes, 1);
        if (i % 10 != 0) /* every tenth stays: 1 byte of it */
            counters_sub(&c, WEIR_MANAGED, kind, bytes);
        else if (bytes > 1) {
            counters_sub(&c, WEIR_MANAGED, kind, bytes);
            counters_add(&c, WEIR_MANAGED, kind, 1, 1);
        }
    }
}

static void counters_are_exact_under_threads(void)
{
    CU_ASSERT_EQUAL(crew_run(CREW, add_and_sub), 0);
    of(WEIR_MANAGED);
    CU_ASSERT_EQUAL(row.used, CREW * ((ROUNDS + 9) / 10));
    CU_ASSERT_EQUAL(row.blocks, row.used);
    CU_ASSERT_EQUAL(row.kind_bytes[0] + row.kind_bytes[1] + row.kind_bytes[2], row.used);
    CU_ASSERT_TRUE(row.peak >= row.used && row.peak <= row.used + CREW * 5000);
}

/* Two at a time, in step: when both add at once the peak must be their sum, whoever wrote first. */
enum { PAIR = 2, STEPS = 20000 / CREW_SCALE };

static atomic_uint arrived;

static void in_step(unsigned step)
{
    atomic_fetch_add_explicit(&arrived, 1, memory_order_acq_rel);
    for (unsigned spins = 0; atomic_load_explicit(&arrived, memory_order_acquire) < step * PAIR;
         spins++)
        if (spins % 1024 == 1023)
            sched_yield();
}

static void add_in_step(int member)
{
    unsigned step = 0;
    for (int i = 0; i < STEPS; i++) {
        in_step(++step);
        counters_add(&c, WEIR_MANAGED, WEIR_KIND_DIRECT, 10 + (uint64_t)member, 1);
        in_step(++step);
        if (member == 0) {
            struct weir_row mine;
            counters_row(&c, WEIR_MANAGED, &mine);
            crew_check(mine.peak == mine.used && mine.used == 21 * ((uint64_t)i + 1));
        }
    }
}

static void counters_peak_misses_no_step_of_two_threads(void)
{
    atomic_store(&arrived, 0);
    CU_ASSERT_EQUAL(crew_run(PAIR, add_in_step), 0);
}

SUITE(counters, fresh, NULL, CASE(counters_add_returns_what_was_held_before),
      CASE(counters_row_sums_by_kind), CASE(counters_sub_undoes_add),
      CASE(counters_peak_is_the_highest_and_its_time),
      CASE(counters_forget_peak_starts_again_from_what_is_used),
      CASE(counters_row_leaves_the_other_fields), CASE(counters_are_exact_under_threads),
      CASE(counters_peak_misses_no_step_of_two_threads));
