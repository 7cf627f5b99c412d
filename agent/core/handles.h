/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_HANDLES_H
#define CORE_HANDLES_H
/* Native objects that Java code opens and closes: how many per class, and who opened those that are open still. */
#include <stdbool.h>
#include <stdint.h>

#include "core/owners.h"
#include "weir.h"

struct handles;

enum { HANDLES_CLASSES = 128, HANDLES_SIZED = 64, HANDLES_NO_CLASS = 0 };

enum weir_rc handles_new(struct handles **out);
void         handles_delete(struct handles *handles); /* tests and failed starts only */

/* The number of a class, from 1 on; name and library are core/stacks names. HANDLES_NO_CLASS: the table is full. */
uint32_t handles_class(struct handles *handles, uint32_t name, uint32_t library);

/* Any thread, inside a hook: none of these allocates, logs or waits. */

/* Is the next one of this class to be walked? Of a class that opens many, only some are. */
bool handles_walk(struct handles *handles, uint32_t class_number);
/* Before it can be closed, so before Java knows it. creator NULL: not walked. A handle that is open already was closed
 * unseen: it counts as closed, and as stale. */
void handles_opened(struct handles *handles, uint32_t class_number, uintptr_t handle, const struct owner_key *creator, int64_t coarse_ms);
/* Of this handle, open now: a capacity in bytes, and the cache it charges (0: it is one itself). */
void handles_sized(struct handles *handles, uint32_t class_number, uintptr_t handle, uint64_t capacity, uintptr_t charges,
                   int64_t coarse_ms);
/* Before the real call: after it, the handle may be another object's. False: it was opened before weir came, or never stored. */
bool handles_closed(struct handles *handles, uintptr_t handle);

/* Reporter. */

/* Once a second: walks may be spent again; what nobody holds is forgotten when the table fills. */
void handles_tick(struct handles *handles);
struct handles_class {
    uint32_t name, library;
    uint64_t opened, closed; /* read in this order, so that what is open is never below zero */
};
/* False: no class of this number. */
bool handles_read(const struct handles *handles, uint32_t class_number, struct handles_class *out);
/* Open ones by class and creator; key.loader is the class's number. */
void handles_each(struct handles *handles, void (*visit)(void *with, const struct owner_view *), void *with);
struct handles_size {
    uintptr_t handle, charges;
    uint64_t  capacity;
    int64_t   since_ms;
};
/* Those with a capacity that are open; how many, at most HANDLES_SIZED. */
uint32_t handles_sizes(struct handles *handles, struct handles_size out[HANDLES_SIZED]);
struct handles_loss {
    uint64_t unknown; /* closed, but never seen opened */
    uint64_t stale;   /* closed unseen */
    uint64_t dropped; /* a table was full: not followed */
};
struct handles_loss handles_losses(const struct handles *handles);

#endif
