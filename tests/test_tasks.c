/* SPDX-License-Identifier: Apache-2.0 */
/* test_tasks.c: this process's own threads, their stacks and limits, read from the kernel. */
#define _GNU_SOURCE /* pthread_getattr_np, pthread_setname_np */
#include "base/tasks.h"

#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/stackmaps.h"
#include "base/tasklimits.h"
#include "suite.h"

#ifdef __SANITIZE_THREAD__
enum { SANITIZER = 1024 * 1024 }; /* of a stack are its own: glibc adds to it, and it touches that */
#else
enum { SANITIZER = 0 };
#endif
enum { CREW = 5, STACK = 768 * 1024 + SANITIZER, TOUCHED = 40 * 4096 };

static struct {
    pthread_t         thread[CREW];
    int32_t           id[CREW];
    uintptr_t         at[CREW], low[CREW];
    size_t            guard[CREW];
    pthread_barrier_t begun, end;
} crew;

/* Sleeps in the kernel with so much of its stack in use. */
static void *work(void *number)
{
    size_t         i = (size_t)(uintptr_t)number, size;
    void          *low;
    pthread_attr_t attr;
    volatile char  used[TOUCHED];
    for (size_t at = 0; at < sizeof used; at += 4096)
        used[at] = 1;
    crew.id[i] = (int32_t)syscall(SYS_gettid);
    crew.at[i] = (uintptr_t)__builtin_frame_address(0);
    pthread_getattr_np(pthread_self(), &attr);
    pthread_attr_getstack(&attr, &low, &size);
    pthread_attr_getguardsize(&attr, &crew.guard[i]);
    pthread_attr_destroy(&attr);
    crew.low[i] = (uintptr_t)low;
    pthread_setname_np(pthread_self(), "weir crew 12345");
    pthread_barrier_wait(&crew.begun);
    pthread_barrier_wait(&crew.end);
    return NULL;
}

static void start(void)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    pthread_barrier_init(&crew.begun, NULL, CREW + 1);
    pthread_barrier_init(&crew.end, NULL, CREW + 1);
    for (size_t i = 0; i < CREW; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&crew.thread[i], &attr, work, (void *)(uintptr_t)i), 0);
    pthread_barrier_wait(&crew.begun);
    pthread_attr_destroy(&attr);
}

static void stop(void)
{
    pthread_barrier_wait(&crew.end);
    for (size_t i = 0; i < CREW; i++)
        pthread_join(crew.thread[i], NULL);
    pthread_barrier_destroy(&crew.begun);
    pthread_barrier_destroy(&crew.end);
}

static bool contains(const int32_t *ids, size_t count, int32_t id)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

static void tasks_ids_and_count_agree(void)
{
    int32_t  ids[4096];
    uint64_t counted;
    size_t   count = tasks_ids(ids, 4096);
    CU_ASSERT_TRUE(tasks_count(&counted));
    CU_ASSERT_EQUAL(counted, count);
    for (size_t i = 0; i < CREW; i++)
        CU_ASSERT_TRUE(contains(ids, count, crew.id[i]));
    CU_ASSERT_EQUAL(tasks_ids(ids, 2), count);
}

static void tasks_name_is_the_kernels(void)
{
    char name[TASKS_NAME];
    CU_ASSERT_TRUE(tasks_name(crew.id[0], name));
    CU_ASSERT_STRING_EQUAL(name, "weir crew 12345");
    CU_ASSERT_FALSE(tasks_name(0x3ffffff0, name));
}

/* A thread that waits is asleep a moment later. */
static bool asleep(int32_t id, uintptr_t *at)
{
    for (int i = 0; i < 2000; i++) {
        if (tasks_stack(id, at))
            return true;
        usleep(1000);
    }
    return false;
}

static void tasks_stack_points_into_it(void)
{
    for (size_t i = 0; i < CREW; i++) {
        uintptr_t at = 0;
        CU_ASSERT_TRUE_FATAL(asleep(crew.id[i], &at));
        CU_ASSERT_TRUE(at >= crew.low[i] && at < crew.low[i] + STACK);
    }
}

static uint64_t resident_of(uintptr_t low, size_t size)
{
    unsigned char seen[STACK / 4096 + 2];
    uint64_t      pages = 0;
    if (mincore((void *)low, size, seen) != 0)
        return 0;
    for (size_t i = 0; i < size / 4096; i++)
        pages += seen[i] & 1;
    return pages * 4096;
}

static void stackmaps_find_measures_each_stack(void)
{
    struct stackmaps_place places[CREW + 1];
    uint64_t               mappings = 0;
    for (size_t i = 0; i < CREW; i++)
        places[i] = (struct stackmaps_place){ .at = crew.at[i], .above = 256 * 1024, .whose = (uint32_t)i };
    places[CREW] = (struct stackmaps_place){ .at = 4096, .above = 4096, .whose = CREW };
    CU_ASSERT_EQUAL_FATAL(stackmaps_find(places, CREW + 1, &mappings), WEIR_OK);
    CU_ASSERT_TRUE(mappings > 2 * CREW);
    for (size_t n = 0; n <= CREW; n++) {
        const struct stackmaps_place *p = &places[n];
        CU_ASSERT_TRUE(n == 0 || p->at > places[n - 1].at);
        CU_ASSERT_EQUAL(p->found, p->whose != CREW);
        if (!p->found)
            continue;
        /* glibc: the guard is within the size that was asked for, or (2.38 and older) the thread's own block is on top */
        CU_ASSERT_TRUE(p->reserved + SANITIZER >= STACK && p->reserved <= STACK + crew.guard[p->whose] + 16384 + SANITIZER);
        CU_ASSERT_TRUE(p->resident >= TOUCHED && p->resident < TOUCHED + 64 * 1024 + SANITIZER);
        CU_ASSERT_TRUE(p->resident >= resident_of(crew.low[p->whose], p->at - crew.low[p->whose] + 4096 - p->at % 4096));
    }
}

/* What lies so far above the address is another mapping that the kernel joined on. */
static void stackmaps_find_cuts_what_was_joined(void)
{
    char *block = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_PTR_NOT_EQUAL_FATAL(block, MAP_FAILED);
    CU_ASSERT_EQUAL(mprotect(block, 4 * 4096, PROT_NONE), 0);
    memset(block + 4 * 4096, 1, 60 * 4096);
    struct stackmaps_place p = { .at = (uintptr_t)block + 9 * 4096 + 100, .above = 5 * 4096 };
    uint64_t               mappings;
    CU_ASSERT_EQUAL(stackmaps_find(&p, 1, &mappings), WEIR_OK);
    CU_ASSERT_TRUE(p.found);
    CU_ASSERT_EQUAL(p.reserved, (15 - 4 + 4) * 4096);
    CU_ASSERT_EQUAL(p.resident, 11 * 4096);
    munmap(block, 64 * 4096);
}

static void tasklimits_are_in_order_and_those_of_the_machine_are_there(void)
{
    struct tasklimit t[TASKLIMITS_MAX];
    size_t           count = tasklimits_read(1000, true, t);
    bool             threads_max = false, mappings = false;
    for (size_t i = 0; i < count; i++) {
        CU_ASSERT_TRUE(i == 0 || t[i - 1].left <= t[i].left);
        threads_max = threads_max || (strcmp(t[i].name, "threads-max") == 0 && t[i].used > CREW);
        mappings = mappings || (strcmp(t[i].name, "max_map_count") == 0 && t[i].left == (t[i].limit - 1000) / 2);
    }
    CU_ASSERT_TRUE(threads_max && mappings);
}

SUITE(tasks, start, stop, CASE(tasks_ids_and_count_agree), CASE(tasks_name_is_the_kernels), CASE(tasks_stack_points_into_it),
      CASE(stackmaps_find_measures_each_stack), CASE(stackmaps_find_cuts_what_was_joined),
      CASE(tasklimits_are_in_order_and_those_of_the_machine_are_there));
