/* SPDX-License-Identifier: Apache-2.0 */
/* sample.c: each thread counts down an exponentially distributed number of bytes (mean M) to its next walked call; that is
 * one subtraction for a call that is not walked. A thread draws anew when M has changed. */
#include "core/sample.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/hash.h"
#include "base/poison.h"

static _Atomic uint8_t mean, native_mean = SAMPLE_NATIVE_MIN;
static atomic_ullong  weights[WEIR_COMPONENT_COUNT]; /* of the live walked blocks */

/* 24 bytes of the 64 that all our TLS may take. Initial-exec: the first touch allocates nothing. */
static _Thread_local struct {
    int64_t  left, native_left;
    uint32_t random;
    uint8_t  mean, native_mean;
} mine __attribute__((tls_model("initial-exec")));

void sample_set(uint8_t exponent)
{
    atomic_store_explicit(&mean, exponent, memory_order_relaxed);
}

void sample_native_set(uint8_t exponent)
{
    atomic_store_explicit(&native_mean, exponent, memory_order_relaxed);
}

uint8_t sample_native_get(void)
{
    return atomic_load_explicit(&native_mean, memory_order_relaxed);
}

uint8_t sample_get(void)
{
    return atomic_load_explicit(&mean, memory_order_relaxed);
}

/* Exponential with mean 2^exponent, at least 1. */
static int64_t draw(uint8_t exponent)
{
    mine.random += 0x9e3779b9; /* odd: passes through all values */
    uint64_t random = hash_u64((uint64_t)(uintptr_t)&mine << 16 ^ mine.random);
    double u = ((double)(random >> 11) + 1.0) / 9007199254740993.0; /* in (0, 1] */
    double bytes = -log(u) * (double)(1ULL << exponent);
    return bytes < 1.0 ? 1 : (int64_t)bytes;
}

static inline bool due(uint64_t bytes, uint8_t m, int64_t *left, uint8_t *drawn)
{
    if (m == 0)
        return true;
    if (*drawn != m) {
        *drawn = m;
        *left = draw(m);
    }
    if (bytes < (uint64_t)*left) {
        *left -= (int64_t)bytes;
        return false;
    }
    *left = draw(m);
    return true;
}

bool sample_due(uint64_t bytes, uint8_t *exponent)
{
    *exponent = sample_get();
    return due(bytes, *exponent, &mine.left, &mine.mean);
}

bool sample_native_due(uint64_t bytes, uint8_t *exponent)
{
    *exponent = sample_native_get();
    return due(bytes, *exponent, &mine.native_left, &mine.native_mean);
}

uint64_t sample_weight(uint64_t bytes, uint8_t exponent)
{
    if (exponent == 0)
        return 0;
    double p = -expm1(-(double)bytes / (double)(1ULL << exponent));
    return (uint64_t)((double)bytes * (1.0 / p - 1.0));
}

void sample_charge(enum weir_component component, uint64_t bytes, uint8_t exponent)
{
    if (exponent != 0)
        atomic_fetch_add_explicit(&weights[component], sample_weight(bytes, exponent), memory_order_relaxed);
}

void sample_discharge(enum weir_component component, uint64_t bytes, uint8_t exponent)
{
    if (exponent != 0)
        atomic_fetch_sub_explicit(&weights[component], sample_weight(bytes, exponent), memory_order_relaxed);
}

/* Rounded down row by row; what rounding leaves goes to the heaviest, so that the sum is exact. */
void sample_estimates(uint64_t undecided, uint64_t out[WEIR_COMPONENT_COUNT])
{
    double   weight[WEIR_COMPONENT_COUNT], sum = 0;
    uint64_t left = undecided;
    int      heaviest = 0;
    memset(out, 0, WEIR_COMPONENT_COUNT * sizeof *out);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        weight[c] = (double)atomic_load_explicit(&weights[c], memory_order_relaxed);
        sum += weight[c];
        heaviest = weight[c] > weight[heaviest] ? c : heaviest;
    }
    if (sum <= 0)
        return;
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        uint64_t part = (uint64_t)(weight[c] / sum * (double)undecided);
        out[c] = part < left ? part : left;
        left -= out[c];
    }
    out[heaviest] += left;
}

void sample_reset(void)
{
    sample_set(0);
    sample_native_set(SAMPLE_NATIVE_MIN);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        atomic_store_explicit(&weights[c], 0, memory_order_relaxed);
}
