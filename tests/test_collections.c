/* SPDX-License-Identifier: Apache-2.0 */
/* test_collections.c: who outlived two full collections: one is never enough, nor are two in a row without a pause. */
#include "model/collections.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

enum { START = 1000000, SECOND = 1000 };

static struct collections c;
static int64_t            now;
static uint64_t           total;

static void fresh(void)
{
    memset(&c, 0, sizeof c);
    now = START;
    total = 7;
    collections_feed(&c, total, false, now);
}

/* A reading each second, at the first of which so many collections more are complete. */
static void pass(int seconds, unsigned collections, bool under_way)
{
    total += collections;
    for (int i = 0; i < seconds; i++)
        collections_feed(&c, total, under_way, now += SECOND);
}

static void nothing_outlived_one_collection(void)
{
    pass(10, 1, false);
    pass(1000, 0, false);
    CU_ASSERT_EQUAL(collections_outlived(&c, now), 0);
}

static void two_with_a_pause_are_outlived(void)
{
    int64_t before = now;
    pass(4, 1, false);
    pass(1, 1, false);
    CU_ASSERT_EQUAL(collections_outlived(&c, now), 0); /* cleaners had no time */
    pass(2, 0, false);
    CU_ASSERT_EQUAL(collections_outlived(&c, now), before);
    CU_ASSERT_EQUAL(collections_after(&c, before - 1), 2);
    CU_ASSERT_EQUAL(collections_after(&c, before), 1); /* who ended at that reading or soon after: the first came too early */
}

static void many_at_once_are_one(void)
{
    pass(1, 5, false);
    pass(1, 5, false);
    pass(1, 5, false);
    pass(100, 0, false);
    CU_ASSERT_EQUAL(collections_outlived(&c, now), 0); /* no two of them are apart */
    pass(10, 1, false);
    CU_ASSERT_NOT_EQUAL(collections_outlived(&c, now), 0);
    CU_ASSERT_EQUAL(collections_after(&c, START - 1), 16);
}

static void the_latest_pair_counts(void)
{
    pass(5, 1, false);
    int64_t second = now;
    pass(5, 1, false);
    pass(5, 1, false);
    CU_ASSERT_EQUAL(collections_outlived(&c, now), second);
}

static void a_fresh_one_does_not_hide_an_older_pair(void)
{
    pass(5, 1, false);
    pass(5, 1, false);
    pass(1, 1, false);
    CU_ASSERT_EQUAL(collections_outlived(&c, now), START);
}

/* The first to be complete may have begun before anything: three are needed. */
static void one_under_way_vouches_for_the_one_before(void)
{
    pass(5, 1, true);
    pass(5, 1, true);
    CU_ASSERT_EQUAL(collections_outlived(&c, now), 0);
    pass(5, 1, true);
    CU_ASSERT_EQUAL(collections_outlived(&c, now), 0); /* it may have begun when the second was just complete */
    pass(5, 1, true);
    CU_ASSERT_EQUAL(collections_outlived(&c, now), START);
}

static void a_clock_set_back_forgets(void)
{
    pass(5, 1, false);
    now -= 100 * SECOND;
    pass(5, 1, false);
    pass(5, 0, false);
    CU_ASSERT_EQUAL(collections_outlived(&c, now), 0);
}

static void no_more_than_it_keeps(void)
{
    for (int i = 0; i < 3 * COLLECTIONS_KEPT; i++)
        pass(5, 1, false);
    CU_ASSERT_EQUAL(c.kept, COLLECTIONS_KEPT);
    CU_ASSERT_EQUAL(collections_after(&c, 0), COLLECTIONS_KEPT);
    CU_ASSERT_EQUAL(collections_outlived(&c, now), now - 10 * SECOND);
}

/* clang-format off */
SUITE(collections, fresh, NULL,
      CASE(nothing_outlived_one_collection),
      CASE(two_with_a_pause_are_outlived),
      CASE(many_at_once_are_one),
      CASE(the_latest_pair_counts),
      CASE(a_fresh_one_does_not_hide_an_older_pair),
      CASE(one_under_way_vouches_for_the_one_before),
      CASE(a_clock_set_back_forgets),
      CASE(no_more_than_it_keeps));
