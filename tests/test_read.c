/* SPDX-License-Identifier: Apache-2.0 */
/* test_read.c: `weir read` as its users meet it: the built tool ($WEIR_BIN) on ledgers made here. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "json_check.h"
#include "ledger_fixture.h"
#include "suite.h"
#include "tool_run.h"

static void weir(const char *arguments)
{
    tool_run("cd '%s' && '%s' read %s", tool_dir, tool_path(), arguments);
}

static void dead_jvm_shows_its_last_sheet_owners_and_lines(void)
{
    static const char *const in_order[] = {
        "the JVM ended without stop; last sheet of 2026-11-21T06:00:01.123Z, 61 s after its start\n",
        "taskmanager orders-tm-1-7, host node-7, pid 4711: Flink 1.20.5, JVM 17.0.15, G1, weir 0.1.0, mode warn\n",
        "\nframework.heap ",
        "\ntask.heap ",
        "\nmanaged ",
        "\nframework.off-heap ",
        "\ntask.off-heap               96.0       96.0  11-21 06:00:00       32.0   OVER, declared\n",
        "\nnetwork ",
        "\njvm-metaspace ",
        "\njvm-overhead ",
        "\npools    heap 200.0 of 512.0 MiB (committed 512.0, live after GC 150.0), direct 246.1 of 256.0 MiB",
        "\nowner 64.0 MiB direct in 4 blocks, 66 % of task.off-heap: com.example.Leak.flatMap(Leak.java:41)  [leak.jar]",
        ", attempt 2 of job orders (5f1c..9e2a), which has ended\n",
        "\n2026-11-21T06:00:01.000Z warn task.off-heap over its declared share: 96.0 of 32.0 MiB\n    at com.example",
        "\n2026-11-21T05:59:50.000Z notice an older line\n",
    };
    tool_ledger_write(sizeof tool_ledger);
    weir("box.ledger");
    CU_ASSERT_EQUAL(tool_exit, 0);
    const char *at = tool_out;
    for (size_t i = 0; i < sizeof in_order / sizeof in_order[0]; i++) {
        const char *found = strstr(at, in_order[i]);
        if (found == NULL)
            fprintf(stderr, "not, or not in this place: %s\n", in_order[i]);
        CU_ASSERT_PTR_NOT_NULL(found);
        at = found != NULL ? found : at;
    }
    CU_ASSERT_PTR_NULL(strstr(tool_out, "last words"));
}

static void stop_and_last_words_are_told_apart_from_a_crash(void)
{
    ledger_fixture_words(tool_ledger);
    tool_ledger_write(sizeof tool_ledger);
    weir("box.ledger");
    tool_expect(0, "ended without stop");
    tool_expect(0, " s after its start\nlast words 2026-11-21T06:00:01.500Z: ExitOnOutOfMemoryError\n"
              "  used then, in MiB: task.off-heap 112.0, network 128.0\n");
    ledger_fixture_stop(tool_ledger);
    tool_ledger_write(sizeof tool_ledger);
    weir("box.ledger");
    tool_expect(0, "the JVM stopped in order at 2026-11-21T06:00:02.000Z: vm exit\n");
}

static void locked_ledger_is_of_a_running_jvm(void)
{
    tool_ledger_write(sizeof tool_ledger);
    int fd = open(tool_ledger_path, O_WRONLY | O_CLOEXEC);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(flock(fd, LOCK_EX), 0);
    weir("box.ledger");
    tool_expect(0, "the JVM is running; sheet of 2026-11-21T06:00:01.123Z, ");
    close(fd);
    weir("box.ledger");
    tool_expect(0, "ended without stop");
}

static void json_is_the_sheet_as_one_object(void)
{
    tool_ledger_write(sizeof tool_ledger);
    weir("--json box.ledger");
    tool_expect(0, "{\"event\":\"sheet\",\"time\":\"2026-11-21T06:00:01.123Z\",\"host\":\"node-7\",\"pid\":4711,\"tm\":"
              "\"orders-tm-1-7\",\"seq\":2,\"uptime_ms\":61234,\"reason\":\"request\",\"components\":{");
    tool_expect(0, "\"task.off-heap\":{\"limit\":33554432,\"used\":100663296,");
    tool_expect(0, "\"job_name\":\"orders\"");
    size_t len = strlen(tool_out);
    CU_ASSERT_TRUE_FATAL(len > 0);
    CU_ASSERT_EQUAL(strcspn(tool_out, "\n"), len - 1);
    tool_out[len - 1] = '\0';
    CU_ASSERT_TRUE(json_check(tool_out));
    ledger_fixture_stop(tool_ledger);
    tool_ledger_write(sizeof tool_ledger);
    weir("box.ledger --json");
    tool_expect(0, "\"reason\":\"exit\"");
}

static void damage_is_said_on_stderr_beside_what_can_be_read(void)
{
    tool_ledger[LEDGER_SLOTS_AT + 100] ^= 1; /* sheet 2 */
    tool_ledger_write(sizeof tool_ledger);
    weir("box.ledger 2>&1 >/dev/null");
    tool_expect(0, "weir read: box.ledger: one of its two sheets is torn; this is the other\n");
    weir("--json box.ledger 2>/dev/null");
    tool_expect(0, "\"seq\":1,");
}

static void bad_files_are_one_line_and_exit_with_2(void)
{
    weir("nowhere.ledger 2>&1");
    tool_expect(2, "weir read: nowhere.ledger: No such file or directory\n");
    weir(". 2>&1");
    tool_expect(2, "weir read: .: a directory\n");
    weir("/dev/zero 2>&1");
    tool_expect(2, "weir read: /dev/zero: not a regular file\n");
    tool_ledger_write(0);
    weir("box.ledger 2>&1");
    tool_expect(2, "weir read: box.ledger: not a ledger of weir\n");
    tool_ledger_write(70000);
    weir("box.ledger 2>&1");
    tool_expect(2, "weir read: box.ledger: truncated: 70000 of 536576 bytes\n");
    tool_ledger[16]++;
    tool_ledger_write(sizeof tool_ledger);
    weir("box.ledger 2>&1 >/dev/null");
    tool_expect(2, "written by a newer weir");
    weir("--json box.ledger 2>/dev/null");
    CU_ASSERT_STRING_EQUAL(tool_out, "");
}

static void bad_usage_is_named(void)
{
    weir("2>&1");
    tool_expect(2, "usage: weir read [--json] FILE\n");
    weir("--what 2>&1");
    tool_expect(2, "weir read: unexpected --what\nusage:");
    weir("a b 2>&1");
    tool_expect(2, "weir read: unexpected b\n");
    weir("-- --json 2>&1");
    tool_expect(2, "weir read: --json: No such file");
    weir("--help");
    tool_expect(0, "usage: weir read");
}

SUITE(read, tool_ledger_setup, tool_ledger_teardown, CASE(dead_jvm_shows_its_last_sheet_owners_and_lines),
      CASE(stop_and_last_words_are_told_apart_from_a_crash), CASE(locked_ledger_is_of_a_running_jvm),
      CASE(json_is_the_sheet_as_one_object), CASE(damage_is_said_on_stderr_beside_what_can_be_read),
      CASE(bad_files_are_one_line_and_exit_with_2), CASE(bad_usage_is_named));
