/* SPDX-License-Identifier: Apache-2.0 */
/* stress_acct.c: the books under threads that allocate, hand over, reallocate and free real blocks, nest calls and pass
 * limits, beside a reporter that ticks, takes events, snapshots and seeds. A block says in its own bytes how it must be
 * booked; the sums of all blocks in the boxes are the reference, to the byte, and zero when all are freed. */
#include "core/acct.h"

#include <CUnit/CUnit.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fake_capture.h"
#include "suite.h"

enum {
    CREW = 10,
    REPORTER = 0,
    BOXES = 2048,
    ROUNDS = 120000 / CREW_SCALE,
    MAX_LIVE = 1 << 16,
    T0 = 1000000
};

struct block {
    uint64_t            bytes;
    enum weir_component component;
    enum weir_kind      kind;
};

static _Atomic(struct block *) boxes[BOXES];
static atomic_uint             at_work;
static atomic_ullong           events, wakes;
static struct weir_sheet       sheet;

static const enum weir_component booked[] = { WEIR_MANAGED, WEIR_FRAMEWORK_OFF_HEAP,
                                              WEIR_TASK_OFF_HEAP, WEIR_NETWORK };

static void wake(void)
{
    atomic_fetch_add_explicit(&wakes, 1, memory_order_relaxed);
}

/* Decides how the next block is booked, tells the capture functions, and books it. */
static void book(struct block *b, uint64_t *seed)
{
    fake_finds(booked[crew_below(seed, 4)], (enum weir_kind)crew_below(seed, 2),
               1 + crew_below(seed, 500));
    fake.decided = crew_below(seed, 10) != 0;
    b->bytes = 1 + crew_below(seed, 100000);
    b->component = fake.decided ? (enum weir_component)fake.key.component : WEIR_UNDECIDED;
    b->kind = fake.decided ? (enum weir_kind)fake.key.kind : WEIR_KIND_UNSAFE;
    acct_allocated(NULL, (uintptr_t)b, b->bytes);
}

static struct block *real_malloc(size_t size)
{
    struct block *b = malloc(size);
    if (b == NULL)
        abort();
    return b;
}

static void release(struct block *b)
{
    crew_check(acct_freed((uintptr_t)b));
    free(b);
}

/* As hook_reallocate() does, with a real one that fails now and then. */
static struct block *reallocate(struct block *b, uint64_t *seed)
{
    struct live_rec rec;
    if (!acct_suspend((uintptr_t)b, &rec)) {
        crew_check(false);
        return b;
    }
    crew_check(rec.bytes == b->bytes);
    if (crew_below(seed, 4) == 0) {
        acct_restore((uintptr_t)b, rec);
        return b;
    }
    struct block *moved = realloc(b, sizeof *b + crew_below(seed, 300));
    if (moved == NULL)
        abort();
    acct_replaced(rec);
    book(moved, seed);
    return moved;
}

static void nested(void)
{
    struct block *b = real_malloc(sizeof *b);
    acct_allocated(NULL, (uintptr_t)b, 10);
    release(b);
}

static void one_round(uint64_t *seed)
{
    struct block *mine = NULL;
    if (crew_below(seed, 8) != 0) {
        mine = real_malloc(sizeof *mine + crew_below(seed, 100));
        fake.inside = crew_below(seed, 16) == 0 ? nested : NULL;
        book(mine, seed);
        fake.inside = NULL;
        if (crew_below(seed, 4) == 0)
            mine = reallocate(mine, seed);
    }
    /* Acquire and release: the block's bytes go with it. */
    struct block *theirs =
        atomic_exchange_explicit(&boxes[crew_below(seed, BOXES)], mine, memory_order_acq_rel);
    if (theirs != NULL && crew_below(seed, 4) == 0)
        theirs = reallocate(theirs, seed);
    if (theirs != NULL)
        release(theirs);
}

/* Asks for blocks that others may be freeing at this moment: the answer may be either, the books must not notice. */
static void ask_and_seed(uint64_t *seed)
{
    for (int i = 0; i < 3000; i++) {
        struct block *b =
            atomic_load_explicit(&boxes[crew_below(seed, BOXES)], memory_order_relaxed);
        if (b != NULL)
            acct_holds((uintptr_t)b);
    }
    struct block *old = real_malloc(sizeof *old); /* from before: nobody else has it */
    acct_seed((uintptr_t)old, 64, WEIR_BEFORE_WEIR, WEIR_KIND_DIRECT);
    acct_seed((uintptr_t)old, 64, WEIR_BEFORE_WEIR, WEIR_KIND_DIRECT);
    release(old);
}

static void report(uint64_t *seed)
{
    struct policy_verdict budget;
    struct ring_event     e;
    for (int64_t now = T0; atomic_load_explicit(&at_work, memory_order_relaxed) != 0; now += 60000) {
        acct_tick(now, &budget);
        while (acct_take_event(&e)) {
            crew_check(e.requested > 0 && e.requested <= 100000 &&
                       e.component == WEIR_TASK_OFF_HEAP);
            atomic_fetch_add_explicit(&events, 1, memory_order_relaxed);
        }
        acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, now);
        ask_and_seed(seed);
        sched_yield();
    }
}

static void work(int member)
{
    uint64_t seed = (uint64_t)member + 1;
    fake_reset();
    if (member == REPORTER) {
        report(&seed);
        return;
    }
    for (int i = 0; i < ROUNDS; i++)
        one_round(&seed);
    atomic_fetch_sub_explicit(&at_work, 1, memory_order_relaxed);
}

static void drain(int member)
{
    for (int i = member; i < BOXES; i += CREW) {
        struct block *b = atomic_exchange_explicit(&boxes[i], NULL, memory_order_acq_rel);
        if (b != NULL)
            release(b);
    }
}

/* The rows must say what the blocks in the boxes say. */
static void rows_equal_the_blocks(void)
{
    static uint64_t bytes[WEIR_COMPONENT_COUNT][WEIR_KIND_COUNT],
        blocks[WEIR_COMPONENT_COUNT][WEIR_KIND_COUNT];
    memset(bytes, 0, sizeof bytes);
    memset(blocks, 0, sizeof blocks);
    for (int i = 0; i < BOXES; i++) {
        const struct block *b = atomic_load(&boxes[i]);
        if (b != NULL) {
            bytes[b->component][b->kind] += b->bytes;
            blocks[b->component][b->kind]++;
        }
    }
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, T0);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        uint64_t sum = 0;
        bool     undecided = c == WEIR_UNDECIDED; /* no walk: nobody knows the kind, and its peak is what a look saw */
        for (int k = 0; acct_books((enum weir_component)c) && k < WEIR_KIND_COUNT; k++) {
            CU_ASSERT_EQUAL(sheet.rows[c].kind_bytes[k], undecided ? 0 : bytes[c][k]);
            CU_ASSERT_EQUAL(sheet.rows[c].kind_blocks[k], undecided ? 0 : blocks[c][k]);
            sum += bytes[c][k];
        }
        if (acct_books((enum weir_component)c)) {
            CU_ASSERT_EQUAL(sheet.rows[c].used, sum);
            CU_ASSERT_TRUE(sheet.rows[c].peak >= sum);
        }
    }
}

static void stress_acct_is_exact_with_all_doors_open(void)
{
    struct policy_limits limits = fake_limits();
    fake_limit(&limits, WEIR_TASK_OFF_HEAP, 10 * MIB,
               true); /* passed at once, and again after each re-arming */
    CU_ASSERT_EQUAL_FATAL(acct_init(&fake_ops, MAX_LIVE), WEIR_OK);
    acct_open(&limits, wake, T0);
    atomic_store(&at_work, CREW - 1);
    atomic_store(&events, 0);
    atomic_store(&wakes, 0);
    CU_ASSERT_EQUAL(crew_run(CREW, work), 0);
    rows_equal_the_blocks();
    CU_ASSERT_TRUE(sheet.owner_count == WEIR_TOP_OWNERS);
    CU_ASSERT_EQUAL(crew_run(CREW, drain), 0);
    rows_equal_the_blocks(); /* none: all zero */
    CU_ASSERT_EQUAL(sheet.owner_count, 0);
    struct weir_agent_cost *a = &sheet.agent;
    CU_ASSERT_EQUAL(a->untracked_bytes + a->stale + a->unknown_frees + a->dropped_stacks, 0);
    struct ring_event e;
    while (acct_take_event(&e))
        atomic_fetch_add(&events, 1);
    CU_ASSERT_TRUE(atomic_load(&events) >= 1);
    CU_ASSERT_EQUAL(atomic_load(&events), atomic_load(&wakes));
    acct_close();
}

/* ---- asked without a pause */

enum { FEW = 4, ASKERS = 2, FREERS = 4 };

static _Atomic uintptr_t shown[FEW]; /* the address that a freer is about to free or has just freed */

static void ask_or_free(int member)
{
    if (member < ASKERS) {
        for (unsigned i = 0; atomic_load_explicit(&at_work, memory_order_relaxed) != 0; i++)
            acct_holds(atomic_load_explicit(&shown[i % FEW], memory_order_relaxed));
        return;
    }
    fake_reset();
    uintptr_t addr = (uintptr_t)(member + 1) << 20;
    atomic_store_explicit(&shown[member - ASKERS], addr, memory_order_relaxed);
    for (int i = 0; i < 2 * ROUNDS; i++) {
        acct_allocated(NULL, addr, 8);
        crew_check(acct_freed(addr));
    }
    atomic_fetch_sub_explicit(&at_work, 1, memory_order_relaxed);
}

static void stress_acct_asking_takes_nothing_from_a_free(void)
{
    CU_ASSERT_EQUAL_FATAL(acct_init(&fake_ops, MAX_LIVE), WEIR_OK);
    atomic_store(&at_work, FREERS);
    CU_ASSERT_EQUAL(crew_run(ASKERS + FREERS, ask_or_free), 0);
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, T0);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_TASK_OFF_HEAP].used, 0);
    CU_ASSERT_EQUAL(sheet.agent.unknown_frees + sheet.agent.stale, 0);
    acct_close();
}

SUITE(stress_acct, NULL, NULL, CASE(stress_acct_is_exact_with_all_doors_open),
      CASE(stress_acct_asking_takes_nothing_from_a_free));
