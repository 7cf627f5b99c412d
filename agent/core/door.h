/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_DOOR_H
#define CORE_DOOR_H
/* What the hooks do at all; once in they stay in (law 9), so this is how they are put to rest. One relaxed load each. */
#include <stdatomic.h>
#include <stdbool.h>

/* IDLE (command stop, a file weir.off): nothing is booked, said or denied, but what is in the books still leaves them when it
 * is freed, so that they are right when the door opens again. SHUT: hooks only call through. */
enum door { DOOR_OPEN, DOOR_IDLE, DOOR_SHUT };

extern _Atomic enum door door_state; /* private to this header and door.c */

/* SHUT is for VM death and for the child of a fork. */
void door_set(enum door state);
/* The same, unless it is shut: nobody opens it again. False: it is. */
bool door_turn(enum door state);
/* From now on the child of a fork has a shut door. Once. */
void door_shut_in_children(void);

static inline bool door_takes(void) /* allocations, errors, denials */
{
    return atomic_load_explicit(&door_state, memory_order_relaxed) == DOOR_OPEN;
}

static inline bool door_gives(void) /* frees, ends of threads */
{
    return atomic_load_explicit(&door_state, memory_order_relaxed) != DOOR_SHUT;
}

#endif
