/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_HASH_H
#define BASE_HASH_H
/* Hashes for our tables. Not for hostile keys: addresses and interned names come from the JVM itself. */
#include <stddef.h>
#include <stdint.h>

/* The splitmix64 finaliser: every input bit reaches every output bit. */
static inline uint64_t hash_u64(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ULL;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/* Fibonacci hashing, one multiplication: the higher a bit, the more of the input it depends on; use those from 26 on. */
static inline uint64_t hash_high(uint64_t x)
{
    return x * 0x9e3779b97f4a7c15ULL;
}

/* FNV-1a over bytes, finished with hash_u64 so that low bits are usable as a bucket number. */
static inline uint64_t hash_bytes(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    uint64_t h = 0xcbf29ce484222325ULL;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3ULL;
    return hash_u64(h);
}

#endif
