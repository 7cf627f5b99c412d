/* SPDX-License-Identifier: Apache-2.0 */
/* door.c: see door.h. A child of fork runs no Java, but a library's child may still pass through a hook before its exec: it
 * must not write our books. */
#include "core/door.h"

#include <pthread.h>

#include "base/poison.h"

_Atomic enum door door_state;

void door_set(enum door state)
{
    atomic_store_explicit(&door_state, state, memory_order_relaxed);
}

bool door_turn(enum door state)
{
    enum door was = atomic_load_explicit(&door_state, memory_order_relaxed);
    while (was != DOOR_SHUT)
        if (atomic_compare_exchange_weak_explicit(&door_state, &was, state, memory_order_relaxed, memory_order_relaxed))
            return true;
    return false;
}

static void shut(void)
{
    door_set(DOOR_SHUT);
}

void door_shut_in_children(void)
{
    pthread_atfork(NULL, NULL, shut);
}
