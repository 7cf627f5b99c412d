/* SPDX-License-Identifier: Apache-2.0 */
/* test_container.c: where a container's memory is going, what is said of it, and of what the allocator keeps. */
#include "model/container.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "model/diagnose_container.h"
#include "suite.h"

#define MIB ((uint64_t)1 << 20)
#define SECOND 1000LL

static struct container      was;
static struct weir_breach    breach; /* large */
static struct weir_sheet    *sheet = &breach.sheet;
static struct weir_balance  *b = &breach.sheet.balance;
static struct retention      retention;
static struct weir_diagnosis said;
static int64_t               now;

static struct weir_limit limit(uint64_t bytes)
{
    return (struct weir_limit){ .set = true, .bytes = bytes, .source = "test" };
}

static void row(enum weir_component c, uint64_t used, uint64_t of)
{
    sheet->rows[c] = (struct weir_row){ .present = true, .measured = true, .used = used, .limit = limit(of), .note = "" };
}

/* 600 of 1024 MiB; 100 of the heap and 200 of managed memory are still to come. */
static void healthy(void)
{
    memset(&was, 0, sizeof was);
    memset(&breach, 0, sizeof breach);
    memset(&retention, 0, sizeof retention);
    now = 1000 * SECOND;
    row(WEIR_MANAGED, 212 * MIB, 412 * MIB);
    row(WEIR_TASK_OFF_HEAP, 10 * MIB, 20 * MIB);
    row(WEIR_NETWORK, 64 * MIB, 64 * MIB);
    sheet->pools[WEIR_POOL_HEAP].limit = limit(300 * MIB);
    b->known = true;
    b->read_ms = now;
    b->rows[WEIR_MANAGED] = 212 * MIB;
    b->part_known[WEIR_PART_JAVA_HEAP] = b->part_known[WEIR_PART_MALLOC] = true;
    b->part[WEIR_PART_JAVA_HEAP] = 200 * MIB;
    b->part[WEIR_PART_MALLOC] = 50 * MIB;
    b->rss = 620 * MIB;
    b->container = (struct weir_container){ .known = true, .limited = true, .limit = 1024 * MIB, .charge = 600 * MIB, .usage = 700 * MIB,
                                            .cpus = 4, .host_cpus = 64 };
}

static void look(void)
{
    container_outlook(&was, sheet, b, now);
}

static bool says(const char *text, const char *part)
{
    bool found = strstr(text, part) != NULL;
    if (!found)
        fprintf(stderr, "\nnot in: %s\n%s\n", part, text);
    return found;
}

static void what_may_come_is_what_was_not_touched(void)
{
    look();
    CU_ASSERT_EQUAL(b->container.heap_to_come, 100 * MIB);
    CU_ASSERT_EQUAL(b->container.managed_to_come, 200 * MIB);
    CU_ASSERT_EQUAL(container_demand(&b->container), 900 * MIB);
    CU_ASSERT_FALSE(b->container.slope_known);
    CU_ASSERT_EQUAL(b->container.left_ms, -1);
    CU_ASSERT_EQUAL(b->container.biggest, -1);
    CU_ASSERT_EQUAL(b->container.growing, -1);
    b->rows[WEIR_MANAGED] = 12 * MIB; /* taken, and not written to */
    look();
    CU_ASSERT_EQUAL(b->container.managed_to_come, 400 * MIB);
    b->known = false;
    look();
    CU_ASSERT_EQUAL(container_demand(&b->container), 600 * MIB);
}

static void slope_and_what_grows_are_of_the_last_minutes(void)
{
    for (int i = 0; i < 3; i++, now += 30 * SECOND) {
        look();
        b->container.charge += 53 * MIB;
        sheet->rows[WEIR_TASK_OFF_HEAP].used += 50 * MIB;
        b->part[WEIR_PART_MALLOC] += 3 * MIB;
    }
    look();
    CU_ASSERT_TRUE(b->container.slope_known);
    CU_ASSERT_EQUAL(b->container.a_minute, (int64_t)(106 * MIB));
    CU_ASSERT_EQUAL(b->container.left_ms, (1024 - 759) * 60000 / 106);
    CU_ASSERT_EQUAL(b->container.growing, WEIR_TASK_OFF_HEAP);
    CU_ASSERT_EQUAL(b->container.growing_a_minute, (int64_t)(100 * MIB));
    CU_ASSERT_EQUAL(b->container.biggest, WEIR_TASK_OFF_HEAP);
    CU_ASSERT_EQUAL(b->container.trend_ms, 90 * SECOND);
    b->part[WEIR_PART_MALLOC] += 900 * MIB; /* a line that is no component */
    now += 10 * SECOND;
    look();
    CU_ASSERT_EQUAL(b->container.growing, (int32_t)WEIR_COMPONENT_COUNT + WEIR_PART_MALLOC);
}

static void what_falls_leaves_time_without_end(void)
{
    look();
    now += 30 * SECOND;
    b->container.charge -= 100 * MIB;
    look();
    CU_ASSERT_EQUAL(b->container.a_minute, -(int64_t)(200 * MIB));
    CU_ASSERT_EQUAL(b->container.left_ms, -1);
}

static void kill_is_foretold_with_the_culprit(void)
{
    slope_and_what_grows_are_of_the_last_minutes();
    b->container.charge = 1000 * MIB;
    now += 10 * SECOND;
    look();
    b->child_count = 2;
    b->child_rss = 100 * MIB;
    b->allocator = (struct weir_allocator){ .known = true, .resident_known = true, .retention = 70 * MIB };
    breach.level = WEIR_LEVEL_CRITICAL;
    diagnose_container(&breach);
    const char *text = breach.diagnosis[0].text;
    CU_ASSERT_STRING_EQUAL(breach.diagnosis[0].id, "container-kill");
    CU_ASSERT_TRUE(says(text, "the container is about to be killed: 1000.0 of 1024.0 MiB without page cache (97 %), +218.2 MiB a minute, "
                              "full in 6 s; most over its budget: task.off-heap 160.0 of 20.0 MiB; growing most: malloc of the VM and "
                              "others, +"));
    CU_ASSERT_TRUE(says(text, "; 2 processes below hold 100.0 MiB; the allocator keeps 70.0 MiB that are free"));
}

static void too_small_a_container_is_told_with_what_is_missing(void)
{
    b->container.charge = 800 * MIB;
    look();
    breach.level = WEIR_LEVEL_WARN;
    diagnose_container(&breach);
    CU_ASSERT_TRUE(says(breach.diagnosis[0].text, "the container is too small for what may still come: 800.0 of 1024.0 MiB without page "
                                                  "cache (78 %), and not touched yet are 100.0 of the heap and 200.0 of managed memory, "
                                                  "76.0 MiB too much"));
    CU_ASSERT_PTR_NULL(strstr(breach.diagnosis[0].text, "Flink's components"));
    row(WEIR_FRAMEWORK_HEAP, 0, 900 * MIB);
    diagnose_container(&breach);
    CU_ASSERT_TRUE(says(breach.diagnosis[0].text, "; Flink's components sum to 1396.0 MiB, more than the limit"));
}

/* ---- what the allocator keeps ---- */

static void keeps(enum weir_allocator_kind kind, uint64_t live, uint64_t free_bytes, uint64_t arenas)
{
    b->allocator = (struct weir_allocator){ .kind = kind, .known = true, .resident_known = true, .live = live, .held = live + free_bytes,
                                            .resident = live + free_bytes, .retention = free_bytes, .arenas = arenas };
}

static bool reads(void)
{
    now += 5 * SECOND;
    b->allocator.read_ms = now;
    return diagnose_retention(&retention, &said, b, WEIR_ROLE_TASKMANAGER);
}

static void retention_is_said_when_it_lasts(void)
{
    keeps(WEIR_ALLOCATOR_GLIBC, 300 * MIB, 200 * MIB, 17);
    CU_ASSERT_FALSE(reads());
    CU_ASSERT_FALSE(diagnose_retention(&retention, &said, b, WEIR_ROLE_TASKMANAGER)); /* the same reading again */
    CU_ASSERT_FALSE(reads());
    CU_ASSERT_TRUE(reads());
    CU_ASSERT_STRING_EQUAL(said.text, "the allocator keeps free memory, no leak; live 300.0, resident 500.0 MiB: 200.0 MiB (an estimate) "
                                      "held by glibc (17 arenas, 4 CPUs, host 64). In the environment of the JVM: MALLOC_ARENA_MAX=2");
    CU_ASSERT_STRING_EQUAL(said.advice[0].key, "containerized.taskmanager.env.MALLOC_ARENA_MAX");
    CU_ASSERT_STRING_EQUAL(said.advice[0].value, "2");
    keeps(WEIR_ALLOCATOR_GLIBC, 300 * MIB, 80 * MIB, 17); /* hysteresis: half of a fifth of 620 */
    CU_ASSERT_TRUE(reads());
    keeps(WEIR_ALLOCATOR_GLIBC, 300 * MIB, 60 * MIB, 17);
    CU_ASSERT_FALSE(reads());
    keeps(WEIR_ALLOCATOR_GLIBC, 300 * MIB, 200 * MIB, 17);
    CU_ASSERT_FALSE(reads()); /* from the beginning */
}

static void healthy_and_leaking_jobs_have_none(void)
{
    keeps(WEIR_ALLOCATOR_GLIBC, 300 * MIB, 120 * MIB, 17); /* less than a fifth */
    for (int i = 0; i < 10; i++)
        CU_ASSERT_FALSE(reads());
    b->rss = 200 * MIB;
    keeps(WEIR_ALLOCATOR_GLIBC, 100 * MIB, 60 * MIB, 17); /* less than 64 MiB */
    for (int i = 0; i < 10; i++)
        CU_ASSERT_FALSE(reads());
    for (uint64_t live = 100; live < 400; live += 40) { /* what is live grows: that is the news */
        keeps(WEIR_ALLOCATOR_GLIBC, live * MIB, 150 * MIB, 17);
        CU_ASSERT_FALSE(reads());
    }
    b->allocator.resident_known = false;
    for (int i = 0; i < 10; i++)
        CU_ASSERT_FALSE(reads());
}

static void cure_is_the_allocators_own(void)
{
    static const struct {
        enum weir_allocator_kind kind;
        uint64_t                 arenas;
        const char              *cure;
    } cases[] = { { WEIR_ALLOCATOR_JEMALLOC, 256, "MALLOC_CONF=narenas:16" }, { WEIR_ALLOCATOR_JEMALLOC, 17, "MALLOC_CONF=background_thread:true" },
                  { WEIR_ALLOCATOR_TCMALLOC, 0, "TCMALLOC_RELEASE_RATE=10" }, { WEIR_ALLOCATOR_GLIBC, 1, "LD_PRELOAD=libjemalloc.so.2" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memset(&retention, 0, sizeof retention);
        keeps(cases[i].kind, 300 * MIB, 200 * MIB, cases[i].arenas);
        reads();
        reads();
        CU_ASSERT_TRUE(reads());
        CU_ASSERT_TRUE(says(said.text, cases[i].cure));
    }
}

SUITE(container, healthy, NULL, CASE(what_may_come_is_what_was_not_touched), CASE(slope_and_what_grows_are_of_the_last_minutes),
      CASE(what_falls_leaves_time_without_end), CASE(kill_is_foretold_with_the_culprit),
      CASE(too_small_a_container_is_told_with_what_is_missing), CASE(retention_is_said_when_it_lasts),
      CASE(healthy_and_leaking_jobs_have_none), CASE(cure_is_the_allocators_own));
