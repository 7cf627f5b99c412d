/* SPDX-License-Identifier: Apache-2.0 */
/* test_out_oom.c: an OutOfMemoryError in text and JSON: whole reports against tests/golden/out_oom_*, rules line by line. */
#include <stdio.h>
#include <string.h>

#include "json_check.h"
#include "oom_fixture.h"
#include "out/out.h"
#include "out_fixture.h"
#include "suite.h"

enum { LOG_LINE = 16 * 1024 }; /* of base/log.c */

static char                  data[65536];
static struct buf            b;
static struct weir_oom       oom;
static struct flinkconf      conf;
static struct diagnose_flink flink;

static void setup(void)
{
    buf_init(&b, data, sizeof data);
    oom_flink(&flink, &conf, WEIR_ROLE_TASKMANAGER, "taskmanager.memory.process.size=1728m");
}

static void render_text(struct buf *to)
{
    out_text_oom(to, &oom);
}

static void render_json(struct buf *to)
{
    out_json_oom(to, &out_header, &oom);
}

static const char *text(void)
{
    diagnose_oom(&oom, &flink);
    buf_reset(&b);
    render_text(&b);
    return data;
}

static const char *json(void)
{
    diagnose_oom(&oom, &flink);
    buf_reset(&b);
    render_json(&b);
    CU_ASSERT_TRUE_FATAL(json_check(data));
    CU_ASSERT_EQUAL(strcspn(data, "\n"), b.len - 1);
    return data;
}

static const char *first_line(void)
{
    static char line[1024];
    const char *all = text();
    snprintf(line, sizeof line, "%.*s", (int)strcspn(all, "\n"), all);
    return line;
}

static bool says(const char *part)
{
    bool found = strstr(text(), part) != NULL;
    if (!found)
        fprintf(stderr, "\nno \"%s\" in\n%s\n", part, data);
    return found;
}

static size_t widest(void)
{
    size_t most = 0;
    for (const char *p = data; *p != '\0';) {
        size_t n = strcspn(p, "\n");
        most = n > most ? n : most;
        p += n + (p[n] == '\n');
    }
    return most;
}

static void leak_of_ended_attempts(void)
{
    oom_leak(&oom);
    CU_ASSERT_STRING_EQUAL(first_line(),
                           "direct OutOfMemoryError: LEAK of ended attempts, not a small budget [oom 3]");
    out_same_as_golden("oom_leak.txt", data);
    CU_ASSERT_TRUE(widest() <= 160);
    json();
    out_same_as_golden("oom_leak.json", data);
}

static void budget_too_small(void)
{
    oom_budget(&oom);
    CU_ASSERT_STRING_EQUAL(first_line(), "direct OutOfMemoryError: BUDGET too small, no leak [oom 3]");
    out_same_as_golden("oom_budget.txt", data);
    CU_ASSERT_TRUE(widest() <= 160);
}

static void not_yet_collected_names_both_possibilities(void)
{
    oom_leak(&oom);
    oom.gc_known = false;
    oom.suppressed = 2;
    CU_ASSERT_STRING_EQUAL(first_line(), "direct OutOfMemoryError: open: 108.0 MiB of ended attempts not yet collected "
                                         "[oom 3, 2 before it not reported]");
    out_same_as_golden("oom_open.txt", data);
    CU_ASSERT_PTR_NULL(strstr(data, "\n  proof"));
    CU_ASSERT_PTR_NULL(strstr(data, "\n  now"));
}

static void pool_that_is_not_judged_is_reported_honestly(void)
{
    oom_metaspace(&oom);
    CU_ASSERT_STRING_EQUAL(first_line(), "metaspace OutOfMemoryError: 255.9 of 256.0 MiB [oom 1]");
    out_same_as_golden("oom_metaspace.txt", data);
    json();
    CU_ASSERT_STRING_EQUAL(json_at(data, "diagnosis"), "[]");
    CU_ASSERT_STRING_EQUAL(json_at(data, "pool"), "\"metaspace\"");
}

static void first_lines_of_the_others(void)
{
    oom_metaspace(&oom);
    oom.pool = WEIR_OOM_HEAP;
    CU_ASSERT_STRING_EQUAL(first_line(), "heap OutOfMemoryError: 200.0 of 512.0 MiB [oom 1]");
    oom.pool = WEIR_OOM_THREADS;
    CU_ASSERT_STRING_EQUAL(first_line(), "threads OutOfMemoryError: 57 threads [oom 1]");
    oom.sheet.pools[WEIR_POOL_THREADS].limit = out_limit(64, "pids.max", false);
    CU_ASSERT_STRING_EQUAL(first_line(), "threads OutOfMemoryError: 57 of 64 threads [oom 1]");
    oom.pool = WEIR_OOM_NETTY;
    CU_ASSERT_STRING_EQUAL(first_line(),
                           "netty OutOfMemoryError: Netty's own limit was hit, not the JVM's [oom 1]");
    oom.pool = WEIR_OOM_OTHER;
    CU_ASSERT_STRING_EQUAL(first_line(), "other OutOfMemoryError [oom 1]");
    oom.pool = WEIR_OOM_METASPACE;
    oom.sheet.pools[WEIR_POOL_METASPACE].measured = false;
    CU_ASSERT_STRING_EQUAL(first_line(), "metaspace OutOfMemoryError [oom 1]");
}

static void pool_line_says_how_full_it_was_before(void)
{
    oom_leak(&oom);
    oom.before_used = 219 * MIB + MIB / 10;
    oom.before_ms = 15 * 60000 + 59000;
    CU_ASSERT_TRUE(says("\n  direct pool                255.1 of 256.0 MiB  (15 min ago 219.1; the limit is Flink's)\n"));
    json();
    CU_ASSERT_STRING_EQUAL(json_at(data, "direct_before"), "{\"used\":229743001,\"ms_ago\":959000}");
    oom.sheet.rows[WEIR_NETWORK].limit.set = false;
    CU_ASSERT_TRUE(says("\n  direct pool                255.1 of 256.0 MiB  (15 min ago 219.1)\n"));
}

static void verdict_without_a_diagnosis_is_none(void)
{
    oom_leak(&oom);
    render_text(&b);
    CU_ASSERT_PTR_NOT_NULL(strstr(data, "direct OutOfMemoryError: 255.1 of 256.0 MiB [oom 3]\n  by "));
}

static void victim_is_innocent_only_when_it_holds_little(void)
{
    oom_leak(&oom);
    CU_ASSERT_TRUE(says("\n  victim  \"Sink: es (3/4)#4\" of job orders_enrich (5f1c..9e2a) asked 16.0 MiB with 0.9 MiB left; "
                        "its attempt holds 0.4 MiB: do not look there\n"));
    oom.attempt.bytes = 13 * MIB; /* of 127.1 */
    CU_ASSERT_TRUE(says("; its attempt holds 13.0 MiB\n"));
    oom.attempt.bytes = 512 * MIB; /* more than the pool holds of anybody: most of it lies elsewhere */
    CU_ASSERT_TRUE(says(" left\n"));
    oom.attempt.known = false;
    oom.requested = 0;
    CU_ASSERT_TRUE(says("\n  victim  \"Sink: es (3/4)#4\" asked with 0.9 MiB left\n"));
}

static void owners_of_ended_attempts_come_first_in_a_leak(void)
{
    oom_leak(&oom);
    struct weir_owner running = oom.sheet.owners[3];
    running.bytes = 50 * MIB;
    oom.sheet.owners[3] = oom.sheet.owners[0];
    oom.sheet.owners[0] = running;
    CU_ASSERT_TRUE(says("\n  by      108.0 MiB in 27 blocks of 4.0 MiB, task.off-heap, vertex \"Source: orders\", subtask 0, "
                        "attempts 2 3 1 of job"));
    CU_ASSERT_TRUE(says("\n          50.0 MiB in 1 block, task.off-heap, "));
    CU_ASSERT_PTR_NULL(strstr(data, ", network, ")); /* its owner is not of the budget */
    oom.sheet.owners[1].attempt.attempt = oom.sheet.owners[2].attempt.attempt;
    oom.sheet.owners[1].attempt.subtask = 1;
    CU_ASSERT_TRUE(says(", vertex \"Source: orders\", attempts 3 1 of job"));
}

static void owners_that_differ_in_place_or_work_stay_apart(void)
{
    oom_budget(&oom);
    CU_ASSERT_TRUE(says("\n  by      112.0 MiB in 28 blocks of 4.0 MiB, task.off-heap, vertex \"Source: orders\", attempt 0 of"));
    oom.sheet.owners[1].stack.frames[2].line = 1;
    CU_ASSERT_TRUE(says("\n  by      96.0 MiB in 24 blocks of 4.0 MiB, task.off-heap, vertex \"Source: orders\", subtask 0, "));
    oom_budget(&oom);
    oom.sheet.owners[1].attempt.job_id[1]++;
    CU_ASSERT_TRUE(says("\n  by      96.0 MiB in"));
    oom_budget(&oom);
    oom.sheet.owners[0].attempt.known = oom.sheet.owners[1].attempt.known = false;
    CU_ASSERT_TRUE(says("\n  by      96.0 MiB in"));
}

static void owner_says_only_what_is_known(void)
{
    oom_budget(&oom);
    oom.sheet.owner_count = 1;
    struct weir_owner *o = &oom.sheet.owners[0];
    o->attempt.known = false;
    o->age_ms = 59999;
    o->count = 7; /* not of one size */
    o->stack.decider = -1;
    CU_ASSERT_TRUE(says("\n  by      96.0 MiB in 7 blocks, task.off-heap, 59 s old\n"
                        "            org.apache.pulsar.shade.io.netty.buffer.PoolArena$DirectArena.newChunk(PoolArena.java:701)"
                        "  [flink-sql-connector-pulsar-4.1.0.jar]\n  victim"));
    o->stack.count = 0;
    o->stack.source = "";
    o->age_ms = 3 * 86400000LL;
    CU_ASSERT_TRUE(says(", 3 days old\n            stack not kept\n  victim"));
    o->attempt.known = true;
    o->attempt.state = WEIR_ATTEMPT_SHARED;
    o->attempt.subtask = o->attempt.attempt = -1;
    o->attempt.vertex = "";
    o->attempt.end_ms = 5;
    CU_ASSERT_TRUE(says(", task.off-heap of job orders_enrich (5f1c..9e2a), ended, by a thread it started, 3 days old"));
    o->attempt.begin_ms = o->attempt.end_ms = 0;
    CU_ASSERT_TRUE(says(", task.off-heap of job orders_enrich (5f1c..9e2a), by a shared thread, 3 days old"));
}

static void threads_of_ended_attempts_are_told_by_family(void)
{
    oom_budget(&oom);
    CU_ASSERT_PTR_NULL(strstr(data, "\n  held"));
    oom.held_count = 1;
    oom.held[0] = (struct weir_held){ .family = "pulsar\n-io-*", .threads = 12, .job_count = 1, .job_name = "orders",
                                      .jobs = { { 0x5f1c000000000000, 0x9e2a } }, .number_count = 3, .numbers = { 1, 2, 3 } };
    CU_ASSERT_TRUE(says("\n  held    12 threads pulsar\\n-io-*, started by #1 #2 #3 of job orders (5f1c..9e2a), still alive\n  victim"));
    oom.held[0].threads = 1;
    oom.held[0].more = true;
    CU_ASSERT_TRUE(says("held    1 thread pulsar\\n-io-*, started by #1 #2 #3 ... of job orders"));
    oom.held[0].number_count = 0;
    CU_ASSERT_TRUE(says("started by ended attempts of job orders (5f1c..9e2a), still alive"));
    oom.held[0].job_count = 8;
    oom.held_others = 5;
    CU_ASSERT_TRUE(says("started by ended attempts of more than 8 jobs, still alive\n          5 more threads of other names\n"));
}

/* What no attempt holds tells nothing of who is to blame. */
static void victim_on_a_shared_thread_is_told_by_its_job(void)
{
    oom_leak(&oom);
    oom.attempt.state = WEIR_ATTEMPT_SHARED;
    oom.attempt.begin_ms = 0;
    oom.attempt.bytes = 0;
    CU_ASSERT_TRUE(says(" of job orders_enrich (5f1c..9e2a) asked 16.0 MiB with "));
    CU_ASSERT_PTR_NULL(strstr(data, "do not look there"));
}

static void stack_of_the_jdk_alone_is_shown_by_its_innermost_frame(void)
{
    oom_budget(&oom);
    oom.sheet.owners[0].stack.count = 2;
    oom.sheet.owners[0].stack.decider = -1;
    CU_ASSERT_TRUE(says("\n            jdk.internal.misc.Unsafe.allocateMemory0(Native Method)  ["));
}

static void trust_compares_with_the_vm(void)
{
    oom_leak(&oom);
    CU_ASSERT_TRUE(says("\n  trust   nothing dropped, java.nio.Bits counts the same; explicit GC on"));
    oom.sheet.pools[WEIR_POOL_DIRECT].used -= 7ULL * (4096 + 11 + 28);
    CU_ASSERT_TRUE(says(", java.nio.Bits counts the same;"));
    oom.sheet.pools[WEIR_POOL_DIRECT].used -= 1;
    CU_ASSERT_TRUE(says(", java.nio.Bits counts 28.3 KiB less;"));
    oom.sheet.pools[WEIR_POOL_DIRECT].used += MIB;
    oom.sheet.agent.dropped_events = 1;
    oom.sheet.agent.untracked_bytes = 4096;
    oom.explicit_gc_off = true;
    CU_ASSERT_TRUE(says("\n  trust   dropped 1 event, 0 stacks, not tracked 4.0 KiB, java.nio.Bits counts 1.0 MiB more; explicit "
                        "GC off"));
}

static void table_says_what_is_shared_and_what_is_outside(void)
{
    oom_leak(&oom);
    oom.sheet.rows[WEIR_BEFORE_WEIR].present = oom.sheet.rows[WEIR_BEFORE_WEIR].measured = true;
    oom.sheet.rows[WEIR_BEFORE_WEIR].used = 8192;
    struct weir_row *framework = &oom.sheet.rows[WEIR_FRAMEWORK_OFF_HEAP];
    framework->used += MIB;
    framework->kind_bytes[WEIR_KIND_FFM] = MIB;
    oom.sheet.process = (struct weir_process){ .rss_known = true, .cgroup_known = true, .cgroup_limit_known = true,
                                               .rss = 1400u * MIB, .cgroup = 1391u * MIB, .cgroup_limit = 1728u * MIB };
    oom.sheet.pools[WEIR_POOL_DIRECT].limit.bytes += MIB;
    CU_ASSERT_TRUE(says("\n  direct pool                255.1 of 257.0 MiB  (Flink's configuration implies 256.0)\n"));
    CU_ASSERT_TRUE(says("\n    framework.off-heap        16.1 of 128.0  (of them outside this pool 1.0)\n"));
    CU_ASSERT_TRUE(says("\n    before weir            8.0 KiB\n"));
    CU_ASSERT_TRUE(says("\n  outside ffm 1.0, managed 512.0 of 512.0, jvm-metaspace 60.0 of 256.0, container 1391.0 of 1728.0 "
                        "MiB\n"));
    oom.sheet.pools[WEIR_POOL_DIRECT].measured = false;
    CU_ASSERT_TRUE(says("\n  direct pool             not measured; the rows in MiB\n"));
}

static void deep_stack_is_cut_but_not_its_deciding_frame(void)
{
    oom_leak(&oom);
    struct weir_stack *s = &oom.stack;
    for (int i = 3; i < 40; i++)
        s->frames[i] = (struct weir_frame){ "com.example.Deep", "call", "Deep.java", i };
    s->count = 40;
    s->decider = 30;
    CU_ASSERT_TRUE(says("\n    at com.example.Deep.call(Deep.java:11)\n    at com.example.Deep.call(Deep.java:30)  [job jar, sha1 "
                        "0123456789ab]\n    ... 40 frames in all"));
    s->decider = 2;
    CU_ASSERT_TRUE(says("(Deep.java:11)\n    ... 40 frames in all"));
    CU_ASSERT_PTR_NULL(strstr(data, "(Deep.java:12)"));
}

/* Everything foreign at once: nothing begins a line, nothing is cut by the log. */
static void hostile(char *fill)
{
    static char name[301];
    memset(name, 'n', 300);
    oom_leak(&oom);
    oom.class_name = "x\n2026-11-21 06:00:00,000 ERROR forged";
    oom.message = fill;
    oom.thread = "a\"\n2026-11-21 06:00:00,000 ERROR x\x1b[2J\xC0\x80\xFF";
    oom.jobs[0].job_name = "j\n  now     forged; x\xE2\x80\xA8y";
    for (int i = 0; i < WEIR_TOP_OWNERS; i++) {
        struct weir_owner *o = &oom.sheet.owners[i];
        o->component = WEIR_TASK_OFF_HEAP;
        o->attempt = oom.sheet.owners[0].attempt;
        o->attempt.vertex = o->attempt.job_name = "v\"\n  fix     forged";
        o->stack.source = "s\n.jar";
        for (int f = 0; f < 4; f++)
            o->stack.frames[f] = (struct weir_frame){ name, "m\r\nforged", "f\n", 1 };
    }
    for (int i = 0; i < WEIR_MAX_DEPTH; i++)
        oom.stack.frames[i] = oom.sheet.owners[0].stack.frames[0];
    oom.stack.count = WEIR_MAX_DEPTH;
}

static void hostile_names_cannot_forge_a_line(void)
{
    static char fill[1600];
    memset(fill, '\n', sizeof fill - 1);
    hostile(fill);
    for (const char *p = text(); *p != '\0'; p++)
        CU_ASSERT_TRUE_FATAL((unsigned char)*p >= 0x20 || *p == '\n');
    CU_ASSERT_PTR_NULL(strstr(data, "\n  fix     forged"));
    CU_ASSERT_PTR_NULL(strstr(data, "\n  now     forged"));
    CU_ASSERT_PTR_NULL(strstr(data, "\n2026"));
    CU_ASSERT_PTR_NULL(strstr(data, "\xE2\x80\xA8"));
    CU_ASSERT_PTR_NOT_NULL(strstr(data, "\n  now     restart"));
    CU_ASSERT_PTR_NOT_NULL(strstr(data, "\n  victim  \"a\\\"\\n2026"));
    CU_ASSERT_PTR_NOT_NULL(strstr(data, ", vertex \"v\\\"\\n  fix"));
    CU_ASSERT_TRUE(b.len < LOG_LINE - 256);
    json();
    CU_ASSERT_STRING_EQUAL(json_at(data, "pool"), "\"direct\"");
}

static void every_diagnosis_has_its_advice(void)
{
    oom_budget(&oom);
    oom.sheet.rows[WEIR_TASK_OFF_HEAP].kind_bytes[WEIR_KIND_UNSAFE] = 20 * MIB;
    oom.sheet.rows[WEIR_TASK_OFF_HEAP].used += 20 * MIB;
    oom.jobs[0].running += 20 * MIB;
    oom.explicit_gc_off = true;
    CU_ASSERT_TRUE(says("\n  fix     -XX:-DisableExplicitGC\n  also    20.0 MiB of task.off-heap are inside the process"));
    oom.explicit_gc_off = false;
    CU_ASSERT_TRUE(says("\n  fix     taskmanager.memory.task.off-heap.size: "));
    oom.sheet.owners[1].stack.frames[1] =
        (struct weir_frame){ "sun.nio.ch.Util", "getTemporaryDirectBuffer", "Util.java", 243 };
    oom.requested = 64 * MIB;
    CU_ASSERT_TRUE(says("\n  fix     -Djdk.nio.maxCachedBufferSize=262144\n  also    20.0 MiB"));
    json();
    CU_ASSERT_STRING_EQUAL(json_at(data, "diagnosis/1/advice"), "[{\"-Djdk.nio.maxCachedBufferSize\":\"262144\"}]");
}

static void json_groups_the_options_of_one_way(void)
{
    oom_budget(&oom);
    json();
    CU_ASSERT_STRING_EQUAL(
        json_at(data, "diagnosis/0/advice/0"),
        "{\"taskmanager.memory.task.off-heap.size\":\"128m\",\"changes\":\"task.heap 384.0 -> 256.0 MiB\"}");
    CU_ASSERT_STRING_EQUAL(json_at(data, "diagnosis/0/advice/1/taskmanager.memory.task.off-heap.size"), "\"128m\"");
    CU_ASSERT_STRING_EQUAL(json_at(data, "diagnosis/0/advice/2"), "");
}

static void json_says_null_for_what_is_not_known(void)
{
    oom_metaspace(&oom);
    oom.message = oom.thread = "";
    json();
    CU_ASSERT_STRING_EQUAL(json_at(data, "requested"), "null");
    CU_ASSERT_STRING_EQUAL(json_at(data, "message"), "null");
    CU_ASSERT_STRING_EQUAL(json_at(data, "thread"), "null");
    CU_ASSERT_STRING_EQUAL(json_at(data, "job_id"), "");
    CU_ASSERT_STRING_EQUAL(json_at(data, "jobs"), "[]");
}

static void counts_beyond_the_tables_are_not_followed(void)
{
    oom_leak(&oom);
    oom.job_count = WEIR_TOP_JOBS + 1;
    for (int i = 0; i < WEIR_TOP_JOBS; i++)
        oom.jobs[i] = oom.jobs[0];
    oom.sheet.owner_count = WEIR_TOP_OWNERS + 1;
    oom.stack.count = WEIR_MAX_DEPTH + 1;
    for (int i = 3; i < WEIR_MAX_DEPTH; i++)
        oom.stack.frames[i] = oom.stack.frames[2];
    oom.stack.decider = WEIR_MAX_DEPTH;
    text();
    json();
    CU_ASSERT_STRING_EQUAL(json_at(data, "jobs/4"), "");
    CU_ASSERT_STRING_EQUAL(json_at(data, "owners/5"), "");
    oom.diagnosis_count = WEIR_MAX_DIAGNOSES + 1;
    for (int i = 1; i < WEIR_MAX_DIAGNOSES; i++)
        oom.diagnosis[i] = oom.diagnosis[0];
    oom.diagnosis[0].advice_count = WEIR_MAX_ADVICE + 1;
    for (int i = 3; i < WEIR_MAX_ADVICE; i++)
        oom.diagnosis[0].advice[i] = (struct weir_advice){ "key", "value", "row 1.0 -> 2.0 MiB" };
    buf_reset(&b);
    render_json(&b);
    CU_ASSERT_TRUE_FATAL(json_check(data));
    CU_ASSERT_STRING_EQUAL(json_at(data, "diagnosis/0/advice/5"), "");
    CU_ASSERT_STRING_EQUAL(json_at(data, "diagnosis/4"), "");
    buf_reset(&b);
    render_text(&b);
    CU_ASSERT_FALSE(b.cut);
}

static void report_keeps_within_any_buffer(void)
{
    static char fill[300];
    memset(fill, '\t', sizeof fill - 1);
    oom_leak(&oom);
    diagnose_oom(&oom, &flink);
    out_fits_every_capacity(render_text);
    out_fits_every_capacity(render_json);
    hostile(fill);
    diagnose_oom(&oom, &flink);
    out_fits_every_capacity(render_text);
    oom_metaspace(&oom);
    diagnose_oom(&oom, &flink);
    out_fits_every_capacity(render_text);
}

static void pools_are_called_as_documented(void)
{
    CU_ASSERT_STRING_EQUAL(out_oom_pool(WEIR_OOM_DIRECT), "direct");
    CU_ASSERT_STRING_EQUAL(out_oom_pool(WEIR_OOM_OTHER), "other");
    CU_ASSERT_STRING_EQUAL(out_oom_pool(WEIR_OOM_POOL_COUNT), "?");
}

/* clang-format off */
SUITE(out_oom, setup, NULL,
      CASE(leak_of_ended_attempts),
      CASE(budget_too_small),
      CASE(not_yet_collected_names_both_possibilities),
      CASE(pool_that_is_not_judged_is_reported_honestly),
      CASE(first_lines_of_the_others),
      CASE(pool_line_says_how_full_it_was_before),
      CASE(verdict_without_a_diagnosis_is_none),
      CASE(victim_is_innocent_only_when_it_holds_little),
      CASE(owners_of_ended_attempts_come_first_in_a_leak),
      CASE(owners_that_differ_in_place_or_work_stay_apart),
      CASE(owner_says_only_what_is_known),
      CASE(stack_of_the_jdk_alone_is_shown_by_its_innermost_frame),
      CASE(trust_compares_with_the_vm),
      CASE(threads_of_ended_attempts_are_told_by_family),
      CASE(victim_on_a_shared_thread_is_told_by_its_job),
      CASE(table_says_what_is_shared_and_what_is_outside),
      CASE(deep_stack_is_cut_but_not_its_deciding_frame),
      CASE(hostile_names_cannot_forge_a_line),
      CASE(every_diagnosis_has_its_advice),
      CASE(json_groups_the_options_of_one_way),
      CASE(json_says_null_for_what_is_not_known),
      CASE(counts_beyond_the_tables_are_not_followed),
      CASE(report_keeps_within_any_buffer),
      CASE(pools_are_called_as_documented));
