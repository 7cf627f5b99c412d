/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_classes.c: of the loaders those that hold most, of pins none: a breach's or an error's own lines have them. */
#include "out/ledger_classes.h"

#include <string.h>

#include "out/out_classes.h"

#include "base/poison.h"

enum { NAME = 256, NOTE = 256, FATES = 16 };

static const char *fate_name(uint32_t i)
{
    return out_loader_fate((enum weir_loader_fate)i);
}

static enum weir_loader_fate fate(struct wire *w, enum weir_loader_fate f)
{
    uint32_t read = wire_word(w, f, fate_name, WEIR_LOADER_FATE_COUNT);
    return read < WEIR_LOADER_FATE_COUNT ? (enum weir_loader_fate)read : WEIR_LOADER_NONE;
}

static void pool(struct wire *w, struct weir_metaspace *p)
{
    wire_bool(w, &p->known);
    wire_bool(w, &p->limited);
    wire_u64(w, &p->used);
    wire_u64(w, &p->committed);
    wire_u64(w, &p->limit);
}

/* Of a loader only the job is known. */
static void job(struct wire *w, struct weir_attempt *a)
{
    wire_bool(w, &a->known);
    wire_u64(w, &a->job_id[0]);
    wire_u64(w, &a->job_id[1]);
    wire_text(w, &a->job_name, NAME);
    if (w->reading)
        a->vertex = "";
}

static void loader(struct wire *w, struct weir_loader *l)
{
    wire_u32(w, &l->count);
    wire_u32(w, &l->tag);
    wire_bool(w, &l->user);
    wire_bool(w, &l->child);
    wire_u64(w, &l->classes);
    wire_u64(w, &l->hidden);
    wire_u64(w, &l->held);
    wire_u64(w, &l->used);
    wire_text(w, &l->class_name, NAME);
    wire_text(w, &l->source, NAME);
    wire_i64(w, &l->since_ms);
    wire_i64(w, &l->ended_ms);
    l->fate = fate(w, l->fate);
    job(w, &l->job);
}

static void fates(struct wire *w, struct weir_classes *c)
{
    uint32_t count = wire_below(w, WEIR_LOADER_FATE_COUNT, FATES);
    for (uint32_t i = 0; i < count && !w->bad; i++) {
        struct weir_fate_sum  other = { 0, 0, 0, 0 };
        uint32_t              f = wire_word(w, i, fate_name, WEIR_LOADER_FATE_COUNT);
        struct weir_fate_sum *sum = f < WEIR_LOADER_FATE_COUNT ? &c->fates[f] : &other;
        wire_u64(w, &sum->loaders);
        wire_u64(w, &sum->jobs);
        wire_u64(w, &sum->classes);
        wire_u64(w, &sum->held);
    }
}

static void jobs(struct wire *w, struct weir_classes *c)
{
    c->job_count = wire_below(w, (uint32_t)c->job_count, WEIR_TOP_LOADER_JOBS + 1);
    for (size_t i = 0; i < c->job_count && !w->bad; i++) {
        struct weir_loader_job *j = &c->jobs[i];
        uint64_t *const         counts[] = { &j->loaders, &j->children, &j->classes, &j->held, &j->used };
        for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++)
            wire_u64(w, counts[k]);
        wire_i64(w, &j->ended_ms);
        j->fate = fate(w, j->fate);
        job(w, &j->job);
    }
}

static void families(struct wire *w, struct weir_classes *c)
{
    wire_bool(w, &c->families_known);
    wire_u64(w, &c->generated);
    c->family_count = wire_below(w, (uint32_t)c->family_count, WEIR_TOP_LIVE_FAMILIES + 1);
    for (size_t i = 0; i < c->family_count && !w->bad; i++) {
        struct weir_live_family *f = &c->families[i];
        const char              *name = f->name;
        wire_u64(w, &f->classes);
        wire_text(w, &name, WEIR_LIVE_FAMILY_NAME - 1);
        if (w->reading)
            memcpy(f->name, name, strlen(name) + 1); /* wire_text() refuses a longer one */
    }
}

static void sums(struct wire *w, struct weir_classes *c)
{
    uint64_t *const counts[] = { &c->loaders, &c->classes, &c->held, &c->used, &c->left_out };
    wire_bool(w, &c->known);
    wire_bool(w, &c->joined);
    wire_text(w, &c->note, NOTE);
    wire_i64(w, &c->time_ms);
    wire_i64(w, &c->took_us);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        wire_u64(w, counts[i]);
    fates(w, c);
    jobs(w, c);
    families(w, c);
}

void ledger_classes(struct wire *w, struct ledger_sheet *sheet)
{
    struct weir_sheet  *s = &sheet->sheet;
    struct weir_classes c = { .known = false };
    bool                there = s->classes != NULL;
    pool(w, &s->metaspace);
    pool(w, &s->class_space);
    wire_bool(w, &there);
    if (w->reading)
        s->classes = NULL;
    if (!there)
        return;
    if (!w->reading) {
        c = *s->classes;
        c.loader_count = c.loader_count < WEIR_TOP_LOADERS ? c.loader_count : WEIR_TOP_LOADERS;
        memmove(sheet->loaders, s->classes->loader, c.loader_count * sizeof sheet->loaders[0]);
    }
    sums(w, &c);
    c.loader_count = wire_below(w, (uint32_t)c.loader_count, WEIR_TOP_LOADERS + 1);
    for (size_t i = 0; i < c.loader_count && !w->bad; i++)
        loader(w, &sheet->loaders[i]);
    if (!w->reading || w->bad)
        return;
    c.loader = sheet->loaders;
    sheet->classes = c;
    s->classes = &sheet->classes;
}
