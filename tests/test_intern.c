/* SPDX-License-Identifier: Apache-2.0 */
/* test_intern.c: byte strings to ids: one id each, never moved, id 0 when a bound is reached. */
#include "core/intern.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "crew.h"
#include "suite.h"

enum { MAX = 1 << 15, BYTES = 4 << 20, MANY = 20000 };

static struct intern *table;

static void fresh(void)
{
    CU_ASSERT_EQUAL_FATAL(intern_new(&table, BYTES, MAX), WEIR_OK);
}

static void gone(void)
{
    intern_delete(table);
}

static void instead_of_fresh(uint32_t bytes, uint32_t max)
{
    intern_delete(table);
    CU_ASSERT_EQUAL_FATAL(intern_new(&table, bytes, max), WEIR_OK);
}

static uint32_t put(const char *s)
{
    return intern_put(table, s, (uint32_t)strlen(s));
}

static uint32_t put_number(uint32_t i)
{
    char text[32];
    return intern_put(table, text, (uint32_t)snprintf(text, sizeof text, "name-%u", i));
}

static bool holds(uint32_t id, const void *bytes, uint32_t len)
{
    uint32_t    stored = len + 1;
    const void *p = intern_get(table, id, &stored);
    return stored == len && (uintptr_t)p % 8 == 0 && memcmp(p, bytes, len) == 0;
}

static void intern_gives_equal_bytes_one_id(void)
{
    char     copy[] = "com.example.Leak";
    uint32_t id = put("com.example.Leak");
    CU_ASSERT_NOT_EQUAL(id, 0);
    CU_ASSERT_EQUAL(put(copy), id);
    CU_ASSERT_NOT_EQUAL(put("com.example.Leaks"), id);
    CU_ASSERT_NOT_EQUAL(put("com.example.Lea"), id);
    CU_ASSERT_EQUAL(intern_dropped(table), 0);
}

static void intern_get_returns_the_bytes_aligned_whatever_they_are(void)
{
    char     all[256];
    uint32_t id[257];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    for (uint32_t len = 0; len <= 256; len++)
        CU_ASSERT_NOT_EQUAL(id[len] = intern_put(table, all, len), 0);
    for (uint32_t len = 0; len <= 256; len++) {
        CU_ASSERT_TRUE(holds(id[len], all, len));
        CU_ASSERT_PTR_NOT_NULL(intern_get(table, id[len], NULL)); /* the length need not be asked */
    }
}

static void intern_keeps_zeros_apart_by_their_number(void)
{
    uint32_t none = intern_put(table, "", 0), one = intern_put(table, "\0", 1),
             two = intern_put(table, "\0\0", 2);
    CU_ASSERT_TRUE(none != 0 && one != 0 && two != 0);
    CU_ASSERT_TRUE(none != one && one != two && none != two);
    CU_ASSERT_EQUAL(intern_put(table, "\0\0", 2), two);
}

/* Found by search: what the table compares besides the 32 bits it keeps of the hash. */
static void intern_tells_texts_of_one_hash_apart(void)
{
    static const char *const pairs[][2] = { { "n0008430", "n0028039" }, { "a3e55a1bd", "a" } };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const char *x = pairs[i][0], *y = pairs[i][1];
        CU_ASSERT_EQUAL((uint32_t)hash_bytes(x, strlen(x)), (uint32_t)hash_bytes(y, strlen(y)));
        uint32_t id_x = put(x), id_y = put(y);
        CU_ASSERT_NOT_EQUAL(id_x, id_y);
        CU_ASSERT_EQUAL(put(x), id_x);
        CU_ASSERT_EQUAL(put(y), id_y);
        CU_ASSERT_TRUE(holds(id_x, x, (uint32_t)strlen(x)) && holds(id_y, y, (uint32_t)strlen(y)));
    }
}

static void intern_never_moves_what_it_stored(void)
{
    static uint32_t    id[MANY];
    static const void *at[MANY];
    for (uint32_t i = 0; i < MANY; i++) {
        CU_ASSERT_NOT_EQUAL(id[i] = put_number(i), 0);
        at[i] = intern_get(table, id[i], NULL);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        char text[32];
        int  n = snprintf(text, sizeof text, "name-%u", i);
        CU_ASSERT_EQUAL(put_number(i), id[i]);
        CU_ASSERT_PTR_EQUAL(intern_get(table, id[i], NULL), at[i]);
        CU_ASSERT_TRUE(holds(id[i], text, (uint32_t)n));
    }
}

static void intern_full_of_entries_gives_0_counts_and_knows_the_old(void)
{
    for (uint32_t max = 1; max <= 4096; max *= 8) {
        instead_of_fresh(BYTES, max);
        for (uint32_t i = 0; i < max; i++)
            CU_ASSERT_NOT_EQUAL(put_number(i), 0);
        CU_ASSERT_EQUAL(intern_dropped(table), 0);
        for (uint32_t i = max; i < max + 10; i++)
            CU_ASSERT_EQUAL(put_number(i), 0);
        CU_ASSERT_EQUAL(intern_dropped(table), 10);
        for (uint32_t i = 0; i < max; i++)
            CU_ASSERT_NOT_EQUAL(put_number(i), 0);
        CU_ASSERT_EQUAL(intern_dropped(table), 10);
    }
}

static void intern_full_of_bytes_gives_0_counts_and_knows_the_old(void)
{
    char text[1000];
    instead_of_fresh(4096, 64);
    memset(text, 'x', sizeof text);
    uint32_t id[64] = { 0 };
    int      n = 0;
    for (;; n++) {
        text[0] = (char)n;
        id[n] = intern_put(table, text, sizeof text);
        if (id[n] == 0)
            break;
    }
    CU_ASSERT_EQUAL(n, 4); /* of 1008 bytes each */
    CU_ASSERT_EQUAL(intern_dropped(table), 1);
    for (int i = 0; i < n; i++) {
        text[0] = (char)i;
        CU_ASSERT_EQUAL(intern_put(table, text, sizeof text), id[i]);
        CU_ASSERT_TRUE(holds(id[i], text, sizeof text));
    }
    CU_ASSERT_NOT_EQUAL(put("small"), 0); /* what still fits is taken */
    CU_ASSERT_EQUAL(intern_dropped(table), 1);
}

static void intern_touches_memory_as_it_is_used(void)
{
    uint64_t before = arena_resident();
    for (uint32_t i = 0; i < 100; i++)
        put_number(i);
    uint64_t after = arena_resident();
    CU_ASSERT_TRUE(after > before && after - before <= 512 * 1024); /* of 4 MiB and 256 KiB */
}

SUITE(intern, fresh, gone, CASE(intern_gives_equal_bytes_one_id),
      CASE(intern_get_returns_the_bytes_aligned_whatever_they_are),
      CASE(intern_keeps_zeros_apart_by_their_number), CASE(intern_tells_texts_of_one_hash_apart),
      CASE(intern_never_moves_what_it_stored),
      CASE(intern_full_of_entries_gives_0_counts_and_knows_the_old),
      CASE(intern_full_of_bytes_gives_0_counts_and_knows_the_old),
      CASE(intern_touches_memory_as_it_is_used));
