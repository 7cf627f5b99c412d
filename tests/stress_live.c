/* SPDX-License-Identifier: Apache-2.0 */
/* stress_live.c: the address table as a JVM uses it: blocks of a real allocator, taken in by one thread, handed through
 * boxes, taken out by another, the address soon somebody's again. Each block says in its own bytes what its record must
 * say, so a record that is lost, doubled or mixed up is seen where it happens. */
#include "core/live.h"

#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "crew.h"
#include "suite.h"

enum { CREW = 12, BOXES = 4096, ROUNDS = 300000 / CREW_SCALE, MAX_RECS = 1 << 16, SMALL = 1024 };

struct block {
    struct live_rec rec;
};

static struct live            *live;
static _Atomic(struct block *) boxes[BOXES];
static atomic_ullong           refused;

static void take_out(struct block *b)
{
    struct live_rec rec = { .bytes = 0 };
    crew_check(live_take(live, (uintptr_t)b, &rec));
    crew_check(rec.bytes == b->rec.bytes && rec.owner == b->rec.owner);
    free(b); /* after the record: as hook_release() does */
}

/* NULL when the table had no room for it. */
static struct block *bring_in(uint64_t *seed)
{
    struct block   *b = malloc(sizeof *b + crew_below(seed, 200));
    struct live_rec old;
    bool            stale = true;
    if (b == NULL)
        abort();
    b->rec = (struct live_rec){ crew_random(seed), (uint32_t)crew_random(seed), 0 };
    enum weir_rc rc = live_put(live, (uintptr_t)b, b->rec, &stale, &old);
    crew_check(!stale);
    if (rc == WEIR_OK)
        return b;
    atomic_fetch_add_explicit(&refused, 1, memory_order_relaxed);
    crew_check(rc == WEIR_EFULL && !live_has(live, (uintptr_t)b));
    free(b);
    return NULL;
}

static void exchange_blocks(int member)
{
    uint64_t seed = (uint64_t)member + 1;
    for (int i = 0; i < ROUNDS; i++) {
        struct block *mine = crew_below(&seed, 8) == 0 ? NULL : bring_in(&seed);
        /* Acquire and release: the block's bytes go with it. */
        struct block *theirs =
            atomic_exchange_explicit(&boxes[crew_below(&seed, BOXES)], mine, memory_order_acq_rel);
        if (theirs != NULL)
            take_out(theirs);
        if (i % 64 == 0) {
            struct live_rec rec;
            crew_check(!live_take(live, (uintptr_t)&seed, &rec)); /* of a stack: never there */
            crew_check(live_count(live) <= MAX_RECS);
        }
    }
}

static void drain(int member)
{
    for (int i = member; i < BOXES; i += CREW) {
        struct block *b = atomic_exchange_explicit(&boxes[i], NULL, memory_order_acq_rel);
        if (b != NULL)
            take_out(b);
    }
}

static void run_with(uint32_t max_recs)
{
    uint64_t in_boxes = 0;
    CU_ASSERT_EQUAL_FATAL(live_new(&live, max_recs), WEIR_OK);
    atomic_store(&refused, 0);
    CU_ASSERT_EQUAL(crew_run(CREW, exchange_blocks), 0);
    for (int i = 0; i < BOXES; i++)
        in_boxes += atomic_load(&boxes[i]) != NULL;
    CU_ASSERT_EQUAL(live_count(live), in_boxes);
    CU_ASSERT_EQUAL(crew_run(CREW, drain), 0);
    CU_ASSERT_EQUAL(live_count(live), 0);
    live_delete(live);
}

static void stress_live_loses_and_doubles_no_record(void)
{
    run_with(MAX_RECS);
    CU_ASSERT_EQUAL(atomic_load(&refused), 0);
}

static void stress_live_stays_exact_while_it_is_full(void)
{
    run_with(SMALL);
    CU_ASSERT_TRUE(atomic_load(&refused) > 0);
}

/* Fresh records are drawn by all groups at once: none may be given out twice. */
static void grow(int member)
{
    uintptr_t from = (uintptr_t)(member + 1) << 32;
    for (uintptr_t i = 0; i < MAX_RECS / CREW - 100; i++) {
        struct live_rec old;
        bool            stale = true;
        crew_check(live_put(live, from + i * 16, (struct live_rec){ i, (uint32_t)member, 0 }, &stale,
                            &old) == WEIR_OK);
        crew_check(!stale);
    }
}

static void find_all(int member)
{
    uintptr_t from = (uintptr_t)(member + 1) << 32;
    for (uintptr_t i = 0; i < MAX_RECS / CREW - 100; i++) {
        struct live_rec rec = { .bytes = 0 };
        crew_check(live_take(live, from + i * 16, &rec) && rec.bytes == i &&
                   rec.owner == (uint32_t)member);
    }
}

static void stress_live_grows_from_all_sides(void)
{
    for (int round = 0; round < 20 / CREW_SCALE; round++) {
        CU_ASSERT_EQUAL_FATAL(live_new(&live, MAX_RECS), WEIR_OK);
        CU_ASSERT_EQUAL(crew_run(CREW, grow), 0);
        CU_ASSERT_EQUAL(live_count(live), CREW * (MAX_RECS / CREW - 100));
        CU_ASSERT_EQUAL(crew_run(CREW, find_all), 0);
        CU_ASSERT_EQUAL(live_count(live), 0);
        live_delete(live);
    }
}

/* Two threads may put the same address when a free went unseen: one of the records is handed back as stale, none is lost. */
static atomic_ullong put_sum, stale_sum;

static void put_the_same(int member)
{
    uint64_t seed = (uint64_t)member + 100;
    for (int i = 0; i < ROUNDS; i++) {
        struct live_rec rec = { crew_below(&seed, 1000), (uint32_t)member, 0 }, old = { .bytes = 0 };
        bool            stale = false;
        uintptr_t       addr = 4096 + (uintptr_t)crew_below(&seed, 16) * 64;
        if (crew_below(&seed, 3) == 0) {
            if (live_take(live, addr, &old))
                atomic_fetch_add_explicit(&stale_sum, old.bytes, memory_order_relaxed);
            continue;
        }
        crew_check(live_put(live, addr, rec, &stale, &old) == WEIR_OK);
        atomic_fetch_add_explicit(&put_sum, rec.bytes, memory_order_relaxed);
        if (stale)
            atomic_fetch_add_explicit(&stale_sum, old.bytes, memory_order_relaxed);
    }
}

static void stress_live_hands_each_replaced_record_back_once(void)
{
    CU_ASSERT_EQUAL_FATAL(live_new(&live, MAX_RECS), WEIR_OK);
    atomic_store(&put_sum, 0);
    atomic_store(&stale_sum, 0);
    CU_ASSERT_EQUAL(crew_run(CREW, put_the_same), 0);
    uint64_t        left = 0;
    struct live_rec rec;
    for (uintptr_t i = 0; i < 16; i++)
        if (live_take(live, 4096 + i * 64, &rec))
            left += rec.bytes;
    CU_ASSERT_EQUAL(atomic_load(&put_sum), atomic_load(&stale_sum) + left);
    CU_ASSERT_EQUAL(live_count(live), 0);
    live_delete(live);
}

SUITE(stress_live, NULL, NULL, CASE(stress_live_loses_and_doubles_no_record),
      CASE(stress_live_stays_exact_while_it_is_full), CASE(stress_live_grows_from_all_sides),
      CASE(stress_live_hands_each_replaced_record_back_once));
