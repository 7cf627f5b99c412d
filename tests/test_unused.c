/* SPDX-License-Identifier: Apache-2.0 */
/* test_unused.c: time without use is time in which jobs ran; one use ends it for good. */
#include "model/unused.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

static struct unused u;

static void fresh(void)
{
    memset(&u, 0, sizeof u);
}

static void time_counts_while_jobs_run(void)
{
    for (int64_t now = 1000; now <= 10000; now += 1000)
        unused_feed(&u, false, false, now);
    CU_ASSERT_EQUAL(unused_ms(&u), 0);
    for (int64_t now = 11000; now <= 20000; now += 1000)
        unused_feed(&u, true, false, now);
    CU_ASSERT_EQUAL(unused_ms(&u), 9000);
    unused_feed(&u, false, false, 21000);
    unused_feed(&u, true, false, 31000); /* the pause does not count */
    unused_feed(&u, true, false, 32000);
    CU_ASSERT_EQUAL(unused_ms(&u), 10000);
}

static void one_use_cancels_for_good(void)
{
    unused_feed(&u, true, false, 1000);
    unused_feed(&u, true, false, 2000);
    unused_feed(&u, true, true, 3000);
    CU_ASSERT_EQUAL(unused_ms(&u), 0);
    for (int64_t now = 4000; now <= 900000; now += 1000)
        unused_feed(&u, true, false, now);
    CU_ASSERT_EQUAL(unused_ms(&u), 0);
}

static void a_use_between_jobs_counts_too(void)
{
    unused_feed(&u, false, true, 1000);
    unused_feed(&u, true, false, 2000);
    unused_feed(&u, true, false, 3000);
    CU_ASSERT_EQUAL(unused_ms(&u), 0);
}

static void a_suspended_process_says_nothing(void)
{
    unused_feed(&u, true, false, 1000);
    unused_feed(&u, true, false, 3600000);
    CU_ASSERT_EQUAL(unused_ms(&u), 5000);
    unused_feed(&u, true, false, 1000); /* a clock set back */
    CU_ASSERT_EQUAL(unused_ms(&u), 5000);
}

/* clang-format off */
SUITE(unused, fresh, NULL,
      CASE(time_counts_while_jobs_run),
      CASE(one_use_cancels_for_good),
      CASE(a_use_between_jobs_counts_too),
      CASE(a_suspended_process_says_nothing));
