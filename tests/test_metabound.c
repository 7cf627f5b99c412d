/* SPDX-License-Identifier: Apache-2.0 */
/* test_metabound.c: from which size of metaspace on definitions are denied. */
#include "model/metabound.h"

#include <CUnit/CUnit.h>

#include "suite.h"

#define MIB (1ULL << 20)

static void metabound_from_is_the_limit_or_a_little_before_the_vms(void)
{
    CU_ASSERT_EQUAL(metabound_from(64 * MIB, 0), 64 * MIB);
    CU_ASSERT_EQUAL(metabound_from(64 * MIB, 256 * MIB), 64 * MIB);
    CU_ASSERT_EQUAL(metabound_from(0, 0), UINT64_MAX);
    CU_ASSERT_EQUAL(metabound_from(0, 300 * MIB), 294 * MIB);
    CU_ASSERT_EQUAL(metabound_from(0, 32 * MIB), 31 * MIB);
    CU_ASSERT_EQUAL(metabound_from(256 * MIB, 256 * MIB), 256 * MIB - 256 * MIB / 50);
    CU_ASSERT_EQUAL(metabound_from(300 * MIB, 256 * MIB), 256 * MIB - 256 * MIB / 50);
    CU_ASSERT_EQUAL(metabound_from(0, 1 * MIB), UINT64_MAX); /* no JVM starts with so little */
}

static void metabound_due_by_the_guess_of_what_came_since(void)
{
    struct metabound m = { .committed = 0 };
    metabound_read(&m, 40 * MIB, 39 * MIB);
    CU_ASSERT_FALSE(metabound_due(&m, 0, 64 * MIB));
    CU_ASSERT_FALSE(metabound_due(&m, 24 * MIB, 64 * MIB));
    CU_ASSERT_TRUE(metabound_due(&m, 24 * MIB + 1, 64 * MIB));
    CU_ASSERT_FALSE(metabound_due(&m, 24 * MIB + 1, UINT64_MAX));
    metabound_read(&m, 64 * MIB, 39 * MIB);
    CU_ASSERT_TRUE(metabound_due(&m, 0, 64 * MIB));
    CU_ASSERT_TRUE(metabound_guess(1000) > 1000);
}

static void metabound_fits_below_and_not_at_the_limit(void)
{
    struct metabound m = { .committed = 0 };
    metabound_read(&m, 64 * MIB - 1, 60 * MIB);
    CU_ASSERT_TRUE(metabound_fits(&m, 1000, 64 * MIB));
    metabound_read(&m, 64 * MIB, 60 * MIB);
    CU_ASSERT_FALSE(metabound_fits(&m, 1000, 64 * MIB));
    CU_ASSERT_TRUE(metabound_fits(&m, 1000, 65 * MIB)); /* raised */
}

/* On JDK 11 what is committed stays: the unloaded classes' place is room all the same. */
static void metabound_fits_where_unloaded_classes_were(void)
{
    struct metabound m = { .committed = 0 };
    metabound_read(&m, 64 * MIB, 60 * MIB);
    metabound_read(&m, 64 * MIB, 50 * MIB);
    CU_ASSERT_TRUE(metabound_fits(&m, 1000, 64 * MIB));
    metabound_read(&m, 64 * MIB, 60 * MIB - 50000);
    CU_ASSERT_FALSE(metabound_fits(&m, 1000, 64 * MIB));
    metabound_read(&m, 64 * MIB, 60 * MIB - 100000);
    CU_ASSERT_TRUE(metabound_fits(&m, 1000, 64 * MIB));
    CU_ASSERT_FALSE(metabound_fits(&m, 100000, 64 * MIB));
}

/* What was in use beyond the limit, and is given back, proves nothing of less memory. */
static void metabound_fits_no_more_than_is_committed(void)
{
    struct metabound m = { .committed = 0 };
    metabound_read(&m, 90 * MIB, 88 * MIB);
    metabound_read(&m, 65 * MIB, 65 * MIB - 60000);
    CU_ASSERT_FALSE(metabound_fits(&m, 1000, 64 * MIB));
}

SUITE(metabound, NULL, NULL, CASE(metabound_from_is_the_limit_or_a_little_before_the_vms),
      CASE(metabound_due_by_the_guess_of_what_came_since), CASE(metabound_fits_below_and_not_at_the_limit),
      CASE(metabound_fits_where_unloaded_classes_were), CASE(metabound_fits_no_more_than_is_committed));
