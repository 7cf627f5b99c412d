/* SPDX-License-Identifier: Apache-2.0 */
/* test_live.c: the address table against a model as simple as an array, and its bounds and memory. */
#include "core/live.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "crew.h"
#include "suite.h"

enum {
    ADDRESSES = 100000,
    LARGE = 1 << 18,
    SMALL = 1024,
    GROUPS = 64, /* as live.c draws records: a group may sit on CHUNK - 1 of them */
    CHUNK = 16
};

static struct live *live;

static void fresh(void)
{
    CU_ASSERT_EQUAL_FATAL(live_new(&live, LARGE), WEIR_OK);
}

static void gone(void)
{
    live_delete(live);
}

static void instead_of_fresh(uint32_t max_recs)
{
    live_delete(live);
    CU_ASSERT_EQUAL_FATAL(live_new(&live, max_recs), WEIR_OK);
}

static uintptr_t addr_of(uint32_t i)
{
    return 0x7f1234500000ULL + (uintptr_t)i * 16;
}

static enum weir_rc put(uintptr_t addr, uint64_t bytes, uint32_t owner)
{
    struct live_rec old;
    bool            stale;
    return live_put(live, addr, (struct live_rec){ bytes, owner, 0 }, &stale, &old);
}

static bool takes(uintptr_t addr, uint64_t bytes, uint32_t owner)
{
    struct live_rec rec = { .bytes = 0 };
    return live_take(live, addr, &rec) && rec.bytes == bytes && rec.owner == owner;
}

static void live_take_returns_what_put_stored_once(void)
{
    struct live_rec rec, old;
    bool            stale = true;
    CU_ASSERT_EQUAL(live_put(live, 4096, (struct live_rec){ UINT64_MAX, 7, 0 }, &stale, &old), WEIR_OK);
    CU_ASSERT_FALSE(stale);
    CU_ASSERT_EQUAL(live_count(live), 1);
    CU_ASSERT_TRUE(live_take(live, 4096, &rec));
    CU_ASSERT_EQUAL(rec.bytes, UINT64_MAX);
    CU_ASSERT_EQUAL(rec.owner, 7);
    CU_ASSERT_EQUAL(live_count(live), 0);
    CU_ASSERT_FALSE(live_take(live, 4096, &rec));
}

static void live_take_of_an_unknown_address_says_no_and_writes_nothing(void)
{
    struct live_rec rec = { 42, 43, 0 };
    put(4096, 1, 1);
    CU_ASSERT_FALSE(live_take(live, 4097, &rec));
    CU_ASSERT_FALSE(live_take(live, 0, &rec));
    CU_ASSERT_FALSE(live_take(live, UINTPTR_MAX, &rec));
    CU_ASSERT_EQUAL(rec.bytes, 42);
    CU_ASSERT_EQUAL(rec.owner, 43);
    CU_ASSERT_EQUAL(live_count(live), 1);
}

static void live_has_looks_without_touching(void)
{
    put(4096, 1, 2);
    CU_ASSERT_TRUE(live_has(live, 4096));
    CU_ASSERT_FALSE(live_has(live, 8192));
    CU_ASSERT_EQUAL(live_count(live), 1);
    CU_ASSERT_TRUE(takes(4096, 1, 2));
    CU_ASSERT_FALSE(live_has(live, 4096));
}

static void live_put_on_a_present_address_replaces_and_hands_back(void)
{
    struct live_rec old = { .bytes = 0 };
    bool            stale = false;
    put(4096, 100, 1);
    CU_ASSERT_EQUAL(live_put(live, 4096, (struct live_rec){ 200, 2, 0 }, &stale, &old), WEIR_OK);
    CU_ASSERT_TRUE(stale);
    CU_ASSERT_EQUAL(old.bytes, 100);
    CU_ASSERT_EQUAL(old.owner, 1);
    CU_ASSERT_EQUAL(live_count(live), 1);
    CU_ASSERT_TRUE(takes(4096, 200, 2));
    CU_ASSERT_FALSE(takes(4096, 100, 1));
}

static void live_takes_any_address_even_the_odd_ones(void)
{
    const uintptr_t odd[] = { 0, 1, 7, 8, UINTPTR_MAX, UINTPTR_MAX - 7, 1ULL << 63 };
    for (uint32_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        CU_ASSERT_EQUAL(put(odd[i], i, i), WEIR_OK);
    for (uint32_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        CU_ASSERT_TRUE(takes(odd[i], i, i));
}

static void live_sums_the_records_without_owner(void)
{
    uint64_t        bytes, blocks;
    bool            stale;
    struct live_rec rec, old;
    put(4096, 100, 7);
    put(4112, 200, LIVE_NO_OWNER);
    put(4128, 300, LIVE_NO_OWNER);
    live_undecided(live, &bytes, &blocks);
    CU_ASSERT(bytes == 500 && blocks == 2);
    /* a put on a present address takes the old one off, whichever the two are */
    live_put(live, 4112, (struct live_rec){ 10, 7, 0 }, &stale, &old);
    live_put(live, 4096, (struct live_rec){ 1, LIVE_NO_OWNER, 0 }, &stale, &old);
    live_undecided(live, &bytes, &blocks);
    CU_ASSERT(bytes == 301 && blocks == 2);
    CU_ASSERT_TRUE(live_take(live, 4096, &rec) && live_take(live, 4112, &rec) && live_take(live, 4128, &rec));
    live_undecided(live, &bytes, &blocks);
    CU_ASSERT(bytes == 0 && blocks == 0);
}

static void live_new_refuses_bounds_out_of_range(void)
{
    struct live *none = NULL;
    CU_ASSERT_EQUAL(live_new(&none, 0), WEIR_EINVAL);
    CU_ASSERT_EQUAL(live_new(&none, 1023), WEIR_EINVAL);
    CU_ASSERT_EQUAL(live_new(&none, (1U << 26) + 1), WEIR_EINVAL);
    CU_ASSERT_PTR_NULL(none);
    instead_of_fresh(1U << 26);
    CU_ASSERT_EQUAL(put(4096, 1, 1), WEIR_OK);
    CU_ASSERT_TRUE(takes(4096, 1, 1));
}

/* ---- against a model */

static struct {
    bool            present;
    struct live_rec rec;
} model[ADDRESSES];
static uint64_t model_count;

static void model_put(uint32_t i, uint64_t *seed)
{
    struct live_rec rec = { crew_random(seed), (uint32_t)crew_random(seed), 0 }, old = { .bytes = 0 };
    bool            stale = !model[i].present;
    CU_ASSERT_EQUAL(live_put(live, addr_of(i), rec, &stale, &old), WEIR_OK);
    CU_ASSERT_EQUAL(stale, model[i].present);
    if (stale)
        CU_ASSERT_TRUE(old.bytes == model[i].rec.bytes && old.owner == model[i].rec.owner);
    model_count += !model[i].present;
    model[i].present = true;
    model[i].rec = rec;
}

static void model_take(uint32_t i)
{
    struct live_rec rec = { .bytes = 0 };
    bool            found = live_take(live, addr_of(i), &rec);
    CU_ASSERT_EQUAL(found, model[i].present);
    if (found)
        CU_ASSERT_TRUE(rec.bytes == model[i].rec.bytes && rec.owner == model[i].rec.owner);
    model_count -= model[i].present;
    model[i].present = false;
}

/* share: how many of 100 steps put. */
static void random_steps(uint32_t addresses, unsigned steps, uint32_t share, uint64_t *seed)
{
    for (unsigned s = 0; s < steps; s++) {
        uint32_t i = crew_below(seed, addresses);
        if (crew_below(seed, 100) < share)
            model_put(i, seed);
        else
            model_take(i);
        if (s % 1024 == 0)
            CU_ASSERT_EQUAL(live_count(live), model_count);
    }
}

static void agree_over(uint32_t addresses, unsigned steps, uint64_t seed)
{
    memset(model, 0, sizeof model);
    model_count = 0;
    random_steps(addresses, steps, 90, &seed); /* grows */
    random_steps(addresses, steps, 50, &seed);
    random_steps(addresses, steps, 10, &seed); /* shrinks */
    random_steps(addresses, steps, 70, &seed);
    CU_ASSERT_TRUE(model_count > addresses / 3);
    for (uint32_t i = 0; i < addresses; i++)
        model_take(i);
    CU_ASSERT_EQUAL(live_count(live), 0);
}

static void live_agrees_with_a_model_over_a_hundred_thousand_addresses(void)
{
    agree_over(ADDRESSES, 400000 / CREW_SCALE + ADDRESSES, 20261121);
}

static void live_agrees_with_a_model_where_chains_are_long(void)
{
    instead_of_fresh(SMALL); /* 32 buckets a group */
    agree_over(64, 100000 / CREW_SCALE, 1);
    agree_over(2, 1000, 2);
}

static void live_finds_every_record_after_each_split(void)
{
    for (uint32_t n = 0; n < 3000; n++) {
        CU_ASSERT_EQUAL(put(addr_of(n), n, n + 1), WEIR_OK);
        for (uint32_t i = 0; i <= n; i += n < 300 ? 1 : 97)
            CU_ASSERT_TRUE(live_has(live, addr_of(i)));
    }
    for (uint32_t n = 0; n < 3000; n++)
        CU_ASSERT_TRUE(takes(addr_of(n), n, n + 1));
}

/* ---- full */

static void fill_and_check(uint32_t max_recs)
{
    uint32_t    stored = 0, tried = 2 * max_recs;
    static bool kept[2 * LARGE];
    for (uint32_t i = 0; i < tried; i++) {
        struct live_rec old = { .bytes = 0 };
        bool            stale = true;
        enum weir_rc    rc = live_put(live, addr_of(i), (struct live_rec){ i, i, 0 }, &stale, &old);
        CU_ASSERT_TRUE(rc == WEIR_OK || rc == WEIR_EFULL);
        CU_ASSERT_FALSE(stale);
        kept[i] = rc == WEIR_OK;
        stored += kept[i];
    }
    CU_ASSERT_TRUE(stored <= max_recs && stored + GROUPS * (CHUNK - 1) >= max_recs);
    CU_ASSERT_EQUAL(live_count(live), stored);
    for (uint32_t i = 0; i < tried; i++)
        CU_ASSERT_EQUAL(takes(addr_of(i), i, i), kept[i]);
    CU_ASSERT_EQUAL(live_count(live), 0);
}

static void live_full_refuses_the_new_and_keeps_the_old(void)
{
    const uint32_t sizes[] = { SMALL, SMALL + 1, 5000, 1 << 16, LARGE / CREW_SCALE };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        instead_of_fresh(sizes[i]);
        fill_and_check(sizes[i]);
        fill_and_check(sizes[i]); /* and all of it can be had again */
    }
}

static void live_full_still_replaces_and_takes_the_freed_address_again(void)
{
    struct live_rec old = { .bytes = 0 };
    bool            stale = false;
    uint32_t        refused = 0;
    instead_of_fresh(SMALL);
    while (put(addr_of(refused), refused, 1) == WEIR_OK)
        refused++;
    CU_ASSERT_TRUE(refused > 0);
    CU_ASSERT_EQUAL(live_put(live, addr_of(0), (struct live_rec){ 9, 9, 0 }, &stale, &old), WEIR_OK);
    CU_ASSERT_TRUE(stale);
    CU_ASSERT_TRUE(takes(addr_of(0), 9, 9));
    CU_ASSERT_EQUAL(put(addr_of(0), 10, 10), WEIR_OK);
    CU_ASSERT_FALSE(live_has(live, addr_of(refused)));
}

/* All addresses of two neighbouring groups, as hash and group number have it: more records than buckets there can be. */
static void live_keeps_groups_apart_when_two_hold_all(void)
{
    enum { EACH = 250 };
    uintptr_t addr[2 * EACH];
    uint32_t  found[2] = { 0, 0 }, n = 0;
    instead_of_fresh(SMALL);
    for (uintptr_t a = 4096; n < 2 * EACH; a += 16) {
        uint64_t group = hash_high(a >> 16) / (UINT64_MAX / GROUPS + 1) - 20;
        if (group < 2 && found[group] < EACH) {
            found[group]++;
            addr[n++] = a;
        }
    }
    for (uint32_t i = 0; i < n; i++)
        CU_ASSERT_EQUAL(put(addr[i], i, i), WEIR_OK);
    for (uint32_t i = 0; i < n; i++)
        CU_ASSERT_TRUE(takes(addr[i], i, i));
    CU_ASSERT_EQUAL(live_count(live), 0);
}

/* ---- memory */

static void put_range(uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        CU_ASSERT_EQUAL(put(addr_of(i), i, 1), WEIR_OK);
}

static void live_costs_at_most_40_bytes_per_further_record(void)
{
    enum { FEW = 10000, MORE = 4 * ADDRESSES };
    instead_of_fresh(4U << 20); /* the default of max-live */
    uint64_t none = arena_resident();
    put_range(0, FEW);
    uint64_t first = arena_resident();
    CU_ASSERT_TRUE(first - none <= (2U << 20));
    put_range(FEW, MORE);
    uint64_t each = (arena_resident() - first) / (MORE - FEW);
    CU_ASSERT_TRUE(each <= 40);
    CU_ASSERT_TRUE(each >= 26); /* more than the record: buckets grow with it, so that chains stay short */
}

enum { BLOCKS = 20000 };

/* What hangs on a bucket is paid for beside the bucket: long chains show in the memory. */
static uint64_t bytes_of_blocks(uintptr_t apart)
{
    instead_of_fresh(4U << 20);
    uint64_t none = arena_resident();
    for (uint32_t i = 0; i < BLOCKS; i++)
        CU_ASSERT_EQUAL(put(addr_of(1) + i * apart, i, 1), WEIR_OK);
    return arena_resident() - none;
}

static void live_keeps_chains_short_however_far_apart_blocks_are(void)
{
    const uintptr_t apart[] = { 32, 48, 80, 112, 4096, 4112, 8192, 16384, 32768 + 16, 1 << 16, 1 << 20, (1 << 20) + 4096, 1 << 21, 1 << 26 };
    for (size_t i = 0; i < sizeof apart / sizeof apart[0]; i++)
        CU_ASSERT_TRUE(bytes_of_blocks(apart[i]) <= 40 * BLOCKS);
}

static void live_reuses_the_memory_of_records_taken_out(void)
{
    put_range(0, ADDRESSES);
    uint64_t full = arena_resident();
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < ADDRESSES; i++)
            CU_ASSERT_TRUE(takes(addr_of(i), i, 1));
        put_range(0, ADDRESSES);
    }
    CU_ASSERT_EQUAL(arena_resident(), full);
}

static uint64_t visits, visited_bytes, visited_owners;

static void count_visit(void *with, uintptr_t addr, struct live_rec rec)
{
    CU_ASSERT_PTR_EQUAL(with, &visits);
    CU_ASSERT_TRUE(addr >= addr_of(0) && addr < addr_of(ADDRESSES));
    visits++;
    visited_bytes += rec.bytes;
    visited_owners += rec.owner;
}

static void live_each_tells_every_record_that_is_large_enough(void)
{
    uint64_t expected = 0, bytes = 0, owners = 0;
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        CU_ASSERT_EQUAL(put(addr_of(i), i, i % 7), WEIR_OK);
        expected += i >= ADDRESSES / 2;
        bytes += i >= ADDRESSES / 2 ? i : 0;
        owners += i >= ADDRESSES / 2 ? i % 7 : 0;
    }
    visits = visited_bytes = visited_owners = 0;
    live_each(live, ADDRESSES / 2, count_visit, &visits);
    CU_ASSERT_EQUAL(visits, expected);
    CU_ASSERT_EQUAL(visited_bytes, bytes);
    CU_ASSERT_EQUAL(visited_owners, owners);
    visits = 0;
    live_each(live, UINT64_MAX, count_visit, &visits);
    CU_ASSERT_EQUAL(visits, 0);
}

SUITE(live, fresh, gone, CASE(live_take_returns_what_put_stored_once), CASE(live_each_tells_every_record_that_is_large_enough),
      CASE(live_take_of_an_unknown_address_says_no_and_writes_nothing),
      CASE(live_has_looks_without_touching),
      CASE(live_put_on_a_present_address_replaces_and_hands_back),
      CASE(live_takes_any_address_even_the_odd_ones), CASE(live_new_refuses_bounds_out_of_range), CASE(live_sums_the_records_without_owner),
      CASE(live_agrees_with_a_model_over_a_hundred_thousand_addresses),
      CASE(live_agrees_with_a_model_where_chains_are_long),
      CASE(live_finds_every_record_after_each_split),
      CASE(live_full_refuses_the_new_and_keeps_the_old),
      CASE(live_full_still_replaces_and_takes_the_freed_address_again),
      CASE(live_keeps_groups_apart_when_two_hold_all),
      CASE(live_costs_at_most_40_bytes_per_further_record),
      CASE(live_keeps_chains_short_however_far_apart_blocks_are),
      CASE(live_reuses_the_memory_of_records_taken_out));
