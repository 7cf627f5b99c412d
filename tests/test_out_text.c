/* SPDX-License-Identifier: Apache-2.0 */
/* test_out_text.c: the lines of the log, whole ones against tests/golden/out_*.txt, variants by their first line. */
#include <stdio.h>
#include <string.h>

#include "out/out.h"
#include "out_fixture.h"
#include "suite.h"

static char               data[65536];
static struct buf         b;
static struct weir_breach breach;
static struct weir_start  start;
static struct weir_sheet  sheet;

static void setup(void)
{
    buf_init(&b, data, sizeof data);
}

static const char *text(void)
{
    buf_reset(&b);
    out_text_breach(&b, &breach);
    return data;
}

static const char *first_line(void)
{
    static char line[4096];
    const char *all = text();
    snprintf(line, sizeof line, "%.*s", (int)strcspn(all, "\n"), all);
    return line;
}

static void set_budget(uint64_t used, uint64_t limit)
{
    breach.budget_used = used;
    breach.budget_limit = limit;
}

static void breach_of_a_declared_share(void)
{
    out_breach_share(&breach);
    out_same_as_golden("breach_share.txt", text());
}

static void breach_says_how_many_lines_were_left_out(void)
{
    out_breach_share(&breach);
    breach.suppressed = 3;
    CU_ASSERT_STRING_EQUAL(
        first_line(),
        "task.off-heap over its declared share: 96.0 of 32.0 MiB, 16.0 MiB requested by "
        "\"Flat Map (1/2)#0\" (3 more since the last line)");
}

static void breach_of_a_share_nobody_declared_is_a_notice(void)
{
    out_breach_share(&breach);
    struct weir_row *task = &breach.sheet.rows[WEIR_TASK_OFF_HEAP];
    task->used = 0;
    task->limit = out_limit(0, "command line", false);
    breach.sheet.rows[WEIR_FRAMEWORK_OFF_HEAP].used = 28 * MIB;
    breach.used = 0;
    breach.limit = task->limit;
    breach.level = WEIR_LEVEL_NOTICE;
    breach.sheet.owner_count = 0;
    out_same_as_golden("breach_notice.txt", text());
    set_budget(27 * MIB, 128 * MIB); /* the policy's own figures go before the sheet's */
    CU_ASSERT_PTR_NOT_NULL(strstr(first_line(), " still has 101.0 of 128.0 MiB"));
    set_budget(0, 0);
    breach.sheet.rows[WEIR_FRAMEWORK_OFF_HEAP].measured = false; /* half a budget is none */
    CU_ASSERT_STRING_EQUAL(first_line(), "task.off-heap 0.0 of 0.0 MiB (not declared): "
                                         "16.0 MiB requested by \"Flat Map (1/2)#0\"");
}

static void notice_of_a_row_outside_the_budget_does_not_speak_of_it(void)
{
    out_breach_plain(&breach, WEIR_REASON_SHARE, WEIR_MANAGED);
    breach.level = WEIR_LEVEL_NOTICE;
    breach.requested = 8;
    CU_ASSERT_STRING_EQUAL(text(), "managed 512.0 of 512.0 MiB (not declared): 8 B requested");
}

static void undeclared_share_above_a_notice_is_called_so(void)
{
    out_breach_plain(&breach, WEIR_REASON_SHARE, WEIR_MANAGED);
    CU_ASSERT_STRING_EQUAL(text(), "managed over its share (not declared): 512.0 of 512.0 MiB");
}

static void breach_of_the_budget_counts_the_request_in_its_percentage(void)
{
    out_breach_share(&breach);
    breach.reason = WEIR_REASON_BUDGET;
    set_budget(91 * MIB, 128 * MIB); /* 107 of 128 with the request: 83.6 % */
    out_same_as_golden("breach_budget.txt", text());
    breach.level = WEIR_LEVEL_CRITICAL;
    set_budget(120 * MIB, 128 * MIB);
    CU_ASSERT_STRING_EQUAL(
        first_line(),
        "framework.off-heap + task.off-heap at 106 % of their budget: 120.0 of 128.0 MiB, "
        "16.0 MiB requested by \"Flat Map (1/2)#0\"");
}

static void breach_of_a_budget_of_nothing_has_no_percentage(void)
{
    out_breach_share(&breach);
    breach.reason = WEIR_REASON_BUDGET;
    breach.requested = 0;
    CU_ASSERT_STRING_EQUAL(first_line(),
                           "framework.off-heap + task.off-heap over their budget: 0.0 of 0.0 MiB");
}

static void breach_of_a_jobmanagers_budget_is_one_row(void)
{
    out_breach_share(&breach);
    out_sheet_jm(&breach.sheet);
    breach.component = WEIR_OFF_HEAP;
    breach.reason = WEIR_REASON_BUDGET;
    breach.stack.count = 0;
    set_budget(110 * MIB, 128 * MIB);
    CU_ASSERT_STRING_EQUAL(
        text(), "off-heap at 98 % of its budget: 110.0 of 128.0 MiB, 16.0 MiB requested by "
                "\"Flat Map (1/2)#0\"\n  direct pool 110.0 of 128.0 MiB: off-heap 110.0 of 128.0");
}

static void breach_of_a_row_that_the_vm_bounds(void)
{
    out_breach_plain(&breach, WEIR_REASON_ROW, WEIR_JVM_METASPACE);
    breach.used = 255013684; /* 95.0000003 % */
    CU_ASSERT_STRING_EQUAL(text(), "jvm-metaspace at 95 %: 243.2 of 256.0 MiB");
    breach.used--;
    CU_ASSERT_STRING_EQUAL(text(), "jvm-metaspace at 94 %: 243.2 of 256.0 MiB");
    breach.limit.set = false;
    CU_ASSERT_STRING_EQUAL(text(), "jvm-metaspace over its limit: 243.2 MiB");
}

static void breach_of_a_taskmanagers_heap_names_both_rows(void)
{
    out_breach_plain(&breach, WEIR_REASON_ROW, WEIR_TASK_HEAP);
    breach.used = 410 * MIB;
    breach.limit = out_limit(512 * MIB, "jvm flag", false);
    CU_ASSERT_STRING_EQUAL(text(), "framework.heap + task.heap at 80 %: 410.0 of 512.0 MiB");
}

static void breach_by_slope_says_of_what(void)
{
    out_breach_plain(&breach, WEIR_REASON_SLOPE, WEIR_JVM_METASPACE);
    CU_ASSERT_STRING_EQUAL(
        text(),
        "jvm-metaspace would be full within 10 minutes at the present slope: 60.0 of 256.0 MiB");
    breach.component = WEIR_TASK_OFF_HEAP;
    set_budget(64 * MIB, 128 * MIB);
    CU_ASSERT_STRING_EQUAL(
        first_line(),
        "framework.off-heap + task.off-heap would be full within 10 minutes at the present "
        "slope: 64.0 of 128.0 MiB");
}

static void breach_of_survivors_names_job_attempts_and_collections(void)
{
    out_breach_survived(&breach);
    breach.diagnosis_count = 1;
    breach.diagnosis[0] = (struct weir_diagnosis){ .id = "direct-leak", .text = "LEAK of ended attempts; 72.0 MiB" };
    out_same_as_golden("breach_survived.txt", text());
    breach.survived.number_count = 0;
    breach.survived.attempt_count = breach.survived.blocks = 1;
    breach.survived.other_jobs = 2;
    breach.survived.other_bytes = 40 * MIB;
    CU_ASSERT_STRING_EQUAL(first_line(),
                           "72.0 MiB of 1 ended attempt of job orders (5f1c..9e2a) survived 3 full GCs in 1 block, and "
                           "40.0 MiB of 2 other jobs; task.off-heap 96.0 of 32.0 MiB");
}

static void pool_line_adds_what_has_no_share_and_says_what_is_not_measured(void)
{
    out_breach_plain(&breach, WEIR_REASON_SHARE, WEIR_NETWORK);
    breach.sheet.rows[WEIR_UNDECIDED].used = 8192;
    breach.sheet.rows[WEIR_BEFORE_WEIR].present = true;
    breach.sheet.rows[WEIR_BEFORE_WEIR].measured = true;
    breach.sheet.rows[WEIR_BEFORE_WEIR].used = MIB;
    breach.sheet.rows[WEIR_FRAMEWORK_OFF_HEAP].measured = false;
    breach.sheet.pools[WEIR_POOL_DIRECT].limit.set = false;
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text(), "\n  direct pool 246.1 MiB: network 128.0 of 128.0, framework.off-heap not "
                       "measured, task.off-heap 96.0 of 32.0, undecided 8.0 KiB, before weir 1.0"));
    breach.sheet.pools[WEIR_POOL_DIRECT].measured = false;
    CU_ASSERT_PTR_NOT_NULL(strstr(text(), "\n  direct pool not measured, in MiB: network"));
}

static void owner_without_a_kept_stack_or_a_true_share_says_only_what_is_known(void)
{
    out_breach_share(&breach);
    struct weir_owner *owner = &breach.sheet.owners[0];
    owner->stack.decider = -1;
    owner->count = 1;
    owner->bytes = 113 * MIB; /* read later than the row: 96 and the 16 requested */
    CU_ASSERT_PTR_NOT_NULL(strstr(
        text(), "\n  owner 113.0 MiB direct in 1 block: jdk.internal.misc.Unsafe.allocateMemory0"
                "(Native Method)  [leak.jar]"));
    owner->stack.count = 0;
    owner->stack.source = "";
    CU_ASSERT_PTR_NOT_NULL(strstr(text(), "\n  owner 113.0 MiB direct in 1 block: stack not kept"));
}

static void owner_of_a_shared_thread_says_what_is_known_of_it(void)
{
    out_breach_survived(&breach);
    struct weir_attempt attempt = breach.attempt, *a = &breach.sheet.owners[0].attempt;
    out_breach_share(&breach);
    *a = attempt;
    a->state = WEIR_ATTEMPT_SHARED;
    a->begin_ms = 1;
    CU_ASSERT_PTR_NOT_NULL(strstr(text(), ", a shared thread started by attempt 2 of job orders (5f1c..9e2a)"));
    a->begin_ms = 0;
    a->attempt = a->subtask = -1;
    a->vertex = "";
    CU_ASSERT_PTR_NOT_NULL(strstr(text(), "  [leak.jar], of job orders (5f1c..9e2a), by a shared thread"));
}

static void hostile_names_cannot_forge_a_line(void)
{
    static char name[301];
    memset(name, 'n', 300);
    out_breach_share(&breach);
    breach.thread = "a\"\n2026-11-21 06:00:00,000 ERROR x\x1b[2J\xC0\x80\xFF";
    breach.stack.frames[0].class_name = name;
    breach.stack.frames[1].method = "m\r\n    at forged";
    breach.stack.source = "x\n.jar";
    size_t lines = 1;
    for (const char *p = text(); *p != '\0'; p++) {
        lines += *p == '\n';
        CU_ASSERT_TRUE_FATAL((unsigned char)*p >= 0x20 || *p == '\n');
    }
    CU_ASSERT_EQUAL(lines, 7); /* sentence, pool, four frames, owner */
    CU_ASSERT_PTR_NOT_NULL(strstr(
        data, "by \"a\\\"\\n2026-11-21 06:00:00,000 ERROR x\\u001b[2J\\u0000\xEF\xBF\xBD\"\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(data, name));
    CU_ASSERT_FALSE(b.cut);
}

static const char *start_text(void)
{
    buf_reset(&b);
    out_text_start(&b, &start);
    return data;
}

static void start_of_a_taskmanager(void)
{
    out_start_tm(&start);
    out_same_as_golden("start.txt", start_text());
}

static void start_calls_a_limit_of_nothing_not_declared(void)
{
    out_start_tm(&start);
    start.limits[WEIR_TASK_OFF_HEAP] = out_limit(0, "command line", false);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(start_text(), "task.off-heap 0.0 MiB (command line, not declared)"));
}

static void start_of_another_jvm_has_no_flink(void)
{
    memset(&start, 0, sizeof start);
    start.version = "0.1.0";
    start.jvm = "25.0.1";
    start.gc = "Serial";
    start.flink = "";
    start.role = WEIR_ROLE_OTHER;
    start.limits[WEIR_TASK_OFF_HEAP] = out_limit(64 * MIB, "option", true);
    CU_ASSERT_STRING_EQUAL(start_text(), "0.1.0 watching a JVM: JVM 25.0.1, Serial, mode observe\n"
                                         "  off-heap  task.off-heap 64.0 MiB (option, declared)");
    start.role = WEIR_ROLE_JOBMANAGER;
    CU_ASSERT_STRING_EQUAL(
        start_text(),
        "0.1.0 watching jobmanager: Flink of unknown version, JVM 25.0.1, Serial, mode "
        "observe");
}

static void stop_prints_the_peaks(void)
{
    out_sheet_tm(&sheet);
    sheet.rows[WEIR_TASK_OFF_HEAP].peak = 97 * MIB;
    out_text_stop(&b, "vm exit", &sheet);
    out_same_as_golden("stop.txt", data);
    sheet.agent.dropped_events = 1;
    sheet.agent.dropped_stacks = 2;
    sheet.agent.untracked_bytes = 4096;
    buf_reset(&b);
    out_text_stop(&b, "vm exit", &sheet);
    CU_ASSERT_PTR_NOT_NULL(strstr(data, "\n  lost: 1 event, 2 stacks, 4.0 KiB not tracked"));
}

static void render_breach(struct buf *to)
{
    out_text_breach(to, &breach);
}

static void render_start(struct buf *to)
{
    out_text_start(to, &start);
}

static void render_stop(struct buf *to)
{
    out_text_stop(to, "vm exit", &sheet);
}

static void text_keeps_within_any_buffer(void)
{
    out_breach_share(&breach);
    breach.thread = "\xED\xA0\xBD\xED\xB8\x80\"\n";
    breach.suppressed = 12;
    out_start_tm(&start);
    out_sheet_tm(&sheet);
    out_fits_every_capacity(render_breach);
    out_fits_every_capacity(render_start);
    out_fits_every_capacity(render_stop);
}

static void words_are_those_of_flinks_options(void)
{
    CU_ASSERT_STRING_EQUAL(out_component(WEIR_TASK_OFF_HEAP), "task.off-heap");
    CU_ASSERT_STRING_EQUAL(out_component(WEIR_BEFORE_WEIR), "before weir");
    CU_ASSERT_STRING_EQUAL(out_kind(WEIR_KIND_CODE), "code");
    CU_ASSERT_STRING_EQUAL(out_pool(WEIR_POOL_PROCESS), "process");
    CU_ASSERT_STRING_EQUAL(out_level(WEIR_LEVEL_CRITICAL), "critical");
    CU_ASSERT_STRING_EQUAL(out_mode(WEIR_MODE_ENFORCE), "enforce");
    CU_ASSERT_STRING_EQUAL(out_role(WEIR_ROLE_JOBMANAGER), "jobmanager");
    CU_ASSERT_STRING_EQUAL(out_component(WEIR_COMPONENT_COUNT), "?");
    CU_ASSERT_STRING_EQUAL(out_role((enum weir_role)3), "?");
}

/* clang-format off */
SUITE(out_text, setup, NULL,
      CASE(breach_of_a_declared_share),
      CASE(breach_says_how_many_lines_were_left_out),
      CASE(breach_of_a_share_nobody_declared_is_a_notice),
      CASE(notice_of_a_row_outside_the_budget_does_not_speak_of_it),
      CASE(undeclared_share_above_a_notice_is_called_so),
      CASE(breach_of_the_budget_counts_the_request_in_its_percentage),
      CASE(breach_of_a_budget_of_nothing_has_no_percentage),
      CASE(breach_of_a_jobmanagers_budget_is_one_row),
      CASE(breach_of_a_row_that_the_vm_bounds),
      CASE(breach_of_a_taskmanagers_heap_names_both_rows),
      CASE(breach_by_slope_says_of_what),
      CASE(breach_of_survivors_names_job_attempts_and_collections),
      CASE(pool_line_adds_what_has_no_share_and_says_what_is_not_measured),
      CASE(owner_without_a_kept_stack_or_a_true_share_says_only_what_is_known),
      CASE(owner_of_a_shared_thread_says_what_is_known_of_it),
      CASE(hostile_names_cannot_forge_a_line),
      CASE(start_of_a_taskmanager),
      CASE(start_calls_a_limit_of_nothing_not_declared),
      CASE(start_of_another_jvm_has_no_flink),
      CASE(stop_prints_the_peaks),
      CASE(text_keeps_within_any_buffer),
      CASE(words_are_those_of_flinks_options));
