/* SPDX-License-Identifier: Apache-2.0 */
/* out_classes.c: user code first, because it is what jobs bring and ought to take away; then the largest loaders of all. A job's
 * loader is named by the job, since all of them have one class. */
#include "out/out_classes.h"

#include <inttypes.h>
#include <string.h>

#include "out/figure.h"
#include "out/json_parts.h"
#include "out/lines.h"
#include "out/owner.h"
#include "out/parts.h"
#include "out/utf8.h"

#include "base/poison.h"

enum { TEXT = 2048, TEXT_PINS = 3, LOADERS_SAID = 4 };

const char *out_loader_fate(enum weir_loader_fate fate)
{
#define NAME(sym, name) name,
    static const char *const names[] = { WEIR_LOADER_FATES(NAME) };
#undef NAME
    return (unsigned)fate < WEIR_LOADER_FATE_COUNT ? names[fate] : "";
}

/* The same where scripts read it. */
static const char *fate_key(enum weir_loader_fate fate)
{
    static const char *const keys[] = { [WEIR_LOADER_NONE] = "", [WEIR_LOADER_RUNNING] = "running",
                                        [WEIR_LOADER_NOT_COLLECTED] = "not_collected", [WEIR_LOADER_LEAKED] = "leaked",
                                        [WEIR_LOADER_CACHED] = "cached" };
    return (unsigned)fate < WEIR_LOADER_FATE_COUNT ? keys[fate] : "";
}

static const char *pin_kind(enum weir_pin_kind kind)
{
#define NAME(sym, name) name,
    static const char *const names[] = { WEIR_PIN_KINDS(NAME) };
#undef NAME
    return (unsigned)kind < WEIR_PIN_KIND_COUNT ? names[kind] : "";
}

/* ---- JSON ---- */

static void put_pool(struct json *j, const char *key, const struct weir_metaspace *pool)
{
    if (!pool->known)
        return;
    json_object(j, key);
    json_unsigned(j, "used", pool->used);
    json_unsigned(j, "committed", pool->committed);
    json_known(j, "limit", pool->limited, pool->limit);
    json_object_end(j);
}

static void put_job(struct json *j, const struct weir_attempt *job)
{
    if (!job->known)
        return;
    json_job_id(j, job->job_id);
    json_string_or_null(j, "job_name", job->job_name);
}

static void put_fates(struct json *j, const struct weir_classes *c)
{
    json_object(j, "user_code");
    for (int f = WEIR_LOADER_RUNNING; f < WEIR_LOADER_FATE_COUNT; f++) {
        json_object(j, fate_key((enum weir_loader_fate)f));
        json_unsigned(j, "loaders", c->fates[f].loaders);
        json_unsigned(j, "jobs", c->fates[f].jobs);
        json_unsigned(j, "classes", c->fates[f].classes);
        json_unsigned(j, "held", c->fates[f].held);
        json_object_end(j);
    }
    json_object_end(j);
}

static void put_jobs(struct json *j, const struct weir_classes *c)
{
    json_array(j, "jobs");
    for (size_t i = 0; i < c->job_count && i < WEIR_TOP_LOADER_JOBS; i++) {
        const struct weir_loader_job *job = &c->jobs[i];
        json_object(j, NULL);
        put_job(j, &job->job);
        json_string(j, "state", fate_key(job->fate));
        json_unsigned(j, "loaders", job->loaders);
        json_unsigned(j, "children", job->children);
        json_unsigned(j, "classes", job->classes);
        json_unsigned(j, "held", job->held);
        json_unsigned(j, "used", job->used);
        json_time(j, "ended", job->ended_ms);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_families(struct json *j, const struct weir_classes *c)
{
    if (!c->families_known)
        return;
    json_unsigned(j, "generated", c->generated);
    json_array(j, "families");
    for (size_t i = 0; i < c->family_count && i < WEIR_TOP_LIVE_FAMILIES; i++) {
        json_object(j, NULL);
        json_string(j, "name", c->families[i].name);
        json_unsigned(j, "classes", c->families[i].classes);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_pin(struct json *j, const struct weir_pin *pin)
{
    json_object(j, NULL);
    json_string_or_null(j, "kind", pin->cut ? "" : pin_kind(pin->kind));
    json_string(j, "what", pin->what);
    json_string_or_null(j, "source", pin->source);
    json_unsigned(j, "loaders", pin->loaders);
    json_unsigned(j, "threads", pin->threads);
    json_bool(j, "soft", pin->soft);
    json_bool(j, "bounded", pin->bounded);
    json_string(j, "path", pin->path);
    json_object_end(j);
}

static void put_pins(struct json *j, const struct weir_pins *pins)
{
    if (pins == NULL)
        return;
    json_object(j, "pinned");
    json_array(j, "by");
    for (size_t i = 0; i < pins->pin_count && i < WEIR_MAX_PINS; i++)
        put_pin(j, &pins->pins[i]);
    json_array_end(j);
    json_unsigned(j, "searched", pins->pinned_count);
    json_unsigned(j, "walks", pins->walks);
    json_signed(j, "pause_us", pins->pause_us);
    json_signed(j, "longest_us", pins->longest_us);
    json_bool(j, "out_of_time", pins->out_of_time);
    json_object_end(j);
}

static void put_known(struct json *j, const struct weir_classes *c)
{
    json_time(j, "time", c->time_ms);
    json_signed(j, "took_us", c->took_us);
    json_string_or_null(j, "note", c->note);
    if (!c->known)
        return;
    json_unsigned(j, "loaders", c->loaders);
    json_unsigned(j, "classes", c->classes);
    json_unsigned(j, "held", c->held);
    json_unsigned(j, "used", c->used);
    put_fates(j, c);
    put_jobs(j, c);
    put_families(j, c);
    put_pins(j, c->pins);
}

static void put_loader(struct json *j, const struct weir_loader *l)
{
    json_object(j, NULL);
    json_string(j, "loader", l->class_name);
    json_unsigned(j, "count", l->count);
    if (l->tag != 0)
        json_unsigned(j, "id", l->tag);
    json_string_or_null(j, "source", l->source);
    json_unsigned(j, "classes", l->classes);
    json_unsigned(j, "hidden", l->hidden);
    json_unsigned(j, "held", l->held);
    json_unsigned(j, "used", l->used);
    json_time(j, "since", l->since_ms);
    if (l->fate != WEIR_LOADER_NONE) {
        json_bool(j, "user_code", l->user);
        json_string(j, "state", fate_key(l->fate));
        put_job(j, &l->job);
    }
    json_object_end(j);
}

void out_classes_json(struct json *j, const struct weir_sheet *sheet, size_t max_loaders)
{
    const struct weir_classes *c = sheet->classes;
    if (c == NULL && !sheet->metaspace.known)
        return;
    json_object(j, "classes");
    put_pool(j, "metaspace", &sheet->metaspace);
    put_pool(j, "class_space", &sheet->class_space);
    if (c != NULL)
        put_known(j, c);
    json_object_end(j);
    if (c == NULL || !c->known)
        return;
    json_array(j, "loaders");
    for (size_t i = 0; i < c->loader_count && i < max_loaders; i++)
        put_loader(j, &c->loader[i]);
    json_array_end(j);
}

/* ---- text ---- */

static void put_of(struct buf *b, uint64_t part, const struct weir_metaspace *pool)
{
    if (pool->limited)
        figure_of(b, part, pool->limit);
    else
        figure_bytes(b, part);
}

static void put_pools(struct buf *b, const struct weir_sheet *sheet)
{
    if (!sheet->metaspace.known)
        return;
    lines_begin(b, "space");
    put_of(b, sheet->metaspace.committed, &sheet->metaspace);
    buf_puts(b, " committed, ");
    figure_bare(b, sheet->metaspace.used);
    buf_puts(b, " used");
    if (!sheet->class_space.known)
        return;
    buf_puts(b, "; of it class space ");
    put_of(b, sheet->class_space.committed, &sheet->class_space);
    buf_puts(b, ", ");
    figure_bare(b, sheet->class_space.used);
    buf_puts(b, " used");
}

static void put_fate(struct buf *b, const struct weir_classes *c, enum weir_loader_fate fate, const char *whose, bool *first)
{
    const struct weir_fate_sum *sum = &c->fates[fate];
    if (sum->loaders == 0 && sum->held == 0)
        return;
    parts_comma(b, first);
    buf_printf(b, "%" PRIu64 " of ", sum->loaders);
    if (sum->jobs != 0)
        buf_printf(b, "%" PRIu64 " %s job%s", sum->jobs, whose, sum->jobs == 1 ? "" : "s");
    else
        buf_printf(b, "%s jobs", whose);
    if (fate != WEIR_LOADER_RUNNING)
        buf_printf(b, " %s", out_loader_fate(fate));
    buf_puts(b, " ");
    figure_bytes(b, sum->held);
}

static void put_user_code(struct buf *b, const struct weir_classes *c)
{
    char       data[TEXT];
    struct buf text;
    bool       first = true;
    buf_init(&text, data, sizeof data);
    put_fate(&text, c, WEIR_LOADER_RUNNING, "running", &first);
    put_fate(&text, c, WEIR_LOADER_LEAKED, "ended", &first);
    put_fate(&text, c, WEIR_LOADER_NOT_COLLECTED, "ended", &first);
    put_fate(&text, c, WEIR_LOADER_CACHED, "ended", &first);
    if (first)
        return;
    lines_text(b, "user", data);
    buf_puts(b, " (loaders of user code, with what descends from them)");
}

static const char *simple_name(const char *class_name)
{
    const char *dot = strrchr(class_name, '.');
    return dot != NULL ? dot + 1 : class_name;
}

/* Loaders of one class and jar that serve no job: one line for all of them. */
static bool is_like(const struct weir_loader *a, const struct weir_loader *b)
{
    return a->fate == WEIR_LOADER_NONE && b->fate == WEIR_LOADER_NONE && strcmp(a->class_name, b->class_name) == 0 &&
           strcmp(a->source, b->source) == 0;
}

/* Of those like it from the i-th on; count 0: it was told with an earlier one. */
static struct weir_loader summed(const struct weir_classes *c, size_t i)
{
    struct weir_loader sum = c->loader[i];
    for (size_t k = 0; k < i; k++)
        if (is_like(&c->loader[k], &sum))
            return (struct weir_loader){ .count = 0 };
    for (size_t k = i + 1; k < c->loader_count; k++) {
        if (!is_like(&c->loader[k], &sum))
            continue;
        sum.count += c->loader[k].count;
        sum.classes += c->loader[k].classes;
        sum.held += c->loader[k].held;
    }
    return sum;
}

/* 12.3 MiB in 812 classes: ChildFirstClassLoader  [job jar, sha1 ...] of job orders (5f1c..9e2a), leaked */
static void put_loader_line(struct buf *b, const struct weir_loader *l)
{
    char       data[TEXT];
    struct buf text;
    buf_init(&text, data, sizeof data);
    figure_bytes(&text, l->held);
    buf_puts(&text, " in ");
    buf_printf(&text, "%" PRIu64 " class%s: ", l->classes, l->classes == 1 ? "" : "es");
    if (l->count > 1)
        buf_printf(&text, "%" PRIu32 " of ", l->count);
    utf8_text(&text, l->class_name[0] != '\0' ? simple_name(l->class_name) : "boot loader", false);
    owner_source(&text, l->source);
    owner_job(&text, &l->job);
    if (l->fate != WEIR_LOADER_NONE)
        buf_printf(&text, ", %s%s", l->child ? "below user code, " : "", out_loader_fate(l->fate));
    lines_text(b, "loader", data);
}

static void put_families_line(struct buf *b, const struct weir_classes *c)
{
    char       data[TEXT];
    struct buf text;
    bool       first = true;
    if (!c->families_known || c->generated == 0)
        return;
    buf_init(&text, data, sizeof data);
    buf_printf(&text, "%" PRIu64 " of %" PRIu64 " classes: ", c->generated, c->classes);
    for (size_t i = 0; i < c->family_count && i < WEIR_TOP_LIVE_FAMILIES; i++) {
        parts_comma(&text, &first);
        buf_printf(&text, "%" PRIu64 " ", c->families[i].classes);
        utf8_text(&text, c->families[i].name, false);
    }
    lines_text(b, "classes", data);
}

static void put_whole(struct buf *b, const struct weir_classes *c)
{
    lines_begin(b, "loaders");
    buf_printf(b, "%" PRIu64 " hold ", c->loaders);
    figure_bytes(b, c->held);
    buf_printf(b, " in %" PRIu64 " classes, read ", c->classes);
    parts_time(b, c->time_ms);
}

void out_classes_lines(struct buf *b, const struct weir_sheet *sheet, size_t max_loaders)
{
    const struct weir_classes *c = sheet->classes;
    put_pools(b, sheet);
    if (c == NULL)
        return;
    if (c->note[0] != '\0')
        lines_text(b, "loaders", c->note);
    if (!c->known)
        return;
    put_whole(b, c);
    put_user_code(b, c);
    for (size_t i = 0, said = 0; i < c->loader_count && said < max_loaders; i++) {
        struct weir_loader l = summed(c, i);
        if (l.count == 0)
            continue;
        put_loader_line(b, &l);
        said++;
    }
    put_families_line(b, c);
}

static void put_pin_line(struct buf *b, const struct weir_pin *pin)
{
    char       data[TEXT];
    struct buf text;
    buf_init(&text, data, sizeof data);
    if (pin->cut)
        buf_puts(&text, "not followed to its root");
    else
        utf8_text(&text, pin->what, false);
    owner_source(&text, pin->source);
    buf_printf(&text, " holds %" PRIu32 " of them", pin->loaders);
    if (pin->bounded || pin->soft)
        buf_puts(&text, pin->bounded ? ", a bounded cache: no leak" : ", softly: no leak");
    lines_text(b, "pinned", data);
    if (pin->path[0] != '\0')
        lines_text(b, "", pin->path);
}

void out_classes_pins(struct buf *b, const struct weir_classes *c)
{
    if (c == NULL || c->pins == NULL)
        return;
    const struct weir_pins *pins = c->pins;
    for (size_t i = 0; i < pins->pin_count && i < TEXT_PINS; i++)
        put_pin_line(b, &pins->pins[i]);
    if (pins->walks == 0)
        return;
    lines_begin(b, "search");
    buf_printf(b, "%" PRIu32 " walk%s over the heap stopped the JVM for %" PRId64 " ms, the longest for %" PRId64 "%s", pins->walks,
               pins->walks == 1 ? "" : "s", pins->pause_us / 1000, pins->longest_us / 1000,
               pins->out_of_time ? "; it was broken off, there may be more" : "");
}

/* A way begins with an entry that has changes (model/advice.h). */
static void put_ways(struct buf *b, const struct weir_diagnosis *d)
{
    for (size_t i = 0; i < d->advice_count && i < WEIR_MAX_ADVICE;) {
        char       data[TEXT];
        struct buf text;
        size_t     first = i;
        buf_init(&text, data, sizeof data);
        for (; i < d->advice_count && i < WEIR_MAX_ADVICE && (i == first || d->advice[i].changes[0] == '\0'); i++)
            buf_printf(&text, "%s%s: %s", i == first ? "" : " with ", d->advice[i].key, d->advice[i].value);
        buf_printf(&text, " (%s)", d->advice[first].changes);
        lines_text(b, first == 0 ? "fix" : "or", data);
    }
}

void out_classes_breach(struct buf *b, const struct weir_breach *breach)
{
    const struct weir_diagnosis *d = breach->diagnosis_count != 0 ? &breach->diagnosis[0] : NULL;
    const char                  *details = d != NULL ? strchr(d->text, ';') : NULL;
    if (details != NULL && details[1] == ' ')
        lines_text(b, "cause", details + 2);
    out_classes_lines(b, &breach->sheet, LOADERS_SAID);
    out_classes_pins(b, breach->sheet.classes);
    if (d != NULL)
        put_ways(b, d);
}

void out_classes_survived(struct buf *b, const struct weir_breach *breach)
{
    const struct weir_survived *s = &breach->survived;
    figure_bytes(b, s->bytes + s->other_bytes);
    buf_puts(b, " of metaspace are held by ");
    figure_count(b, s->blocks + s->other_blocks, "class loader");
    buf_puts(b, s->other_jobs == 0 ? " of ended jobs" : " of ");
    if (s->other_jobs != 0)
        figure_count(b, s->other_jobs + 1, "ended job");
    buf_puts(b, ", which survived ");
    figure_count(b, s->collections, "full GC");
    buf_puts(b, "; jvm-metaspace ");
    if (breach->limit.set)
        figure_of(b, breach->used, breach->limit.bytes);
    else
        figure_bytes(b, breach->used);
}
