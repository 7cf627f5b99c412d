/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BALANCE_BLOCKS_H
#define BALANCE_BLOCKS_H
/* How much of the memory that is booked as malloc'ed was never touched, by row: a pool of buffers may lie there as it came. The
 * reporter's thread only. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir.h"

struct blocks_found {
    uint64_t untouched[WEIR_COMPONENT_COUNT];
    uint64_t apart[WEIR_COMPONENT_COUNT]; /* of these, in none of the areas */
    uint64_t mapped[WEIR_COMPONENT_COUNT], mapped_resident[WEIR_COMPONENT_COUNT]; /* by libraries that are watched, not malloc'ed */
    bool     sampled;                     /* not every block was looked at */
};

struct blocks_area {
    uintptr_t from, to;
};

/* areas: the allocator's, in order of address. */
void blocks_find(const struct blocks_area *areas, size_t count, struct blocks_found *out);

#endif
