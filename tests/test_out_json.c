/* SPDX-License-Identifier: Apache-2.0 */
/* test_out_json.c: the JSON lines: whole ones against tests/golden/out_*.json, rules by looking values up. */
#include <string.h>

#include "json_check.h"
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

static void render_start(struct buf *to)
{
    out_json_start(to, &out_header, &start);
}

static void render_sheet(struct buf *to)
{
    out_json_sheet(to, &out_header, "interval", &sheet);
}

static void render_breach(struct buf *to)
{
    out_json_breach(to, &out_header, &breach);
}

static void render_stop(struct buf *to)
{
    out_json_stop(to, &out_header, "vm exit", "");
}

static void render(void (*to)(struct buf *b))
{
    buf_reset(&b);
    to(&b);
    CU_ASSERT_TRUE_FATAL(json_check(data));
    CU_ASSERT_EQUAL(strcspn(data, "\n"), b.len - 1);
}

#define AT(path, expected) CU_ASSERT_STRING_EQUAL(json_at(data, path), expected)

static void start_is_as_documented(void)
{
    out_start_tm(&start);
    render(render_start);
    out_same_as_golden("start.json", data);
    AT("time", "\"2026-11-21T06:00:01.123Z\"");
    AT("limits/task.off-heap",
       "{\"bytes\":33554432,\"source\":\"configuration file\",\"declared\":true}");
    AT("limits/heap", ""); /* a limit was set, but a TaskManager has no such row */
    AT("limits/mapped", "");
    start.flink = "";
    render(render_start);
    AT("flink", "null");
}

static void sheet_is_as_documented(void)
{
    out_sheet_tm(&sheet);
    render(render_sheet);
    out_same_as_golden("sheet.json", data);
}

static void sheet_advises_only_where_there_is_advice(void)
{
    static const struct weir_diagnosis d = {
        .id = "managed-unused", .text = "t", .advice_count = 1, .advice = { { "k", "0", "task.heap 1 -> 2" } }
    };
    out_sheet_tm(&sheet);
    render(render_sheet);
    AT("diagnosis", "");
    AT("unused_managed_ms", "");
    sheet.advice = &d;
    sheet.unused_managed_ms = 61000;
    render(render_sheet);
    AT("unused_managed_ms", "61000");
    AT("diagnosis", "[{\"id\":\"managed-unused\",\"text\":\"t\",\"advice\":[{\"k\":\"0\",\"changes\":\"task.heap 1 -> 2\"}]}]");
}

static void sheet_never_calls_unknown_0(void)
{
    out_sheet_tm(&sheet);
    sheet.rows[WEIR_JVM_OVERHEAD].note = "threads only from 19 on";
    render(render_sheet);
    AT("components/mapped", "{\"limit\":null,\"used\":null,\"note\":\"not measured\"}");
    AT("components/jvm-overhead/note", "\"threads only from 19 on\"");
    AT("components/heap", ""); /* a JobManager's */
    AT("components/undecided/limit", "null");
    AT("components/undecided/used", "0");
    AT("components/undecided/blocks", "0");
    AT("components/undecided/peak_time", "null");
    AT("components/jvm-metaspace/blocks", "null"); /* the VM's figure has none */
    AT("components/framework.heap/note", "\"one figure for framework.heap and task.heap\"");
    AT("pools/threads", "{\"used\":57,\"peak\":0,\"peak_time\":null,\"limit\":null}");
    AT("pools/heap", "{\"used\":209715200,\"peak\":314572800,\"peak_time\":\"2026-11-21T05:58:59.889Z\",\"committed\":536870912,"
                     "\"after_gc\":157286400,\"limit\":536870912}");
    AT("overhead", "{\"code\":50331648,\"gc\":null,\"vm\":null,\"agent\":6291456}");
    AT("pools/process", "");
    AT("process", "{\"rss\":1458569216,\"cgroup\":null,\"cgroup_limit\":null,\"residual\":94371840}");
}

static void sheet_sums_kinds_over_all_components(void)
{
    out_sheet_tm(&sheet);
    render(render_sheet);
    AT("kinds", "{\"direct\":{\"bytes\":257949696,\"blocks\":4113},\"unsafe\":{\"bytes\":536975769,"
                "\"blocks\":16387},"
                "\"ffm\":{\"bytes\":0,\"blocks\":0}}");
    struct weir_row *mapped = &sheet.rows[WEIR_MAPPED];
    mapped->measured = true;
    mapped->used = mapped->kind_bytes[WEIR_KIND_MAPPED] = 12347;
    mapped->blocks = mapped->kind_blocks[WEIR_KIND_MAPPED] = 3;
    render(render_sheet);
    AT("kinds/mapped", "{\"bytes\":12347,\"blocks\":3}");
    AT("components/mapped/by_kind", "{\"mapped\":12347}");
    AT("before_weir", "");
    struct weir_row *before = &sheet.rows[WEIR_BEFORE_WEIR];
    before->present = before->measured = true;
    before->used = 8200;
    before->blocks = 2;
    render(render_sheet);
    AT("before_weir", "{\"bytes\":8200,\"blocks\":2}");
    AT("components/before weir/used", "8200");
}

static void sheet_shows_estimates_only_where_there_are_any(void)
{
    out_sheet_tm(&sheet);
    sheet.rows[WEIR_TASK_OFF_HEAP].estimated = 4711;
    render(render_sheet);
    AT("components/task.off-heap/estimated", "4711");
    AT("components/managed/estimated", "");
}

static void sheet_reports_what_the_agent_lost(void)
{
    out_sheet_tm(&sheet);
    sheet.agent = (struct weir_agent_cost){ .bytes = 1, .dropped_events = 2, .dropped_stacks = 3, .untracked_bytes = 4, .stale = 5,
                                            .unknown_frees = 6, .lost_ledger = 7, .walk_ppm = 12034, .walk_mean = 65536 };
    render(render_sheet);
    AT("agent", "{\"bytes\":1,\"walk_share\":0.012034,\"walk_mean\":65536,\"dropped\":{\"events\":2,\"stacks\":3,\"ledger\":7},\"untracked\":4,\"stale\":5,"
                "\"unknown_frees\":6}");
}

static void breach_is_as_documented(void)
{
    out_breach_share(&breach);
    render(render_breach);
    out_same_as_golden("breach.json", data);
    AT("headroom", "0");
    AT("budget", "");
    AT("owners/0/java_stack/2", "\"com.example.Leak.flatMap(Leak.java:41)\"");
    AT("components/jvm-overhead", "null");
}

static void breach_of_the_budget_brings_the_budgets_figures(void)
{
    out_breach_share(&breach);
    breach.reason = WEIR_REASON_BUDGET;
    breach.budget_used = 91 * MIB;
    breach.budget_limit = 128 * MIB;
    render(render_breach);
    AT("reason", "\"budget\"");
    AT("headroom", "38797312");
    AT("used", "100663296");
    AT("budget", "{\"used\":95420416,\"limit\":134217728}");
    breach.reason = WEIR_REASON_SLOPE;
    render(render_breach);
    AT("budget/used", "95420416");
}

static void breach_of_survivors_names_job_and_attempts(void)
{
    out_breach_share(&breach);
    render(render_breach);
    AT("survived", "");
    AT("diagnosis", "");
    out_breach_survived(&breach);
    breach.diagnosis_count = 1;
    breach.diagnosis[0] = (struct weir_diagnosis){ .id = "direct-leak", .text = "LEAK; 72" };
    render(render_breach);
    AT("reason", "\"survived\"");
    AT("level", "\"warn\"");
    AT("job_name", "\"orders\"");
    AT("attempt", "2");
    AT("survived", "{\"job_id\":\"5f1c0000000000000000000000009e2a\",\"job_name\":\"orders\",\"bytes\":75497472,"
                   "\"blocks\":5,\"full_gcs\":3,\"attempts_ended\":4,\"attempts\":[0,2],\"other_jobs\":0,\"other_bytes\":0}");
    AT("diagnosis", "[{\"id\":\"direct-leak\",\"text\":\"LEAK; 72\",\"advice\":[]}]");
}

static void breach_without_a_request_has_no_thread_stack_or_source(void)
{
    out_breach_plain(&breach, WEIR_REASON_ROW, WEIR_JVM_METASPACE);
    render(render_breach);
    AT("reason", "\"row\"");
    AT("requested", "0");
    AT("thread", "null");
    AT("source", "null");
    AT("java_stack", "[]");
    AT("owners", "[]");
    AT("headroom", "205520896");
    breach.limit.set = false;
    render(render_breach);
    AT("limit", "null");
    AT("headroom", "null");
    AT("declared", "false");
}

static void owner_of_the_boot_loader_is_null(void)
{
    out_breach_share(&breach);
    breach.sheet.owners[0].loader = "";
    breach.sheet.owners[0].stack.source = "";
    render(render_breach);
    AT("owners/0/loader", "null");
    AT("owners/0/source", "null");
}

static void hostile_strings_stay_strings(void)
{
    static char name[301];
    memset(name, 0xC3, 300); /* a lead byte that nothing follows, 300 times */
    out_breach_share(&breach);
    breach.thread =
        "\",\"level\":\"none\"}\n{\x01\x7F\xC2\x85\xED\xA0\xBD\xED\xB8\x80\xC0\x80\xFF\\";
    breach.stack.frames[0].class_name = name;
    breach.stack.frames[1].file = "a\"b\n.java";
    breach.stack.source = "\\\"";
    breach.sheet.owners[0].loader = "\x80";
    render(render_breach);
    AT("level", "\"warn\"");
    AT("thread", "\"\\\",\\\"level\\\":\\\"none\\\"}\\n{"
                 "\\u0001\\u007f\\u0085\xF0\x9F\x98\x80\\u0000\xEF\xBF\xBD\\\\\"");
    AT("source", "\"\\\\\\\"\"");
}

/* Tables of the contract at their stated bounds, and counts beyond them. */
static void full_tables_are_written_whole_and_no_further(void)
{
    out_breach_share(&breach);
    for (int i = 0; i < WEIR_MAX_DEPTH; i++)
        breach.stack.frames[i] = breach.stack.frames[2];
    breach.stack.count = WEIR_MAX_DEPTH + 1;
    for (int i = 1; i < WEIR_TOP_OWNERS; i++)
        breach.sheet.owners[i] = breach.sheet.owners[0];
    breach.sheet.owner_count = WEIR_TOP_OWNERS + 1;
    render(render_breach);
    AT("java_stack/63", "\"com.example.Leak.flatMap(Leak.java:41)\"");
    AT("java_stack/64", "");
    AT("owners/4/count", "4");
    AT("owners/5", "");
}

static void stop_is_as_documented(void)
{
    render(render_stop);
    out_same_as_golden("stop.json", data);
    buf_reset(&b);
    out_json_stop(&b, &out_header, "vm exit", "Runtime.halt by a.B.c(B.java:1)");
    CU_ASSERT_TRUE(json_check(data));
    CU_ASSERT_PTR_NOT_NULL(strstr(data, ",\"reason\":\"vm exit\",\"by\":\"Runtime.halt by a.B.c(B.java:1)\"}"));
}

static void json_keeps_within_any_buffer(void)
{
    out_start_tm(&start);
    out_sheet_tm(&sheet);
    out_breach_share(&breach);
    out_fits_every_capacity(render_start);
    out_fits_every_capacity(render_sheet);
    out_fits_every_capacity(render_breach);
    out_fits_every_capacity(render_stop);
}

/* clang-format off */
SUITE(out_json, setup, NULL,
      CASE(start_is_as_documented),
      CASE(sheet_is_as_documented),
      CASE(sheet_advises_only_where_there_is_advice),
      CASE(sheet_never_calls_unknown_0),
      CASE(sheet_sums_kinds_over_all_components),
      CASE(sheet_reports_what_the_agent_lost), CASE(sheet_shows_estimates_only_where_there_are_any),
      CASE(breach_is_as_documented),
      CASE(breach_of_the_budget_brings_the_budgets_figures),
      CASE(breach_of_survivors_names_job_and_attempts),
      CASE(breach_without_a_request_has_no_thread_stack_or_source),
      CASE(owner_of_the_boot_loader_is_null),
      CASE(hostile_strings_stay_strings),
      CASE(full_tables_are_written_whole_and_no_further),
      CASE(stop_is_as_documented),
      CASE(json_keeps_within_any_buffer));
