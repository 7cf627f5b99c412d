/* SPDX-License-Identifier: Apache-2.0 */
/* test_top.c: `weir top` as its users meet it: the built tool ($WEIR_BIN) on ledgers made here, in a pipe. Terminals and
 * real JVMs: java-test, TopTest. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger_fixture.h"
#include "suite.h"
#include "tool_run.h"

static void weir(const char *arguments)
{
    tool_run("cd '%s' && timeout 20 '%s' top %s", tool_dir, tool_path(), arguments);
}

/* As an agent holds it. */
static int hold(void)
{
    int fd = open(tool_ledger_path, O_RDWR | O_CLOEXEC);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(flock(fd, LOCK_EX), 0);
    return fd;
}

static void dead_jvm_is_shown_once_and_how_it_ended(void)
{
    tool_ledger_write(sizeof tool_ledger);
    weir("box.ledger");
    tool_expect(0, "the JVM ended without stop; last sheet of 2026-11-21T06:00:01.123Z, 61 s after\n    its start\n");
    tool_expect(0, "\ntask.off-heap           96.0      96.0      32.0* [##########!  300 %\n");
    tool_expect(0, "\nowner 64.0 MiB direct in 4 blocks, 66 % of task.off-heap:\n    com.example.Leak");
    CU_ASSERT_PTR_NULL(strchr(tool_out, '\x1b'));
    ledger_fixture_words(tool_ledger);
    tool_ledger_write(sizeof tool_ledger);
    weir("box.ledger");
    tool_expect(0, "\nlast words 2026-11-21T06:00:01.500Z: ExitOnOutOfMemoryError\n");
    ledger_fixture_stop(tool_ledger);
    tool_ledger_write(sizeof tool_ledger);
    weir("box.ledger");
    tool_expect(0, "the JVM stopped in order at 2026-11-21T06:00:02.000Z: vm exit\n");
}

static void once_asks_whether_something_is_over(void)
{
    tool_ledger_write(sizeof tool_ledger);
    weir("--once box.ledger");
    tool_expect(1, "task.off-heap ");
    struct ledger_sheet sheet;
    ledger_fixture_sheet(&sheet);
    sheet.sheet.rows[WEIR_TASK_OFF_HEAP].limit.declared = false;
    (void)out_ledger_sheet(tool_ledger + out_ledger_place(3), 3, &sheet);
    tool_ledger_write(sizeof tool_ledger);
    weir("--once box.ledger");
    tool_expect(0, "task.off-heap ");
}

/* This process holds the ledger open and locked, as a JVM does: found by what it is, under any name. */
static void pid_leads_to_its_ledger(void)
{
    char arguments[64];
    tool_ledger_write(sizeof tool_ledger);
    int fd = hold();
    snprintf(arguments, sizeof arguments, "--once %d", (int)getpid());
    weir(arguments);
    tool_expect(1, "sheet of 2026-11-21T06:00:01.123Z");
    CU_ASSERT_EQUAL(unlink(tool_ledger_path), 0);
    weir(arguments);
    tool_expect(1, "taskmanager orders-tm-1-7");
    close(fd);
    weir("--once 999999999 2>&1");
    tool_expect(3, "weir top: 999999999: no such process\n");
    snprintf(arguments, sizeof arguments, "--once %d 2>&1", (int)getpid());
    weir(arguments);
    tool_expect(3, "has no ledger of weir open: no weir is in it, or ledger=off\n");
}

static void torn_sheet_leaves_the_one_before(void)
{
    tool_ledger[LEDGER_SLOTS_AT + 100] ^= 1; /* sheet 2 */
    tool_ledger_write(sizeof tool_ledger);
    weir("--once box.ledger");
    tool_expect(1, "one of its two sheets is torn; this is the other\n");
    tool_expect(1, "task.off-heap           96.0");
}

/* A writer that is caught in the middle of each sheet: the reader shows one or the other, never none. */
static void sheets_are_shown_while_they_are_written(void)
{
    tool_ledger_write(sizeof tool_ledger);
    int   fd = hold();
    pid_t child = fork();
    if (child == 0) {
        static struct ledger_sheet  sheet;
        static unsigned char        block[LEDGER_SLOT_SIZE];
        ledger_fixture_sheet(&sheet);
        for (uint64_t i = 3;; i++) {
            sheet.header.time_ms++;
            size_t len = out_ledger_sheet(block, i, &sheet);
            for (size_t at = 0; at < len; at += 512)
                (void)!pwrite(fd, block + at, len - at < 512 ? len - at : 512, (off_t)(out_ledger_place(i) + at));
        }
    }
    for (int i = 0; i < 30; i++) {
        weir("--once box.ledger 2>&1");
        tool_expect(1, "\ntask.off-heap           96.0      96.0      32.0* [##########!  300 %\n");
    }
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    close(fd);
}

static void bad_files_and_usage_exit_with_2(void)
{
    weir("nowhere.ledger 2>&1");
    tool_expect(2, "weir top: nowhere.ledger: No such file or directory\n");
    weir("/dev/zero 2>&1");
    tool_expect(2, "weir top: /dev/zero: not a regular file\n");
    weir("./123 2>&1");
    tool_expect(2, "weir top: ./123: No such file");
    weir("2>&1");
    tool_expect(2, "weir top: which JVM?\nusage: weir top");
    weir("--interval 0 1 2>&1");
    tool_expect(2, "--interval takes 1 to 3600 seconds\n");
    weir("--interval 2>&1");
    tool_expect(2, "--interval takes 1 to 3600 seconds\n");
    weir("0 2>&1");
    tool_expect(2, "no process id: 0\n");
    weir("a b 2>&1");
    tool_expect(2, "unexpected b\n");
    weir("--help");
    tool_expect(0, "usage: weir top [--interval S] [--once] PID|FILE\n");
    tool_ledger[16]++;
    tool_ledger_write(sizeof tool_ledger);
    weir("box.ledger 2>&1");
    tool_expect(2, "written by a newer weir");
}

SUITE(top, tool_ledger_setup, tool_ledger_teardown, CASE(dead_jvm_is_shown_once_and_how_it_ended), CASE(once_asks_whether_something_is_over),
      CASE(pid_leads_to_its_ledger), CASE(torn_sheet_leaves_the_one_before),
      CASE(sheets_are_shown_while_they_are_written), CASE(bad_files_and_usage_exit_with_2));
