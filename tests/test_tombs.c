/* SPDX-License-Identifier: Apache-2.0 */
/* test_tombs.c: what was freed while weir finds out what is there is not booked; with threads that free meanwhile. */
#include "core/tombs.h"

#include <CUnit/CUnit.h>

#include "core/acct.h"
#include "crew.h"
#include "fake_capture.h"
#include "suite.h"

enum { BLOCKS = 20000, SIZE = 4096 };

static struct weir_sheet sheet;

static void fresh(void)
{
    fake_reset();
    CU_ASSERT_EQUAL_FATAL(acct_init(&fake_ops, 1 << 16), WEIR_OK);
}

static void gone(void)
{
    tombs_close();
    acct_close();
}

static uint64_t used(enum weir_component c)
{
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, 1000);
    return sheet.rows[c].used;
}

static bool seed(uintptr_t addr)
{
    return acct_seed(addr, SIZE, WEIR_MANAGED, WEIR_KIND_UNSAFE);
}

static void tombs_keep_a_freed_block_out_of_the_books(void)
{
    CU_ASSERT_TRUE_FATAL(tombs_open());
    CU_ASSERT_FALSE(acct_freed(4096));
    CU_ASSERT_FALSE(seed(4096));
    CU_ASSERT_TRUE(seed(8192));
    CU_ASSERT_FALSE(seed(8192)); /* once */
    CU_ASSERT_EQUAL(used(WEIR_MANAGED), SIZE);
    CU_ASSERT_TRUE(acct_freed(8192));
    CU_ASSERT_EQUAL(used(WEIR_MANAGED), 0);
}

static void tombs_are_forgotten_with_the_end_of_the_seeding(void)
{
    CU_ASSERT_TRUE_FATAL(tombs_open());
    acct_freed(4096);
    tombs_close();
    CU_ASSERT_TRUE(seed(4096));
    acct_freed(4096);
    CU_ASSERT_TRUE_FATAL(tombs_open()); /* a later attach begins without any */
    CU_ASSERT_FALSE(tombs_has(4096));
}

static void tombs_do_not_touch_who_took_the_address_next(void)
{
    CU_ASSERT_TRUE_FATAL(tombs_open());
    acct_freed(4096);
    fake_finds(WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 0);
    acct_allocated(NULL, 4096, 100);
    CU_ASSERT_FALSE(seed(4096));
    CU_ASSERT_EQUAL(used(WEIR_TASK_OFF_HEAP), 100);
    CU_ASSERT_EQUAL(used(WEIR_MANAGED), 0);
}

static void tombs_say_when_they_are_full(void)
{
    CU_ASSERT_TRUE_FATAL(tombs_open());
    for (uintptr_t i = 0; i < TOMBS_MAX; i++) {
        CU_ASSERT_FALSE(tombs_full());
        tombs_put(4096 + i * 16);
    }
    CU_ASSERT_TRUE(tombs_full());
    tombs_put(8); /* not kept, no harm */
    CU_ASSERT_FALSE(tombs_has(8));
    CU_ASSERT_TRUE(tombs_has(4096));
}

/* Member 0 books what a heap walk found, the others free all of it at the same time: nothing may be left. */
static void seed_or_free(int member)
{
    for (uintptr_t i = 0; i < BLOCKS; i++) {
        uintptr_t addr = 4096 + i * 64;
        if (member == 0)
            seed(addr);
        else if (i % 3 == (uintptr_t)member - 1)
            acct_freed(addr);
    }
}

static void tombs_leave_nothing_behind_under_threads(void)
{
    for (int round = 0; round < 20 / CREW_SCALE; round++) {
        CU_ASSERT_TRUE_FATAL(tombs_open());
        CU_ASSERT_EQUAL(crew_run(4, seed_or_free), 0);
        CU_ASSERT_EQUAL(used(WEIR_MANAGED), 0);
        CU_ASSERT_EQUAL(sheet.rows[WEIR_MANAGED].blocks, 0);
        tombs_close();
    }
}

SUITE(tombs, fresh, gone, CASE(tombs_keep_a_freed_block_out_of_the_books),
      CASE(tombs_are_forgotten_with_the_end_of_the_seeding), CASE(tombs_do_not_touch_who_took_the_address_next),
      CASE(tombs_say_when_they_are_full), CASE(tombs_leave_nothing_behind_under_threads));
