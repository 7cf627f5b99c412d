/* SPDX-License-Identifier: Apache-2.0 */
/* test_ring.c: events in order; full, the newest is dropped and counted. Threads: stress_ring.c. */
#include "core/ring.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "crew.h"
#include "suite.h"

enum { ENDLESS = 1 << 20 };

static struct ring      *ring;
static struct ring_event event;

static void fresh(void)
{
    CU_ASSERT_EQUAL_FATAL(ring_new(&ring), WEIR_OK);
    memset(&event, 0, sizeof event);
}

static void gone(void)
{
    ring_delete(ring);
}

static bool put(uint64_t number)
{
    struct ring_event e;
    memset(&e, 0, sizeof e);
    e.requested = number;
    return ring_put(ring, &e);
}

/* The number of the next event; ENDLESS if there is none. */
static uint64_t take(void)
{
    return ring_take(ring, &event) ? event.requested : ENDLESS;
}

static uint64_t fill(void)
{
    uint64_t n = 0;
    while (n < ENDLESS && put(n))
        n++;
    return n;
}

static void ring_take_of_an_empty_ring_says_no(void)
{
    event.requested = 5;
    CU_ASSERT_FALSE(ring_take(ring, &event));
    CU_ASSERT_EQUAL(event.requested, 5);
    put(1);
    CU_ASSERT_EQUAL(take(), 1);
    CU_ASSERT_EQUAL(take(), ENDLESS);
}

static void ring_take_returns_every_byte_that_was_put(void)
{
    struct ring_event in;
    memset(&in, 0xa5, sizeof in);
    memset(in.thread, 't', sizeof in.thread - 1);
    in.type = RING_DENIAL;
    CU_ASSERT_TRUE(ring_put(ring, &in));
    CU_ASSERT_TRUE(ring_take(ring, &event));
    CU_ASSERT_TRUE(crew_same(&in, &event, sizeof in));
}

static void ring_keeps_the_order_through_many_rounds(void)
{
    uint64_t in = 0, out = 0;
    for (int step = 0; step < 5000; step++) {
        for (int i = 0; i < step % 7 + 1; i++)
            if (put(in))
                in++;
        for (int i = 0; i < step % 5 + 2 && out < in; i++)
            CU_ASSERT_EQUAL(take(), out++);
    }
    while (out < in)
        CU_ASSERT_EQUAL(take(), out++);
    CU_ASSERT_TRUE(in > 10000);
    CU_ASSERT_EQUAL(take(), ENDLESS);
}

static void ring_full_drops_the_newest_and_counts(void)
{
    uint64_t n = fill();
    CU_ASSERT_EQUAL(n, 192); /* the rest is for errors and denials */
    CU_ASSERT_EQUAL(ring_dropped(ring), 1);
    CU_ASSERT_FALSE(put(9999));
    CU_ASSERT_EQUAL(ring_dropped(ring), 2);
    for (uint64_t i = 0; i < n; i++)
        CU_ASSERT_EQUAL(take(), i); /* the old ones, all of them */
    CU_ASSERT_EQUAL(take(), ENDLESS);
}

static void ring_full_takes_again_what_was_read(void)
{
    uint64_t n = fill();
    for (uint64_t round = 0; round < 3 * n; round++) {
        CU_ASSERT_FALSE(put(9999));
        CU_ASSERT_EQUAL(take(), round);
        CU_ASSERT_TRUE(put(n + round));
    }
    CU_ASSERT_EQUAL(ring_dropped(ring), 1 + 3 * n);
}

static void ring_keeps_a_quarter_for_errors_and_denials(void)
{
    struct ring_event oom, denial;
    memset(&oom, 0, sizeof oom);
    memset(&denial, 0, sizeof denial);
    oom.type = RING_OOM;
    denial.type = RING_DENIAL;
    uint64_t n = fill();
    for (int i = 0; i < 32; i++)
        CU_ASSERT_TRUE(ring_put(ring, &oom) && ring_put(ring, &denial));
    CU_ASSERT_FALSE(ring_put(ring, &oom));
    CU_ASSERT_FALSE(put(9999));
    CU_ASSERT_EQUAL(ring_dropped_of(ring, RING_OOM), 1);
    CU_ASSERT_EQUAL(ring_dropped_of(ring, RING_DENIAL), 0);
    CU_ASSERT_EQUAL(ring_dropped_of(ring, RING_BREACH), 2);
    for (uint64_t i = 0; i < n; i++)
        CU_ASSERT_EQUAL(take(), i);
    CU_ASSERT_TRUE(ring_take(ring, &event) && event.type == RING_OOM);
}

SUITE(ring, fresh, gone, CASE(ring_keeps_a_quarter_for_errors_and_denials), CASE(ring_take_of_an_empty_ring_says_no),
      CASE(ring_take_returns_every_byte_that_was_put),
      CASE(ring_keeps_the_order_through_many_rounds), CASE(ring_full_drops_the_newest_and_counts),
      CASE(ring_full_takes_again_what_was_read));
