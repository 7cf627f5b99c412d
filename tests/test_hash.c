/* SPDX-License-Identifier: Apache-2.0 */
/* test_hash.c: the hashes spread what our tables are keyed by. */
#include "base/hash.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "crew.h"
#include "suite.h"

enum { SAMPLES = 2000 };

static void hash_u64_lets_every_input_bit_reach_every_output_bit(void)
{
    static unsigned flips[64][64];
    uint64_t        seed = 1;
    memset(flips, 0, sizeof flips);
    for (int s = 0; s < SAMPLES; s++) {
        uint64_t x = crew_random(&seed);
        for (int in = 0; in < 64; in++) {
            uint64_t changed = hash_u64(x) ^ hash_u64(x ^ (1ULL << in));
            for (int out = 0; out < 64; out++)
                flips[in][out] += (unsigned)(changed >> out) & 1;
        }
    }
    for (int in = 0; in < 64; in++)
        for (int out = 0; out < 64; out++)
            CU_ASSERT_TRUE(flips[in][out] > SAMPLES * 2 / 5 && flips[in][out] < SAMPLES * 3 / 5);
}

/* Numbers of the low `bits` over `count` hashes: none more than twice its mean. */
static void spreads(const unsigned *hits, size_t buckets, unsigned count)
{
    unsigned total = 0;
    for (size_t i = 0; i < buckets; i++) {
        CU_ASSERT_TRUE(hits[i] < 2 * count / buckets);
        total += hits[i];
    }
    CU_ASSERT_EQUAL(total, count);
}

static void hash_u64_spreads_addresses_of_any_alignment(void)
{
    for (uint64_t stride = 8; stride <= 16U << 20; stride *= 4) {
        unsigned hits[64] = { 0 };
        for (uint64_t i = 0; i < 64 * 256; i++)
            hits[hash_u64(0x7f0000000000ULL + i * stride) % 64]++;
        spreads(hits, 64, 64 * 256);
    }
}

static void hash_bytes_spreads_small_integers_in_its_low_bits(void)
{
    unsigned hits[64] = { 0 };
    for (uint32_t i = 0; i < 64 * 256; i++)
        hits[hash_bytes(&i, sizeof i) % 64]++;
    spreads(hits, 64, 64 * 256);
}

static void hash_bytes_tells_texts_apart_and_stops_at_their_length(void)
{
    CU_ASSERT_EQUAL(hash_bytes("abcX", 3), hash_bytes("abcY", 3));
    CU_ASSERT_NOT_EQUAL(hash_bytes("abc", 3), hash_bytes("abc", 2));
    CU_ASSERT_NOT_EQUAL(hash_bytes("abc", 3), hash_bytes("acb", 3));
    CU_ASSERT_NOT_EQUAL(hash_bytes("\0", 1), hash_bytes("\0\0", 2));
    CU_ASSERT_NOT_EQUAL(hash_bytes("\0", 1), hash_bytes("", 0));
}

SUITE(hash, NULL, NULL, CASE(hash_u64_lets_every_input_bit_reach_every_output_bit),
      CASE(hash_u64_spreads_addresses_of_any_alignment),
      CASE(hash_bytes_spreads_small_integers_in_its_low_bits),
      CASE(hash_bytes_tells_texts_apart_and_stops_at_their_length));
