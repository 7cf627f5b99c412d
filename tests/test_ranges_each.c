/* SPDX-License-Identifier: Apache-2.0 */
/* test_ranges_each.c: every mapping is told once, however many there are. */
#include "core/ranges.h"

#include <CUnit/CUnit.h>

#include "suite.h"

enum { PAGE = 4096, MANY = 200 };

static uint64_t visits, bytes;

static void count(void *with, struct range range)
{
    CU_ASSERT_PTR_EQUAL(with, &visits);
    CU_ASSERT_EQUAL(range.owner, (range.from / PAGE - 1) / 2);
    visits++;
    bytes += range.to - range.from;
}

static void every_range_is_told_once(void)
{
    struct ranges *ranges;
    CU_ASSERT_EQUAL_FATAL(ranges_new(&ranges), WEIR_OK);
    for (uint32_t n = 0; n <= MANY; n++) {
        visits = bytes = 0;
        ranges_each(ranges, count, &visits);
        CU_ASSERT_EQUAL(visits, n);
        CU_ASSERT_EQUAL(bytes, (uint64_t)n * PAGE);
        uintptr_t from = ((uintptr_t)2 * n + 1) * PAGE;
        CU_ASSERT_EQUAL(ranges_put(ranges, (struct range){ from, from + PAGE, n }), WEIR_OK);
    }
    ranges_delete(ranges);
}

SUITE(ranges_each, NULL, NULL, CASE(every_range_is_told_once));
