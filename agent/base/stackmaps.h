/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_STACKMAPS_H
#define BASE_STACKMAPS_H
/* Thread stacks among the process's mappings. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir.h"

struct stackmaps_place {
    uintptr_t at;       /* an address within the stack */
    size_t    above;    /* the stack ends at most so far above it: what lies behind is a mapping that the kernel joined on */
    uint32_t  whose;    /* the caller's */
    bool      found;
    uint64_t  reserved; /* address space, guard pages included */
    uint64_t  resident;
};

/* Sorts the places by address and fills them from one reading of /proc/self/maps; *mappings is how many there are. Each
 * resident page is asked for by mincore(). Reporter only: milliseconds for a thousand threads. */
enum weir_rc stackmaps_find(struct stackmaps_place *places, size_t count, uint64_t *mappings);

#endif
