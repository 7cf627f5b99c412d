/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_INTERN_H
#define CORE_INTERN_H
/* Byte strings to small ids, each stored once and never moved or freed: names, frames and stacks. */
#include <stdint.h>

#include "weir.h"

struct intern;

/* bytes: bound of the text; max: bound of the entries, a power of two. */
enum weir_rc intern_new(struct intern **out, uint32_t bytes, uint32_t max);
void         intern_delete(struct intern *table);
/* The id of these bytes, stored at first sight; 0 when a bound is reached (counted). Any thread, also inside a hook. */
uint32_t     intern_put(struct intern *table, const void *bytes, uint32_t len);
/* The stored bytes, aligned to 8; id must come from intern_put() and not be 0. */
const void  *intern_get(const struct intern *table, uint32_t id, uint32_t *len);
uint64_t     intern_dropped(const struct intern *table);

#endif
