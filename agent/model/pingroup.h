/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_PINGROUP_H
#define MODEL_PINGROUP_H
/* From single holders, each of one loader, to the few reasons that a person reads: "12 of 12 loaders by the same static". Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot_classes.h"

/* One holder of one loader. */
struct pin_found {
    struct weir_pin pin;    /* without loaders and threads */
    uint32_t        thread; /* kinds of a thread: its number; else 0 */
    uint8_t         runs;   /* this thread runs the loader's code, so it holds whatever else of it refers to the loader: 2 by
                             * what it was made to run, 1 by a frame of its stack, 0 it does not */
};

/* Of one loader's holders drops what goes away with another of them: what else a thread holds whose code is the loader's, an
 * inherited access context beside a better reason, the second path from the same place. Returns how many are left. */
size_t pingroup_reduce(struct pin_found *found, size_t count);
struct pingroup { /* all zero but for pins: nothing added */
    struct weir_pins *pins;
    uint32_t          thread[WEIR_MAX_PINS][WEIR_MAX_PINNED]; /* which threads a reason is of */
};

/* The holders of pinned[at]: into pins, with those alike; sets its hold. */
void   pingroup_add(struct pingroup *group, size_t at, const struct pin_found *found, size_t count);
/* Those that hold most loaders first; pinned[].pins follow. */
void   pingroup_sort(struct weir_pins *pins);

#endif
