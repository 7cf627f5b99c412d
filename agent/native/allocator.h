/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_ALLOCATOR_H
#define NATIVE_ALLOCATOR_H
/* Which allocator serves malloc in this process, and what it says of itself. Reporter only: glibc walks the free lists of each
 * arena under that arena's lock, so that a thread which allocates from it waits. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot_balance.h"

enum weir_allocator_kind allocator_kind(void);
/* Fills kind, known, live, held and what else this allocator tells; *mapped: glibc's blocks in mappings of their own. Takes up to
 * milliseconds per million free blocks; cost_us says. */
void allocator_read(struct weir_allocator *out, uint64_t *mapped);

/* A heap of one of glibc's thread arenas at this address, which must be a multiple of ALLOCATOR_HEAP_ALIGN: how many bytes from
 * there on are in use, and whose it is. False: it is none. Safe whatever is there. */
#define ALLOCATOR_HEAP_ALIGN ((uintptr_t)64 << 20)
bool allocator_glibc_heap(uintptr_t at, size_t *bytes, uintptr_t *arena);
/* Can heads be read here at all? Where /proc/self/mem is denied the two say no to everything. */
bool allocator_heads(void);
/* A block of glibc's in a mapping of its own that begins at this address, a page's: with its head so many bytes. As above. */
bool allocator_glibc_chunk(uintptr_t at, size_t *bytes);

#endif
