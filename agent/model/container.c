/* SPDX-License-Identifier: Apache-2.0 */
/* container.c: two trends, since there are more lines than components: the second one has its lines in places of its own. A line
 * that another one contains is left out of the search for what grows. */
#include "model/container.h"

#include <string.h>

#include "base/poison.h"

enum { CHARGE = WEIR_LINE_COUNT, MINUTE_MS = 60000 };
_Static_assert(WEIR_LINE_COUNT + 1 <= WEIR_COMPONENT_COUNT, "the trend of other lines has a place for each");

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* The heap may grow to its limit; all of managed memory is promised to operators and state. */
static void what_may_come(const struct weir_sheet *sheet, const struct weir_balance *b, struct weir_container *c)
{
    const struct weir_pool_row *heap = &sheet->pools[WEIR_POOL_HEAP];
    const struct weir_row      *managed = &sheet->rows[WEIR_MANAGED];
    if (b->known && heap->limit.set)
        c->heap_to_come = less(heap->limit.bytes, b->part[WEIR_PART_JAVA_HEAP]);
    if (b->known && managed->present && managed->measured && managed->limit.set)
        c->managed_to_come = less(managed->limit.bytes, b->rows[WEIR_MANAGED]);
}

/* Parts have these too: metaspace, and what jvm-overhead is made of; heap rows have no figure of their own. */
static bool is_line(int c)
{
    return c != WEIR_FRAMEWORK_HEAP && c != WEIR_TASK_HEAP && c != WEIR_HEAP && c != WEIR_JVM_METASPACE &&
           c != WEIR_JVM_OVERHEAD && c != WEIR_MAPPED;
}

static void feed(struct container *was, const struct weir_sheet *sheet, const struct weir_balance *b, int64_t now_ms)
{
    struct trend_sheet rows = { .time_ms = now_ms }, others = { .time_ms = now_ms };
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        rows.known[c] = sheet->rows[c].measured && is_line(c);
        rows.used[c] = sheet->rows[c].used;
    }
    for (int p = 0; p < WEIR_PART_COUNT; p++) {
        others.known[p] = b->known && b->part_known[p];
        others.used[p] = b->part[p];
    }
    others.known[WEIR_LINE_RESIDUAL] = b->known;
    others.used[WEIR_LINE_RESIDUAL] = b->residual > 0 ? (uint64_t)b->residual : 0;
    others.known[WEIR_LINE_CHILDREN] = b->read_ms != 0;
    others.used[WEIR_LINE_CHILDREN] = b->child_rss;
    others.known[CHARGE] = b->container.known;
    others.used[CHARGE] = b->container.charge;
    trend_add(&was->rows, &rows);
    trend_add(&was->others, &others);
}

static void note_growing(struct weir_container *c, int line, const struct trend *t, int at)
{
    int64_t a_minute;
    if (trend_per_minute(t, (enum weir_component)at, &a_minute) && a_minute > c->growing_a_minute) {
        c->growing = line;
        c->growing_a_minute = a_minute;
    }
}

static void what_grows(const struct container *was, struct weir_container *c)
{
    c->growing = -1;
    c->growing_a_minute = 0;
    if (c->trend_ms < CONTAINER_LEAST_MS)
        return;
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++)
        note_growing(c, i, &was->rows, i);
    for (int i = 0; i < WEIR_LINE_COUNT; i++)
        note_growing(c, WEIR_COMPONENT_COUNT + i, &was->others, i);
}

static void what_is_over(const struct weir_sheet *sheet, struct weir_container *c)
{
    uint64_t most = 0;
    c->biggest = -1;
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++) {
        const struct weir_row *row = &sheet->rows[i];
        if (i == WEIR_FRAMEWORK_HEAP || i == WEIR_TASK_HEAP || !row->measured || !row->limit.set || less(row->used, row->limit.bytes) <= most)
            continue;
        most = row->used - row->limit.bytes;
        c->biggest = i;
    }
}

static void slope(const struct container *was, struct weir_container *c)
{
    c->left_ms = -1;
    c->trend_ms = trend_span_ms(&was->others);
    c->slope_known = c->trend_ms >= CONTAINER_LEAST_MS && trend_per_minute(&was->others, (enum weir_component)CHARGE, &c->a_minute);
    if (!c->slope_known || !c->limited || c->a_minute <= 0)
        return;
    double minutes = (double)less(c->limit, c->charge) / (double)c->a_minute;
    c->left_ms = minutes < (double)(INT64_MAX / MINUTE_MS / 2) ? (int64_t)(minutes * MINUTE_MS) : -1;
}

void container_outlook(struct container *was, const struct weir_sheet *sheet, struct weir_balance *b, int64_t now_ms)
{
    struct weir_container *c = &b->container;
    c->heap_to_come = c->managed_to_come = 0;
    feed(was, sheet, b, now_ms);
    what_may_come(sheet, b, c);
    slope(was, c);
    what_grows(was, c);
    what_is_over(sheet, c);
}

uint64_t container_demand(const struct weir_container *c)
{
    uint64_t sum = c->charge;
    sum = sum > UINT64_MAX - c->heap_to_come ? UINT64_MAX : sum + c->heap_to_come;
    return sum > UINT64_MAX - c->managed_to_come ? UINT64_MAX : sum + c->managed_to_come;
}
