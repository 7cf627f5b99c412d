/* SPDX-License-Identifier: Apache-2.0 */
/* out_threads.c: see out_threads.h. What was not measured yet, or not found, has no figure. */
#include "out/out_threads.h"

#include <inttypes.h>
#include <string.h>

#include "out/figure.h"
#include "out/json_parts.h"
#include "out/lines.h"
#include "out/owner.h"
#include "out/parts.h"
#include "out/utf8.h"

#include "base/poison.h"

enum { LINE = 1024, MILLION = 1000000 };

/* ---- JSON ---- */

static void put_limits(struct json *j, const struct weir_threads *t)
{
    json_array(j, "limits");
    for (size_t i = 0; i < t->limit_count && i < WEIR_THREAD_LIMITS; i++) {
        const struct weir_thread_limit *l = &t->limits[i];
        json_object(j, NULL);
        json_string(j, "name", l->name);
        json_unsigned(j, "used", l->used);
        json_unsigned(j, "limit", l->limit);
        json_unsigned(j, "left", l->left);
        json_bool(j, "at_least", l->at_least);
        json_bool(j, "refused", l->refused);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_family(struct json *j, const struct weir_thread_family *f)
{
    json_object(j, NULL);
    json_string(j, "name", f->name);
    json_bool(j, "java", f->java);
    json_unsigned(j, "threads", f->threads);
    json_unsigned(j, "stack_reserved", f->reserved);
    json_unsigned(j, "stack_resident", f->resident);
    json_unsigned(j, "ended", f->ended);
    if (f->runs != 0) {
        json_unsigned(j, "restarts", f->runs);
        json_millionths(j, "per_restart", f->ended * MILLION / f->runs);
    }
    if (f->job_known) {
        json_job_id(j, f->job_id);
        json_string_or_null(j, "job_name", f->job_name);
    }
    json_string_or_null(j, "creator", f->creator);
    json_string_or_null(j, "source", f->source);
    json_stack(j, f->stack);
    json_object_end(j);
}

void out_threads_json(struct json *j, const struct weir_threads *t)
{
    if (!t->known)
        return;
    json_object(j, "threads");
    json_unsigned(j, "count", t->tasks);
    json_unsigned(j, "java", t->java);
    json_unsigned(j, "ended", t->ended);
    if (t->stacks_ms >= 0) {
        json_unsigned(j, "stack_reserved", t->reserved);
        json_unsigned(j, "stack_resident", t->resident);
        if (t->share_known)
            json_unsigned(j, "stack_share", t->share);
        json_unsigned(j, "not_found", t->not_found);
        json_signed(j, "read_ms_ago", t->stacks_ms);
    }
    put_limits(j, t);
    json_array(j, "families");
    for (size_t i = 0; i < t->family_count && i < WEIR_TOP_FAMILIES; i++)
        put_family(j, &t->families[i]);
    json_array_end(j);
    json_unsigned(j, "other_families", t->other_families);
    json_unsigned(j, "other_threads", t->other_threads);
    json_object_end(j);
}

/* ---- text ---- */

/* pids.max 480 of 512 */
static void put_limit(struct buf *b, const struct weir_thread_limit *l)
{
    buf_printf(b, "%s %" PRIu64 " of %" PRIu64, l->name, l->used, l->limit);
}

/* 176 threads, 150 Java's, 168 of ended attempts; stacks 12.3 of 176.0 MiB resident, 2 not found */
static void put_counts(struct buf *b, const struct weir_threads *t)
{
    figure_count(b, t->tasks, "thread");
    buf_printf(b, ", %" PRIu64 " Java's", t->java);
    if (t->ended != 0)
        buf_printf(b, ", %" PRIu64 " of ended attempts", t->ended);
    if (t->stacks_ms < 0)
        return;
    buf_puts(b, "; stacks ");
    figure_bytes(b, t->resident);
    buf_puts(b, " resident of ");
    figure_bytes(b, t->reserved);
    if (t->share_known) {
        buf_puts(b, ", jvm-overhead leaves them ");
        figure_bytes(b, t->share);
    }
    if (t->not_found != 0)
        buf_printf(b, ", %" PRIu64 " not found", t->not_found);
}

/* 168 acme-*, 168 of ended attempts, +16.8 per restart, created at com.acme.Sink.open(Sink.java:41)  [leak.jar] */
static void put_line(struct buf *b, const struct weir_thread_family *f)
{
    buf_printf(b, "%" PRIu64 " ", f->threads);
    utf8_text(b, f->name, false);
    if (f->ended != 0)
        buf_printf(b, ", %" PRIu64 " of ended attempts", f->ended);
    uint64_t tenths = f->runs > 1 ? (f->ended * 10 + f->runs / 2) / f->runs : 0;
    if (tenths != 0)
        buf_printf(b, ", +%" PRIu64 ".%" PRIu64 " per restart", tenths / 10, tenths % 10);
    buf_puts(b, ", stacks ");
    figure_bytes(b, f->resident);
    buf_puts(b, " of ");
    figure_bytes(b, f->reserved);
    if (f->creator[0] == '\0')
        return;
    buf_puts(b, ", created at ");
    utf8_text(b, f->creator, false);
    owner_source(b, f->source);
}

void out_threads_sheet(struct buf *b, const struct weir_threads *t)
{
    if (!t->known)
        return;
    buf_puts(b, "\nthreads  ");
    put_counts(b, t);
    if (t->limit_count != 0) {
        buf_puts(b, "; first limit ");
        put_limit(b, &t->limits[0]);
    }
    for (size_t i = 0; i < t->family_count && i < WEIR_TOP_FAMILIES; i++) {
        buf_puts(b, "\n  ");
        put_line(b, &t->families[i]);
    }
    if (t->other_threads != 0) {
        buf_printf(b, "\n  %" PRIu64 " of ", t->other_threads);
        figure_count(b, t->other_families, "other name");
    }
}

void out_threads_report(struct buf *b, const struct weir_threads *t)
{
    char       data[LINE];
    struct buf text;
    if (!t->known)
        return;
    for (size_t i = 0; i < t->family_count && i < WEIR_TOP_FAMILIES; i++) {
        buf_init(&text, data, sizeof data);
        put_line(&text, &t->families[i]);
        lines_text(b, i == 0 ? "by" : "", data);
    }
    buf_init(&text, data, sizeof data);
    put_counts(&text, t);
    lines_text(b, "all", data);
    lines_begin(b, "limits");
    for (size_t i = 0; i < t->limit_count && i < WEIR_THREAD_LIMITS; i++) {
        buf_puts(b, i == 0 ? "" : ", ");
        put_limit(b, &t->limits[i]);
        buf_puts(b, t->limits[i].refused ? " (refused)" : "");
    }
}

/* The diagnosis's headline, behind the level. */
static void put_headline(struct buf *b, const struct weir_breach *breach)
{
    char       data[LINE];
    struct buf text;
    if (breach->diagnosis_count == 0)
        return;
    buf_init(&text, data, sizeof data);
    buf_put(&text, breach->diagnosis[0].text, strcspn(breach->diagnosis[0].text, ";"));
    buf_puts(b, ": ");
    utf8_text(b, data, false);
}

void out_threads_breach(struct buf *b, const struct weir_breach *breach)
{
    const char *limit = breach->limit.source;
    if (breach->denied) {
        buf_printf(b, "threads denied (mode=enforce): %" PRIu64 " of %" PRIu64 " live, 1 requested by \"", breach->used,
                   breach->limit.bytes);
        utf8_text(b, breach->thread, true);
        buf_puts(b, "\"");
        owner_job(b, &breach->attempt);
        return;
    }
    if (breach->reason == WEIR_REASON_THREADS_LEFT) {
        buf_printf(b, "threads: %" PRIu64 " of ended attempts live on", breach->used);
    } else if (breach->reason == WEIR_REASON_SLOPE) {
        buf_printf(b, "threads would reach %s within 10 minutes at the present slope, %" PRIu64 " of %" PRIu64, limit, breach->used,
                   breach->limit.bytes);
    } else {
        buf_puts(b, "threads at ");
        figure_percent(b, breach->used, breach->limit.bytes);
        buf_printf(b, " of %s, %" PRIu64 " of %" PRIu64, limit, breach->used, breach->limit.bytes);
    }
    put_headline(b, breach);
}

void out_threads_more(struct buf *b, const struct weir_breach *breach)
{
    const char *details = breach->diagnosis_count > 0 ? strchr(breach->diagnosis[0].text, ';') : NULL;
    if (details != NULL && details[1] == ' ')
        lines_text(b, "cause", details + 2);
    out_threads_report(b, &breach->sheet.threads);
}
