/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_RANGES_H
#define CORE_RANGES_H
/* Mappings of native libraries by their pages: a part of one may be given back, and several at once. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir.h"

struct ranges;

enum { RANGES = 16384 };

struct range {
    uintptr_t from, to; /* to: the byte behind */
    uint32_t  owner;
};

enum weir_rc ranges_new(struct ranges **out);
void         ranges_delete(struct ranges *ranges);

/* Any thread, also inside a hook. */
/* WEIR_EFULL: the bound is reached, nothing stored. The pages must be free: ranges_cut() came before. */
enum weir_rc ranges_put(struct ranges *ranges, struct range range);
/* Takes the first piece of what is stored of [from, to) out. False: there is none (any more). left: how many pieces of the range it
 * came from stay stored, 0 to 2. */
bool         ranges_cut(struct ranges *ranges, uintptr_t from, uintptr_t to, struct range *out, unsigned *left);
/* Reporter: every range, outside the lock; may miss what changes meanwhile. */
void         ranges_each(struct ranges *ranges, void (*visit)(void *with, struct range range), void *with);
size_t       ranges_count(const struct ranges *ranges);

#endif
