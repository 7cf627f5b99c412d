/* SPDX-License-Identifier: Apache-2.0 */
/* test_children.c: lines of /proc/PID/stat, and real processes below this one. */
#include "base/children.h"

#include <CUnit/CUnit.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

enum { HELD = 24 << 20 };

static void name_and_parent_are_read_whatever_the_name(void)
{
    char    name[16] = "";
    int32_t parent = 0;
    CU_ASSERT_TRUE(children_parse("4711 (python3) S 12 4711 4711 0 -1", name, &parent));
    CU_ASSERT_STRING_EQUAL(name, "python3");
    CU_ASSERT_EQUAL(parent, 12);
    CU_ASSERT_TRUE(children_parse("1 (a) S 9 (b) R 77 x)", name, &parent) == false);
    CU_ASSERT_TRUE(children_parse("1 (a) S 9 ) R 77 1", name, &parent));
    CU_ASSERT_STRING_EQUAL(name, "a) S 9 ");
    CU_ASSERT_EQUAL(parent, 77);
    CU_ASSERT_TRUE(children_parse("1 (a name of more than fifteen) S 5 1", name, &parent));
    CU_ASSERT_STRING_EQUAL(name, "a name of more ");
}

static void nonsense_is_no_process(void)
{
    static const char *const bad[] = { "", "1", "1 (a", "1 (a)", "1 (a) S", "1 (a) S ", "1 )a( S 3", "1 (a) S x", "1 (a) S -3",
                                       "1 (a) S 99999999999", "1 (a) SS 3" };
    char    name[16];
    int32_t parent;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_FALSE(children_parse(bad[i], name, &parent));
}

/* Holds HELD bytes and has a child of its own, until somebody ends it. */
static pid_t start_family(int *ready)
{
    int   ends[2];
    char  byte = 0;
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char *held = mmap(NULL, HELD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pid_t below = held != MAP_FAILED ? fork() : -1;
        if (below == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || munmap(held, HELD / 2) != 0)) /* the smaller one */
            _exit(1);
        if (below != 0 && write(ends[1], &byte, 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    CU_ASSERT_EQUAL(read(ends[0], &byte, 1), 1);
    close(ends[1]);
    *ready = ends[0];
    return pid;
}

static void processes_of_all_depths_are_found(void)
{
    struct weir_child top[WEIR_TOP_CHILDREN];
    size_t            shown;
    uint64_t          before, count, rss;
    int               ready;
    children_read(top, &shown, &before, &rss);
    pid_t pid = start_family(&ready);
    children_read(top, &shown, &count, &rss);
    CU_ASSERT_EQUAL(count, before + 2);
    CU_ASSERT_TRUE_FATAL(shown >= 2);
    CU_ASSERT_EQUAL(top[0].pid, pid);
    CU_ASSERT_TRUE(top[0].rss >= HELD);
    CU_ASSERT_TRUE(rss >= top[0].rss + top[1].rss);
    CU_ASSERT_TRUE(!top[0].pss_known || top[0].pss < top[0].rss); /* the grandchild has the same pages */
    CU_ASSERT_EQUAL(kill(pid, SIGKILL), 0); /* the other one goes with it */
    CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), pid);
    close(ready);
}

SUITE(children, NULL, NULL, CASE(name_and_parent_are_read_whatever_the_name), CASE(nonsense_is_no_process),
      CASE(processes_of_all_depths_are_found));
