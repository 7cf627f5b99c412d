/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_BALANCE_H
#define MODEL_BALANCE_H
/* The arithmetic of the balance sheet: from what was found in the process's mappings, the books, the allocator and the VM to
 * lines that add up to the resident memory. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "snapshot_balance.h"

/* What the process's mappings are, as far as they show it. */
enum balance_map {
    BALANCE_MAP_JAVA_HEAP,
    BALANCE_MAP_CODE,      /* anonymous and executable */
    BALANCE_MAP_LIBRARIES, /* with what they have written and their zeroed data */
    BALANCE_MAP_FILES,
    BALANCE_MAP_MALLOC,    /* the break, glibc's arenas, and those of its large blocks that were found */
    BALANCE_MAP_OTHER,     /* anonymous: metaspace, stacks, the collector's tables, this agent, other malloc'ed memory, ... */
    BALANCE_MAP_COUNT
};

struct balance_input {
    uint64_t map[BALANCE_MAP_COUNT]; /* resident */
    uint64_t swapped;
    /* rows: taken by malloc, of that not resident, and of this outside BALANCE_MAP_MALLOC */
    uint64_t booked[WEIR_COMPONENT_COUNT], untouched[WEIR_COMPONENT_COUNT], untouched_apart[WEIR_COMPONENT_COUNT];
    uint64_t mapped[WEIR_COMPONENT_COUNT]; /* resident, of mappings that watched libraries made: in BALANCE_MAP_OTHER */
    bool     sampled;
    struct weir_allocator allocator; /* resident: at most; glibc's not known where its heads were read */
    bool     allocator_old; /* read before the rest: what was free then is taken, not what is missing now */
    uint64_t retention;
    uint64_t apart; /* glibc: large blocks in mappings of their own that were not found */
    bool     metaspace_known, stacks_known;
    uint64_t metaspace, stacks, agent;
    uint64_t vm_maps; /* at most, of the VM's own mappings beside heap, code, metaspace and stacks: what NMT says is committed, or
                       * balance_tables(); 0 not known */
};

/* The most that a collector ("G1", ...) maps beside a heap of so many bytes: tables of cards, bitmaps of marks. 0: not known. */
uint64_t balance_tables(const char *gc, uint64_t heap);


/* Fills rss, rows, parts, residual and the allocator; leaves times, container and children alone. */
void balance_sum(const struct balance_input *in, struct weir_balance *out);

#endif
