/* SPDX-License-Identifier: Apache-2.0 */
/* test_arena.c: our own mappings: zeroed, bounded, counted, given back. */
#include "base/arena.h"

#include <CUnit/CUnit.h>
#include <string.h>
#include <unistd.h>

#include "crew.h"
#include "suite.h"

enum { MANY = 1024 };

static size_t page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static bool all_zero(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static void arena_map_gives_zeroed_writable_memory(void)
{
    unsigned char *p = crew_need(arena_map(100000));
    CU_ASSERT_EQUAL((uintptr_t)p % page(), 0);
    CU_ASSERT_TRUE(all_zero(p, 100000));
    memset(p, 0xff, 100000);
    arena_unmap(p, 100000);
}

static void arena_map_refuses_nothing_and_everything(void)
{
    CU_ASSERT_PTR_NULL(arena_map(0));
    CU_ASSERT_PTR_NULL(arena_map(SIZE_MAX));
    CU_ASSERT_PTR_NULL(arena_map(SIZE_MAX / 2));
    arena_unmap(NULL, 4096); /* what a failed start does */
}

static void arena_map_is_bounded_and_recovers(void)
{
    void *p[MANY];
    int   n = 0;
    while (n < MANY && (p[n] = arena_map(1)) != NULL)
        n++;
    CU_ASSERT_TRUE(n >= 40 && n < MANY);
    for (int i = 0; i < n; i++)
        arena_unmap(p[i], 1);
    for (int i = 0; i < n; i++)
        CU_ASSERT_PTR_NOT_NULL(p[i] = arena_map(1));
    CU_ASSERT_PTR_NULL(arena_map(1));
    for (int i = 0; i < n; i++)
        arena_unmap(p[i], 1);
}

static void arena_fail_at_fails_exactly_the_nth_mapping(void)
{
    for (int nth = 1; nth <= 3; nth++) {
        arena_fail_at(nth);
        for (int i = 1; i <= 4; i++) {
            void *p = arena_map(1);
            CU_ASSERT_EQUAL(p == NULL, i == nth);
            arena_unmap(p, 1);
        }
    }
    arena_fail_at(1);
    arena_fail_at(0);
    void *p = arena_map(1);
    CU_ASSERT_PTR_NOT_NULL(p);
    arena_unmap(p, 1);
}

static void arena_init_that_fails_leaves_nothing_to_destroy(void)
{
    struct arena a;
    arena_fail_at(1);
    CU_ASSERT_EQUAL(arena_init(&a, 4096), WEIR_ENOMEM);
    arena_fail_at(0);
    arena_destroy(&a);
    CU_ASSERT_EQUAL(arena_init(&a, 0), WEIR_ENOMEM);
}

static void arena_alloc_gives_zeroed_aligned_disjoint_bytes(void)
{
    struct arena a;
    char        *end = NULL;
    CU_ASSERT_EQUAL_FATAL(arena_init(&a, 1 << 16), WEIR_OK);
    for (size_t n = 1; n <= 64; n++) {
        char *p = crew_need(arena_alloc(&a, n));
        CU_ASSERT_EQUAL((uintptr_t)p % 8, 0);
        CU_ASSERT_TRUE(p >= end);
        CU_ASSERT_TRUE(all_zero(p, n));
        memset(p, 0xff, n);
        end = p + n;
    }
    arena_destroy(&a);
}

static void arena_alloc_stops_at_the_cap(void)
{
    struct arena a;
    CU_ASSERT_EQUAL_FATAL(arena_init(&a, 1), WEIR_OK);
    CU_ASSERT_EQUAL(a.cap, page()); /* rounded up, and said so */
    CU_ASSERT_PTR_NULL(arena_alloc(&a, a.cap + 1));
    CU_ASSERT_PTR_NOT_NULL(arena_alloc(&a, a.cap - 16));
    CU_ASSERT_PTR_NULL(arena_alloc(&a, 17));
    CU_ASSERT_PTR_NOT_NULL(arena_alloc(&a, 9)); /* a smaller one still fits: 9 are 16 */
    CU_ASSERT_PTR_NULL(arena_alloc(&a, 1));
    CU_ASSERT_EQUAL(atomic_load(&a.used), a.cap);
    arena_destroy(&a);
}

static void arena_alloc_refuses_sizes_that_wrap_around(void)
{
    struct arena a;
    CU_ASSERT_EQUAL_FATAL(arena_init(&a, 4096), WEIR_OK);
    for (size_t below = 0; below < 16; below++)
        CU_ASSERT_PTR_NULL(arena_alloc(&a, SIZE_MAX - below));
    arena_destroy(&a);
}

static void arena_resident_counts_touched_pages_only(void)
{
    size_t         size = 64U << 20;
    uint64_t       before = arena_resident();
    unsigned char *p = crew_need(arena_map(size));
    CU_ASSERT_EQUAL(arena_resident(), before);
    for (int i = 0; i < 10; i++)
        p[i * (size >> 4)] = 1; /* far apart: ten pages */
    CU_ASSERT_EQUAL(arena_resident(), before + 10 * page());
    memset(p, 1, size / 2); /* more pages than one look at the kernel takes */
    CU_ASSERT_EQUAL(arena_resident(), before + size / 2 + 2 * page());
    arena_unmap(p, size);
    CU_ASSERT_EQUAL(arena_resident(), before);
}

/* ---- several threads */

static struct arena shared;
static atomic_uint  given;

static void draw_until_empty(int member)
{
    uint64_t *p;
    while ((p = arena_alloc(&shared, 24)) != NULL) {
        crew_check(p[0] == 0 && p[1] == 0 && p[2] == 0);
        p[0] = p[1] = p[2] = (uint64_t)member + 1;
        atomic_fetch_add_explicit(&given, 1, memory_order_relaxed);
    }
}

static void arena_alloc_gives_each_byte_to_one_thread(void)
{
    enum { PIECES = (1 << 20) / CREW_SCALE }; /* long enough for the threads to meet */
    unsigned torn = 0;
    CU_ASSERT_EQUAL_FATAL(arena_init(&shared, 24 * PIECES), WEIR_OK);
    atomic_store(&given, 0);
    CU_ASSERT_EQUAL(crew_run(8, draw_until_empty), 0);
    CU_ASSERT_EQUAL(atomic_load(&given), PIECES); /* to the last one */
    const uint64_t *word = (const uint64_t *)(const void *)shared.base;
    for (int i = 0; i < 3 * PIECES; i += 3)
        torn += word[i] == 0 || word[i] != word[i + 1] || word[i] != word[i + 2];
    CU_ASSERT_EQUAL(torn, 0);
    arena_destroy(&shared);
}

static void arena_alloc_gives_nothing_behind_the_end_to_several_threads(void)
{
    for (int round = 0; round < 400 / CREW_SCALE; round++) {
        CU_ASSERT_EQUAL_FATAL(arena_init(&shared, page()), WEIR_OK);
        atomic_store(&given, 0);
        CU_ASSERT_EQUAL(crew_run(4, draw_until_empty), 0);
        CU_ASSERT_EQUAL(atomic_load(&given), page() / 24);
        arena_destroy(&shared);
    }
}

SUITE(arena, NULL, NULL, CASE(arena_map_gives_zeroed_writable_memory),
      CASE(arena_map_refuses_nothing_and_everything), CASE(arena_map_is_bounded_and_recovers),
      CASE(arena_fail_at_fails_exactly_the_nth_mapping),
      CASE(arena_init_that_fails_leaves_nothing_to_destroy),
      CASE(arena_alloc_gives_zeroed_aligned_disjoint_bytes), CASE(arena_alloc_stops_at_the_cap),
      CASE(arena_alloc_refuses_sizes_that_wrap_around),
      CASE(arena_resident_counts_touched_pages_only),
      CASE(arena_alloc_gives_each_byte_to_one_thread),
      CASE(arena_alloc_gives_nothing_behind_the_end_to_several_threads));
