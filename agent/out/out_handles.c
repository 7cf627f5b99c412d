/* SPDX-License-Identifier: Apache-2.0 */
/* out_handles.c: see out_handles.h. */
#include "out/out_handles.h"

#include <inttypes.h>

#include "out/figure.h"
#include "out/json_parts.h"
#include "out/owner.h"
#include "out/parts.h"
#include "out/utf8.h"
#include "snapshot.h"

#include "base/poison.h"

enum { SHOWN = 4, CACHES_SHOWN = 4, NAME = 64, TEXT = 256, CREATOR = 512 };

/* ---- JSON ---- */

static void put_classes(struct json *j, const struct weir_handles *h)
{
    json_array(j, "classes");
    for (size_t i = 0; i < h->class_count && i < WEIR_TOP_HANDLE_CLASSES; i++) {
        const struct weir_handle_class *c = &h->classes[i];
        json_object(j, NULL);
        json_string(j, "library", c->library);
        json_string(j, "class", c->name);
        json_unsigned(j, "opened", c->opened);
        json_unsigned(j, "closed", c->closed);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_owners(struct json *j, const struct weir_handles *h)
{
    json_array(j, "open_by");
    for (size_t i = 0; i < h->owner_count && i < WEIR_TOP_HANDLE_OWNERS; i++) {
        const struct weir_handle_owner *o = &h->owners[i];
        json_object(j, NULL);
        json_string(j, "class", o->name);
        json_unsigned(j, "open", o->open);
        json_unsigned(j, "ended", o->ended);
        json_unsigned(j, "ended_attempts", o->runs);
        json_signed(j, "age_ms", o->age_ms);
        json_string_or_null(j, "creator", o->creator);
        json_string_or_null(j, "source", o->source);
        if (o->job_known) {
            json_job_id(j, o->job_id);
            json_string_or_null(j, "job_name", o->job_name);
        }
        json_stack(j, o->stack);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_share(struct json *j, const struct weir_handle_share *s)
{
    if (!s->known)
        return;
    json_object(j, "slot_share");
    json_string(j, "source", s->source);
    json_bool(j, "managed", s->managed);
    json_unsigned(j, "slots", s->slots);
    json_unsigned(j, "slot", s->slot);
    json_unsigned(j, "bytes", s->bytes);
    json_unsigned(j, "cache", s->cache);
    json_unsigned(j, "write_buffers", s->write_buffers);
    json_object_end(j);
}

static void put_caches(struct json *j, const struct weir_handles *h)
{
    json_unsigned(j, "cache_count", h->caches);
    json_unsigned(j, "cache_bytes", h->cache_bytes);
    json_unsigned(j, "write_buffer_bytes", h->write_buffer_bytes);
    json_array(j, "caches");
    for (size_t i = 0; i < h->cache_count && i < WEIR_TOP_HANDLE_CACHES; i++) {
        json_object(j, NULL);
        json_unsigned(j, "cache", h->cache[i].cache);
        json_unsigned(j, "write_buffers", h->cache[i].write_buffers);
        json_object_end(j);
    }
    json_array_end(j);
}

void out_handles_json(struct json *j, const struct weir_handles *h)
{
    if (!h->measured || (h->opened == 0 && h->unknown == 0))
        return;
    json_object(j, "handles");
    json_unsigned(j, "opened", h->opened);
    json_unsigned(j, "closed", h->closed);
    json_unsigned(j, "ended", h->ended);
    json_unsigned(j, "databases", h->databases);
    json_signed(j, "idle_ms", h->idle_ms);
    json_unsigned(j, "unknown_closed", h->unknown);
    json_unsigned(j, "stale", h->stale);
    json_unsigned(j, "lost", h->lost);
    put_classes(j, h);
    put_owners(j, h);
    put_caches(j, h);
    put_share(j, &h->share);
    json_object_end(j);
}

/* ---- text ---- */

/* , ColumnFamilyOptions 412 (opened 412, closed 0) */
static void text_classes(struct buf *b, const struct weir_handles *h)
{
    bool first = true;
    for (size_t i = 0; i < h->class_count && i < SHOWN; i++) {
        const struct weir_handle_class *c = &h->classes[i];
        buf_puts(b, first ? ": " : "");
        parts_comma(b, &first);
        utf8_text(b, c->name, false);
        buf_printf(b, " %" PRIu64 " (opened %" PRIu64 ", closed %" PRIu64 ")", c->opened - c->closed, c->opened, c->closed);
    }
}

static void text_owner(struct buf *b, const struct weir_handle_owner *o)
{
    buf_printf(b, "\n  %" PRIu64 " ", o->open);
    utf8_text(b, o->name, false);
    if (o->ended != 0)
        buf_printf(b, ", %" PRIu64 " of ended attempts,", o->ended);
    buf_puts(b, o->creator[0] != '\0' ? " at " : " of which no stack was taken");
    buf_puts(b, o->creator); /* escaped */
    owner_source(b, o->source);
    struct weir_attempt job = { .known = o->job_known, .job_id = { o->job_id[0], o->job_id[1] }, .job_name = o->job_name,
                                .vertex = "", .subtask = -1, .attempt = -1 };
    owner_job(b, &job);
}

static void put_pair(struct buf *b, uint64_t cache, uint64_t buffers)
{
    buf_puts(b, "cache ");
    figure_bytes(b, cache);
    buf_puts(b, " and write buffers ");
    figure_bytes(b, buffers);
}

static void text_caches(struct buf *b, const struct weir_handles *h)
{
    const struct weir_handle_share *s = &h->share;
    if (h->caches == 0)
        return;
    buf_printf(b, "\n  given    ");
    for (size_t i = 0; i < h->cache_count && i < CACHES_SHOWN; i++) {
        buf_puts(b, i == 0 ? "" : "; ");
        put_pair(b, h->cache[i].cache, h->cache[i].write_buffers);
    }
    if (h->caches > CACHES_SHOWN)
        buf_printf(b, "; %" PRIu64 " more", h->caches - CACHES_SHOWN);
    if (!s->known)
        return;
    buf_printf(b, "\n  share    of each of %" PRIu32 " %s: ", s->slots, s->slots == 1 ? "slot" : "slots");
    if (s->bytes == 0) {
        buf_puts(b, "no bound, each column family has its own");
        return;
    }
    put_pair(b, s->cache, s->write_buffers);
    buf_puts(b, " out of ");
    figure_bytes(b, s->bytes);
    buf_puts(b, ", ");
    utf8_text(b, s->source, false);
    buf_puts(b, ", where nobody else takes of it");
}

void out_handles_text(struct buf *b, const struct weir_handles *h)
{
    if (!h->measured || (h->opened == 0 && h->unknown == 0))
        return;
    buf_printf(b, "\nhandles  %" PRIu64 " native objects open", h->opened - h->closed);
    text_classes(b, h);
    if (h->unknown != 0)
        buf_printf(b, "; %" PRIu64 " closed that were opened before weir", h->unknown);
    if (h->lost != 0)
        buf_printf(b, "; %" PRIu64 " not followed", h->lost);
    for (size_t i = 0; i < h->owner_count && i < SHOWN; i++)
        text_owner(b, &h->owners[i]);
    text_caches(b, h);
}

/* ---- ledger ---- */

static void wire_class(struct wire *w, struct weir_handle_class *c)
{
    wire_text(w, &c->library, NAME);
    wire_text(w, &c->name, NAME);
    wire_u64(w, &c->opened);
    wire_u64(w, &c->closed);
}

static void wire_owner(struct wire *w, struct weir_handle_owner *o)
{
    wire_text(w, &o->library, NAME);
    wire_text(w, &o->name, NAME);
    wire_u64(w, &o->open);
    wire_u64(w, &o->ended);
    wire_u64(w, &o->runs);
    wire_i64(w, &o->age_ms);
    wire_text(w, &o->creator, CREATOR);
    wire_text(w, &o->source, TEXT);
    wire_bool(w, &o->job_known);
    wire_u64(w, &o->job_id[0]);
    wire_u64(w, &o->job_id[1]);
    wire_text(w, &o->job_name, TEXT);
    if (w->reading)
        o->stack = NULL;
}

static void wire_share(struct wire *w, struct weir_handle_share *s)
{
    wire_bool(w, &s->known);
    wire_bool(w, &s->managed);
    wire_text(w, &s->source, TEXT);
    wire_u32(w, &s->slots);
    wire_u64(w, &s->slot);
    wire_u64(w, &s->bytes);
    wire_u64(w, &s->cache);
    wire_u64(w, &s->write_buffers);
}

void out_handles_wire(struct wire *w, struct weir_handles *h)
{
    uint64_t *const counts[] = { &h->opened, &h->closed, &h->databases, &h->ended,       &h->unknown,
                                 &h->stale,  &h->lost,   &h->caches,    &h->cache_bytes, &h->write_buffer_bytes };
    wire_bool(w, &h->measured);
    if (!h->measured)
        return;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        wire_u64(w, counts[i]);
    wire_i64(w, &h->idle_ms);
    h->class_count = wire_below(w, (uint32_t)h->class_count, WEIR_TOP_HANDLE_CLASSES + 1);
    for (size_t i = 0; i < h->class_count && !w->bad; i++)
        wire_class(w, &h->classes[i]);
    h->owner_count = wire_below(w, (uint32_t)h->owner_count, WEIR_TOP_HANDLE_OWNERS + 1);
    for (size_t i = 0; i < h->owner_count && !w->bad; i++)
        wire_owner(w, &h->owners[i]);
    h->cache_count = wire_below(w, (uint32_t)h->cache_count, WEIR_TOP_HANDLE_CACHES + 1);
    for (size_t i = 0; i < h->cache_count && !w->bad; i++) {
        wire_u64(w, &h->cache[i].cache);
        wire_u64(w, &h->cache[i].write_buffers);
    }
    if (w->reading && !h->share.known)
        h->share.source = "";
    wire_share(w, &h->share);
}
