/* SPDX-License-Identifier: Apache-2.0 */
/* test_heldthreads.c: threads by family, and whose attempts started them. */
#include "model/heldthreads.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

static struct heldthreads held;
static struct weir_oom    oom;

static void fresh(void)
{
    memset(&held, 0, sizeof held);
    memset(&oom, 0, sizeof oom);
}

static void add(const char *name, uint64_t job, int32_t number)
{
    struct weir_attempt a = { .known = true, .job_id = { job, 0 }, .job_name = "orders", .vertex = "Holder", .attempt = number };
    heldthreads_add(&held, name, &a);
}

static void family(const char *name, const char *expected)
{
    char out[16];
    heldthreads_family(name, out, sizeof out);
    CU_ASSERT_STRING_EQUAL(out, expected);
}

static void heldthreads_family_folds_numbers(void)
{
    family("io-12-3", "io-*-*");
    family("7", "*");
    family("", "");
    family("007 bond 7x7", "* bond *x*");
    family("no numbers", "no numbers");
    family("0123456789abcdefghijklmno", "*abcdefghijklmn");
    family("abcdefghijklmn1234", "abcdefghijklmn*");
}

static void heldthreads_top_counts_threads_and_numbers_of_a_family(void)
{
    add("io-2", 1, 2);
    add("timer", 1, 1);
    add("io-1", 1, 1);
    add("io-3", 1, 2);
    add("io-4", 1, -1); /* this Flink does not say */
    heldthreads_top(&held, &oom);
    CU_ASSERT_EQUAL_FATAL(oom.held_count, 2);
    CU_ASSERT_EQUAL(oom.held_others, 0);
    CU_ASSERT_STRING_EQUAL(oom.held[0].family, "io-*");
    CU_ASSERT_EQUAL(oom.held[0].threads, 4);
    CU_ASSERT_TRUE(oom.held[0].job_count == 1 && oom.held[0].jobs[0][0] == 1 && !oom.held[0].more);
    CU_ASSERT_TRUE(oom.held[0].number_count == 2 && oom.held[0].numbers[0] == 1 && oom.held[0].numbers[1] == 2);
    CU_ASSERT_STRING_EQUAL(oom.held[1].family, "timer");
}

static void heldthreads_of_many_jobs_and_numbers_say_that_there_are_more(void)
{
    for (int i = 0; i <= WEIR_MAX_NUMBERS; i++) {
        add("jobs", (uint64_t)i, 0);
        add("numbers", 1, i);
    }
    heldthreads_top(&held, &oom);
    CU_ASSERT_TRUE(oom.held[0].job_count == WEIR_MAX_NUMBERS && oom.held[0].more && oom.held[0].number_count == 1);
    CU_ASSERT_TRUE(oom.held[1].number_count == WEIR_MAX_NUMBERS && oom.held[1].more && oom.held[1].job_count == 1);
}

static void heldthreads_beyond_the_bound_are_counted(void)
{
    char name[] = "aa";
    for (int i = 0; i < HELDTHREADS_FAMILIES + 2; i++) {
        name[0] = (char)('a' + i / 26);
        name[1] = (char)('a' + i % 26);
        add(name, 1, 0);
    }
    add("aa", 1, 0); /* known: not left out */
    heldthreads_top(&held, &oom);
    CU_ASSERT_EQUAL(oom.held_count, WEIR_TOP_HELD);
    CU_ASSERT_TRUE(oom.held[0].threads == 2 && oom.held[1].threads == 1);
    CU_ASSERT_EQUAL(oom.held_others, HELDTHREADS_FAMILIES - WEIR_TOP_HELD + 2);
}

SUITE(heldthreads, fresh, NULL, CASE(heldthreads_family_folds_numbers),
      CASE(heldthreads_top_counts_threads_and_numbers_of_a_family),
      CASE(heldthreads_of_many_jobs_and_numbers_say_that_there_are_more), CASE(heldthreads_beyond_the_bound_are_counted));
