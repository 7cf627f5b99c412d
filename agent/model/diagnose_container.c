/* SPDX-License-Identifier: Apache-2.0 */
/* diagnose_container.c: diagnoses 10 and 11 of the twelve. Every figure of the first clause is one that the kernel goes by. */
#include "model/diagnose_container.h"

#include <inttypes.h>
#include <stdio.h>

#include "model/component.h"
#include "model/container.h"
#include "model/mib.h"

#include "base/poison.h"

enum { MINUTE_MS = 60000, TWO_MINUTES_MS = 120000, ARENAS_A_CPU = 4 };
#define RETENTION_LEAST ((uint64_t)64 << 20)

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* ---- container-kill ---- */

static const char *const part_words[] = {
#define PART(sym, id, words) [WEIR_PART_##sym] = (words),
    WEIR_PARTS(PART)
#undef PART
};

static const char *line_words(uint32_t line)
{
    uint32_t i = line - WEIR_COMPONENT_COUNT;
    if (line < WEIR_COMPONENT_COUNT)
        return component_id((enum weir_component)line);
    return i < WEIR_PART_COUNT ? part_words[i] : i == WEIR_LINE_CHILDREN ? "processes below" : "what is in no line";
}

static void put_time(struct buf *b, int64_t ms)
{
    if (ms < TWO_MINUTES_MS)
        buf_printf(b, "%" PRId64 " s", ms / 1000);
    else
        buf_printf(b, "%" PRId64 " min", ms / MINUTE_MS);
}

static void put_used(struct buf *b, const struct weir_container *c)
{
    mib_put_of(b, c->charge, c->limit);
    buf_puts(b, " without page cache");
    if (c->limit != 0)
        buf_printf(b, " (%" PRIu64 " %%)", (uint64_t)((double)c->charge * 100 / (double)c->limit));
    if (!c->slope_known || c->a_minute <= 0)
        return;
    buf_puts(b, ", +");
    mib_put(b, (uint64_t)c->a_minute);
    buf_puts(b, " a minute");
    if (c->left_ms < 0)
        return;
    buf_puts(b, ", full in ");
    put_time(b, c->left_ms);
}

static void put_head(struct buf *b, const struct weir_breach *breach)
{
    const struct weir_container *c = &breach->sheet.balance.container;
    uint64_t                     demand = container_demand(c);
    if (breach->level == WEIR_LEVEL_CRITICAL) {
        buf_puts(b, "the container is about to be killed: ");
        put_used(b, c);
        return;
    }
    buf_puts(b, demand > c->limit ? "the container is too small for what may still come: " : "the container will be full soon: ");
    put_used(b, c);
    buf_puts(b, ", and not touched yet are ");
    mib_put_bare(b, c->heap_to_come);
    buf_puts(b, " of the heap and ");
    mib_put_bare(b, c->managed_to_come);
    buf_puts(b, " of managed memory");
    if (demand <= c->limit)
        return;
    buf_puts(b, ", ");
    mib_put(b, demand - c->limit);
    buf_puts(b, " too much");
}

static void put_who(struct buf *b, const struct weir_sheet *s)
{
    const struct weir_container *c = &s->balance.container;
    if (c->biggest >= 0) {
        const struct weir_row *row = &s->rows[c->biggest];
        buf_printf(b, "; most over its budget: %s ", component_id((enum weir_component)c->biggest));
        mib_put_of(b, row->used, row->limit.bytes);
    }
    if (c->growing >= 0) {
        buf_printf(b, "; growing most: %s, +", line_words((uint32_t)c->growing));
        mib_put(b, (uint64_t)c->growing_a_minute);
        buf_puts(b, " a minute");
    }
}

/* All that Flink was told to use. */
static void put_plan(struct buf *b, const struct weir_sheet *s, uint64_t limit)
{
    uint64_t sum = 0;
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++) {
        bool row = s->rows[i].present && i != WEIR_MAPPED && i != WEIR_UNDECIDED && i != WEIR_BEFORE_WEIR;
        if (row && !s->rows[i].limit.set)
            return;
        sum += row ? s->rows[i].limit.bytes : 0;
    }
    if (sum <= limit)
        return;
    buf_puts(b, "; Flink's components sum to ");
    mib_put(b, sum);
    buf_puts(b, ", more than the limit");
}

void diagnose_container(struct weir_breach *breach)
{
    const struct weir_balance *s = &breach->sheet.balance;
    struct weir_diagnosis     *d = &breach->diagnosis[0];
    struct buf                 text;
    breach->diagnosis_count = 1;
    d->id = "container-kill";
    d->advice_count = 0;
    buf_init(&text, d->text, sizeof d->text);
    put_head(&text, breach);
    put_who(&text, &breach->sheet);
    if (s->child_rss >= DIAGNOSIS_WORTH_SAYING) {
        buf_printf(&text, "; %" PRIu64 " process%s below hold ", s->child_count, s->child_count == 1 ? "" : "es");
        mib_put(&text, s->child_rss);
    }
    if (s->allocator.resident_known && s->allocator.retention >= RETENTION_LEAST) {
        buf_puts(&text, "; the allocator keeps ");
        mib_put(&text, s->allocator.retention);
        buf_puts(&text, " that are free");
    }
    put_plan(&text, &breach->sheet, s->container.limit);
    buf_mark_cut(&text);
}

/* ---- allocator-retention ---- */

static void put_cpus(struct buf *b, const struct weir_container *c)
{
    if (c->cpus > 0)
        buf_printf(b, ", %.4g CPUs", c->cpus);
    if (c->host_cpus != 0)
        buf_printf(b, ", host %" PRIu64, c->host_cpus);
}

/* An environment variable: by Flink's option where Flink starts the container. */
static void advise(struct weir_diagnosis *d, struct buf *b, enum weir_role role, const char *name, const char *value)
{
    char key[sizeof d->advice[0].key];
    const char *way = role == WEIR_ROLE_JOBMANAGER ? "containerized.master.env." : role == WEIR_ROLE_TASKMANAGER ? "containerized.taskmanager.env." : "";
    snprintf(key, sizeof key, "%s%s", way, name);
    diagnosis_advise(d, key, value);
    buf_printf(b, "%s=%s", name, value);
}

static void put_cure(struct weir_diagnosis *d, struct buf *b, const struct weir_balance *s, enum weir_role role)
{
    const struct weir_allocator *a = &s->allocator;
    uint64_t                     cpus = (uint64_t)(s->container.cpus + 0.999);
    char                         value[32];
    buf_puts(b, ". In the environment of the JVM: ");
    if (a->kind == WEIR_ALLOCATOR_GLIBC && a->arenas > 2) {
        advise(d, b, role, "MALLOC_ARENA_MAX", "2");
    } else if (a->kind == WEIR_ALLOCATOR_GLIBC) {
        advise(d, b, role, "LD_PRELOAD", "libjemalloc.so.2");
    } else if (a->kind == WEIR_ALLOCATOR_JEMALLOC && cpus > 0 && a->arenas > ARENAS_A_CPU * cpus + 1) {
        snprintf(value, sizeof value, "narenas:%" PRIu64, ARENAS_A_CPU * cpus);
        advise(d, b, role, "MALLOC_CONF", value);
    } else if (a->kind == WEIR_ALLOCATOR_JEMALLOC) {
        advise(d, b, role, "MALLOC_CONF", "background_thread:true");
    } else {
        advise(d, b, role, "TCMALLOC_RELEASE_RATE", "10");
    }
}

static const char *name_of(enum weir_allocator_kind kind)
{
    static const char *const names[] = {
#define ALLOCATOR(sym, name) [WEIR_ALLOCATOR_##sym] = (name),
        WEIR_ALLOCATORS(ALLOCATOR)
#undef ALLOCATOR
    };
    return names[kind];
}

static void describe(struct weir_diagnosis *d, const struct weir_balance *s, enum weir_role role)
{
    const struct weir_allocator *a = &s->allocator;
    struct buf                   text;
    d->id = "allocator-retention";
    d->advice_count = 0;
    buf_init(&text, d->text, sizeof d->text);
    buf_puts(&text, "the allocator keeps free memory, no leak; live ");
    mib_put_bare(&text, a->live);
    buf_puts(&text, ", resident ");
    mib_put(&text, a->resident);
    buf_puts(&text, ": ");
    mib_put(&text, a->retention);
    buf_printf(&text, " (an estimate) held by %s (", name_of(a->kind));
    if (a->arenas != 0)
        buf_printf(&text, "%" PRIu64 " arena%s", a->arenas, a->arenas == 1 ? "" : "s");
    else
        buf_puts(&text, "thread caches");
    put_cpus(&text, &s->container);
    buf_puts(&text, ")");
    put_cure(d, &text, s, role);
    buf_mark_cut(&text);
}

/* Is it large, in this reading? Less is asked for while it holds. */
static bool large(const struct weir_balance *s, bool on)
{
    uint64_t least = s->rss / 5 > RETENTION_LEAST ? s->rss / 5 : RETENTION_LEAST;
    return s->known && s->allocator.resident_known && s->allocator.retention >= (on ? least / 2 : least);
}

bool diagnose_retention(struct retention *was, struct weir_diagnosis *d, const struct weir_balance *s, enum weir_role role)
{
    const struct weir_allocator *a = &s->allocator;
    if (a->read_ms == was->last_ms)
        return was->on;
    was->last_ms = a->read_ms;
    bool grows = was->readings > 0 && less(a->live, was->live) >= a->retention / 4;
    if (!large(s, was->on) || (grows && !was->on)) {
        was->on = false;
        was->readings = 0;
        return false;
    }
    if (was->readings++ == 0) {
        was->first_ms = a->read_ms;
        was->live = a->live;
    }
    was->on = was->on || (was->readings >= RETENTION_READINGS && a->read_ms - was->first_ms >= RETENTION_MS);
    if (was->on)
        describe(d, s, role);
    return was->on;
}
