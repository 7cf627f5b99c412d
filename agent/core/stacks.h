/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_STACKS_H
#define CORE_STACKS_H
/* Names, frames and whole stacks as small ids (DESIGN.md 2, laws 2 and 3). Keyed by class, method and line, so a
 * resubmitted job meets its own ids again. Id 0: a table was full; everything else still works. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"
#include "weir.h"

struct stacks;

enum weir_rc stacks_new(struct stacks **out);
void         stacks_delete(struct stacks *stacks);

/* Any thread, also inside a hook. */
uint32_t    stacks_name(struct stacks *stacks, const char *name, size_t len);
uint32_t    stacks_frame(struct stacks *stacks, uint32_t class_name, uint32_t method, uint32_t file, int32_t line);
uint32_t    stacks_put(struct stacks *stacks, const uint32_t *frames, size_t count);

/* NUL-terminated; "" for id 0. Lives as long as the table. */
const char *stacks_text(const struct stacks *stacks, uint32_t name);
/* Fills count and frames; decider and source are the caller's. Native functions have the names of their symbols. */
void        stacks_get(struct stacks *stacks, uint32_t stack, struct weir_stack *out);
/* The same for readers: native functions as stacks_demangler() names them (once, before any; false: as it is). Not inside a hook,
 * and with no lock held: it may allocate where hooks are. */
void        stacks_show(struct stacks *stacks, uint32_t stack, struct weir_stack *out);
void        stacks_demangler(struct stacks *stacks, bool (*demangle)(const char *name, char *out, size_t cap));
uint64_t    stacks_dropped(const struct stacks *stacks);

#endif
