/* SPDX-License-Identifier: Apache-2.0 */
/* govern.c: walks and frames since the last look, times what one costs (model/governor.h), against the time that passed. */
#include "govern.h"

#include "core/sample.h"
#include "jvm/frames.h"
#include "model/governor.h"
#include "base/poison.h"

struct mark {
    uint64_t walks, frames;
    int64_t  mono_ms;
};

static struct {
    bool            all;
    struct governor governor;
    struct mark     tick, cost;
    uint64_t        walk_ppm; /* between the last two measures */
} me;

static struct mark mark(int64_t mono_ms)
{
    struct mark m = { .mono_ms = mono_ms };
    frames_count(&m.walks, &m.frames);
    return m;
}

void govern_start(bool all, int64_t mono_ms)
{
    me.all = all;
    if (all)
        sample_set(0);
    governor_init(&me.governor);
    me.tick = me.cost = mark(mono_ms);
}

void govern_tick(int64_t mono_ms)
{
    struct mark now = mark(mono_ms);
    if (me.all || now.mono_ms - me.tick.mono_ms < GOVERN_MS)
        return;
    uint64_t window_ns = (uint64_t)(now.mono_ms - me.tick.mono_ms) * 1000000;
    sample_set(governor_next(&me.governor, now.walks - me.tick.walks, now.frames - me.tick.frames, window_ns));
    me.tick = now;
}

void govern_measure(int64_t mono_ms)
{
    struct mark now = mark(mono_ms);
    uint64_t    ns = governor_cost(now.walks - me.cost.walks, now.frames - me.cost.frames);
    int64_t     window_ms = now.mono_ms - me.cost.mono_ms;
    me.walk_ppm = window_ms > 0 ? ns / (uint64_t)window_ms : 0;
    me.cost = now;
}

void govern_cost(struct weir_agent_cost *cost)
{
    cost->walk_ppm = me.walk_ppm;
    cost->walk_mean = sample_get() == 0 ? 0 : 1ULL << sample_get();
}
