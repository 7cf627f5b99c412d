/* SPDX-License-Identifier: Apache-2.0 */
/* counters.c: relaxed atomics; a reader sees each exactly, and sums that agree at quiescence. */
#include "core/counters.h"

#include "base/poison.h"

static void raise_peak(struct counters *c, enum weir_component component, uint64_t now, int64_t coarse_ms)
{
    unsigned long long peak = atomic_load_explicit(&c->peak[component], memory_order_relaxed);
    while (now > peak)
        if (atomic_compare_exchange_weak_explicit(&c->peak[component], &peak, now, memory_order_relaxed,
                                                  memory_order_relaxed))
            atomic_store_explicit(&c->peak_ms[component], coarse_ms, memory_order_relaxed);
}

uint64_t counters_add(struct counters *c, enum weir_component component, enum weir_kind kind, uint64_t bytes,
                      int64_t coarse_ms)
{
    uint64_t before = atomic_fetch_add_explicit(&c->used[component], bytes, memory_order_relaxed);
    raise_peak(c, component, before + bytes, coarse_ms);
    atomic_fetch_add_explicit(&c->kind_bytes[component][kind], bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&c->kind_blocks[component][kind], 1, memory_order_relaxed);
    return before;
}

bool counters_reserve(struct counters *c, enum weir_component component, uint64_t bytes, uint64_t limit)
{
    unsigned long long used = atomic_load_explicit(&c->used[component], memory_order_relaxed);
    do
        if (bytes > limit || used > limit - bytes)
            return false;
    while (!atomic_compare_exchange_weak_explicit(&c->used[component], &used, used + bytes, memory_order_relaxed,
                                                  memory_order_relaxed));
    return true;
}

void counters_hold(struct counters *c, enum weir_component component, uint64_t bytes)
{
    atomic_fetch_add_explicit(&c->used[component], bytes, memory_order_relaxed);
}

void counters_commit(struct counters *c, enum weir_component component, enum weir_kind kind, uint64_t bytes,
                     int64_t coarse_ms)
{
    raise_peak(c, component, atomic_load_explicit(&c->used[component], memory_order_relaxed), coarse_ms);
    atomic_fetch_add_explicit(&c->kind_bytes[component][kind], bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&c->kind_blocks[component][kind], 1, memory_order_relaxed);
}

void counters_uncommit(struct counters *c, enum weir_component component, enum weir_kind kind, uint64_t bytes)
{
    atomic_fetch_sub_explicit(&c->kind_bytes[component][kind], bytes, memory_order_relaxed);
    atomic_fetch_sub_explicit(&c->kind_blocks[component][kind], 1, memory_order_relaxed);
}

void counters_release(struct counters *c, enum weir_component component, uint64_t bytes)
{
    atomic_fetch_sub_explicit(&c->used[component], bytes, memory_order_relaxed);
}

void counters_sub(struct counters *c, enum weir_component component, enum weir_kind kind, uint64_t bytes)
{
    counters_release(c, component, bytes);
    counters_uncommit(c, component, kind, bytes);
}

void counters_forget_peak(struct counters *c, enum weir_component component)
{
    unsigned long long used = atomic_load_explicit(&c->used[component], memory_order_relaxed);
    atomic_store_explicit(&c->peak[component], used, memory_order_relaxed);
    if (used == 0) /* no peak, no time */
        atomic_store_explicit(&c->peak_ms[component], 0, memory_order_relaxed);
}

void counters_row(const struct counters *c, enum weir_component component, struct weir_row *row)
{
    row->used = atomic_load_explicit(&c->used[component], memory_order_relaxed);
    row->peak = atomic_load_explicit(&c->peak[component], memory_order_relaxed);
    row->peak_time_ms = atomic_load_explicit(&c->peak_ms[component], memory_order_relaxed);
    row->blocks = 0;
    for (int k = 0; k < WEIR_KIND_COUNT; k++) {
        row->kind_bytes[k] = atomic_load_explicit(&c->kind_bytes[component][k], memory_order_relaxed);
        row->kind_blocks[k] = atomic_load_explicit(&c->kind_blocks[component][k], memory_order_relaxed);
        row->blocks += row->kind_blocks[k];
    }
}
