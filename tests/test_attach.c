/* SPDX-License-Identifier: Apache-2.0 */
/* test_attach.c: the command lines of `weir attach` and its like, and processes that are no JVM; the JVMs themselves are in
 * java-test. */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"
#include "tool_run.h"

static void run(const char *arguments)
{
    tool_run("'%s' %s 2>&1", tool_path(), arguments);
}

static void expect(const char *arguments, int code, const char *part)
{
    run(arguments);
    tool_expect(code, part);
}

static void bad_command_lines_are_refused_before_anything_is_asked(void)
{
    expect("attach", 2, "which JVM? A pid, or --wait CLASS");
    expect("status", 2, "which JVM? A pid");
    expect("attach x", 2, "not a pid: x");
    expect("attach 0", 2, "not a pid: 0");
    expect("attach -- -1", 2, "unexpected --");
    expect("attach 99999999999", 2, "not a pid");
    expect("attach 1x", 2, "not a pid: 1x");
    expect("attach 1 mode=warn again", 2, "unexpected again");
    expect("attach 1 --timeout", 2, "--timeout needs a value");
    expect("attach 1 --timeout 0", 2, "1 to 86400 seconds, not 0");
    expect("attach 1 --copy tmp", 2, "--copy takes an absolute path, not tmp");
    expect("attach --wait ''", 2, "--wait needs a class");
    expect("status 1 --lib x", 2, "unexpected --lib");
    expect("set 1", 2, "what shall be set?");
    expect("list all", 2, "unexpected all");
}

static void options_are_checked_with_the_agents_own_table(void)
{
    expect("attach 1 mode=loud", 2,
           "weir attach: option mode=loud: accepted is observe, warn or enforce");
    expect("set 1 nothing=1", 2, "weir set: option nothing=1: no such option");
}

static void every_command_explains_itself(void)
{
    static const char *const commands[] = { "attach", "status", "report", "sheet", "pins", "set",
                                            "reset",  "stop",   "start",  "list" };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char line[64], usage[64];
        snprintf(usage, sizeof usage, "usage: weir %s", commands[i]);
        snprintf(line, sizeof line, "%s --help", commands[i]);
        expect(line, 0, usage);
        snprintf(line, sizeof line, "help %s", commands[i]);
        expect(line, 0, usage);
        CU_ASSERT_PTR_NOT_NULL(strstr(tool_out, "Exit code"));
        run("help");
        CU_ASSERT_PTR_NOT_NULL(strstr(tool_out, commands[i]));
    }
}

static void a_process_that_is_not_there_is_said(void)
{
    pid_t gone = fork();
    if (gone == 0)
        _exit(0);
    (void)waitpid(gone, NULL, 0);
    char line[64], part[64];
    snprintf(line, sizeof line, "attach %d", (int)gone);
    snprintf(part, sizeof part, "no process %d", (int)gone);
    expect(line, 3, part);
}

static void a_zombie_is_named(void)
{
    char      line[64];
    siginfo_t info;
    pid_t     child = fork();
    if (child == 0)
        _exit(0);
    CU_ASSERT_EQUAL(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    snprintf(line, sizeof line, "attach %d", (int)child);
    expect(line, 3, "zombie");
    (void)waitpid(child, NULL, 0);
}

/* The signal that HotSpot takes for an attach ends any other program. */
static void a_process_that_is_no_jvm_is_left_alone(void)
{
    char  line[64];
    pid_t child = fork();
    if (child == 0) {
        execlp("sleep", "sleep", "60", (char *)NULL);
        _exit(127);
    }
    snprintf(line, sizeof line, "attach %d --timeout 5", (int)child);
    expect(line, 3, "(sleep) is not a JVM: no libjvm.so is mapped");
    CU_ASSERT_EQUAL(kill(child, 0), 0);
    CU_ASSERT_EQUAL(waitpid(child, NULL, WNOHANG), 0);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
}

static void waiting_for_a_class_ends_in_time(void)
{
    expect("attach --wait no.such.Main --timeout 1", 3,
           "no JVM with main class no.such.Main appeared");
}

SUITE(attach, NULL, NULL, CASE(bad_command_lines_are_refused_before_anything_is_asked),
      CASE(options_are_checked_with_the_agents_own_table), CASE(every_command_explains_itself),
      CASE(a_process_that_is_not_there_is_said), CASE(a_zombie_is_named),
      CASE(a_process_that_is_no_jvm_is_left_alone), CASE(waiting_for_a_class_ends_in_time));
