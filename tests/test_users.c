/* SPDX-License-Identifier: Apache-2.0 */
/* test_users.c: libraries whose names betray RocksDB, ForSt or Python, and child processes. */
#define _GNU_SOURCE
#include "native/users.h"

#include <CUnit/CUnit.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crew.h"
#include "gotlib.h"
#include "suite.h"

/* Other suites leave children behind that have ended. */
static void reap(void)
{
    while (waitpid(-1, NULL, 0) > 0)
        continue;
}

static void loaded_as(const char *name, bool expected)
{
    char dir[] = "/tmp/weir-users-XXXXXX", from[4096], to[4200];
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    gotlib_path("libgotnow.so", from, sizeof from);
    snprintf(to, sizeof to, "%s/%s", dir, name);
    CU_ASSERT_EQUAL_FATAL(symlink(from, to), 0);
    void *lib = crew_need(dlopen(to, RTLD_LAZY | RTLD_LOCAL));
    CU_ASSERT_EQUAL(users_of_managed(), expected);
    dlclose(lib);
    unlink(to);
    rmdir(dir);
    CU_ASSERT_FALSE(users_of_managed());
}

static void libraries_are_known_by_their_names(void)
{
    CU_ASSERT_FALSE_FATAL(users_of_managed());
    loaded_as("librocksdbjni-linux64.so", true);
    loaded_as("librocksdbjni5823742389472.so", true);
    loaded_as("libforstjni-linux64.so", true);
    loaded_as("libnothing.so", false);
}

static void a_child_may_be_a_python_worker(void)
{
    int   pipes[2];
    pid_t child;
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    child = fork();
    CU_ASSERT_TRUE_FATAL(child >= 0);
    if (child == 0) {
        char end;
        close(pipes[1]);
        (void)!read(pipes[0], &end, 1);
        _exit(3);
    }
    errno = 17;
    CU_ASSERT_TRUE(users_of_managed());
    CU_ASSERT_EQUAL(errno, 17);
    close(pipes[1]);
    siginfo_t ended;
    CU_ASSERT_EQUAL(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT), 0);
    CU_ASSERT_TRUE(users_of_managed()); /* and nobody's exit status is taken */
    int status = 0;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 3);
    CU_ASSERT_FALSE(users_of_managed());
    close(pipes[0]);
}

/* clang-format off */
SUITE(users, reap, NULL,
      CASE(libraries_are_known_by_their_names),
      CASE(a_child_may_be_a_python_worker));
