/* SPDX-License-Identifier: Apache-2.0 */
/* test_jobs.c: which job a class loader's code is of. */
#include "core/jobs.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "crew.h"
#include "suite.h"

enum { LAST = 1 << 14, CREW = 8 };

static struct jobs        *jobs;
static struct stacks      *names;
static struct weir_attempt got;

static void fresh(void)
{
    CU_ASSERT_EQUAL_FATAL(jobs_new(&jobs), WEIR_OK);
    CU_ASSERT_EQUAL_FATAL(stacks_new(&names), WEIR_OK);
    memset(&got, 0, sizeof got);
}

static void gone(void)
{
    jobs_delete(jobs);
    stacks_delete(names);
}

static struct attempt_identity of_job(uint64_t id, const char *name)
{
    return (struct attempt_identity){ .job_id = { id, ~id },
                                      .job_name = stacks_name(names, name, strlen(name)),
                                      .vertex = stacks_name(names, "Flat Map", 8),
                                      .subtask = 1,
                                      .attempt = 4 };
}

static void jobs_get_knows_the_job_and_nothing_of_the_attempt(void)
{
    struct attempt_identity who = of_job(7, "orders");
    jobs_learn(jobs, 3, &who);
    CU_ASSERT_TRUE_FATAL(jobs_get(jobs, names, 3, &got));
    CU_ASSERT_TRUE(got.known && got.state == WEIR_ATTEMPT_SHARED);
    CU_ASSERT_TRUE(got.job_id[0] == 7 && got.job_id[1] == ~7ULL);
    CU_ASSERT_STRING_EQUAL(got.job_name, "orders");
    CU_ASSERT_STRING_EQUAL(got.vertex, "");
    CU_ASSERT_TRUE(got.subtask == -1 && got.attempt == -1);
    CU_ASSERT_TRUE(got.begin_ms == 0 && got.end_ms == 0 && got.bytes == 0);
}

static void jobs_get_says_no_of_loaders_nobody_spoke_of(void)
{
    struct attempt_identity who = of_job(7, "orders");
    jobs_learn(jobs, 0, &who);
    jobs_learn(jobs, LAST + 1, &who);
    jobs_learn(jobs, LAST, &who);
    CU_ASSERT_FALSE(jobs_get(jobs, names, 0, &got));
    CU_ASSERT_FALSE(jobs_get(jobs, names, 1, &got));
    CU_ASSERT_FALSE(jobs_get(jobs, names, LAST + 1, &got));
    CU_ASSERT_TRUE(jobs_get(jobs, names, LAST, &got));
}

static void jobs_learn_believes_the_first(void)
{
    struct attempt_identity first = of_job(7, "orders"), second = of_job(8, "other");
    jobs_learn(jobs, 3, &first);
    jobs_learn(jobs, 3, &second);
    CU_ASSERT_TRUE_FATAL(jobs_get(jobs, names, 3, &got));
    CU_ASSERT_EQUAL(got.job_id[0], 7);
}

static void jobs_forget_leaves_the_tag_to_another_loader(void)
{
    struct attempt_identity first = of_job(7, "orders"), second = of_job(8, "other");
    jobs_learn(jobs, 3, &first);
    jobs_forget(jobs, 3);
    jobs_forget(jobs, 0);
    jobs_forget(jobs, LAST + 1);
    CU_ASSERT_FALSE(jobs_get(jobs, names, 3, &got));
    jobs_learn(jobs, 3, &second);
    CU_ASSERT_TRUE_FATAL(jobs_get(jobs, names, 3, &got));
    CU_ASSERT_EQUAL(got.job_id[0], 8);
}

static void jobs_end_is_told_until_it_is_taken_back(void)
{
    struct attempt_identity who = of_job(7, "orders");
    jobs_end(jobs, 3, 1000); /* of a loader whose job nobody has told: nothing to say it of */
    CU_ASSERT_FALSE(jobs_get(jobs, names, 3, &got));
    jobs_learn(jobs, 3, &who);
    CU_ASSERT_TRUE(jobs_get(jobs, names, 3, &got) && got.state == WEIR_ATTEMPT_SHARED && got.end_ms == 0);
    jobs_end(jobs, 3, 2000);
    jobs_end(jobs, 0, 2000);
    jobs_end(jobs, LAST + 1, 2000);
    CU_ASSERT_TRUE(jobs_get(jobs, names, 3, &got) && got.state == WEIR_ATTEMPT_ENDED && got.end_ms == 2000);
    CU_ASSERT_EQUAL(got.begin_ms, 0);
    jobs_end(jobs, 3, 0);
    CU_ASSERT_TRUE(jobs_get(jobs, names, 3, &got) && got.state == WEIR_ATTEMPT_SHARED && got.end_ms == 0);
    jobs_end(jobs, 3, 3000);
    jobs_forget(jobs, 3);
    jobs_learn(jobs, 3, &who);
    CU_ASSERT_TRUE(jobs_get(jobs, names, 3, &got) && got.state == WEIR_ATTEMPT_SHARED);
}

/* All say the same of a loader; who reads one sees all of it or nothing. */
static void learn_and_read(int member)
{
    struct weir_attempt seen;
    for (uint32_t tag = 1; tag <= LAST; tag++) {
        struct attempt_identity who = { .job_id = { tag, ~(uint64_t)tag } };
        uint32_t                other = member % 2 == 0 ? tag : LAST + 1 - tag;
        jobs_learn(jobs, tag, &who);
        if (jobs_get(jobs, names, other, &seen))
            crew_check(seen.job_id[0] == other && seen.job_id[1] == ~(uint64_t)other);
    }
}

static void jobs_are_whole_whoever_reads_them(void)
{
    CU_ASSERT_EQUAL(crew_run(CREW, learn_and_read), 0);
    CU_ASSERT_TRUE(jobs_get(jobs, names, LAST, &got));
}

SUITE(jobs, fresh, gone, CASE(jobs_get_knows_the_job_and_nothing_of_the_attempt),
      CASE(jobs_get_says_no_of_loaders_nobody_spoke_of), CASE(jobs_learn_believes_the_first),
      CASE(jobs_forget_leaves_the_tag_to_another_loader), CASE(jobs_end_is_told_until_it_is_taken_back),
      CASE(jobs_are_whole_whoever_reads_them));
