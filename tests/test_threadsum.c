/* SPDX-License-Identifier: Apache-2.0 */
/* test_threadsum.c: families of threads, and what is said of them. */
#include "model/threadsum.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "model/diagnose_threads.h"
#include "suite.h"

static struct threadsum    sum;
static struct weir_threads out;

static void fresh(void)
{
    threadsum_clear(&sum);
    memset(&out, 0, sizeof out);
    out.known = true;
}

static void add_left(const char *name, uint64_t job, int32_t number, int64_t end_ms, uint32_t creator)
{
    struct weir_attempt     a = { .known = true, .state = WEIR_ATTEMPT_ENDED, .job_id = { job, 0 }, .job_name = "orders",
                                  .vertex = "Sink", .attempt = number, .end_ms = end_ms };
    struct threadsum_thread t = { .name = name, .java = true, .reserved = 1 << 20, .resident = 4096, .starter = &a,
                                  .leaves = true, .creator = creator };
    threadsum_add(&sum, &t);
}

static void add(const char *name, bool java)
{
    struct threadsum_thread t = { .name = name, .java = java, .reserved = 2 << 20, .creator = java ? 9 : 0 };
    threadsum_add(&sum, &t);
}

static void threadsum_counts_restarts_by_job_and_attempt(void)
{
    for (int i = 0; i < 30; i++)
        add("flush-9-9", true);
    for (int32_t n = 0; n < 3; n++)
        for (int i = 0; i < 4; i++)
            add_left(i % 2 == 0 ? "flush-1-7" : "flush-12-8", 1, n, 1000 + 60000 * n, i == 0 ? 5 : 6);
    add_left("flush-1-1", 2, 0, 181000, 6);
    add("flush-1-1", true);
    add("main", true);
    threadsum_top(&sum, &out);
    CU_ASSERT_EQUAL_FATAL(out.family_count, 2);
    const struct weir_thread_family *f = threadsum_leaking(&out);
    CU_ASSERT_PTR_EQUAL_FATAL(f, &out.families[0]);
    CU_ASSERT_STRING_EQUAL(f->name, "flush-*-*");
    CU_ASSERT_TRUE(f->threads == 44 && f->ended == 13 && f->runs == 4 && out.ended == 13);
    CU_ASSERT_TRUE(f->reserved == (13 << 20) + 31 * (2 << 20) && f->resident == 13 * 4096);
    CU_ASSERT_EQUAL(f->every_ms, 60000);
    CU_ASSERT_TRUE(f->job_known && f->job_id[0] == 2); /* the last one */
    CU_ASSERT_EQUAL(sum.family[0].creator, 6);         /* most of these, not of those that serve nobody */
}

static void threadsum_keeps_the_vms_own_words(void)
{
    add("GC Thread#1", false);
    add("GC Thread#0", false);
    add("C2 CompilerThre", false);
    add("G1 Conc#10", false);
    add("rocksdb:low12", false);
    add("C2 CompilerThre", true);
    threadsum_top(&sum, &out);
    CU_ASSERT_STRING_EQUAL(out.families[0].name, "GC Thread#*");
    CU_ASSERT_EQUAL(out.families[0].threads, 2);
    CU_ASSERT_STRING_EQUAL(out.families[1].name, "C* CompilerThre");
    CU_ASSERT_TRUE(out.families[1].java);
    CU_ASSERT_STRING_EQUAL(out.families[2].name, "C2 CompilerThre");
    CU_ASSERT_STRING_EQUAL(out.families[3].name, "G1 Conc#*");
    CU_ASSERT_STRING_EQUAL(out.families[4].name, "rocksdb:low*");
    CU_ASSERT_PTR_NULL(threadsum_leaking(&out));
}

static void threadsum_counts_what_it_leaves_out(void)
{
    char name[] = "aaa";
    for (int i = 0; i < THREADSUM_FAMILIES + 2; i++) {
        name[0] = (char)('a' + i / 26);
        name[1] = (char)('a' + i % 26);
        add(name, true);
    }
    threadsum_top(&sum, &out);
    CU_ASSERT_EQUAL(out.family_count, WEIR_TOP_FAMILIES);
    CU_ASSERT_EQUAL(out.other_families, THREADSUM_FAMILIES - WEIR_TOP_FAMILIES);
    CU_ASSERT_EQUAL(out.other_threads, THREADSUM_FAMILIES + 2 - WEIR_TOP_FAMILIES);
}

/* ---- the diagnosis ---- */

static struct weir_diagnosis said;

static void add_limit(const char *name, uint64_t used, uint64_t limit, bool refused)
{
    out.limits[out.limit_count++] = (struct weir_thread_limit){ name, used, limit, limit - used, false, refused };
}

static void leaking(int runs)
{
    for (int32_t n = 0; n < runs; n++)
        for (int i = 0; i < 6; i++)
            add_left("flush-1", 1, n, 1000 + 90000 * n, 6);
    add("main", true);
    threadsum_top(&sum, &out);
    out.families[0].creator = "com.acme.Sink.open(Sink.java:41)";
    out.families[0].source = "acme.jar";
    out.java = 40;
}

static void diagnosis_of_a_leak_says_growth_creator_and_when(void)
{
    leaking(4);
    add_limit("pids.max", 452, 512, false);
    diagnose_threads(&said, &out, false);
    CU_ASSERT_STRING_EQUAL(said.id, "thread-leak");
    const char *head = "LEAK of ended attempts, +6 threads per restart: 24 flush-* created at "
                       "com.acme.Sink.open(Sink.java:41) [acme.jar]; 24 of 40 Java threads";
    CU_ASSERT_NSTRING_EQUAL(said.text, head, strlen(head));
    CU_ASSERT_PTR_NOT_NULL(strstr(said.text, "First limit pids.max 452 of 512: full after 10 more restarts, 15 min"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said.text, "stacks reserve 24.0 MiB, 96.0 KiB resident"));
}

/* One execution may have left a pool that all use: no growth, no leak. Two may be said beside an error, three are warned of. */
static void one_execution_is_no_leak(void)
{
    leaking(1);
    add_limit("pids.max", 512, 512, false);
    diagnose_threads(&said, &out, true);
    CU_ASSERT_STRING_EQUAL(said.id, "thread-limit");
    CU_ASSERT_FALSE(diagnose_threads_leak(&out));
    fresh();
    leaking(2);
    CU_ASSERT_FALSE(diagnose_threads_leak(&out));
    diagnose_threads(&said, &out, false);
    CU_ASSERT_STRING_EQUAL(said.id, "thread-leak");
    fresh();
    leaking(3);
    CU_ASSERT_TRUE(diagnose_threads_leak(&out));
}

static void the_limit_that_refused_is_named_whatever_is_left(void)
{
    add("main", true);
    threadsum_top(&sum, &out);
    add_limit("max_map_count", 65000, 65530, false);
    add_limit("pids.max", 200, 1000, true);
    CU_ASSERT_PTR_EQUAL(diagnose_threads_hit(&out), &out.limits[1]);
    diagnose_threads(&said, &out, true);
    CU_ASSERT_STRING_EQUAL(said.id, "thread-limit");
    CU_ASSERT_NSTRING_EQUAL(said.text, "the limit that was hit is pids.max 200 of 1000, ", 48);
    out.limits[1].refused = false;
    CU_ASSERT_PTR_EQUAL(diagnose_threads_hit(&out), &out.limits[0]);
}

static void with_no_limit_near_it_is_open(void)
{
    add("main", true);
    threadsum_top(&sum, &out);
    add_limit("pids.max", 200, 1000, false);
    diagnose_threads(&said, &out, true);
    CU_ASSERT_STRING_EQUAL(said.id, "thread-open");
    CU_ASSERT_PTR_NOT_NULL(strstr(said.text, "nearest pids.max 200 of 1000"));
}

SUITE(threadsum, fresh, NULL, CASE(threadsum_counts_restarts_by_job_and_attempt), CASE(threadsum_keeps_the_vms_own_words),
      CASE(threadsum_counts_what_it_leaves_out), CASE(diagnosis_of_a_leak_says_growth_creator_and_when),
      CASE(one_execution_is_no_leak), CASE(the_limit_that_refused_is_named_whatever_is_left), CASE(with_no_limit_near_it_is_open));
