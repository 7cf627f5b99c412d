/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_fields.c: the order of fields in a sheet of the ledger. Each function walks its struct once, for writing and for
 * reading; who adds a field to a struct of snapshot.h adds a line here and raises LEDGER_VERSION once a version with the
 * old order has been released. Bounds of texts are chosen so that the largest sheet fits its slot. */
#include "out/ledger_fields.h"

#include "out/ledger_balance.h"
#include "out/ledger_classes.h"
#include "out/out.h"
#include "out/out_handles.h"
#include "out/out_netty.h"
#include "out/out_native.h"

#include "base/poison.h"

enum {
    NAME_MAX_BYTES = 256, /* host, job, vertex, loader, code source */
    SHORT_MAX = 64,       /* versions, the source of a limit */
    NOTE_MAX = 256,
    SENTENCE_MAX = 512,
    CLASS_MAX = 256,
    METHOD_MAX = 128,
    LIST_MAX = 64 /* components, kinds and pools of any version */
};

static const char *component_name(uint32_t i)
{
    return out_component((enum weir_component)i);
}

static const char *kind_name(uint32_t i)
{
    return out_kind((enum weir_kind)i);
}

static const char *pool_name(uint32_t i)
{
    return out_pool((enum weir_pool)i);
}

static const char *state_name(uint32_t i)
{
    return out_attempt_state((enum weir_attempt_state)i);
}

/* ---- parts ---- */

static void limit(struct wire *w, struct weir_limit *l)
{
    wire_bool(w, &l->set);
    wire_bool(w, &l->declared);
    wire_u64(w, &l->bytes);
    wire_text(w, &l->source, SHORT_MAX);
}

static void row(struct wire *w, struct weir_row *r)
{
    wire_bool(w, &r->present);
    wire_bool(w, &r->measured);
    wire_text(w, &r->note, NOTE_MAX);
    wire_u64(w, &r->used);
    wire_u64(w, &r->peak);
    wire_u64(w, &r->blocks);
    wire_u64(w, &r->estimated);
    wire_i64(w, &r->peak_time_ms);
    limit(w, &r->limit);
    uint32_t kinds = wire_below(w, WEIR_KIND_COUNT, LIST_MAX);
    for (uint32_t i = 0; i < kinds && !w->bad; i++) {
        uint64_t other = 0;
        uint32_t k = wire_word(w, i, kind_name, WEIR_KIND_COUNT);
        wire_u64(w, k < WEIR_KIND_COUNT ? &r->kind_bytes[k] : &other);
        wire_u64(w, k < WEIR_KIND_COUNT ? &r->kind_blocks[k] : &other);
    }
}

static void frame(struct wire *w, struct weir_frame *f)
{
    wire_text(w, &f->class_name, CLASS_MAX);
    wire_text(w, &f->method, METHOD_MAX);
    wire_text(w, &f->file, METHOD_MAX);
    wire_i32(w, &f->line);
}

static void stack(struct wire *w, struct weir_stack *s)
{
    s->count = (uint16_t)wire_below(w, s->count, WEIR_MAX_DEPTH + 1);
    int32_t decider = s->decider;
    wire_i32(w, &decider);
    s->decider = (int16_t)(decider >= 0 && decider < s->count ? decider : -1);
    wire_text(w, &s->source, NAME_MAX_BYTES);
    for (uint32_t i = 0; i < s->count && !w->bad; i++)
        frame(w, &s->frames[i]);
}

/* Nothing but `known` where it is not: the rest means nothing and may be NULL. */
static void attempt(struct wire *w, struct weir_attempt *a)
{
    wire_bool(w, &a->known);
    if (!a->known) {
        a->job_name = a->vertex = "";
        return;
    }
    uint32_t state = wire_word(w, a->state, state_name, WEIR_ATTEMPT_STATE_COUNT);
    a->state = state < WEIR_ATTEMPT_STATE_COUNT ? (enum weir_attempt_state)state : WEIR_ATTEMPT_UNKNOWN;
    wire_u64(w, &a->job_id[0]);
    wire_u64(w, &a->job_id[1]);
    wire_text(w, &a->job_name, NAME_MAX_BYTES);
    wire_text(w, &a->vertex, NAME_MAX_BYTES);
    wire_i32(w, &a->subtask);
    wire_i32(w, &a->attempt);
    wire_i64(w, &a->begin_ms);
    wire_i64(w, &a->end_ms);
    wire_u64(w, &a->bytes);
    wire_u64(w, &a->blocks);
}

/* A component or kind that must be one of ours, because it is not in a list that could leave it out. */
static enum weir_component component(struct wire *w, enum weir_component c)
{
    uint32_t read = wire_word(w, c, component_name, WEIR_COMPONENT_COUNT);
    w->bad = w->bad || read >= WEIR_COMPONENT_COUNT;
    return w->bad ? WEIR_UNDECIDED : (enum weir_component)read;
}

static enum weir_kind kind(struct wire *w, enum weir_kind k)
{
    uint32_t read = wire_word(w, k, kind_name, WEIR_KIND_COUNT);
    w->bad = w->bad || read >= WEIR_KIND_COUNT;
    return w->bad ? WEIR_KIND_DIRECT : (enum weir_kind)read;
}

static void owner(struct wire *w, struct weir_owner *o)
{
    o->component = component(w, o->component);
    o->kind = kind(w, o->kind);
    wire_u64(w, &o->bytes);
    wire_u64(w, &o->estimated);
    wire_u64(w, &o->count);
    wire_i64(w, &o->age_ms);
    wire_text(w, &o->loader, NAME_MAX_BYTES);
    attempt(w, &o->attempt);
    stack(w, &o->stack);
}

/* ---- the four that a sheet is made of ---- */

static void header(struct wire *w, struct weir_header *h)
{
    wire_text(w, &h->host, NAME_MAX_BYTES);
    wire_text(w, &h->tm, NAME_MAX_BYTES);
    wire_i64(w, &h->pid);
    wire_i64(w, &h->time_ms);
    wire_i64(w, &h->uptime_ms);
    wire_u64(w, &h->seq);
}

static void start_lists(struct wire *w, struct weir_start *s)
{
    s->hook_count = wire_below(w, (uint32_t)s->hook_count, WEIR_MAX_HOOKS + 1);
    for (size_t i = 0; i < s->hook_count && !w->bad; i++) {
        wire_text(w, &s->hooks[i].name, SHORT_MAX);
        wire_text(w, &s->hooks[i].state, SENTENCE_MAX);
    }
    s->warning_count = wire_below(w, (uint32_t)s->warning_count, WEIR_MAX_WARNINGS + 1);
    for (size_t i = 0; i < s->warning_count && !w->bad; i++)
        wire_text(w, &s->warnings[i], SENTENCE_MAX);
}

/* Without the limits, which the sheet has in its rows and pools. */
static void start(struct wire *w, struct weir_start *s)
{
    wire_text(w, &s->version, SHORT_MAX);
    wire_text(w, &s->jvm, SHORT_MAX);
    wire_text(w, &s->gc, SHORT_MAX);
    wire_text(w, &s->flink, SHORT_MAX);
    uint32_t role = wire_below(w, s->role, WEIR_ROLE_ANY + 1);
    bool     known = role == WEIR_ROLE_TASKMANAGER || role == WEIR_ROLE_JOBMANAGER;
    s->role = known ? (enum weir_role)role : WEIR_ROLE_OTHER;
    s->mode = (enum weir_mode)wire_below(w, s->mode, WEIR_MODE_ENFORCE + 1);
    start_lists(w, s);
}

static void rows(struct wire *w, struct weir_sheet *s)
{
    uint32_t count = wire_below(w, WEIR_COMPONENT_COUNT, LIST_MAX);
    for (uint32_t i = 0; i < count && !w->bad; i++) {
        struct weir_row other = { .present = false };
        uint32_t        c = wire_word(w, i, component_name, WEIR_COMPONENT_COUNT);
        row(w, c < WEIR_COMPONENT_COUNT ? &s->rows[c] : &other);
    }
}

static void pools(struct wire *w, struct weir_sheet *s)
{
    uint32_t count = wire_below(w, WEIR_POOL_COUNT, LIST_MAX);
    for (uint32_t i = 0; i < count && !w->bad; i++) {
        struct weir_pool_row  other = { .measured = false };
        uint32_t              p = wire_word(w, i, pool_name, WEIR_POOL_COUNT);
        struct weir_pool_row *pool = p < WEIR_POOL_COUNT ? &s->pools[p] : &other;
        wire_bool(w, &pool->measured);
        wire_bool(w, &pool->committed_known);
        wire_bool(w, &pool->after_gc_known);
        wire_u64(w, &pool->used);
        wire_u64(w, &pool->peak);
        wire_i64(w, &pool->peak_time_ms);
        wire_u64(w, &pool->committed);
        wire_u64(w, &pool->after_gc);
        limit(w, &pool->limit);
    }
}

static void thread_limit(struct wire *w, struct weir_thread_limit *l)
{
    wire_text(w, &l->name, SHORT_MAX);
    wire_u64(w, &l->used);
    wire_u64(w, &l->limit);
    wire_u64(w, &l->left);
    wire_bool(w, &l->at_least);
    wire_bool(w, &l->refused);
}

/* Without the stack: the frame that counts is in its text. */
static void thread_family(struct wire *w, struct weir_thread_family *f)
{
    uint64_t *const numbers[] = { &f->threads, &f->reserved, &f->resident, &f->ended, &f->runs, &f->job_id[0], &f->job_id[1] };
    wire_text(w, &f->name, NAME_MAX_BYTES);
    wire_bool(w, &f->java);
    wire_bool(w, &f->job_known);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        wire_u64(w, numbers[i]);
    wire_i64(w, &f->every_ms);
    wire_text(w, &f->job_name, NAME_MAX_BYTES);
    wire_text(w, &f->creator, SENTENCE_MAX);
    wire_text(w, &f->source, NAME_MAX_BYTES);
    if (w->reading)
        f->stack = NULL;
}

static void threads(struct wire *w, struct weir_threads *t)
{
    uint64_t *const numbers[] = { &t->tasks,     &t->java,           &t->ended,        &t->reserved, &t->resident,
                                  &t->not_found, &t->other_families, &t->other_threads, &t->share };
    wire_bool(w, &t->known);
    if (!t->known)
        return;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        wire_u64(w, numbers[i]);
    wire_bool(w, &t->share_known);
    wire_i64(w, &t->stacks_ms);
    t->limit_count = wire_below(w, (uint32_t)t->limit_count, WEIR_THREAD_LIMITS + 1);
    for (size_t i = 0; i < t->limit_count && !w->bad; i++)
        thread_limit(w, &t->limits[i]);
    t->family_count = wire_below(w, (uint32_t)t->family_count, WEIR_TOP_FAMILIES + 1);
    for (size_t i = 0; i < t->family_count && !w->bad; i++)
        thread_family(w, &t->families[i]);
}

static void costs(struct wire *w, struct weir_sheet *s)
{
    struct weir_agent_cost *a = &s->agent;
    uint64_t *const         counts[] = { &a->bytes,           &a->dropped_events, &a->dropped_stacks,
                                         &a->untracked_bytes, &a->stale,          &a->unknown_frees,
                                         &a->lost_ledger,     &a->walk_ppm,       &a->walk_mean,
                                         &s->process.rss,     &s->process.cgroup, &s->process.cgroup_limit,
                                         &s->process.residual, &s->overhead.code, &s->overhead.gc,
                                         &s->overhead.vm,     &s->overhead.agent };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        wire_u64(w, counts[i]);
    wire_bool(w, &s->process.rss_known);
    wire_bool(w, &s->process.cgroup_known);
    wire_bool(w, &s->process.cgroup_limit_known);
    wire_bool(w, &s->process.residual_known);
    wire_bool(w, &s->overhead.code_known);
    wire_bool(w, &s->overhead.nmt);
}

static void lines(struct wire *w, struct ledger_sheet *s)
{
    s->line_count = wire_below(w, s->line_count, LEDGER_LINES + 1);
    for (uint32_t i = 0; i < s->line_count && !w->bad; i++) {
        wire_i64(w, &s->lines[i].time_ms);
        wire_text(w, &s->lines[i].what, SHORT_MAX);
        wire_text(w, &s->lines[i].text, LEDGER_LINE_TEXT);
    }
}

void ledger_fields_sheet(struct wire *w, struct ledger_sheet *sheet)
{
    header(w, &sheet->header);
    start(w, &sheet->start);
    rows(w, &sheet->sheet);
    pools(w, &sheet->sheet);
    costs(w, &sheet->sheet);
    threads(w, &sheet->sheet.threads);
    out_handles_wire(w, &sheet->sheet.handles);
    out_netty_wire(w, &sheet->sheet.netty);
    ledger_balance(w, &sheet->sheet.balance);
    ledger_classes(w, sheet);
    out_native_wire(w, &sheet->sheet.native);
    sheet->sheet.owner_count = wire_below(w, (uint32_t)sheet->sheet.owner_count, WEIR_TOP_OWNERS + 1);
    for (size_t i = 0; i < sheet->sheet.owner_count && !w->bad; i++)
        owner(w, &sheet->sheet.owners[i]);
    lines(w, sheet);
}

void ledger_fields_used(struct wire *w, struct ledger_words *words)
{
    uint32_t known = 0;
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        known += !w->reading && words->known[c];
    uint32_t count = wire_below(w, known, LIST_MAX);
    for (uint32_t i = 0, c = 0; i < count && !w->bad; i++, c++) {
        uint64_t other = 0;
        while (!w->reading && !words->known[c])
            c++;
        uint32_t found = wire_word(w, c, component_name, WEIR_COMPONENT_COUNT);
        bool     ours = found < WEIR_COMPONENT_COUNT;
        wire_u64(w, ours ? &words->used[found] : &other);
        if (ours)
            words->known[found] = true;
    }
}
