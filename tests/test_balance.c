/* SPDX-License-Identifier: Apache-2.0 */
/* test_balance.c: lines of the balance sheet, in whole MiB. */
#include "model/balance.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

#define MIB ((uint64_t)1 << 20)

static struct balance_input in;
static struct weir_balance  out;

/* 1000 MiB: of 300 booked 100 were not touched, 20 lie with other libraries, 30 are free. */
static void healthy(void)
{
    memset(&in, 0, sizeof in);
    memset(&out, 0x5a, sizeof out);
    in.map[BALANCE_MAP_JAVA_HEAP] = 400 * MIB;
    in.map[BALANCE_MAP_CODE] = 40 * MIB;
    in.map[BALANCE_MAP_LIBRARIES] = 25 * MIB;
    in.map[BALANCE_MAP_FILES] = 35 * MIB;
    in.map[BALANCE_MAP_MALLOC] = 250 * MIB;
    in.map[BALANCE_MAP_OTHER] = 250 * MIB;
    in.booked[WEIR_NETWORK] = 100 * MIB;
    in.booked[WEIR_MANAGED] = 200 * MIB;
    in.untouched[WEIR_MANAGED] = 100 * MIB;
    in.allocator = (struct weir_allocator){ .kind = WEIR_ALLOCATOR_GLIBC, .known = true, .live = 320 * MIB, .held = 400 * MIB };
    in.metaspace_known = in.stacks_known = true;
    in.metaspace = 200 * MIB;
    in.stacks = 10 * MIB;
    in.agent = 5 * MIB;
    in.vm_maps = 30 * MIB;
}

static int64_t sum(void)
{
    uint64_t s = 0;
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        s += out.rows[c];
    for (int p = 0; p < WEIR_PART_COUNT; p++)
        s += out.part[p];
    return (int64_t)s + out.residual;
}

static void each_byte_is_in_one_line(void)
{
    balance_sum(&in, &out);
    CU_ASSERT_EQUAL(out.rss, 1000 * MIB);
    CU_ASSERT_EQUAL(out.rows[WEIR_MANAGED], 100 * MIB);
    CU_ASSERT_EQUAL(out.rows[WEIR_NETWORK], 100 * MIB);
    CU_ASSERT_EQUAL(out.part[WEIR_PART_MALLOC], 20 * MIB);
    CU_ASSERT_EQUAL(out.part[WEIR_PART_RETENTION], 30 * MIB);
    CU_ASSERT_EQUAL(out.allocator.retention, 30 * MIB);
    CU_ASSERT_EQUAL(out.allocator.resident, 250 * MIB);
    CU_ASSERT_EQUAL(out.part[WEIR_PART_VM_MAPS], 30 * MIB);
    CU_ASSERT_EQUAL(out.residual, (int64_t)(5 * MIB));
    CU_ASSERT_EQUAL(sum(), (int64_t)out.rss);
}

/* What nobody can know is not known, and then in the residual. */
static void what_is_not_known_is_the_residual(void)
{
    in.allocator.known = false;
    in.vm_maps = 0;
    in.metaspace_known = in.stacks_known = false;
    balance_sum(&in, &out);
    CU_ASSERT_FALSE(out.part_known[WEIR_PART_MALLOC] || out.part_known[WEIR_PART_RETENTION] || out.part_known[WEIR_PART_VM_MAPS] ||
                    out.part_known[WEIR_PART_METASPACE] || out.part_known[WEIR_PART_STACKS] || out.allocator.resident_known);
    CU_ASSERT_EQUAL(out.residual, (int64_t)((1000 - 400 - 40 - 25 - 35 - 200 - 5) * MIB));
    CU_ASSERT_EQUAL(sum(), (int64_t)out.rss);
}

static void lines_that_claim_too_much_are_a_negative_residual(void)
{
    in.stacks = 290 * MIB;
    in.metaspace = 0;
    balance_sum(&in, &out);
    CU_ASSERT_EQUAL(out.part[WEIR_PART_VM_MAPS], 0);
    CU_ASSERT_EQUAL(out.residual, -(int64_t)(45 * MIB));
    CU_ASSERT_EQUAL(sum(), (int64_t)out.rss);
}

/* Committed, and not all of it written to. */
static void metaspace_is_at_most_what_the_mappings_hold(void)
{
    in.metaspace = 280 * MIB;
    balance_sum(&in, &out);
    CU_ASSERT_EQUAL(out.part[WEIR_PART_METASPACE], 235 * MIB);
    CU_ASSERT_EQUAL(out.residual, 0);
}

/* Large blocks outside of what was found are resident but for what of them is known to be untouched. */
static void large_blocks_that_were_not_found_count(void)
{
    in.map[BALANCE_MAP_MALLOC] = 50 * MIB;
    in.map[BALANCE_MAP_OTHER] = 450 * MIB;
    in.apart = 300 * MIB;
    in.untouched_apart[WEIR_MANAGED] = 100 * MIB;
    balance_sum(&in, &out);
    CU_ASSERT_EQUAL(out.part[WEIR_PART_RETENTION], 30 * MIB);
    CU_ASSERT_EQUAL(out.residual, (int64_t)(5 * MIB));
    in.apart = 3000 * MIB; /* never more than the mappings hold that they may lie in */
    balance_sum(&in, &out);
    CU_ASSERT_EQUAL(out.part[WEIR_PART_RETENTION] + out.part[WEIR_PART_MALLOC], (50 + 450 - 215 - 200) * MIB);
    CU_ASSERT_EQUAL(out.residual, 0);
}

static void what_others_call_resident_is_an_upper_bound(void)
{
    in.allocator = (struct weir_allocator){ .kind = WEIR_ALLOCATOR_JEMALLOC, .known = true, .resident_known = true, .live = 320 * MIB,
                                            .held = 600 * MIB, .resident = 350 * MIB };
    balance_sum(&in, &out);
    CU_ASSERT_EQUAL(out.allocator.resident, 250 * MIB);
    CU_ASSERT_EQUAL(out.allocator.retention, 30 * MIB);
    in.allocator.kind = WEIR_ALLOCATOR_GLIBC; /* whose heads cannot be read */
    balance_sum(&in, &out);
    CU_ASSERT_EQUAL(out.allocator.resident, 250 * MIB);
    in.allocator.resident = 5000 * MIB;
    balance_sum(&in, &out);
    CU_ASSERT_EQUAL(out.allocator.resident, (250 + 250 - 215) * MIB);
    CU_ASSERT_EQUAL(sum(), (int64_t)out.rss);
}

/* An allocator that was asked a minute ago knows nothing of what was taken since: that is not free. */
static void old_answer_of_the_allocator_makes_nothing_free(void)
{
    in.allocator_old = true;
    in.retention = 10 * MIB;
    in.allocator.live = 100 * MIB;
    balance_sum(&in, &out);
    CU_ASSERT_EQUAL(out.part[WEIR_PART_RETENTION], 10 * MIB);
    CU_ASSERT_EQUAL(out.part[WEIR_PART_MALLOC], 40 * MIB);
    CU_ASSERT_EQUAL(sum(), (int64_t)out.rss);
}

/* A watched library's mapping is its row's, and no part of what malloc holds. */
static void mappings_of_libraries_are_in_their_row(void)
{
    in.mapped[WEIR_MANAGED] = 7 * MIB;
    in.map[BALANCE_MAP_OTHER] += 7 * MIB;
    balance_sum(&in, &out);
    CU_ASSERT_EQUAL(out.rows[WEIR_MANAGED], 107 * MIB);
    CU_ASSERT_EQUAL(out.part[WEIR_PART_MALLOC], 20 * MIB);
    CU_ASSERT_EQUAL(out.residual, (int64_t)(5 * MIB));
    CU_ASSERT_EQUAL(sum(), (int64_t)out.rss);
}

/* Figures of different instants: less live than booked, more untouched than booked. */
static void figures_that_do_not_fit_together_stay_in_range(void)
{
    in.allocator.live = 10 * MIB;
    in.untouched[WEIR_MANAGED] = 900 * MIB;
    balance_sum(&in, &out);
    CU_ASSERT_EQUAL(out.rows[WEIR_MANAGED], 0);
    CU_ASSERT_EQUAL(out.part[WEIR_PART_RETENTION] + out.part[WEIR_PART_MALLOC], 150 * MIB);
    CU_ASSERT_EQUAL(sum(), (int64_t)out.rss);
}

static void tables_follow_the_heap(void)
{
    CU_ASSERT_EQUAL(balance_tables("G1", 512 * MIB), 20 * MIB);
    CU_ASSERT_EQUAL(balance_tables("Serial", 512 * MIB), 3 * MIB);
    CU_ASSERT_TRUE(balance_tables("Parallel", 512 * MIB) > 20 * MIB);
    CU_ASSERT_TRUE(balance_tables("Shenandoah", 512 * MIB) > 8 * MIB);
    CU_ASSERT_EQUAL(balance_tables("ZGC", 512 * MIB), 0);
    CU_ASSERT_EQUAL(balance_tables("unknown GC", 512 * MIB), 0);
}

SUITE(balance, healthy, NULL, CASE(each_byte_is_in_one_line), CASE(what_is_not_known_is_the_residual),
      CASE(lines_that_claim_too_much_are_a_negative_residual), CASE(metaspace_is_at_most_what_the_mappings_hold), CASE(large_blocks_that_were_not_found_count),
      CASE(what_others_call_resident_is_an_upper_bound), CASE(old_answer_of_the_allocator_makes_nothing_free), CASE(mappings_of_libraries_are_in_their_row), CASE(figures_that_do_not_fit_together_stay_in_range),
      CASE(tables_follow_the_heap));
