/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_COUNTERS_H
#define CORE_COUNTERS_H
/* Exact totals: per component one unsharded `used`, which decides limits, and bytes and blocks by kind. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "snapshot.h"
#include "weir.h"

struct counters { /* all zero to begin with */
    atomic_ullong used[WEIR_COMPONENT_COUNT], peak[WEIR_COMPONENT_COUNT];
    atomic_llong  peak_ms[WEIR_COMPONENT_COUNT];
    atomic_ullong kind_bytes[WEIR_COMPONENT_COUNT][WEIR_KIND_COUNT];
    atomic_ullong kind_blocks[WEIR_COMPONENT_COUNT][WEIR_KIND_COUNT];
};

/* Any thread, also inside a hook. Returns what the component held before. */
uint64_t counters_add(struct counters *c, enum weir_component component, enum weir_kind kind, uint64_t bytes,
                      int64_t coarse_ms);
/* enforce: takes the bytes out of the limit before the real call, never adding what does not fit. False: it does not. Then,
 * after the real call, exactly one of the two. */
bool     counters_reserve(struct counters *c, enum weir_component component, uint64_t bytes, uint64_t limit);
/* Bytes that are held already, under another record: no limit is asked. */
void     counters_hold(struct counters *c, enum weir_component component, uint64_t bytes);
void     counters_commit(struct counters *c, enum weir_component component, enum weir_kind kind, uint64_t bytes,
                         int64_t coarse_ms);
/* The opposite of commit: the block goes, its bytes stay held. */
void     counters_uncommit(struct counters *c, enum weir_component component, enum weir_kind kind, uint64_t bytes);
void     counters_release(struct counters *c, enum weir_component component, uint64_t bytes);
void     counters_sub(struct counters *c, enum weir_component component, enum weir_kind kind, uint64_t bytes);
/* The peak starts again from what is used now. */
void     counters_forget_peak(struct counters *c, enum weir_component component);
/* used, peak, peak_time_ms, blocks, kind_*; the other fields of the row stay. */
void     counters_row(const struct counters *c, enum weir_component component, struct weir_row *row);

#endif
