/* SPDX-License-Identifier: Apache-2.0 */
/* test_loadersum.c: what became of loaders whose jobs ended, and how much each fate holds. */
#include "model/loadersum.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

enum { MAX = 600, OUTLIVED = 1000 };

static struct weir_loader  loaders[MAX];
static size_t              count;
static struct weir_classes sum;

static void fresh(void)
{
    memset(loaders, 0, sizeof loaders);
    memset(&sum, 0, sizeof sum);
    count = 0;
}

/* A loader with so many KiB; tag = of: a user-code loader itself. job 0: not known. */
static struct weir_loader *add(uint32_t tag, uint32_t of, uint64_t job, int64_t ended_ms, uint64_t kib)
{
    struct weir_loader *l = &loaders[count++];
    *l = (struct weir_loader){ .count = 1, .tag = tag, .of = of, .user = of != 0 && tag == of, .child = of != 0 && tag != of,
                               .classes = 10, .held = kib << 10, .used = kib << 9, .class_name = "L", .source = "",
                               .ended_ms = ended_ms, .job = { .known = job != 0, .job_id = { job, ~job }, .job_name = "" } };
    l->fate = loadersum_fate(l, OUTLIVED);
    return l;
}

static void fate_follows_the_jobs_end_and_the_collections_after_it(void)
{
    static const struct {
        int64_t               ended_ms, outlived_ms;
        enum weir_loader_fate fate;
    } cases[] = {
        { 0, 0, WEIR_LOADER_RUNNING },          { 0, 9999, WEIR_LOADER_RUNNING },
        { 500, 0, WEIR_LOADER_NOT_COLLECTED },  { 500, 499, WEIR_LOADER_NOT_COLLECTED },
        { 500, 500, WEIR_LOADER_NOT_COLLECTED }, /* at the same reading: which was first is not known */
        { 500, 501, WEIR_LOADER_LEAKED },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct weir_loader user = { .user = true, .ended_ms = cases[i].ended_ms };
        struct weir_loader child = { .child = true, .ended_ms = cases[i].ended_ms };
        struct weir_loader other = { .ended_ms = cases[i].ended_ms };
        CU_ASSERT_EQUAL(loadersum_fate(&user, cases[i].outlived_ms), cases[i].fate);
        CU_ASSERT_EQUAL(loadersum_fate(&child, cases[i].outlived_ms), cases[i].fate);
        CU_ASSERT_EQUAL(loadersum_fate(&other, cases[i].outlived_ms), WEIR_LOADER_NONE);
    }
}

static void children_count_with_their_job(void)
{
    add(1, 1, 7, 0, 100);
    add(2, 1, 7, 0, 20);      /* Janino's below it */
    add(0, 1, 7, 0, 3)->count = 5; /* reflection's */
    add(3, 3, 8, 500, 50);
    add(4, 4, 8, 2000, 40);   /* the same job again, not collected yet */
    add(9, 0, 0, 0, 1000);    /* nobody's */
    loadersum_fill(loaders, count, &sum);
    CU_ASSERT_EQUAL(sum.fates[WEIR_LOADER_RUNNING].loaders, 1);
    CU_ASSERT_EQUAL(sum.fates[WEIR_LOADER_RUNNING].jobs, 1);
    CU_ASSERT_EQUAL(sum.fates[WEIR_LOADER_RUNNING].held, 123 << 10);
    CU_ASSERT_EQUAL(sum.fates[WEIR_LOADER_RUNNING].classes, 30);
    CU_ASSERT_EQUAL(sum.fates[WEIR_LOADER_LEAKED].held, 50 << 10);
    CU_ASSERT_EQUAL(sum.fates[WEIR_LOADER_NOT_COLLECTED].held, 40 << 10);
    CU_ASSERT_EQUAL(sum.fates[WEIR_LOADER_NONE].held, 1000 << 10);
    CU_ASSERT_EQUAL(sum.job_count, 3);
    CU_ASSERT_TRUE(sum.jobs[0].fate == WEIR_LOADER_LEAKED && sum.jobs[0].loaders == 1 && sum.jobs[0].ended_ms == 500);
    CU_ASSERT_TRUE(sum.jobs[1].fate == WEIR_LOADER_NOT_COLLECTED);
    CU_ASSERT_TRUE(sum.jobs[2].job.job_id[0] == 7 && sum.jobs[2].loaders == 1 && sum.jobs[2].children == 6);
    CU_ASSERT_TRUE(sum.loader_count == 6 && sum.loader[0].tag == 9 && sum.loader[1].tag == 1);
}

static void pinned(struct weir_pins *pins, uint32_t tag, enum weir_hold hold)
{
    pins->pinned[pins->pinned_count++] = (struct weir_pinned){ .loader = tag, .hold = hold };
}

static void what_lets_go_by_itself_is_no_leak(void)
{
    static struct weir_pins pins;
    memset(&pins, 0, sizeof pins);
    for (uint32_t tag = 1; tag <= 6; tag++)
        add(tag, tag, tag, 500, 10);
    add(11, 1, 1, 500, 1);
    add(12, 2, 2, 500, 1);
    add(20, 20, 20, 0, 10);
    add(13, 30, 30, 500, 4); /* below a loader that defines nothing, so that it is in no table */
    pinned(&pins, 30, WEIR_HOLD_CACHED);
    pinned(&pins, 1, WEIR_HOLD_SOFT);
    pinned(&pins, 2, WEIR_HOLD_PINNED);
    pinned(&pins, 3, WEIR_HOLD_CACHED);
    pinned(&pins, 4, WEIR_HOLD_GARBAGE);
    pinned(&pins, 5, WEIR_HOLD_UNKNOWN);
    pinned(&pins, 20, WEIR_HOLD_SOFT); /* runs: nothing to judge */
    pinned(&pins, 77, WEIR_HOLD_SOFT); /* gone meanwhile */
    loadersum_pinned(loaders, count, &pins);
    loadersum_fill(loaders, count, &sum);
    CU_ASSERT_EQUAL(sum.fates[WEIR_LOADER_CACHED].held, 25 << 10); /* with the child of the first */
    CU_ASSERT_EQUAL(sum.fates[WEIR_LOADER_NOT_COLLECTED].held, 10 << 10);
    CU_ASSERT_EQUAL(sum.fates[WEIR_LOADER_LEAKED].held, 31 << 10); /* 2 and its child, 5, 6 */
    CU_ASSERT_EQUAL(sum.fates[WEIR_LOADER_LEAKED].jobs, 3);
    CU_ASSERT_EQUAL(sum.fates[WEIR_LOADER_RUNNING].held, 10 << 10);
}

static void many_jobs_still_count_in_the_fates(void)
{
    for (uint32_t tag = 1; tag <= 500; tag++)
        add(tag, tag, tag, 500, tag);
    loadersum_fill(loaders, count, &sum);
    CU_ASSERT_EQUAL(sum.fates[WEIR_LOADER_LEAKED].loaders, 500);
    CU_ASSERT_EQUAL(sum.fates[WEIR_LOADER_LEAKED].held, (500 * 501 / 2) << 10);
    CU_ASSERT_EQUAL(sum.job_count, WEIR_TOP_LOADER_JOBS);
    CU_ASSERT_EQUAL(sum.jobs[0].job.job_id[0], 500); /* of the largest: loaders are sorted first */
}

SUITE(loadersum, fresh, NULL, CASE(fate_follows_the_jobs_end_and_the_collections_after_it), CASE(children_count_with_their_job),
      CASE(what_lets_go_by_itself_is_no_leak), CASE(many_jobs_still_count_in_the_fates));
