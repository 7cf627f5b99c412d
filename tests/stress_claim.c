/* SPDX-License-Identifier: Apache-2.0 */
/* stress_claim.c: mode=enforce under threads that take, reallocate and free at the limit. The law: `used` is never beyond the limit,
 * not for a moment (each member looks after each claim, a sampler all the time), it ends at exactly 0, and each refusal
 * is told or counted. Sizes are such that refusals and successes are both common. */
#include <CUnit/CUnit.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/guard.h"
#include "core/acct.h"
#include "crew.h"
#include "fake_capture.h"
#include "suite.h"

enum {
    CREW = 14,
    SAMPLER = 0,
    HELD = 12,
    ROUNDS = 200000 / CREW_SCALE,
    T0 = 1000000,
    LARGEST = 9000
};
enum { LIMIT = 40 * LARGEST };

static atomic_uint       at_work;
static atomic_ullong     denials, successes, told, highest;
static struct weir_sheet sheet;

struct holder {
    uint64_t seed;
    void    *block[HELD];
};

static void check_used(void)
{
    uint64_t used = acct_used(WEIR_TASK_OFF_HEAP);
    crew_check(used <= LIMIT);
    unsigned long long most = atomic_load_explicit(&highest, memory_order_relaxed);
    while (used > most && !atomic_compare_exchange_weak(&highest, &most, used))
        continue;
}

static void release(struct holder *h, uint32_t i)
{
    if (h->block[i] == NULL)
        return;
    crew_check(acct_freed((uintptr_t)h->block[i]));
    free(h->block[i]);
    h->block[i] = NULL;
}

/* Now and then the real call fails. */
static void settle(struct holder *h, uint32_t i, uint64_t bytes, const struct acct_claim *claim)
{
    check_used();
    h->block[i] = crew_below(&h->seed, 8) == 0 ? NULL : malloc(1 + bytes % 100);
    if (h->block[i] == NULL)
        acct_unclaimed(bytes, claim);
    else
        acct_claimed(NULL, (uintptr_t)h->block[i], bytes, claim);
    check_used();
    atomic_fetch_add_explicit(&successes, 1, memory_order_relaxed);
}

/* As the hook of reallocateMemory does: only the growth is claimed, the old record is out meanwhile. */
static void grow(struct holder *h, uint32_t i)
{
    struct acct_claim claim;
    struct live_rec   old;
    uint64_t          bytes = 1 + crew_below(&h->seed, LARGEST);
    if (h->block[i] == NULL)
        return;
    if (!acct_suspend((uintptr_t)h->block[i], &old)) {
        crew_check(false);
        return;
    }
    uint64_t growth = bytes > old.bytes ? bytes - old.bytes : 0;
    fake_finds(WEIR_TASK_OFF_HEAP, (enum weir_kind)crew_below(&h->seed, 3),
               1 + crew_below(&h->seed, 50));
    bool fits = acct_claim(NULL, growth, &claim) == ACCT_FITS;
    crew_check(fits || growth > 0);
    if (fits && crew_below(&h->seed, 8) != 0) {
        acct_reclaimed(NULL, (uintptr_t)h->block[i], bytes, growth, &old, &claim);
    } else {
        if (fits)
            acct_unclaimed(growth, &claim);
        acct_restore((uintptr_t)h->block[i], old);
    }
    check_used();
}

static void take(struct holder *h, uint32_t i)
{
    struct acct_claim claim;
    uint64_t          bytes = 1 + crew_below(&h->seed, LARGEST);
    fake_finds(WEIR_TASK_OFF_HEAP, (enum weir_kind)crew_below(&h->seed, 3),
               1 + crew_below(&h->seed, 50));
    enum acct_answer answer = acct_claim(NULL, bytes, &claim);
    for (int again = 0; answer == ACCT_OVER && again < 2; again++)
        answer = acct_reclaim(bytes, &claim);
    if (answer == ACCT_FITS) {
        settle(h, i, bytes, &claim);
    } else {
        crew_check(!claim.reserved);
        acct_denied(NULL, bytes, &claim);
        atomic_fetch_add_explicit(&denials, 1, memory_order_relaxed);
    }
}

/* Inside a hook: never refused, and never any of the limit's business. */
static void take_nested(struct holder *h)
{
    struct acct_claim claim;
    char             *block = malloc(8);
    if (block == NULL)
        abort();
    guard_enter();
    crew_check(acct_claim(NULL, LIMIT + crew_below(&h->seed, 100), &claim) == ACCT_FITS);
    acct_claimed(NULL, (uintptr_t)block, LIMIT, &claim);
    crew_check(acct_freed((uintptr_t)block));
    guard_leave();
    free(block);
}

static void drain_events(void)
{
    struct ring_event e;
    while (acct_take_event(&e)) {
        crew_check(e.type == RING_DENIAL && e.requested <= LARGEST &&
                   e.used[WEIR_TASK_OFF_HEAP] <= LIMIT);
        atomic_fetch_add(&told, 1 + e.verdict.suppressed);
    }
}

static void sample(void)
{
    struct policy_verdict budget;
    for (int64_t now = T0; atomic_load_explicit(&at_work, memory_order_relaxed) != 0; now += 100) {
        for (int i = 0; i < 200; i++)
            check_used();
        acct_tick(now, &budget);
        drain_events();
        sched_yield();
    }
}

static void work(int member)
{
    struct holder h = { .seed = (uint64_t)member + 1 };
    fake_reset();
    if (member == SAMPLER) {
        sample();
        return;
    }
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t i = crew_below(&h.seed, HELD);
        if (crew_below(&h.seed, 4) == 0) {
            grow(&h, i);
        } else {
            release(&h, i);
            take(&h, i);
        }
        if (crew_below(&h.seed, 64) == 0)
            take_nested(&h);
    }
    for (uint32_t i = 0; i < HELD; i++)
        release(&h, i);
    atomic_fetch_sub_explicit(&at_work, 1, memory_order_relaxed);
}

static void open_at_limit(void)
{
    const bool           deny[WEIR_COMPONENT_COUNT] = { [WEIR_TASK_OFF_HEAP] = true };
    struct policy_limits limits = fake_limits();
    limits.mode = WEIR_MODE_ENFORCE;
    fake_limit(&limits, WEIR_TASK_OFF_HEAP, LIMIT, true);
    CU_ASSERT_EQUAL_FATAL(acct_init(&fake_ops, 1 << 16), WEIR_OK);
    acct_enforce(deny);
    acct_open(&limits, NULL, T0);
}

/* One more refusal, long after: its event carries what was not told yet. */
static void tell_the_rest(void)
{
    struct policy_verdict budget;
    struct acct_claim     claim;
    fake_reset();
    acct_tick(1LL << 40, &budget);
    CU_ASSERT_EQUAL(acct_claim(NULL, LIMIT + 1, &claim), ACCT_OVER);
    acct_denied(NULL, 1, &claim);
    drain_events();
}

static void stress_claim_never_passes_the_limit(void)
{
    open_at_limit();
    atomic_store(&at_work, CREW - 1);
    CU_ASSERT_EQUAL(crew_run(CREW, work), 0);
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, T0);
    const struct weir_row *row = &sheet.rows[WEIR_TASK_OFF_HEAP];
    CU_ASSERT_EQUAL(row->used, 0);
    CU_ASSERT_EQUAL(row->blocks, 0);
    for (int k = 0; k < WEIR_KIND_COUNT; k++)
        CU_ASSERT_TRUE(row->kind_bytes[k] == 0 && row->kind_blocks[k] == 0);
    CU_ASSERT_TRUE(row->peak <= LIMIT && row->peak > LIMIT - LARGEST);
    CU_ASSERT_EQUAL(sheet.rows[WEIR_UNDECIDED].used, 0);
    CU_ASSERT_EQUAL(sheet.owner_count, 0);
    CU_ASSERT_EQUAL(sheet.agent.untracked_bytes + sheet.agent.stale + sheet.agent.unknown_frees, 0);
    CU_ASSERT_TRUE(atomic_load(&denials) > ROUNDS / 10 && atomic_load(&successes) > ROUNDS);
    CU_ASSERT_TRUE(atomic_load(&highest) <= LIMIT && atomic_load(&highest) > LIMIT - LARGEST);
    tell_the_rest();
    CU_ASSERT_EQUAL(atomic_load(&told), atomic_load(&denials) + 1);
    CU_ASSERT_EQUAL(sheet.agent.dropped_events, 0);
    acct_close();
}

SUITE(stress_claim, NULL, NULL, CASE(stress_claim_never_passes_the_limit));
