/* SPDX-License-Identifier: Apache-2.0 */
/* sample.c: each thread counts down an exponentially distributed number of bytes (mean M) to its next walked call; that is
 * one subtraction for a call that is not walked. A thread draws anew when M has changed. */
#include "core/sample.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/hash.h"
#include "base/poison.h"

static _Atomic uint8_t mean;
static atomic_ullong  weights[WEIR_COMPONENT_COUNT]; /* of the live walked blocks */

/* 24 bytes of the 64 that all our TLS may take. Initial-exec: the first touch allocates nothing. */
static _Thread_local struct {
    int64_t  left;
    uint64_t random;
    uint8_t  mean;
} mine __attribute__((tls_model("initial-exec")));

void sample_set(uint8_t exponent)
{
    atomic_store_explicit(&mean, exponent, memory_order_relaxed);
}

uint8_t sample_get(void)
{
    return atomic_load_explicit(&mean, memory_order_relaxed);
}

/* Exponential with mean 2^exponent, at least 1. */
static int64_t draw(uint8_t exponent)
{
    if (mine.random == 0)
        mine.random = (uint64_t)(uintptr_t)&mine;
    mine.random = hash_u64(mine.random + 0x9e3779b97f4a7c15ULL) | 1;
    double u = ((double)(mine.random >> 11) + 1.0) / 9007199254740993.0; /* in (0, 1] */
    double bytes = -log(u) * (double)(1ULL << exponent);
    return bytes < 1.0 ? 1 : (int64_t)bytes;
}

bool sample_due(uint64_t bytes, uint8_t *exponent)
{
    uint8_t m = sample_get();
    *exponent = m;
    if (m == 0)
        return true;
    if (mine.mean != m) {
        mine.mean = m;
        mine.left = draw(m);
    }
    if (bytes < (uint64_t)mine.left) {
        mine.left -= (int64_t)bytes;
        return false;
    }
    mine.left = draw(m);
    return true;
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
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        atomic_store_explicit(&weights[c], 0, memory_order_relaxed);
}
