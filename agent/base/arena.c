/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c: the one place that asks the kernel for memory.
 * Bound:      MAX_MAPS mappings: some 40 made while the agent starts, and a few for each native library that is hooked or seen
 *             on a stack; a mapping more is refused.
 * Concurrent: arena_alloc() is one fetch_add; a failed one gives its bytes up, so `used` may pass cap. */
#include "base/arena.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/resident.h"

enum { MAX_MAPS = 512 };

static struct {
    _Atomic(char *) base;
    atomic_size_t   bytes; /* 0 while a new mapping is not told yet */
} maps[MAX_MAPS];
static atomic_int fail_countdown;

void arena_fail_at(int nth)
{
    atomic_store_explicit(&fail_countdown, nth, memory_order_relaxed);
}

static bool told_to_fail(void)
{
    return atomic_load_explicit(&fail_countdown, memory_order_relaxed) > 0 &&
           atomic_fetch_sub_explicit(&fail_countdown, 1, memory_order_relaxed) == 1;
}

static size_t page_round(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (bytes + page - 1) / page * page;
}

static bool remember(char *base, size_t bytes)
{
    for (int i = 0; i < MAX_MAPS; i++) {
        char *empty = NULL;
        /* Acquire: the 0 of the last owner. Release: whoever sees base sees that 0 at least. Pairs with arena_unmap()
         * and arena_resident(). */
        if (atomic_compare_exchange_strong_explicit(&maps[i].base, &empty, base, memory_order_acq_rel,
                                                    memory_order_relaxed)) {
            atomic_store_explicit(&maps[i].bytes, bytes, memory_order_relaxed);
            return true;
        }
    }
    return false;
}

void *arena_map(size_t bytes)
{
    bytes = page_round(bytes);
    if (bytes == 0 || told_to_fail())
        return NULL;
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    /* Huge pages would make our resident memory jump by 2 MiB for one touched record. */
    (void)madvise(p, bytes, MADV_NOHUGEPAGE);
    if (!remember(p, bytes)) {
        munmap(p, bytes);
        return NULL;
    }
    return p;
}

void arena_unmap(void *base, size_t bytes)
{
    for (int i = 0; i < MAX_MAPS && base != NULL; i++) {
        if (atomic_load_explicit(&maps[i].base, memory_order_relaxed) != base)
            continue;
        atomic_store_explicit(&maps[i].bytes, 0, memory_order_relaxed);
        atomic_store_explicit(&maps[i].base, NULL, memory_order_release);
        munmap(base, page_round(bytes));
        return;
    }
}

enum weir_rc arena_init(struct arena *arena, size_t cap)
{
    arena->cap = page_round(cap);
    atomic_init(&arena->used, 0);
    arena->base = arena_map(cap);
    return arena->base != NULL ? WEIR_OK : WEIR_ENOMEM;
}

void arena_destroy(struct arena *arena)
{
    arena_unmap(arena->base, arena->cap);
    arena->base = NULL;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    if (bytes > arena->cap) /* first: rounding up must not wrap around */
        return NULL;
    bytes = (bytes + 7) & ~(size_t)7; /* cap is whole pages */
    if (atomic_load_explicit(&arena->used, memory_order_relaxed) > arena->cap - bytes)
        return NULL;
    size_t at = atomic_fetch_add_explicit(&arena->used, bytes, memory_order_relaxed);
    return at <= arena->cap - bytes ? arena->base + at : NULL;
}

uint64_t arena_resident(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < MAX_MAPS; i++) {
        char *base = atomic_load_explicit(&maps[i].base, memory_order_acquire);
        size_t bytes = atomic_load_explicit(&maps[i].bytes, memory_order_relaxed);
        uint64_t one = 0;
        if (base != NULL)
            resident_bytes(base, bytes, &one);
        sum += one;
    }
    return sum;
}
