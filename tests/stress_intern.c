/* SPDX-License-Identifier: Apache-2.0 */
/* stress_intern.c: many threads meet the same texts for the first time, each in its own order: they must agree on one id
 * for each, see it whole, and never see a table with more entries than its bound. */
#include "core/intern.h"

#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "suite.h"

enum { CREW = 12, TEXTS = 30000 / CREW_SCALE, ROUNDS = 2 * TEXTS, MAX = 1 << 15, FEW = 1 << 9 };

static struct intern   *table;
static _Atomic uint32_t agreed[TEXTS]; /* the id that somebody got first; 0 not seen yet */

static uint32_t spell(uint32_t i, char text[64])
{
    return (uint32_t)snprintf(text, 64, "%u-com.example.Class$%u", i * 7919U, i);
}

static bool stored_whole(uint32_t id, const char *text, uint32_t len)
{
    uint32_t    stored = 0;
    const void *p = intern_get(table, id, &stored);
    return stored == len && memcmp(p, text, len) == 0;
}

static void intern_at_random(int member)
{
    uint64_t seed = (uint64_t)member + 1;
    for (int r = 0; r < ROUNDS; r++) {
        char     text[64];
        uint32_t i = crew_below(&seed, TEXTS), len = spell(i, text), first = 0;
        uint32_t id = intern_put(table, text, len);
        if (id == 0)
            continue;
        crew_check(stored_whole(id, text, len));
        /* Relaxed: the id alone is compared; what it means is intern's to publish. */
        if (!atomic_compare_exchange_strong_explicit(&agreed[i], &first, id, memory_order_relaxed,
                                                     memory_order_relaxed))
            crew_check(first == id);
    }
}

/* How many texts got an id, after checking that no two share one. */
static uint32_t distinct_ids(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < TEXTS; i++) {
        char     text[64];
        uint32_t id = atomic_load(&agreed[i]);
        if (id == 0)
            continue;
        n++;
        CU_ASSERT_TRUE(stored_whole(id, text, spell(i, text))); /* texts differ, so do their ids */
    }
    return n;
}

static void run_with(uint32_t max)
{
    CU_ASSERT_EQUAL_FATAL(intern_new(&table, 4 << 20, max), WEIR_OK);
    memset(agreed, 0, sizeof agreed);
    CU_ASSERT_EQUAL(crew_run(CREW, intern_at_random), 0);
}

static void stress_intern_agrees_on_one_id_for_each_text(void)
{
    run_with(MAX);
    CU_ASSERT_TRUE(distinct_ids() > TEXTS * 9 / 10);
    CU_ASSERT_EQUAL(intern_dropped(table), 0);
    /* As many entries as texts and no more: the room left is what is missing to the bound. */
    uint32_t n = distinct_ids(), room = 0;
    char     text[64];
    while (intern_put(table, text, (uint32_t)snprintf(text, sizeof text, "further %u", room)) != 0)
        room++;
    CU_ASSERT_EQUAL(n + room, MAX);
    intern_delete(table);
}

static void stress_intern_never_passes_its_bound(void)
{
    run_with(FEW);
    CU_ASSERT_EQUAL(distinct_ids(), FEW);
    CU_ASSERT_TRUE(intern_dropped(table) > 0);
    intern_delete(table);
}

SUITE(stress_intern, NULL, NULL, CASE(stress_intern_agrees_on_one_id_for_each_text),
      CASE(stress_intern_never_passes_its_bound));
