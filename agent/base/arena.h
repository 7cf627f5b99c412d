/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
/* The agent's own memory: anonymous mappings, reserved whole and touched as used. Nothing comes from malloc, which may be
 * the very thing that is hooked, and nothing is file-backed, which a full disk would turn into SIGBUS. */
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>

#include "weir.h"

struct arena {
    char         *base;
    size_t        cap;  /* bytes reserved: the stated bound */
    atomic_size_t used; /* bytes handed out */
};

/* Zeroed pages that cost memory only where touched; NULL if the kernel refuses. Size is rounded up to pages. */
void *arena_map(size_t bytes);
void  arena_unmap(void *base, size_t bytes);

enum weir_rc arena_init(struct arena *arena, size_t cap);
void         arena_destroy(struct arena *arena);
/* Zeroed, aligned to 8. NULL when cap is reached. Any thread, also inside a hook. */
void *arena_alloc(struct arena *arena, size_t bytes);

/* Resident bytes of all our mappings, by mincore(); reporter thread only (takes microseconds per MiB). */
uint64_t arena_resident(void);
/* For tests: the nth arena_map() from now fails (1 = the next); 0 switches that off. */
void arena_fail_at(int nth);

#endif
