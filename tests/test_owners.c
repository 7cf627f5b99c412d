/* SPDX-License-Identifier: Apache-2.0 */
/* test_owners.c: who holds how much: sums, order, the full table, and what may be forgotten. */
#include "core/owners.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "crew.h"
#include "suite.h"

enum { ENDLESS = 1 << 20, TOP = 8 };

static struct owners    *owners;
static struct owner_view top[TOP];

static void fresh(void)
{
    CU_ASSERT_EQUAL_FATAL(owners_new(&owners), WEIR_OK);
    memset(top, 0xa5, sizeof top);
}

static void gone(void)
{
    owners_delete(owners);
}

static struct owner_key key_of(uint32_t stack)
{
    return (struct owner_key){ .stack = stack,
                               .source = 2,
                               .loader = 3,
                               .loader_tag = 4,
                               .component = WEIR_TASK_OFF_HEAP,
                               .kind = WEIR_KIND_DIRECT,
                               .decider = 1 };
}

static uint32_t charge(uint32_t stack, uint64_t bytes)
{
    struct owner_key key = key_of(stack);
    return owners_charge(owners, &key, bytes, 1000);
}

static bool same(const struct owner_key *a, const struct owner_key *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static void owners_start_with_nobody(void)
{
    CU_ASSERT_EQUAL(owners_top(owners, WEIR_COMPONENT_COUNT, top, TOP), 0);
    CU_ASSERT_EQUAL(owners_dropped(owners), 0);
    CU_ASSERT_EQUAL(owners_reclaim(owners), 0);
}

static void owners_charge_gives_equal_keys_one_owner(void)
{
    uint32_t a = charge(1, 100), b = charge(1, 50), other = charge(2, 7);
    CU_ASSERT_EQUAL(a, b);
    CU_ASSERT_NOT_EQUAL(a, other);
    struct owner_key want = key_of(1), got = owners_key(owners, a);
    CU_ASSERT_TRUE(same(&got, &want));
    CU_ASSERT_EQUAL(owners_top(owners, WEIR_TASK_OFF_HEAP, top, TOP), 2);
    CU_ASSERT_EQUAL(top[0].bytes, 150);
    CU_ASSERT_EQUAL(top[0].count, 2);
    CU_ASSERT_TRUE(same(&top[0].key, &want));
}

static void owners_charge_tells_keys_apart_by_each_field(void)
{
    enum { FIELDS = 9 };
    struct owner_key keys[1 + FIELDS];
    uint32_t         id[1 + FIELDS];
    for (int i = 0; i <= FIELDS; i++)
        keys[i] = key_of(1);
    keys[1].stack++;
    keys[2].source++;
    keys[3].loader++;
    keys[4].loader_tag++;
    keys[5].component = WEIR_MANAGED;
    keys[6].kind = WEIR_KIND_UNSAFE;
    keys[7].decider = -1;
    keys[8].attempt = 9;
    keys[9].shared = 1;
    for (int i = 0; i <= FIELDS; i++) {
        id[i] = owners_charge(owners, &keys[i], 1, 1);
        for (int j = 0; j < i; j++)
            CU_ASSERT_NOT_EQUAL(id[i], id[j]);
    }
}

/* So many that buckets hold several. */
static void owners_charge_tells_keys_of_one_bucket_apart(void)
{
    enum { LOADERS = 20000 };
    for (uint32_t tag = 1; tag <= LOADERS; tag++) {
        struct owner_key key = key_of(1);
        key.loader_tag = 100 + tag;
        uint32_t         at = owners_charge(owners, &key, 1, 1);
        struct owner_key got = owners_key(owners, at);
        CU_ASSERT_TRUE(same(&got, &key));
    }
    CU_ASSERT_EQUAL(owners_dropped(owners), 0);
}

static void owners_discharge_takes_one_block_back(void)
{
    uint32_t a = charge(1, 100);
    charge(1, 40);
    owners_discharge(owners, a, 100);
    CU_ASSERT_EQUAL(owners_top(owners, WEIR_COMPONENT_COUNT, top, TOP), 1);
    CU_ASSERT_EQUAL(top[0].bytes, 40);
    CU_ASSERT_EQUAL(top[0].count, 1);
    owners_discharge(owners, a, 40);
    CU_ASSERT_EQUAL(owners_top(owners, WEIR_COMPONENT_COUNT, top, TOP), 0);
}

static void owners_since_is_the_first_of_the_live_blocks(void)
{
    struct owner_key key = key_of(1);
    uint32_t         a = owners_charge(owners, &key, 1, 5000);
    owners_charge(owners, &key, 1, 6000);
    owners_discharge(owners, a, 1);
    owners_top(owners, WEIR_COMPONENT_COUNT, top, TOP);
    CU_ASSERT_EQUAL(top[0].since_ms, 5000);
    owners_discharge(owners, a, 1);
    owners_charge(owners, &key, 1, 9000); /* after a time with none */
    owners_top(owners, WEIR_COMPONENT_COUNT, top, TOP);
    CU_ASSERT_EQUAL(top[0].since_ms, 9000);
}

static void owners_charge_plain_has_no_stack_and_its_own_sums(void)
{
    uint32_t a = owners_charge_plain(owners, WEIR_UNDECIDED, WEIR_KIND_UNSAFE, 64, 1000);
    CU_ASSERT_EQUAL(owners_charge_plain(owners, WEIR_UNDECIDED, WEIR_KIND_UNSAFE, 8, 1000), a);
    CU_ASSERT_NOT_EQUAL(owners_charge_plain(owners, WEIR_UNDECIDED, WEIR_KIND_DIRECT, 8, 1000), a);
    struct owner_key key = owners_key(owners, a);
    CU_ASSERT_TRUE(key.stack == 0 && key.source == 0 && key.loader == 0 && key.decider == -1);
    CU_ASSERT_TRUE(key.component == WEIR_UNDECIDED && key.kind == WEIR_KIND_UNSAFE);
    CU_ASSERT_EQUAL(owners_top(owners, WEIR_UNDECIDED, top, TOP), 2);
    CU_ASSERT_EQUAL(top[0].bytes, 72);
    CU_ASSERT_EQUAL(top[0].count, 2);
}

static void owners_have_a_plain_one_for_each_component_and_kind(void)
{
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        for (int k = 0; k < WEIR_KIND_COUNT; k++) {
            uint32_t at =
                owners_charge_plain(owners, (enum weir_component)c, (enum weir_kind)k, 1, 1);
            struct owner_key key = owners_key(owners, at);
            CU_ASSERT_TRUE(key.component == c && key.kind == k);
        }
    CU_ASSERT_EQUAL(owners_top(owners, WEIR_MANAGED, top, TOP), TOP); /* of 9 */
}

/* ---- the largest */

static void owners_top_is_ordered_and_keeps_the_largest(void)
{
    enum { N = 1000 };
    uint64_t seed = 42, bytes[N], largest[TOP] = { 0 };
    for (uint32_t i = 0; i < N; i++) {
        bytes[i] = 1 + crew_random(&seed) % 1000000;
        charge(i + 1, bytes[i]);
        uint64_t b = bytes[i];
        for (int t = 0; t < TOP; t++) /* insertion by hand: the model */
            if (b > largest[t]) {
                uint64_t swap = largest[t];
                largest[t] = b;
                b = swap;
            }
    }
    CU_ASSERT_EQUAL(owners_top(owners, WEIR_TASK_OFF_HEAP, top, TOP), TOP);
    for (int t = 0; t < TOP; t++) {
        CU_ASSERT_EQUAL(top[t].bytes, largest[t]);
        CU_ASSERT_EQUAL(top[t].bytes, bytes[top[t].key.stack - 1]);
    }
}

static void owners_top_is_of_one_component_or_of_all(void)
{
    struct owner_key key = key_of(1);
    for (int c = 0; c < 4; c++) {
        key.component = (uint8_t)c;
        owners_charge(owners, &key, 100 * (uint64_t)(c + 1), 1);
    }
    CU_ASSERT_EQUAL(owners_top(owners, (enum weir_component)2, top, TOP), 1);
    CU_ASSERT_EQUAL(top[0].bytes, 300);
    CU_ASSERT_EQUAL(owners_top(owners, (enum weir_component)7, top, TOP), 0);
    CU_ASSERT_EQUAL(owners_top(owners, WEIR_COMPONENT_COUNT, top, TOP), 4);
    for (int t = 0; t < 4; t++)
        CU_ASSERT_EQUAL(top[t].bytes, 100 * (uint64_t)(4 - t));
}

static void owners_top_writes_no_more_than_asked(void)
{
    for (uint32_t i = 1; i <= 10; i++)
        charge(i, i);
    for (size_t max = 0; max < TOP; max++) {
        memset(top, 0xa5, sizeof top);
        CU_ASSERT_EQUAL(owners_top(owners, WEIR_TASK_OFF_HEAP, top, max), max);
        for (size_t t = 0; t < max; t++)
            CU_ASSERT_EQUAL(top[t].bytes, 10 - t);
        CU_ASSERT_EQUAL(top[max].bytes, 0xa5a5a5a5a5a5a5a5ULL);
    }
}

static void owners_top_shows_blocks_without_bytes(void)
{
    charge(1, 0);
    CU_ASSERT_EQUAL(owners_top(owners, WEIR_TASK_OFF_HEAP, top, TOP), 1);
    CU_ASSERT_EQUAL(top[0].count, 1);
}

/* ---- full, and what is reclaimed */

static uint32_t index_of[ENDLESS];

/* Charges stacks 1, 2, ... until the table is full; how many it took. */
static uint32_t fill(void)
{
    uint32_t n = 0;
    while (n + 1 < ENDLESS && owners_dropped(owners) == 0) {
        n++;
        index_of[n] = charge(n, n);
    }
    return n - 1;
}

static void owners_full_charges_the_plain_one_and_counts(void)
{
    uint32_t n = fill();
    CU_ASSERT_TRUE(n > 60000 && n < (1 << 16));
    CU_ASSERT_EQUAL(owners_dropped(owners), 1);
    uint32_t         plain = index_of[n + 1]; /* the one that did not fit */
    struct owner_key key = owners_key(owners, plain);
    CU_ASSERT_TRUE(key.stack == 0 && key.component == WEIR_TASK_OFF_HEAP &&
                   key.kind == WEIR_KIND_DIRECT);
    CU_ASSERT_EQUAL(charge(n + 2, 5), plain);
    CU_ASSERT_EQUAL(owners_dropped(owners), 2);
    CU_ASSERT_EQUAL(charge(1, 5), index_of[1]); /* the known keep their owner */
    CU_ASSERT_EQUAL(owners_dropped(owners), 2);
    owners_discharge(owners, plain, n + 1);
    owners_discharge(owners, plain, 5);
    CU_ASSERT_EQUAL(owners_top(owners, WEIR_TASK_OFF_HEAP, top, 1), 1);
    CU_ASSERT_EQUAL(top[0].bytes, n); /* and the plain one is not among the live */
}

static void owners_reclaim_waits_for_three_quarters(void)
{
    uint32_t capacity = fill();
    gone();
    fresh();
    uint32_t most = capacity / 4 * 3 - 4;
    for (uint32_t i = 1; i <= most; i++)
        owners_discharge(owners, charge(i, i), i);
    CU_ASSERT_EQUAL(owners_reclaim(owners), 0);
    for (uint32_t i = most + 1; i <= most + 8; i++)
        owners_discharge(owners, charge(i, i), i);
    CU_ASSERT_EQUAL(owners_reclaim(owners), most + 8);
    owners_discharge(owners, charge(1, 1), 1);
    CU_ASSERT_EQUAL(owners_reclaim(owners), 0); /* room again: it waits again */
}

static void owners_reclaim_never_takes_a_live_one(void)
{
    uint32_t n = fill(), kept = 0;
    owners_discharge(owners, index_of[n + 1], n + 1);
    for (uint32_t i = 1; i <= n; i++)
        if (i % 3 == 0)
            kept++;
        else
            owners_discharge(owners, index_of[i], i);
    CU_ASSERT_EQUAL(owners_reclaim(owners), n - kept);
    for (uint32_t i = 3; i <= n; i += 3) {
        struct owner_key want = key_of(i), got = owners_key(owners, index_of[i]);
        CU_ASSERT_TRUE(same(&got, &want));
        CU_ASSERT_EQUAL(charge(i, 0), index_of[i]);
        owners_discharge(owners, index_of[i], 0);
        owners_discharge(owners, index_of[i], i);
    }
    CU_ASSERT_EQUAL(owners_top(owners, WEIR_COMPONENT_COUNT, top, TOP), 0);
}

static void owners_reclaimed_serve_again_to_the_last(void)
{
    uint32_t n = fill();
    uint64_t dropped = owners_dropped(owners);
    for (uint32_t i = 1; i <= n; i++)
        owners_discharge(owners, index_of[i], i);
    CU_ASSERT_EQUAL(owners_reclaim(owners), n);
    for (uint32_t i = 1; i <= n; i++) { /* other keys */
        uint32_t         at = charge(ENDLESS + i, 1);
        struct owner_key want = key_of(ENDLESS + i), got = owners_key(owners, at);
        CU_ASSERT_TRUE(same(&got, &want));
    }
    CU_ASSERT_EQUAL(owners_dropped(owners), dropped);
    charge(2 * ENDLESS, 1);
    CU_ASSERT_EQUAL(owners_dropped(owners), dropped + 1);
}

static void owners_of_buffers_are_direct_and_unsafe_beside_flinks_own(void)
{
    struct owner_key key = key_of(1);
    owners_charge(owners, &key, 40, 1000);
    key.kind = WEIR_KIND_UNSAFE;
    owners_charge(owners, &key, 50, 1000);
    key.kind = WEIR_KIND_FFM;
    owners_charge(owners, &key, 60, 1000);
    key.kind = WEIR_KIND_DIRECT;
    key.component = WEIR_NETWORK;
    owners_charge(owners, &key, 70, 1000);
    key.kind = WEIR_KIND_UNSAFE;
    key.component = WEIR_MANAGED;
    owners_charge(owners, &key, 80, 1000);
    CU_ASSERT_EQUAL_FATAL(owners_top(owners, (enum weir_component)OWNERS_BUFFERS, top, TOP), 2);
    CU_ASSERT_TRUE(top[0].bytes == 50 && top[1].bytes == 40);
    CU_ASSERT_EQUAL_FATAL(owners_top(owners, (enum weir_component)OWNERS_DIRECT, top, TOP), 1);
    CU_ASSERT_EQUAL(top[0].bytes, 40);
}

static uint64_t seen_bytes, seen_count;

static void sum_up(void *with, const struct owner_view *v)
{
    CU_ASSERT_PTR_EQUAL(with, owners);
    CU_ASSERT_EQUAL(v->since_ms, 1000);
    seen_bytes += v->bytes;
    seen_count++;
}

static void owners_each_visits_who_holds_something_and_has_a_stack(void)
{
    uint32_t gone_again = charge(1, 100);
    seen_bytes = seen_count = 0;
    charge(2, 30);
    charge(3, 4);
    owners_charge_plain(owners, WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, 1000, 1000);
    owners_discharge(owners, gone_again, 100);
    owners_each(owners, sum_up, owners);
    CU_ASSERT_EQUAL(seen_count, 2);
    CU_ASSERT_EQUAL(seen_bytes, 34);
}

SUITE(owners, fresh, gone, CASE(owners_start_with_nobody),
      CASE(owners_charge_gives_equal_keys_one_owner),
      CASE(owners_charge_tells_keys_apart_by_each_field),
      CASE(owners_charge_tells_keys_of_one_bucket_apart),
      CASE(owners_discharge_takes_one_block_back),
      CASE(owners_since_is_the_first_of_the_live_blocks),
      CASE(owners_charge_plain_has_no_stack_and_its_own_sums),
      CASE(owners_have_a_plain_one_for_each_component_and_kind),
      CASE(owners_top_is_ordered_and_keeps_the_largest),
      CASE(owners_top_is_of_one_component_or_of_all), CASE(owners_top_writes_no_more_than_asked),
      CASE(owners_top_shows_blocks_without_bytes),
      CASE(owners_of_buffers_are_direct_and_unsafe_beside_flinks_own),
      CASE(owners_each_visits_who_holds_something_and_has_a_stack),
      CASE(owners_full_charges_the_plain_one_and_counts),
      CASE(owners_reclaim_waits_for_three_quarters), CASE(owners_reclaim_never_takes_a_live_one),
      CASE(owners_reclaimed_serve_again_to_the_last));
