/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_balance.c: as ledger_fields.c. Lines are written by name; one that is none of ours is left out. */
#include "out/ledger_balance.h"

#include <stdio.h>
#include <string.h>

#include "out/out_balance.h"

#include "base/poison.h"

enum { NAME_MAX_BYTES = 64, LIST_MAX = 128 };

static const char *allocator_name(uint32_t i)
{
    return out_allocator((enum weir_allocator_kind)i);
}

static void line(struct wire *w, struct weir_balance *s, uint32_t i)
{
    uint64_t  other = 0;
    bool      known = i >= WEIR_COMPONENT_COUNT && i - WEIR_COMPONENT_COUNT < WEIR_PART_COUNT && s->part_known[i - WEIR_COMPONENT_COUNT];
    uint64_t *bytes = &other;
    i = wire_word(w, i, out_line, OUT_LINES);
    if (i < WEIR_COMPONENT_COUNT)
        bytes = &s->rows[i];
    else if (i - WEIR_COMPONENT_COUNT < WEIR_PART_COUNT)
        bytes = &s->part[i - WEIR_COMPONENT_COUNT];
    wire_bool(w, &known);
    wire_u64(w, bytes);
    if (w->reading && i >= WEIR_COMPONENT_COUNT && i - WEIR_COMPONENT_COUNT < WEIR_PART_COUNT)
        s->part_known[i - WEIR_COMPONENT_COUNT] = known;
}

static void allocator(struct wire *w, struct weir_allocator *a)
{
    uint64_t *const numbers[] = { &a->live, &a->held, &a->resident, &a->retention, &a->arenas, &a->cost_us };
    uint32_t        kind = wire_word(w, a->kind, allocator_name, WEIR_ALLOCATOR_COUNT);
    a->kind = kind < WEIR_ALLOCATOR_COUNT ? (enum weir_allocator_kind)kind : WEIR_ALLOCATOR_UNKNOWN;
    wire_bool(w, &a->known);
    wire_bool(w, &a->resident_known);
    wire_i64(w, &a->read_ms);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        wire_u64(w, numbers[i]);
}

/* -1, or one of `count` by its name. */
static void maybe_line(struct wire *w, int32_t *which, uint32_t count)
{
    bool there = *which >= 0;
    wire_bool(w, &there);
    uint32_t i = there ? wire_word(w, *which > 0 ? (uint32_t)*which : 0, out_line, count) : count;
    if (w->reading)
        *which = i < count ? (int32_t)i : -1;
}

static void container(struct wire *w, struct weir_container *c)
{
    uint64_t *const numbers[] = { &c->limit,  &c->usage, &c->anon,      &c->file,      &c->inactive_file, &c->shmem,
                                  &c->kernel, &c->swap,  &c->oom_kills, &c->host_cpus, &c->heap_to_come,  &c->managed_to_come, &c->charge };
    bool *const     flags[] = { &c->limited, &c->above, &c->stat_known, &c->swap_known, &c->kills_known, &c->slope_known };
    uint64_t        hundredths = c->cpus > 0 && c->cpus < 1e6 ? (uint64_t)(c->cpus * 100 + 0.5) : 0;
    wire_bool(w, &c->known);
    wire_u64(w, &hundredths);
    if (w->reading)
        c->cpus = (double)hundredths / 100;
    wire_i32(w, &c->version);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        wire_bool(w, flags[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        wire_u64(w, numbers[i]);
    wire_i64(w, &c->trend_ms);
    wire_i64(w, &c->a_minute);
    wire_i64(w, &c->left_ms);
    wire_i64(w, &c->growing_a_minute);
    maybe_line(w, &c->biggest, WEIR_COMPONENT_COUNT);
    maybe_line(w, &c->growing, OUT_LINES);
}

static void child(struct wire *w, struct weir_child *c)
{
    const char *name = c->name;
    wire_i32(w, &c->pid);
    wire_bool(w, &c->pss_known);
    wire_u64(w, &c->rss);
    wire_u64(w, &c->pss);
    wire_text(w, &name, NAME_MAX_BYTES);
    if (w->reading)
        snprintf(c->name, sizeof c->name, "%s", name);
}

static void children(struct wire *w, struct weir_balance *s)
{
    wire_u64(w, &s->child_count);
    wire_u64(w, &s->child_rss);
    s->child_shown = wire_below(w, (uint32_t)s->child_shown, WEIR_TOP_CHILDREN + 1);
    for (size_t i = 0; i < s->child_shown && !w->bad; i++)
        child(w, &s->children[i]);
}

void ledger_balance(struct wire *w, struct weir_balance *s)
{
    uint32_t count = wire_below(w, OUT_LINES, LIST_MAX);
    wire_bool(w, &s->known);
    wire_i64(w, &s->read_ms);
    wire_i64(w, &s->age_ms);
    wire_u64(w, &s->rss);
    wire_u64(w, &s->swapped);
    wire_u64(w, &s->cost_us);
    wire_i64(w, &s->residual);
    wire_bool(w, &s->sampled);
    for (uint32_t i = 0; i < count && !w->bad; i++)
        line(w, s, i);
    allocator(w, &s->allocator);
    container(w, &s->container);
    children(w, s);
    if (w->reading)
        s->retention = NULL;
}
