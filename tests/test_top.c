/* SPDX-License-Identifier: Apache-2.0 */
/* test_top.c: `weir top` as its users meet it: the built tool ($WEIR_BIN) on ledgers made here, in a pipe. Terminals and
 * real JVMs: java-test, TopTest. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger_fixture.h"
#include "suite.h"

static unsigned char bytes[LEDGER_SIZE];
static char          out[65536], dir[64], path[128];
static int           exit_code;

static void weir(const char *arguments)
{
    char        command[1024];
    const char *tool = getenv("WEIR_BIN");
    snprintf(command, sizeof command, "cd '%s' && timeout 20 '%s' top %s", dir, tool != NULL ? tool : "build/weir",
             arguments);
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    size_t n = fread(out, 1, sizeof out - 1, p);
    out[n] = '\0';
    int status = pclose(p);
    exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect(int code, const char *part)
{
    bool found = strstr(out, part) != NULL;
    if (exit_code != code || !found)
        fprintf(stderr, "exit %d (not %d), no '%s' in:\n%s\n", exit_code, code, part, out);
    CU_ASSERT_EQUAL(exit_code, code);
    CU_ASSERT_TRUE(found);
}

static void write_ledger(void)
{
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, sizeof bytes, f), sizeof bytes);
    fclose(f);
}

static void setup(void)
{
    snprintf(dir, sizeof dir, "%s", "/tmp/weir-top-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/box.ledger", dir);
    ledger_fixture_file(bytes, 2);
}

static void teardown(void)
{
    (void)unlink(path);
    CU_ASSERT_EQUAL(rmdir(dir), 0);
}

/* As an agent holds it. */
static int hold(void)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(flock(fd, LOCK_EX), 0);
    return fd;
}

static void dead_jvm_is_shown_once_and_how_it_ended(void)
{
    write_ledger();
    weir("box.ledger");
    expect(0, "the JVM ended without stop; last sheet of 2026-11-21T06:00:01.123Z, 61 s after\n    its start\n");
    expect(0, "\ntask.off-heap           96.0      96.0      32.0* [##########!  300 %\n");
    expect(0, "\nowner 64.0 MiB direct in 4 blocks, 66 % of task.off-heap:\n    com.example.Leak");
    CU_ASSERT_PTR_NULL(strchr(out, '\x1b'));
    ledger_fixture_words(bytes);
    write_ledger();
    weir("box.ledger");
    expect(0, "\nlast words 2026-11-21T06:00:01.500Z: ExitOnOutOfMemoryError\n");
    ledger_fixture_stop(bytes);
    write_ledger();
    weir("box.ledger");
    expect(0, "the JVM stopped in order at 2026-11-21T06:00:02.000Z: vm exit\n");
}

static void once_asks_whether_something_is_over(void)
{
    write_ledger();
    weir("--once box.ledger");
    expect(1, "task.off-heap ");
    struct ledger_sheet sheet;
    ledger_fixture_sheet(&sheet);
    sheet.sheet.rows[WEIR_TASK_OFF_HEAP].limit.declared = false;
    (void)out_ledger_sheet(bytes + out_ledger_place(3), 3, &sheet);
    write_ledger();
    weir("--once box.ledger");
    expect(0, "task.off-heap ");
}

/* This process holds the ledger open and locked, as a JVM does: found by what it is, under any name. */
static void pid_leads_to_its_ledger(void)
{
    char arguments[64];
    write_ledger();
    int fd = hold();
    snprintf(arguments, sizeof arguments, "--once %d", (int)getpid());
    weir(arguments);
    expect(1, "sheet of 2026-11-21T06:00:01.123Z");
    CU_ASSERT_EQUAL(unlink(path), 0);
    weir(arguments);
    expect(1, "taskmanager orders-tm-1-7");
    close(fd);
    weir("--once 999999999 2>&1");
    expect(3, "weir top: 999999999: no such process\n");
    snprintf(arguments, sizeof arguments, "--once %d 2>&1", (int)getpid());
    weir(arguments);
    expect(3, "has no ledger of weir open: no weir is in it, or ledger=off\n");
}

static void torn_sheet_leaves_the_one_before(void)
{
    bytes[LEDGER_SLOTS_AT + 100] ^= 1; /* sheet 2 */
    write_ledger();
    weir("--once box.ledger");
    expect(1, "one of its two sheets is torn; this is the other\n");
    expect(1, "task.off-heap           96.0");
}

/* A writer that is caught in the middle of each sheet: the reader shows one or the other, never none. */
static void sheets_are_shown_while_they_are_written(void)
{
    write_ledger();
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
        expect(1, "\ntask.off-heap           96.0      96.0      32.0* [##########!  300 %\n");
    }
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    close(fd);
}

static void bad_files_and_usage_exit_with_2(void)
{
    weir("nowhere.ledger 2>&1");
    expect(2, "weir top: nowhere.ledger: No such file or directory\n");
    weir("/dev/zero 2>&1");
    expect(2, "weir top: /dev/zero: not a regular file\n");
    weir("./123 2>&1");
    expect(2, "weir top: ./123: No such file");
    weir("2>&1");
    expect(2, "weir top: which JVM?\nusage: weir top");
    weir("--interval 0 1 2>&1");
    expect(2, "--interval takes 1 to 3600 seconds\n");
    weir("--interval 2>&1");
    expect(2, "--interval takes 1 to 3600 seconds\n");
    weir("0 2>&1");
    expect(2, "no process id: 0\n");
    weir("a b 2>&1");
    expect(2, "unexpected b\n");
    weir("--help");
    expect(0, "usage: weir top [--interval S] [--once] PID|FILE\n");
    bytes[16]++;
    write_ledger();
    weir("box.ledger 2>&1");
    expect(2, "written by a newer weir");
}

SUITE(top, setup, teardown, CASE(dead_jvm_is_shown_once_and_how_it_ended), CASE(once_asks_whether_something_is_over),
      CASE(pid_leads_to_its_ledger), CASE(torn_sheet_leaves_the_one_before),
      CASE(sheets_are_shown_while_they_are_written), CASE(bad_files_and_usage_exit_with_2));
