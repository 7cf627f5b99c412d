/* SPDX-License-Identifier: Apache-2.0 */
/* stress_ring.c: many writers, one reader: each event whole, each writer's in its order, and those kept and those dropped
 * together are those that were put. */
#include "core/ring.h"

#include <CUnit/CUnit.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "base/hash.h"
#include "crew.h"
#include "suite.h"

enum {
    CREW = 12,
    READER = 0,
    PUTS = 20000 / CREW_SCALE,
    FITTING = 17 /* 11 writers: 187 of the 192 for these */
};

static struct ring  *ring;
static atomic_uint   at_work;
static atomic_ullong refused;
static uint64_t      taken, last[CREW]; /* the reader's own */
static int           puts_each;

static struct ring_event event_of(int writer, uint64_t number)
{
    struct ring_event e;
    memset(&e, 0, sizeof e);
    e.stack = (uint32_t)writer;
    e.requested = number;
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        e.used[c] = hash_u64(number * CREW + (uint64_t)writer + (uint64_t)c);
    memset(e.thread, 'a' + writer, sizeof e.thread - 1);
    return e;
}

static void write_events(int writer)
{
    for (int i = 1; i <= puts_each; i++) {
        struct ring_event e = event_of(writer, (uint64_t)i);
        if (!ring_put(ring, &e))
            atomic_fetch_add_explicit(&refused, 1, memory_order_relaxed);
    }
    atomic_fetch_sub_explicit(&at_work, 1, memory_order_release); /* pairs with read_events() */
}

static void check_event(const struct ring_event *e)
{
    crew_check(e->stack > READER && e->stack < CREW);
    if (e->stack >= CREW)
        return;
    struct ring_event want = event_of((int)e->stack, e->requested);
    crew_check(crew_same(&want, e, sizeof want));
    crew_check(e->requested > last[e->stack]);
    last[e->stack] = e->requested;
    taken++;
}

static void read_events(void)
{
    struct ring_event e;
    unsigned          writers;
    do {
        writers = atomic_load_explicit(&at_work, memory_order_acquire);
        while (ring_take(ring, &e))
            check_event(&e);
        sched_yield();
    } while (writers != 0); /* and one last look after the last writer */
}

static void work(int member)
{
    if (member == READER)
        read_events();
    else
        write_events(member);
}

static void run_with(int puts)
{
    CU_ASSERT_EQUAL_FATAL(ring_new(&ring), WEIR_OK);
    memset(last, 0, sizeof last);
    taken = 0;
    puts_each = puts;
    atomic_store(&refused, 0);
    atomic_store(&at_work, CREW - 1);
    CU_ASSERT_EQUAL(crew_run(CREW, work), 0);
    CU_ASSERT_EQUAL(taken + atomic_load(&refused), (uint64_t)(CREW - 1) * (uint64_t)puts);
    CU_ASSERT_EQUAL(ring_dropped(ring), atomic_load(&refused));
    ring_delete(ring);
}

static void stress_ring_keeps_or_counts_every_event_in_order(void)
{
    run_with(PUTS);
    CU_ASSERT_TRUE(taken >= 192);
}

static void stress_ring_loses_nothing_that_fits(void)
{
    for (int round = 0; round < 50; round++) {
        run_with(FITTING);
        CU_ASSERT_EQUAL(atomic_load(&refused), 0);
    }
}

SUITE(stress_ring, NULL, NULL, CASE(stress_ring_keeps_or_counts_every_event_in_order),
      CASE(stress_ring_loses_nothing_that_fits));
