/* SPDX-License-Identifier: Apache-2.0 */
/* oom_owners.c: see oom_owners.h. Two frames say where: the innermost that is not the JDK's own, and the one that decided
 * whose it is. */
#include "out/oom_owners.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "model/oomsum.h"
#include "out/figure.h"
#include "out/lines.h"
#include "out/out.h"
#include "out/owner.h"
#include "out/parts.h"
#include "out/utf8.h"

#include "base/poison.h"

enum { TEXT = 2048 };

/* ---- frames ---- */

static bool is_jdk(const char *class_name)
{
    static const char *const packages[] = { "java.", "javax.", "jdk.", "sun.", "com.sun." };
    for (size_t i = 0; i < sizeof packages / sizeof packages[0]; i++)
        if (strncmp(class_name, packages[i], strlen(packages[i])) == 0)
            return true;
    return false;
}

/* The innermost of all where every one is the JDK's. NULL: no frame was kept. */
static const struct weir_frame *top_frame(const struct weir_stack *stack)
{
    for (int i = 0; i < stack->count && i < WEIR_MAX_DEPTH; i++)
        if (!is_jdk(stack->frames[i].class_name))
            return &stack->frames[i];
    return stack->count > 0 ? &stack->frames[0] : NULL;
}

static const struct weir_frame *deciding_frame(const struct weir_stack *stack)
{
    int i = stack->decider;
    return i >= 0 && i < stack->count && i < WEIR_MAX_DEPTH ? &stack->frames[i] : top_frame(stack);
}

static void put_frames(struct buf *b, const struct weir_stack *stack)
{
    const struct weir_frame *top = top_frame(stack), *decider = deciding_frame(stack);
    if (top != NULL && top < decider) {
        lines_begin(b, "");
        buf_puts(b, "  ");
        parts_frame(b, top);
    }
    lines_begin(b, "");
    buf_puts(b, "  ");
    if (decider != NULL)
        parts_frame(b, decider);
    else
        buf_puts(b, "stack not kept");
    owner_source(b, stack->source);
}

/* ---- what is one owner here ---- */

struct group {
    const struct weir_owner *first;
    uint64_t                 bytes, count;
    int64_t                  age_ms; /* of the oldest */
    size_t                   members;
    bool                     one_subtask;
    const struct weir_owner *member[WEIR_TOP_OWNERS];
};

static bool same_frame(const struct weir_frame *a, const struct weir_frame *b)
{
    return a == b || (a != NULL && b != NULL && a->line == b->line && strcmp(a->class_name, b->class_name) == 0 &&
                      strcmp(a->method, b->method) == 0);
}

static bool same_work(const struct weir_attempt *a, const struct weir_attempt *b)
{
    return a->known && b->known && a->state == b->state && (a->end_ms != 0) == (b->end_ms != 0) &&
           memcmp(a->job_id, b->job_id, sizeof a->job_id) == 0 && strcmp(a->vertex, b->vertex) == 0;
}

static bool belongs(const struct group *g, const struct weir_owner *o)
{
    const struct weir_owner *f = g->first;
    return o->component == f->component && o->kind == f->kind && same_work(&o->attempt, &f->attempt) &&
           strcmp(o->stack.source, f->stack.source) == 0 &&
           same_frame(top_frame(&o->stack), top_frame(&f->stack)) &&
           same_frame(deciding_frame(&o->stack), deciding_frame(&f->stack));
}

static void add(struct group *g, const struct weir_owner *o)
{
    if (g->members == 0)
        *g = (struct group){ .first = o, .one_subtask = true };
    g->member[g->members++] = o;
    g->bytes += o->bytes;
    g->count += o->count;
    g->age_ms = o->age_ms > g->age_ms ? o->age_ms : g->age_ms;
    g->one_subtask = g->one_subtask && o->attempt.subtask == g->first->attempt.subtask;
}

/* ---- in words ---- */

static void put_age(struct buf *b, int64_t ms)
{
    int64_t s = ms / 1000;
    if (s < 60)
        buf_printf(b, "%" PRId64 " s old", s);
    else if (s < 7200)
        buf_printf(b, "%" PRId64 " min old", s / 60);
    else if (s < 172800)
        buf_printf(b, "%" PRId64 " h old", s / 3600);
    else
        buf_printf(b, "%" PRId64 " days old", s / 86400);
}

/* , attempts 1 2 3: each number once */
static void put_numbers(struct buf *b, const struct group *g)
{
    bool several = false;
    if (g->first->attempt.attempt < 0)
        return;
    for (size_t i = 1; i < g->members; i++)
        several = several || g->member[i]->attempt.attempt != g->first->attempt.attempt;
    buf_puts(b, several ? ", attempts" : ", attempt");
    for (size_t i = 0; i < g->members; i++) {
        size_t before = 0;
        while (before < i && g->member[before]->attempt.attempt != g->member[i]->attempt.attempt)
            before++;
        if (before == i)
            buf_printf(b, " %" PRId32, g->member[i]->attempt.attempt);
    }
}

/* , vertex "Source: orders", subtask 1, attempt 3 of job orders (5f1c..9e2a), ended */
static void put_work(struct buf *b, const struct group *g)
{
    const struct weir_attempt *a = &g->first->attempt;
    if (!a->known)
        return;
    if (a->vertex[0] != '\0') {
        buf_puts(b, ", vertex \"");
        utf8_text(b, a->vertex, true);
        buf_puts(b, "\"");
    }
    if (a->subtask >= 0 && g->one_subtask)
        buf_printf(b, ", subtask %" PRId32, a->subtask);
    put_numbers(b, g);
    owner_job(b, a);
    if (owner_is_jobs_code(a))
        buf_puts(b, a->state == WEIR_ATTEMPT_ENDED ? ", ended, by a shared thread" : ", by a shared thread");
    else if (a->state == WEIR_ATTEMPT_SHARED)
        buf_puts(b, a->end_ms != 0 ? ", ended, by a thread it started" : ", by a thread it started");
    else if (a->state != WEIR_ATTEMPT_UNKNOWN)
        buf_printf(b, ", %s", out_attempt_state(a->state));
}

static void put_group(struct buf *b, const struct group *g, const char *label)
{
    char       data[TEXT];
    struct buf text;
    buf_init(&text, data, sizeof data);
    figure_bytes(&text, g->bytes);
    if (g->first->kind != WEIR_KIND_DIRECT)
        buf_printf(&text, " %s", out_kind(g->first->kind));
    buf_puts(&text, " in ");
    figure_count(&text, g->count, "block");
    if (g->count > 1 && g->bytes % g->count == 0) {
        buf_puts(&text, " of ");
        figure_bytes(&text, g->bytes / g->count);
    }
    buf_printf(&text, ", %s", out_component(g->first->component));
    put_work(&text, g);
    buf_puts(&text, ", ");
    put_age(&text, g->age_ms);
    lines_text(b, label, data);
    put_frames(b, &g->first->stack);
}

/* ---- the lines ---- */

static size_t owner_count(const struct weir_oom *oom)
{
    return oom->sheet.owner_count < WEIR_TOP_OWNERS ? oom->sheet.owner_count : WEIR_TOP_OWNERS;
}

void oom_owners_put(struct buf *b, const struct weir_oom *oom, bool leak)
{
    bool        done[WEIR_TOP_OWNERS] = { false };
    const char *label = "by";
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < owner_count(oom); i++) {
            const struct weir_owner *o = &oom->sheet.owners[i];
            bool                     now = (!leak || oomsum_is_ended(o)) == (pass == 0);
            struct group             g = { .members = 0 };
            if (done[i] || !now || (oom->pool == WEIR_OOM_DIRECT && !oomsum_is_budgets(o)))
                continue;
            add(&g, o);
            for (size_t k = i + 1; k < owner_count(oom); k++)
                if (!done[k] && belongs(&g, &oom->sheet.owners[k])) {
                    add(&g, &oom->sheet.owners[k]);
                    done[k] = true;
                }
            put_group(b, &g, label);
            label = "";
        }
}

const struct weir_frame *oom_owners_leaking_frame(const struct weir_oom *oom)
{
    for (size_t i = 0; i < owner_count(oom); i++)
        if (oomsum_is_budgets(&oom->sheet.owners[i]) && oomsum_is_ended(&oom->sheet.owners[i]))
            return deciding_frame(&oom->sheet.owners[i].stack);
    return NULL;
}
