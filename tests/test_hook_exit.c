/* SPDX-License-Identifier: Apache-2.0 */
/* test_hook_exit.c: a library that ends the process, in the place of libjvm. Each end needs a process of its own: a child of
 * fork, which installs the hooks for itself and says its words into a pipe. */
#include "native/hook_exit.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_watch.h"
#include "gotlib.h"
#include "native/elfgot.h"
#include "suite.h"

#define LIBRARY "libgotexit.so" /* of its own: test_hook_map.c counts on meeting its library unloaded */

enum { ODD_CODE = 77 };

static struct gotlib lib; /* stays loaded */
static int           words[2], vm_out;
static char          said[1024];
static int           status;

static void say(const char *text)
{
    (void)!write(words[1], text, strlen(text));
    (void)!write(words[1], "|", 1);
}

static void fresh(void)
{
    if (lib.handle == NULL)
        lib = gotlib_load(LIBRARY);
    CU_ASSERT_EQUAL_FATAL(pipe(words), 0);
}

static void gone(void)
{
    close(words[0]);
}

/* In the child: with these flags of the VM. */
static void install(bool exits, bool crashes)
{
    const char   *why;
    struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    vm_out = dup(words[1]); /* what the VM prints goes where the words go */
    if (hook_exit_install(LIBRARY, (struct hook_exit_flags){ exits, crashes }, say, &why) != WEIR_OK || !hook_exit_intact())
        _exit(99);
}

/* Into said and status: how a child ended that ran this. */
static void ends(void (*child)(void))
{
    size_t len = 0;
    pid_t  pid = fork();
    if (pid == 0) {
        child();
        _exit(98);
    }
    close(words[1]);
    for (ssize_t n; (n = read(words[0], said + len, sizeof said - 1 - len)) > 0;)
        len += (size_t)n;
    said[len] = '\0';
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
}

static void print(const char *line)
{
    (void)lib.write(vm_out, line, strlen(line));
}

/* ---- children ---- */

static void leaves(void)
{
    install(false, false);
    lib.leave(ODD_CODE);
}

static void leaves_now(void)
{
    install(false, false);
    lib.leave_now(-17);
}

static void crashes(void)
{
    install(false, false);
    lib.crash();
}

#define EXIT_LINE  "Terminating due to java.lang.OutOfMemoryError: Java heap space\n"
#define CRASH_LINE "Aborting due to java.lang.OutOfMemoryError: Metaspace\n"

static void exits_on_oom(void)
{
    install(true, false);
    print("Terminating due to boredom\n");
    print(EXIT_LINE);
    lib.leave_now(3);
}

static void exits_on_oom_unsaid(void)
{
    install(true, false);
    lib.leave(3);
}

static void crashes_on_oom(void)
{
    install(false, true);
    print(CRASH_LINE);
    print(EXIT_LINE); /* of a second thread: the first counts */
    lib.crash();
}

/* The flag is on, but it is something else that the VM dies of. */
static void crashes_of_something_else(void)
{
    install(true, true);
    lib.crash();
}

static void lines_are_not_looked_at_without_the_flags(void)
{
    install(false, false);
    print(EXIT_LINE);
    lib.leave(3);
}

static void leaves_after_vm_death(void)
{
    install(true, true);
    print(EXIT_LINE);
    hook_exit_shut();
    lib.leave(3);
}

static void forks(void)
{
    install(true, true);
    pid_t pid = fork();
    if (pid == 0)
        lib.leave_now(3);
    int code;
    if (waitpid(pid, &code, 0) != pid || !WIFEXITED(code) || WEXITSTATUS(code) != 3)
        _exit(97);
    lib.leave(3); /* the parent may still say it */
}

static void writes_without_a_trace(void)
{
    static char line[] = EXIT_LINE;
    install(true, true);
    alloc_watch_start();
    errno = 7;
    long wrote = lib.write(vm_out, line, sizeof line - 1);
    int  after = errno;
    errno = 0;
    long failed = lib.write(-1, line, sizeof line - 1);
    int  error = errno;
    bool fine = alloc_watch_stop() == 0 && wrote == (long)(sizeof line - 1) && after == 7 && failed == -1 && error == EBADF;
    _exit(fine ? 0 : 1);
}

static void is_overwritten(void)
{
    struct elfgot        got;
    struct elfgot_symbol slot;
    install(false, false);
    bool fine = elfgot_open(&got, LIBRARY) == WEIR_OK && elfgot_find(&got, "_exit", &slot) == WEIR_OK &&
                elfgot_put(&slot, (void *)getpid) == WEIR_OK && !hook_exit_intact();
    _exit(fine ? 0 : 1);
}

/* ---- claims ---- */

static void expect_code(int code)
{
    CU_ASSERT_TRUE(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), code);
}

static void expect_abort(void)
{
    CU_ASSERT_TRUE(WIFSIGNALED(status));
    CU_ASSERT_EQUAL(WTERMSIG(status), SIGABRT);
}

static void hook_exit_names_the_code_and_ends_as_asked(void)
{
    ends(leaves);
    CU_ASSERT_STRING_EQUAL(said, "JVM ended without a shutdown, exit code 77|");
    expect_code(ODD_CODE);
}

static void hook_exit_knows_the_other_exit_and_codes_below_zero(void)
{
    ends(leaves_now);
    CU_ASSERT_STRING_EQUAL(said, "JVM ended without a shutdown, exit code -17|");
    expect_code(239);
}

static void hook_exit_sends_a_crash_to_its_file(void)
{
    ends(crashes);
    CU_ASSERT_STRING_EQUAL(said, "JVM ended by a fatal error of its own: its hs_err file says which|");
    expect_abort();
}

static void hook_exit_quotes_the_error_that_ends_the_jvm(void)
{
    ends(exits_on_oom);
    CU_ASSERT_STRING_EQUAL(said, "Terminating due to boredom\n" EXIT_LINE "JVM ended by ExitOnOutOfMemoryError: "
                                 "java.lang.OutOfMemoryError: Java heap space|");
    expect_code(3);
}

static void hook_exit_knows_the_code_where_the_vm_prints_nothing(void)
{
    ends(exits_on_oom_unsaid);
    CU_ASSERT_STRING_EQUAL(said, "JVM ended by ExitOnOutOfMemoryError|");
    expect_code(3);
}

static void hook_exit_quotes_the_error_that_crashes_the_jvm(void)
{
    ends(crashes_on_oom);
    CU_ASSERT_STRING_EQUAL(said, CRASH_LINE EXIT_LINE "JVM ended by CrashOnOutOfMemoryError: "
                                 "java.lang.OutOfMemoryError: Metaspace|");
    expect_abort();
}

static void hook_exit_blames_no_flag_without_proof(void)
{
    ends(crashes_of_something_else);
    CU_ASSERT_STRING_EQUAL(said, "JVM ended by a fatal error of its own: its hs_err file says which|");
    expect_abort();
}

static void hook_exit_leaves_write_alone_without_the_flags(void)
{
    ends(lines_are_not_looked_at_without_the_flags);
    CU_ASSERT_STRING_EQUAL(said, EXIT_LINE "JVM ended without a shutdown, exit code 3|");
    expect_code(3);
}

static void hook_exit_is_silent_after_vm_death(void)
{
    ends(leaves_after_vm_death);
    CU_ASSERT_STRING_EQUAL(said, EXIT_LINE);
    expect_code(3);
}

static void hook_exit_is_silent_in_a_forked_child(void)
{
    ends(forks);
    CU_ASSERT_STRING_EQUAL(said, "JVM ended by ExitOnOutOfMemoryError|");
    expect_code(3);
}

static void hook_exit_keeps_results_and_errno_of_write(void)
{
    ends(writes_without_a_trace);
    CU_ASSERT_STRING_EQUAL(said, EXIT_LINE);
    expect_code(0);
}

static void hook_exit_notices_who_writes_over_it(void)
{
    ends(is_overwritten);
    expect_code(0);
}

static void hook_exit_refuses_what_it_does_not_know(void)
{
    const char *why;
    CU_ASSERT_EQUAL(hook_exit_install("libnowhere.so", (struct hook_exit_flags){ false, false }, say, &why), WEIR_ENOENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "not what we know"));
    CU_ASSERT_EQUAL(hook_exit_install("libcunit.so.1", (struct hook_exit_flags){ false, false }, say, &why), WEIR_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "in no way we know"));
    close(words[1]);
}

SUITE(hook_exit, fresh, gone, CASE(hook_exit_names_the_code_and_ends_as_asked),
      CASE(hook_exit_knows_the_other_exit_and_codes_below_zero), CASE(hook_exit_sends_a_crash_to_its_file),
      CASE(hook_exit_quotes_the_error_that_ends_the_jvm), CASE(hook_exit_knows_the_code_where_the_vm_prints_nothing),
      CASE(hook_exit_quotes_the_error_that_crashes_the_jvm), CASE(hook_exit_blames_no_flag_without_proof),
      CASE(hook_exit_leaves_write_alone_without_the_flags), CASE(hook_exit_is_silent_after_vm_death),
      CASE(hook_exit_is_silent_in_a_forked_child), CASE(hook_exit_keeps_results_and_errno_of_write),
      CASE(hook_exit_notices_who_writes_over_it), CASE(hook_exit_refuses_what_it_does_not_know));
