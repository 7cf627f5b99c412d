/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_CONTAINER_H
#define MODEL_CONTAINER_H
/* Where the container's memory is going: what may still come without anything being wrong, the slope, the time left, and what grows.
 * Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "model/trend.h"
#include "snapshot.h"

struct container {
    struct trend rows, others; /* components; and parts, residual, children, the whole charge */
};

/* Over less than this nothing is called a slope. */
enum { CONTAINER_LEAST_MS = 5000 };

/* Once for each sheet: fills the last fields of b->container from the sheet's rows and pools and the balance's parts. `was` is kept
 * by the caller, zeroed at first. */
void container_outlook(struct container *was, const struct weir_sheet *sheet, struct weir_balance *b, int64_t now_ms);
/* What the container would hold with the heap and managed memory touched that are allowed to be. */
uint64_t container_demand(const struct weir_container *c);

#endif
