/* SPDX-License-Identifier: Apache-2.0 */
/* test_history.c: what a figure was up to a quarter of an hour ago. */
#include "model/history.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

enum { SECOND = 1000, MINUTE = 60000 };

static struct history h;
static uint64_t       figure;
static int64_t        ago;

static void fresh(void)
{
    memset(&h, 0, sizeof h);
}

static void nothing_is_known_in_the_first_minute(void)
{
    CU_ASSERT_FALSE(history_oldest(&h, MINUTE, &figure, &ago));
    history_feed(&h, 7, 5 * MINUTE);
    CU_ASSERT_FALSE(history_oldest(&h, 6 * MINUTE - 1, &figure, &ago));
    CU_ASSERT_TRUE(history_oldest(&h, 6 * MINUTE, &figure, &ago));
    CU_ASSERT_TRUE(figure == 7 && ago == MINUTE);
}

static void it_reaches_back_a_quarter_of_an_hour(void)
{
    int64_t now = 0;
    for (int s = 0; s <= 3600; s++)
        history_feed(&h, (uint64_t)s, now = (int64_t)s * SECOND);
    CU_ASSERT_EQUAL(h.count, HISTORY_SAMPLES);
    CU_ASSERT_TRUE(history_oldest(&h, now + 59 * SECOND, &figure, &ago));
    CU_ASSERT_EQUAL(figure, 3600 - 14 * 60);
    CU_ASSERT_EQUAL(ago, 14 * MINUTE + 59 * SECOND);
}

static void what_is_older_is_not_told(void)
{
    history_feed(&h, 7, MINUTE);
    CU_ASSERT_FALSE(history_oldest(&h, 17 * MINUTE, &figure, &ago)); /* a suspended process */
    history_feed(&h, 8, 17 * MINUTE);
    CU_ASSERT_TRUE(history_oldest(&h, 18 * MINUTE, &figure, &ago));
    CU_ASSERT_EQUAL(figure, 8);
}

static void a_clock_set_back_forgets(void)
{
    history_feed(&h, 7, 100 * MINUTE);
    history_feed(&h, 8, 50 * MINUTE);
    CU_ASSERT_TRUE(history_oldest(&h, 51 * MINUTE, &figure, &ago));
    CU_ASSERT_EQUAL(figure, 8);
}

/* clang-format off */
SUITE(history, fresh, NULL,
      CASE(nothing_is_known_in_the_first_minute),
      CASE(it_reaches_back_a_quarter_of_an_hour),
      CASE(what_is_older_is_not_told),
      CASE(a_clock_set_back_forgets));
