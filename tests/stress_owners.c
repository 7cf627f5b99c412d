/* SPDX-License-Identifier: Apache-2.0 */
/* stress_owners.c: threads charge and discharge owners while a reporter looks for the largest and reclaims the dead; keys
 * are so many that entries are reclaimed and given to others all the time. An index must mean its key for as long as a
 * block is charged to it. */
#include "core/owners.h"

#include <CUnit/CUnit.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "crew.h"
#include "suite.h"

enum {
    CREW = 9,
    REPORTER = 0,
    HELD = 512,
    ROUNDS = 200000 / CREW_SCALE,
    KEYS = 1 << 18,
    COMMON = 64,
    DEAD = 48000,   /* nearly three quarters, so that reclaiming starts at once */
    MUCH = DEAD / 6 * 5,
    PATIENCE_MS = 60000
};

static struct owners *owners;
static atomic_uint    at_work;
static atomic_ullong  reclaimed;
static int64_t        deadline_ms;

struct charge {
    struct owner_key key;
    uint32_t         at;
    uint64_t         bytes;
    bool             live;
};

static struct owner_key key_of(uint32_t stack)
{
    return (struct owner_key){ .stack = stack,
                               .loader_tag = stack * 7,
                               .component = (uint8_t)(stack % WEIR_COMPONENT_COUNT),
                               .kind = (uint8_t)(stack % WEIR_KIND_COUNT),
                               .decider = 2 };
}

static bool means_its_key(const struct charge *c)
{
    struct owner_key got = owners_key(owners, c->at);
    if (memcmp(&got, &c->key, sizeof got) == 0)
        return true;
    /* full: the plain owner of its component and kind */
    return got.stack == 0 && got.component == c->key.component && got.kind == c->key.kind;
}

static void give_back(struct charge *c)
{
    crew_check(means_its_key(c));
    owners_discharge(owners, c->at, c->bytes);
    c->live = false;
}

/* All rounds, and then until the reporter has reclaimed so many beside us: on a loaded machine it may come late. */
static bool goes_on(int round, uint64_t wanted)
{
    if (round < ROUNDS)
        return true;
    if (round % CREW == 0)
        sched_yield();
    return atomic_load_explicit(&reclaimed, memory_order_relaxed) < wanted && clock_mono_ms() < deadline_ms;
}

static void charge_and_discharge(uint64_t seed)
{
    struct charge held[HELD];
    memset(held, 0, sizeof held);
    for (int r = 0; goes_on(r, MUCH); r++) {
        struct charge *c = &held[crew_below(&seed, HELD)];
        if (c->live)
            give_back(c);
        /* half of the blocks belong to owners that everybody charges */
        c->key = key_of(1 + crew_below(&seed, r % 2 == 0 ? COMMON : KEYS));
        c->bytes = crew_below(&seed, 10000);
        c->at = owners_charge(owners, &c->key, c->bytes, r);
        c->live = true;
        crew_check(means_its_key(c));
    }
    for (int i = 0; i < HELD; i++)
        if (held[i].live)
            give_back(&held[i]);
}

static void report(void)
{
    struct owner_view top[5];
    while (atomic_load_explicit(&at_work, memory_order_relaxed) != 0) {
        size_t n = owners_top(owners, WEIR_COMPONENT_COUNT, top, 5);
        crew_check(n <= 5);
        for (size_t i = 1; i < n; i++)
            crew_check(top[i - 1].bytes >= top[i].bytes);
        uint64_t gone = owners_reclaim(owners);
        atomic_fetch_add_explicit(&reclaimed, gone, memory_order_relaxed);
    }
}

static void work(int member)
{
    if (member == REPORTER) {
        report();
        return;
    }
    charge_and_discharge((uint64_t)member);
    atomic_fetch_sub_explicit(&at_work, 1, memory_order_relaxed);
}

static void stress_owners_sum_to_zero_while_the_dead_are_reclaimed(void)
{
    struct owner_view top;
    CU_ASSERT_EQUAL_FATAL(owners_new(&owners), WEIR_OK);
    atomic_store(&reclaimed, 0);
    for (uint32_t i = 1; i <= DEAD; i++) {
        struct owner_key key = key_of(KEYS + i);
        owners_discharge(owners, owners_charge(owners, &key, i, 1), i);
    }
    atomic_store(&at_work, CREW - 1);
    deadline_ms = clock_mono_ms() + PATIENCE_MS;
    CU_ASSERT_EQUAL(crew_run(CREW, work), 0);
    CU_ASSERT_EQUAL(owners_top(owners, WEIR_COMPONENT_COUNT, &top, 1), 0);
    CU_ASSERT_TRUE(atomic_load(&reclaimed) >= MUCH);
    owners_delete(owners);
}

/* ---- reclaimed without a pause */

/* Two charges of one key while the first is live must meet the same owner: it was not taken away in between. */
static void charge_twice(uint64_t seed)
{
    for (int r = 0; goes_on(r, 1); r++) {
        struct charge c = { .key = key_of(1 + crew_below(&seed, 4 * COMMON)), .bytes = 8 };
        c.at = owners_charge(owners, &c.key, c.bytes, r);
        uint32_t again = owners_charge(owners, &c.key, c.bytes, r);
        crew_check(again == c.at && means_its_key(&c));
        owners_discharge(owners, again, c.bytes);
        owners_discharge(owners, c.at, c.bytes);
    }
}

static void work_twice(int member)
{
    if (member == REPORTER) {
        while (atomic_load_explicit(&at_work, memory_order_relaxed) != 0)
            atomic_fetch_add_explicit(&reclaimed, owners_reclaim(owners), memory_order_relaxed);
        return;
    }
    charge_twice((uint64_t)member);
    atomic_fetch_sub_explicit(&at_work, 1, memory_order_relaxed);
}

static void stress_owners_in_use_are_never_reclaimed(void)
{
    CU_ASSERT_EQUAL_FATAL(owners_new(&owners), WEIR_OK);
    for (uint32_t i = 1; i <= 50000;
         i++) { /* three quarters live: every look reclaims what it can */
        struct owner_key key = key_of(KEYS + i);
        owners_charge(owners, &key, 1, 1);
    }
    atomic_store(&reclaimed, 0);
    atomic_store(&at_work, CREW - 1);
    deadline_ms = clock_mono_ms() + PATIENCE_MS;
    CU_ASSERT_EQUAL(crew_run(CREW, work_twice), 0);
    CU_ASSERT_TRUE(atomic_load(&reclaimed) > 0);
    CU_ASSERT_EQUAL(owners_dropped(owners), 0);
    owners_reclaim(owners);
    CU_ASSERT_EQUAL(owners_reclaim(owners), 0);
    owners_delete(owners);
}

/* ---- sums that stay */

static void charge_for_good(int member)
{
    uint64_t seed = (uint64_t)member;
    for (int r = 0; r < ROUNDS; r++) {
        struct owner_key key = key_of(1 + crew_below(&seed, COMMON));
        uint32_t         at = owners_charge(owners, &key, 100, 1);
        if (r % 4 != 0)
            owners_discharge(owners, at, 100);
    }
}

static void stress_owners_keep_exact_sums(void)
{
    struct owner_view top[COMMON];
    uint64_t          bytes = 0, count = 0;
    CU_ASSERT_EQUAL_FATAL(owners_new(&owners), WEIR_OK);
    CU_ASSERT_EQUAL(crew_run(CREW, charge_for_good), 0);
    CU_ASSERT_EQUAL(owners_top(owners, WEIR_COMPONENT_COUNT, top, COMMON), COMMON);
    for (int i = 0; i < COMMON; i++) {
        bytes += top[i].bytes;
        count += top[i].count;
    }
    CU_ASSERT_EQUAL(count, CREW * (ROUNDS / 4));
    CU_ASSERT_EQUAL(bytes, count * 100);
    CU_ASSERT_EQUAL(owners_dropped(owners), 0);
    owners_delete(owners);
}

SUITE(stress_owners, NULL, NULL, CASE(stress_owners_sum_to_zero_while_the_dead_are_reclaimed),
      CASE(stress_owners_in_use_are_never_reclaimed), CASE(stress_owners_keep_exact_sums));
