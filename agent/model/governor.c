/* SPDX-License-Identifier: Apache-2.0 */
/* governor.c: a token bucket. One hundredth of the time that passes is income, walking is expense. In the red and still
 * spending more than the income: M doubles, or more. In the black and spending less than half of it: M halves, below MIN to 0. */
#include "model/governor.h"

enum { EXPONENT_MIN = 12, EXPONENT_MAX = 40, SHARE = 100 };
#define SAVED_MAX 200000000LL /* 200 ms of walking: about 50,000 walks of 32 frames */

void governor_init(struct governor *g)
{
    g->saved_ns = SAVED_MAX;
    g->exponent = 0;
}

uint64_t governor_cost(uint64_t walks, uint64_t frames)
{
    return walks * GOVERNOR_NS_PER_WALK + frames * GOVERNOR_NS_PER_FRAME;
}

uint64_t governor_native_cost(uint64_t walks, uint64_t frames, uint64_t java_walks, uint64_t java_frames)
{
    uint64_t in_a_row = walks * GOVERNOR_NS_PER_NATIVE_WALK + frames * GOVERNOR_NS_PER_NATIVE_FRAME + governor_cost(java_walks, java_frames);
    return in_a_row * GOVERNOR_NATIVE_TIMES;
}

/* Once for each doubling of the income that the expense is above it: blocks far larger than M are walked one and all, so
 * going up in single steps would take seconds to show. */
static uint8_t raised(uint8_t exponent, int64_t expense, int64_t income)
{
    exponent = exponent < EXPONENT_MIN ? EXPONENT_MIN : (uint8_t)(exponent + 1);
    for (; expense > 2 * income && exponent < EXPONENT_MAX; expense /= 2)
        exponent++;
    return exponent < EXPONENT_MAX ? exponent : EXPONENT_MAX;
}

static uint8_t halved(uint8_t exponent)
{
    return exponent > EXPONENT_MIN ? (uint8_t)(exponent - 1) : 0;
}

uint8_t governor_next(struct governor *g, uint64_t walks, uint64_t frames, uint64_t window_ns)
{
    return governor_pay(g, governor_cost(walks, frames), window_ns);
}

uint8_t governor_pay(struct governor *g, uint64_t cost_ns, uint64_t window_ns)
{
    int64_t income = (int64_t)(window_ns / SHARE);
    int64_t expense = (int64_t)cost_ns;
    g->saved_ns += income - expense;
    if (g->saved_ns > SAVED_MAX)
        g->saved_ns = SAVED_MAX;
    if (g->saved_ns < -SAVED_MAX)
        g->saved_ns = -SAVED_MAX; /* an old debt must not keep M high for minutes after the storm */
    if (g->saved_ns < 0 && expense > income)
        g->exponent = raised(g->exponent, expense, income);
    else if (g->saved_ns >= 0 && expense < income / 2)
        g->exponent = halved(g->exponent);
    return g->exponent;
}
