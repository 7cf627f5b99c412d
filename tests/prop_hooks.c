/* SPDX-License-Identifier: Apache-2.0 */
/* prop_hooks.c: what must hold in every path a hook can take through the books: nothing is asked of the C allocator,
 * errno is as it was, and a call from within a call survives. The paths are in one table, so that each property is tried
 * on each of them. How allocations are seen: alloc_watch.c, in normal and in sanitizer builds alike. */
#include "core/acct.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_watch.h"
#include "fake_capture.h"
#include "suite.h"

enum {
    MAX_LIVE = 1024,
    T0 = 1000000,
    MINUTE = 60 * 1000,
    SENTINEL = 4711,
    HELD = 4096,
    STALE = 8192,
    FREE = 12288
};

static char              thread[] = "Source: orders";
static struct weir_sheet sheet;
static struct ring_event event;
static int               wakes;

/* As unfriendly as a real one may be. */
static void wake(void)
{
    wakes++;
    errno = EPIPE;
}

static void fresh(void)
{
    struct policy_limits limits = fake_limits();
    fake_reset();
    fake.errno_after = EINTR;
    wakes = 0;
    CU_ASSERT_EQUAL_FATAL(acct_init(&fake_ops, MAX_LIVE), WEIR_OK);
    fake_limit(&limits, WEIR_TASK_OFF_HEAP, MIB, true);
    acct_open(&limits, wake, T0);
    acct_allocated(thread, HELD, 100);
    acct_allocated(thread, STALE, 100);
}

static void gone(void)
{
    acct_close();
}

/* ---- the paths; each starts from fresh() */

static void allocate(void)
{
    acct_allocated(thread, FREE, 100);
}

static void allocate_undecided(void)
{
    fake.decided = false;
    acct_allocated(thread, FREE, 100);
}

static void allocate_stale(void)
{
    acct_allocated(thread, STALE, 300);
}

static void allocate_breaching(void)
{
    acct_allocated(thread, FREE, 100 * MIB);
}

static void free_known(void)
{
    acct_freed(HELD);
}

static void free_unknown(void)
{
    acct_freed(FREE);
}

static void ask(void)
{
    acct_holds(HELD);
    acct_holds(FREE);
}

static void seed(void)
{
    acct_seed(FREE, 100, WEIR_BEFORE_WEIR, WEIR_KIND_DIRECT);
    acct_seed(HELD, 100, WEIR_BEFORE_WEIR, WEIR_KIND_DIRECT);
}

static void realloc_moved(void)
{
    struct live_rec rec;
    if (acct_suspend(HELD, &rec))
        acct_replaced(rec);
    acct_allocated(thread, FREE, 200);
}

static void realloc_failed(void)
{
    struct live_rec rec;
    if (acct_suspend(HELD, &rec))
        acct_restore(HELD, rec);
}

static void realloc_unknown(void)
{
    struct live_rec rec;
    acct_suspend(FREE, &rec);
}

static void fill_addresses(void)
{
    for (uintptr_t a = 1 << 20; a < (1 << 20) + 4 * MAX_LIVE * 16; a += 16)
        acct_allocated(thread, a, 8);
}

static void fill_ring(void)
{
    for (int64_t i = 1; i <= 300; i++) {
        struct policy_verdict budget;
        acct_allocated(thread, FREE, 100 * MIB);
        acct_freed(FREE);
        acct_tick(T0 + i * 11 * MINUTE, &budget);
    }
}

static void nested(void)
{
    acct_allocated(thread, 1 << 16, 100 * MIB);
    acct_freed(STALE);
    acct_freed(1 << 17);
}

static void allocate_nesting(void)
{
    fake.inside = nested;
    acct_allocated(thread, FREE, 100 * MIB);
    fake.inside = NULL;
}

static const struct path {
    const char *name;
    void (*run)(void);
} paths[] = {
    { "allocate", allocate },
    { "allocate, undecided", allocate_undecided },
    { "allocate at a stale address", allocate_stale },
    { "allocate beyond a limit", allocate_breaching },
    { "free", free_known },
    { "free of an unknown block", free_unknown },
    { "ask for a block", ask },
    { "seed", seed },
    { "realloc", realloc_moved },
    { "realloc that fails", realloc_failed },
    { "realloc of an unknown block", realloc_unknown },
    { "address table full", fill_addresses },
    { "ring full", fill_ring },
    { "calls from within", allocate_nesting },
};

static void on_each_path(void (*holds)(const struct path *p))
{
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        gone();
        fresh();
        holds(&paths[i]);
    }
}

/* ---- the properties */

static void prop_the_watch_sees_allocations(void)
{
    alloc_watch_start();
    void *volatile p = malloc(100);
    CU_ASSERT_TRUE(alloc_watch_stop() >= 1);
    alloc_watch_start();
    free(p);
    CU_ASSERT_TRUE(alloc_watch_stop() >= 1);
    alloc_watch_start();
    p = strdup("from within libc");
    CU_ASSERT_TRUE(alloc_watch_stop() >= 1);
    alloc_watch_start();
    CU_ASSERT_EQUAL(alloc_watch_stop(), 0);
    free(p);
}

static void allocates_nothing(const struct path *p)
{
    alloc_watch_start();
    p->run();
    unsigned long calls = alloc_watch_stop();
    if (calls != 0)
        fprintf(stderr, "  %s: %lu calls of the allocator\n", p->name, calls);
    CU_ASSERT_EQUAL(calls, 0);
}

static void prop_hooks_never_ask_the_allocator(void)
{
    on_each_path(allocates_nothing);
}

static void keeps_errno(const struct path *p)
{
    const int values[] = { 0, ENOMEM, SENTINEL };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        gone();
        fresh();
        errno = values[i];
        p->run();
        int after = errno;
        if (after != values[i])
            fprintf(stderr, "  %s: errno %d became %d\n", p->name, values[i], after);
        CU_ASSERT_EQUAL(after, values[i]);
    }
}

static void prop_hooks_keep_errno(void)
{
    on_each_path(keeps_errno);
    CU_ASSERT_TRUE(wakes > 0 &&
                   fake.names > 0); /* the last paths did speak, into a wake() that spoils errno */
}

static const struct weir_row *row(enum weir_component component)
{
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, T0);
    return &sheet.rows[component];
}

/* From site() and, since the outer call speaks, from whole(), thread_name() and direct_used() as well. */
static void prop_hooks_survive_calls_from_within(void)
{
    allocate_nesting();
    CU_ASSERT_TRUE(fake.names == 1);
    CU_ASSERT_EQUAL(fake.walks, 3); /* two of fresh(), one of the outer call: none of the nested */
    CU_ASSERT_EQUAL(row(WEIR_UNDECIDED)->used, 100 * MIB);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_UNDECIDED].blocks, 1);
    CU_ASSERT_EQUAL(sheet.agent.stale, 3);         /* four nested allocations, one address */
    CU_ASSERT_EQUAL(sheet.agent.unknown_frees, 7); /* 1 << 17 four times, STALE but for once */
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].used, 100 + 100 * MIB);
    CU_ASSERT_TRUE(acct_take_event(&event));
    CU_ASSERT_EQUAL(event.component, WEIR_TASK_OFF_HEAP);
    CU_ASSERT_FALSE(acct_take_event(&event)); /* of the outer call alone */
    CU_ASSERT_EQUAL(wakes, 1);
    allocate_stale(); /* and the guard was left: the next is walked again */
    CU_ASSERT_EQUAL(fake.walks, 4);
}

static void prop_hooks_leave_the_guard_on_each_path(void)
{
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        gone();
        fresh();
        paths[i].run();
        unsigned walks = fake.walks;
        acct_allocated(thread, 1 << 18, 1);
        CU_ASSERT_EQUAL(fake.walks, walks + 1);
    }
}

SUITE(prop_hooks, fresh, gone, CASE(prop_the_watch_sees_allocations),
      CASE(prop_hooks_never_ask_the_allocator), CASE(prop_hooks_keep_errno),
      CASE(prop_hooks_survive_calls_from_within), CASE(prop_hooks_leave_the_guard_on_each_path));
