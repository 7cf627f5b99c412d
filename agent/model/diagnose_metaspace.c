/* SPDX-License-Identifier: Apache-2.0 */
/* diagnose_metaspace.c: the verdict is the first of these that holds; "weighs": 16 MiB or a quarter of the limit.
 *   metaspace-leak    loaders of ended jobs that outlived collections weigh
 *   metaspace-open    what filled it was gone when it was read; or
 *                     loaders of ended jobs weigh that no collection has judged yet; or
 *                     loaders of one class hold half that serve no job we know
 *   class-space       the compressed class space was full, which is not Flink's to size
 *   metaspace-budget  what runs needs more; the families of generated classes are named
 * Size advised: what is committed is 80 % of it, at which Weir warns; for a leak as many ended jobs' loaders again. */
#include "model/diagnose_metaspace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/advice.h"
#include "model/mib.h"

#include "base/poison.h"

enum { WARN_PERCENT = 80, CROWD = 8, LET_GO_PERCENT = 70, FAMILIES_SAID = 3 };

struct metaspace_case {
    const struct weir_sheet   *sheet;
    const struct weir_classes *classes;
    bool                       error;   /* the VM's own, not a level */
    bool                       class_space;
};

/* Who holds it: else there is nothing to say that the figures do not. */
static bool is_known(const struct metaspace_case *c)
{
    return c->classes != NULL && c->classes->known;
}

static const struct weir_fate_sum *fate(const struct metaspace_case *c, enum weir_loader_fate f)
{
    return &c->classes->fates[f];
}

bool diagnose_metaspace_weighs(uint64_t bytes, const struct weir_metaspace *pool)
{
    return bytes >= DIAGNOSIS_WORTH_SAYING || (pool->limited && bytes != 0 && bytes >= pool->limit / 4);
}

static bool weighs(const struct metaspace_case *c, uint64_t bytes)
{
    return diagnose_metaspace_weighs(bytes, &c->sheet->metaspace);
}

static void put_of_limit(struct buf *b, uint64_t bytes, const struct weir_metaspace *pool)
{
    if (pool->limited)
        mib_put_of(b, bytes, pool->limit);
    else
        mib_put(b, bytes);
}

static void put_loaders(struct buf *b, const struct weir_fate_sum *sum, const char *whose)
{
    buf_printf(b, "%" PRIu64 " class loader%s of ", sum->loaders, sum->loaders == 1 ? "" : "s");
    if (sum->jobs != 0)
        buf_printf(b, "%" PRIu64 " ", sum->jobs);
    buf_printf(b, "%s job%s", whose, sum->jobs == 1 ? "" : "s");
}

/* 2 class loaders of 2 running jobs hold 12.3 MiB */
static void put_running(struct buf *b, const struct metaspace_case *c)
{
    const struct weir_fate_sum *running = fate(c, WEIR_LOADER_RUNNING);
    if (running->loaders == 0)
        return;
    buf_puts(b, ", ");
    put_loaders(b, running, "running");
    buf_puts(b, running->loaders == 1 ? " holds " : " hold ");
    mib_put(b, running->held);
}

/* ---- leak ---- */

static uint64_t a_job(const struct weir_fate_sum *sum)
{
    uint64_t parts = sum->jobs != 0 ? sum->jobs : sum->loaders;
    return parts != 0 ? sum->held / parts : 0;
}

/* Below the limit: how many more such jobs fit. */
static void put_rest(struct buf *b, const struct metaspace_case *c, uint64_t per_job)
{
    const struct weir_metaspace *pool = &c->sheet->metaspace;
    if (c->error || !pool->limited || per_job == 0 || pool->committed > pool->limit)
        return;
    uint64_t more = (pool->limit - pool->committed) / per_job;
    buf_printf(b, "; %" PRIu64 " more such job%s to the limit", more, more == 1 ? "" : "s");
}

static void put_pins(struct buf *b, const struct weir_pins *pins)
{
    bool first = true;
    for (size_t i = 0; pins != NULL && i < pins->pin_count && i < 2; i++) {
        const struct weir_pin *pin = &pins->pins[i];
        if (pin->cut || pin->soft || pin->bounded)
            continue;
        buf_puts(b, first ? "; held by " : " and ");
        buf_printf(b, "%.120s", pin->what);
        first = false;
    }
}

static void put_leak(struct buf *b, const struct metaspace_case *c)
{
    const struct weir_fate_sum *leaked = fate(c, WEIR_LOADER_LEAKED);
    put_of_limit(b, leaked->held, &c->sheet->metaspace);
    buf_puts(b, " are held by ");
    put_loaders(b, leaked, "ended");
    buf_puts(b, ", ");
    mib_put(b, a_job(leaked));
    buf_puts(b, " a job");
    put_running(b, c);
    put_rest(b, c, a_job(leaked));
    put_pins(b, c->classes->pins);
}

/* ---- what is open ---- */

static void put_not_collected(struct buf *b, const struct metaspace_case *c)
{
    const struct weir_fate_sum *sum = fate(c, WEIR_LOADER_NOT_COLLECTED);
    buf_puts(b, "open: ");
    mib_put(b, sum->held);
    buf_puts(b, " of ended jobs' class loaders not yet collected; ");
    put_loaders(b, sum, "ended");
    buf_puts(b, " are there");
    put_running(b, c);
    buf_puts(b, ". If full collections leave them it is a leak; if they free them the limit is too small for what runs");
}

struct crowd {
    const char *class_name;
    uint64_t    loaders, held;
};

/* Loaders of one class that serve no job we know, if there are many and they hold most of it. */
static bool find_crowd(const struct metaspace_case *c, struct crowd *most)
{
    const struct weir_classes *w = c->classes;
    *most = (struct crowd){ .class_name = "" };
    for (size_t i = 0; i < w->loader_count; i++) {
        const struct weir_loader *first = &w->loader[i];
        struct crowd              here = { .class_name = first->class_name };
        if (first->fate != WEIR_LOADER_NONE || first->class_name[0] == '\0' || first->held < most->held / CROWD / CROWD)
            continue;
        for (size_t k = i; k < w->loader_count; k++)
            if (w->loader[k].fate == WEIR_LOADER_NONE && strcmp(w->loader[k].class_name, here.class_name) == 0) {
                here.loaders += w->loader[k].count;
                here.held += w->loader[k].held;
            }
        if (here.held > most->held && here.loaders >= CROWD)
            *most = here;
        if (here.held >= w->held / 2)
            break; /* no other can hold more */
    }
    return most->loaders != 0 && most->held >= w->held / 2 && weighs(c, most->held);
}

static void put_crowd(struct buf *b, const struct crowd *crowd)
{
    buf_puts(b, "open: many class loaders of one class hold most of it; ");
    buf_printf(b, "%" PRIu64 " of %.120s hold ", crowd->loaders, crowd->class_name);
    mib_put(b, crowd->held);
    buf_puts(b, ". They serve no job of Flink's that Weir knows: a leak if whoever made them is done with them");
}

/* ---- budget ---- */

static void put_families(struct buf *b, const struct weir_classes *w)
{
    if (!w->families_known || w->generated < w->classes / 4)
        return; /* no more than any program has */
    for (size_t i = 0; i < w->family_count && i < FAMILIES_SAID; i++)
        buf_printf(b, "%s%" PRIu64 " match %.100s", i == 0 ? "; of the classes " : ", ", w->families[i].classes,
                   w->families[i].name);
}

static void put_budget(struct buf *b, const struct metaspace_case *c)
{
    const struct weir_metaspace *pool = &c->sheet->metaspace;
    const struct weir_classes   *w = c->classes;
    uint64_t ended = fate(c, WEIR_LOADER_LEAKED)->held + fate(c, WEIR_LOADER_NOT_COLLECTED)->held;
    put_of_limit(b, pool->committed, pool);
    buf_printf(b, " in %" PRIu64 " classes of %" PRIu64 " class loaders", w->classes, w->loaders);
    put_running(b, c);
    if (ended != 0) {
        buf_puts(b, ", those of ended jobs ");
        mib_put(b, ended);
    }
    put_families(b, w);
}

static void put_class_space(struct buf *b, const struct metaspace_case *c)
{
    buf_puts(b, "the compressed class space is full, not the metaspace; ");
    put_of_limit(b, c->sheet->class_space.committed, &c->sheet->class_space);
    buf_puts(b, " committed. Its size follows from -XX:CompressedClassSpaceSize or MaxMetaspaceSize, and bounds the number of classes");
    put_families(b, c->classes);
}

/* ---- the verdict ---- */

static void advise(struct weir_diagnosis *d, struct buf *text, const struct metaspace_case *c, const struct diagnose_flink *flink,
                   uint64_t bytes)
{
    const char *why;
    if (flink == NULL || flink->role == WEIR_ROLE_OTHER)
        return;
    d->advice_count = advice_metaspace(flink->conf, flink->version, flink->role, c->sheet, bytes, d->advice, &why);
    if (d->advice_count == 0)
        buf_printf(text, "; no size is advised: %s", why);
}

static uint64_t quiet_size(uint64_t bytes)
{
    return diagnosis_plus(bytes / WARN_PERCENT * 100, bytes % WARN_PERCENT * 100 / WARN_PERCENT + 1);
}

/* The error is read about after it was thrown: what was made just before it may be garbage by then, and collected. */
static bool let_go(const struct metaspace_case *c)
{
    const struct weir_metaspace *pool = c->class_space ? &c->sheet->class_space : &c->sheet->metaspace;
    return pool->limited && pool->committed < pool->limit / 100 * LET_GO_PERCENT;
}

/* d->id and advice, and the text. */
static void judge(struct weir_diagnosis *d, struct buf *text, const struct metaspace_case *c, const struct diagnose_flink *flink)
{
    struct crowd crowd;
    uint64_t     committed = c->sheet->metaspace.committed;
    d->id = "metaspace-open";
    if (weighs(c, fate(c, WEIR_LOADER_LEAKED)->held)) {
        d->id = "metaspace-leak";
        buf_puts(text, "LEAK of ended jobs' class loaders, not a small limit; ");
        put_leak(text, c);
        advise(d, text, c, flink, diagnosis_plus(committed, fate(c, WEIR_LOADER_LEAKED)->held));
        if (d->advice_count != 0)
            buf_puts(text, "; a larger size is no cure: it buys as many such jobs again");
    } else if (c->error && let_go(c)) {
        buf_puts(text, "open: what filled it was let go when it failed; ");
        put_of_limit(text, committed, &c->sheet->metaspace);
        buf_puts(text, " are in use now");
    } else if (weighs(c, fate(c, WEIR_LOADER_NOT_COLLECTED)->held)) {
        put_not_collected(text, c);
    } else if (find_crowd(c, &crowd)) {
        put_crowd(text, &crowd);
    } else if (c->class_space) {
        d->id = "class-space";
        put_class_space(text, c);
    } else {
        d->id = "metaspace-budget";
        buf_puts(text, c->error ? "BUDGET too small, no leak; " : "no leak, what runs needs it; ");
        put_budget(text, c);
        advise(d, text, c, flink, quiet_size(committed));
    }
    buf_mark_cut(text);
}

void diagnose_metaspace(struct weir_oom *oom, const struct diagnose_flink *flink)
{
    struct buf             text;
    struct metaspace_case  c = { &oom->sheet, oom->sheet.classes, true, strcmp(oom->message, "Compressed class space") == 0 };
    struct weir_diagnosis *d = is_known(&c) ? diagnosis_begin(oom, "metaspace-open", &text) : NULL;
    if (d != NULL)
        judge(d, &text, &c, flink);
}

static struct weir_diagnosis *begin_breach(struct weir_breach *breach, struct buf *text)
{
    struct weir_diagnosis *d = &breach->diagnosis[0];
    breach->diagnosis_count = 1;
    d->advice_count = 0;
    buf_init(text, d->text, sizeof d->text);
    return d;
}

void diagnose_metaspace_level(struct weir_breach *breach, const struct diagnose_flink *flink)
{
    struct buf            text;
    struct metaspace_case c = { &breach->sheet, breach->sheet.classes, false, false };
    if (is_known(&c))
        judge(begin_breach(breach, &text), &text, &c, flink);
}

void diagnose_metaspace_survived(struct weir_breach *breach)
{
    struct buf             text;
    struct metaspace_case  c = { &breach->sheet, breach->sheet.classes, false, false };
    struct weir_diagnosis *d = begin_breach(breach, &text);
    d->id = "metaspace-leak";
    buf_puts(&text, "LEAK of ended jobs' class loaders; ");
    put_leak(&text, &c);
    buf_puts(&text, ". A restart of this JVM frees it");
    buf_mark_cut(&text);
}
