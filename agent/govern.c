/* SPDX-License-Identifier: Apache-2.0 */
/* govern.c: walks and frames since the last look, times what one costs (model/governor.h), against the time that passed. Walks from
 * native libraries have a mean of their own: a storm in RocksDB must not cost Java's calls their owners. As soon as there are
 * such walks each kind has half of the share. */
#include "govern.h"

#include "core/acct.h"
#include "core/sample.h"
#include "jvm/frames.h"
#include "model/governor.h"
#include "base/poison.h"

struct mark {
    uint64_t walks, frames;
    uint64_t native_ns; /* of walks from native libraries, their Java frames included */
    int64_t  mono_ms;
};

static struct {
    bool            all;
    struct governor governor, native;
    struct mark     tick, cost;
    uint64_t        walk_ppm; /* between the last two measures */
} me;

static struct mark mark(int64_t mono_ms)
{
    struct mark m = { .mono_ms = mono_ms };
    uint64_t walks, frames, java_walks, java_frames;
    frames_count(&m.walks, &m.frames);
    frames_count_above(&java_walks, &java_frames);
    acct_native_walks(&walks, &frames);
    m.native_ns = governor_native_cost(walks, frames, java_walks, java_frames);
    return m;
}

void govern_start(bool all, int64_t mono_ms)
{
    me.all = all;
    if (all)
        sample_set(0);
    governor_init(&me.governor);
    governor_init(&me.native);
    sample_native_set(0);
    me.tick = me.cost = mark(mono_ms);
}

void govern_tick(int64_t mono_ms)
{
    struct mark now = mark(mono_ms);
    if (me.all || now.mono_ms - me.tick.mono_ms < GOVERN_MS)
        return;
    uint64_t window_ns = (uint64_t)(now.mono_ms - me.tick.mono_ms) * 1000000;
    uint64_t share_ns = now.native_ns != 0 ? window_ns / 2 : window_ns;
    sample_set(governor_next(&me.governor, now.walks - me.tick.walks, now.frames - me.tick.frames, share_ns));
    sample_native_set(governor_pay(&me.native, now.native_ns - me.tick.native_ns, share_ns));
    me.tick = now;
}

void govern_measure(int64_t mono_ms)
{
    struct mark now = mark(mono_ms);
    uint64_t    ns = governor_cost(now.walks - me.cost.walks, now.frames - me.cost.frames) + now.native_ns - me.cost.native_ns;
    int64_t     window_ms = now.mono_ms - me.cost.mono_ms;
    me.walk_ppm = window_ms > 0 ? ns / (uint64_t)window_ms : 0;
    me.cost = now;
}

void govern_cost(struct weir_agent_cost *cost)
{
    cost->walk_ppm = me.walk_ppm;
    cost->walk_mean = sample_get() == 0 ? 0 : 1ULL << sample_get();
}
