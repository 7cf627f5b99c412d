/* SPDX-License-Identifier: Apache-2.0 */
/* out_balance.c: see out_balance.h. What has nothing has no place in the text: a component without malloc'ed memory, a container that
 * cannot be seen, children that are not there. */
#include "out/out_balance.h"

#include <inttypes.h>

#include "out/figure.h"
#include "out/json_parts.h"
#include "out/out.h"
#include "out/parts.h"
#include "out/utf8.h"

#include "base/poison.h"

enum { MINUTE_MS = 60000, TWO_MINUTES_MS = 120000 };

static const char *const part_ids[] = {
#define PART(sym, id, words) [WEIR_PART_##sym] = (id),
    WEIR_PARTS(PART)
#undef PART
};
static const char *const part_words[] = {
#define PART(sym, id, words) [WEIR_PART_##sym] = (words),
    WEIR_PARTS(PART)
#undef PART
};
static const char *const allocators[] = {
#define ALLOCATOR(sym, name) [WEIR_ALLOCATOR_##sym] = (name),
    WEIR_ALLOCATORS(ALLOCATOR)
#undef ALLOCATOR
};

static const char *other_line(uint32_t line, const char *const *parts)
{
    uint32_t i = line - WEIR_COMPONENT_COUNT;
    return i < WEIR_PART_COUNT ? parts[i] : i == WEIR_LINE_RESIDUAL ? "residual" : i == WEIR_LINE_CHILDREN ? "children" : "?";
}

const char *out_line(uint32_t line)
{
    return line < WEIR_COMPONENT_COUNT ? out_component((enum weir_component)line) : other_line(line, part_ids);
}

const char *out_line_words(uint32_t line)
{
    return line < WEIR_COMPONENT_COUNT ? out_component((enum weir_component)line) : other_line(line, part_words);
}

const char *out_allocator(enum weir_allocator_kind kind)
{
    return (unsigned)kind < WEIR_ALLOCATOR_COUNT ? allocators[kind] : "?";
}

/* ---- text: the process ---- */

static uint64_t size_of(int64_t n)
{
    return n < 0 ? (uint64_t)-n : (uint64_t)n;
}

/* Of a line; false: it has nothing. */
static bool line_bytes(const struct weir_balance *s, uint32_t line, uint64_t *bytes)
{
    if (line < WEIR_COMPONENT_COUNT) {
        *bytes = s->rows[line];
        return *bytes != 0;
    }
    line -= WEIR_COMPONENT_COUNT;
    *bytes = line < WEIR_PART_COUNT ? s->part[line] : 0;
    return line < WEIR_PART_COUNT && s->part_known[line] && *bytes != 0;
}

/* Largest first: a handful of lines, so that the next one is looked for among all. */
static void put_lines(struct buf *b, const struct weir_balance *s)
{
    bool told[OUT_LINES] = { false }, first = true;
    for (;;) {
        uint32_t best = OUT_LINES;
        uint64_t most = 0, bytes;
        for (uint32_t i = 0; i < OUT_LINES; i++)
            if (!told[i] && line_bytes(s, i, &bytes) && bytes > most) {
                most = bytes;
                best = i;
            }
        if (best == OUT_LINES)
            return;
        told[best] = true;
        parts_comma(b, &first);
        buf_printf(b, "%s ", out_line_words(best));
        figure_bare(b, most);
    }
}

static void put_residual(struct buf *b, const struct weir_sheet *sheet)
{
    const struct weir_balance *s = &sheet->balance;
    buf_puts(b, "\nresidual ");
    buf_puts(b, s->residual < 0 ? "-" : "");
    figure_bytes(b, size_of(s->residual));
    if (s->rss != 0) {
        buf_puts(b, ", ");
        figure_percent(b, size_of(s->residual), s->rss);
    }
    buf_puts(b, " in no line");
    if (!s->part_known[WEIR_PART_VM_MAPS])
        buf_puts(b, ", the VM's own mappings among it");
    if (!sheet->overhead.nmt && s->part_known[WEIR_PART_VM_MAPS])
        buf_puts(b, "; what is the VM's own follows from the heap's size, -XX:NativeMemoryTracking would tell");
    buf_puts(b, s->sampled ? "; of large pools a sample of blocks was looked at" : "");
}

static void put_ago(struct buf *b, int64_t age_ms)
{
    if (age_ms >= 1000)
        buf_printf(b, " (%" PRId64 " s ago)", age_ms / 1000);
}

static void put_process(struct buf *b, const struct weir_sheet *sheet)
{
    const struct weir_balance *s = &sheet->balance;
    buf_puts(b, "\nresident ");
    figure_bytes(b, s->rss);
    put_ago(b, s->age_ms);
    buf_puts(b, ": ");
    put_lines(b, s);
    if (s->swapped != 0) {
        buf_puts(b, "; swapped out ");
        figure_bare(b, s->swapped);
    }
    put_residual(b, sheet);
}

static void put_cpus(struct buf *b, const struct weir_container *c)
{
    if (c->cpus > 0)
        buf_printf(b, " for %.4g CPUs", c->cpus);
    if (c->cpus > 0 && c->host_cpus != 0 && (double)c->host_cpus > c->cpus)
        buf_printf(b, " of the host's %" PRIu64, c->host_cpus);
}

static void put_allocator(struct buf *b, const struct weir_balance *s)
{
    const struct weir_allocator *a = &s->allocator;
    if (s->read_ms == 0)
        return;
    buf_printf(b, "\nmalloc   %s", a->kind == WEIR_ALLOCATOR_UNKNOWN ? "by an allocator that is not known" : out_allocator(a->kind));
    if (!a->known) {
        buf_puts(b, ", which tells no figures");
        return;
    }
    buf_puts(b, ": live ");
    figure_bare(b, a->live);
    buf_puts(b, " of ");
    figure_bytes(b, a->held);
    buf_puts(b, " held");
    if (a->resident_known) {
        buf_puts(b, ", resident ");
        figure_bare(b, a->resident);
        buf_puts(b, ", of it free ");
        figure_bare(b, a->retention);
        buf_puts(b, " (an estimate)");
    }
    if (a->arenas != 0) {
        buf_puts(b, "; ");
        figure_count(b, a->arenas, "arena");
        put_cpus(b, &s->container);
    }
}

/* ---- text: the container ---- */

static void put_time(struct buf *b, int64_t ms)
{
    if (ms < TWO_MINUTES_MS)
        buf_printf(b, "%" PRId64 " s", ms / 1000);
    else
        buf_printf(b, "%" PRId64 " min", ms / MINUTE_MS);
}

static void put_slope(struct buf *b, const struct weir_container *c)
{
    if (!c->slope_known || c->a_minute == 0)
        return;
    buf_puts(b, c->a_minute > 0 ? ", +" : ", -");
    figure_bytes(b, size_of(c->a_minute));
    buf_puts(b, " a minute");
    if (c->left_ms < 0)
        return;
    buf_puts(b, ", full in ");
    put_time(b, c->left_ms);
}

static void put_kinds(struct buf *b, const struct weir_container *c)
{
    buf_puts(b, "usage ");
    figure_bare(b, c->usage);
    if (c->stat_known) {
        buf_puts(b, ", anon ");
        figure_bare(b, c->anon);
        buf_puts(b, ", page cache ");
        figure_bare(b, c->file > c->shmem ? c->file - c->shmem : 0);
        buf_puts(b, ", shared memory ");
        figure_bare(b, c->shmem);
        buf_puts(b, ", kernel ");
        figure_bare(b, c->kernel);
    }
    if (c->swap_known) {
        buf_puts(b, ", swap ");
        figure_bare(b, c->swap);
    }
    if (c->kills_known && c->oom_kills != 0)
        buf_printf(b, ", %" PRIu64 " killed by the kernel", c->oom_kills);
}

static void put_to_come(struct buf *b, const struct weir_container *c)
{
    if (!c->limited || (c->heap_to_come == 0 && c->managed_to_come == 0))
        return;
    buf_puts(b, "; not touched yet: heap ");
    figure_bare(b, c->heap_to_come);
    buf_puts(b, ", managed ");
    figure_bare(b, c->managed_to_come);
}

static void put_container(struct buf *b, const struct weir_container *c)
{
    if (!c->known)
        return;
    buf_puts(b, "\ncgroup   ");
    if (c->limited)
        figure_of(b, c->charge, c->limit);
    else
        figure_bytes(b, c->charge);
    buf_puts(b, " without page cache");
    buf_puts(b, c->limited ? "" : ", no limit");
    buf_puts(b, c->limited && c->above ? ", the limit of a group above" : "");
    put_slope(b, c);
    buf_printf(b, " (v%" PRId32 ": ", c->version);
    put_kinds(b, c);
    buf_puts(b, ")");
    put_to_come(b, c);
}

static void put_children(struct buf *b, const struct weir_balance *s)
{
    if (s->child_count == 0)
        return;
    buf_puts(b, "\nbelow    ");
    buf_printf(b, "%" PRIu64 " process%s of ", s->child_count, s->child_count == 1 ? "" : "es");
    figure_bytes(b, s->child_rss);
    buf_puts(b, " resident: ");
    bool first = true;
    for (size_t i = 0; i < s->child_shown && i < WEIR_TOP_CHILDREN; i++) {
        const struct weir_child *c = &s->children[i];
        parts_comma(b, &first);
        utf8_text(b, c->name, false);
        buf_printf(b, " %" PRId32 " ", c->pid);
        figure_bare(b, c->rss);
        if (c->pss_known) {
            buf_puts(b, " (its share ");
            figure_bare(b, c->pss);
            buf_puts(b, ")");
        }
    }
}

void out_balance_text(struct buf *b, const struct weir_sheet *sheet)
{
    const struct weir_balance *s = &sheet->balance;
    if (s->known)
        put_process(b, sheet);
    put_allocator(b, s);
    put_container(b, &s->container);
    put_children(b, s);
    if (s->retention != NULL) {
        buf_puts(b, "\nadvice   ");
        utf8_text(b, s->retention->text, false);
    }
}

/* ---- a breach ---- */

void out_container_headline(struct buf *b, const struct weir_breach *breach)
{
    utf8_text(b, breach->diagnosis_count != 0 ? breach->diagnosis[0].text : "the container nears its limit", false);
}

void out_container_more(struct buf *b, const struct weir_breach *breach)
{
    char       data[4096];
    struct buf lines;
    buf_init(&lines, data, sizeof data);
    out_balance_text(&lines, &breach->sheet);
    for (const char *at = data; *at != '\0'; at++) {
        buf_put(b, at, 1);
        buf_puts(b, *at == '\n' ? "  " : "");
    }
}

/* ---- JSON ---- */

static void json_parts_of(struct json *j, const struct weir_balance *s)
{
    json_object(j, "balance");
    json_time(j, "time", s->read_ms);
    json_unsigned(j, "rss", s->rss);
    json_object(j, "components");
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        if (s->rows[c] != 0)
            json_unsigned(j, out_component((enum weir_component)c), s->rows[c]);
    json_object_end(j);
    json_object(j, "parts");
    for (int p = 0; p < WEIR_PART_COUNT; p++)
        json_known(j, part_ids[p], s->part_known[p], s->part[p]);
    json_object_end(j);
    json_signed(j, "residual", s->residual);
    json_bool(j, "sampled", s->sampled);
    json_unsigned(j, "swapped", s->swapped);
    json_unsigned(j, "cost_us", s->cost_us);
    json_object_end(j);
}

static void json_allocator(struct json *j, const struct weir_allocator *a)
{
    json_object(j, "allocator");
    json_string(j, "name", out_allocator(a->kind));
    json_time(j, "time", a->read_ms);
    json_known(j, "live", a->known, a->live);
    json_known(j, "held", a->known, a->held);
    json_known(j, "resident", a->resident_known, a->resident);
    json_known(j, "retention", a->resident_known, a->retention);
    json_known(j, "arenas", a->arenas != 0, a->arenas);
    json_unsigned(j, "cost_us", a->cost_us);
    json_object_end(j);
}

static void json_outlook(struct json *j, const struct weir_container *c)
{
    json_unsigned(j, "heap_to_come", c->heap_to_come);
    json_unsigned(j, "managed_to_come", c->managed_to_come);
    if (c->slope_known)
        json_signed(j, "bytes_a_minute", c->a_minute);
    else
        json_null(j, "bytes_a_minute");
    if (c->left_ms >= 0)
        json_signed(j, "left_ms", c->left_ms);
    else
        json_null(j, "left_ms");
    json_string_or_null(j, "biggest", c->biggest >= 0 ? out_component((enum weir_component)c->biggest) : "");
    json_string_or_null(j, "growing", c->growing >= 0 ? out_line((uint32_t)c->growing) : "");
    json_signed(j, "growing_a_minute", c->growing_a_minute);
}

static void json_container(struct json *j, const struct weir_container *c)
{
    json_object(j, "container");
    json_signed(j, "version", c->version);
    json_known(j, "limit", c->limited, c->limit);
    json_bool(j, "above", c->above);
    json_unsigned(j, "usage", c->usage);
    json_unsigned(j, "charge", c->charge);
    json_known(j, "anon", c->stat_known, c->anon);
    json_known(j, "file", c->stat_known, c->file);
    json_known(j, "inactive_file", c->stat_known, c->inactive_file);
    json_known(j, "shmem", c->stat_known, c->shmem);
    json_known(j, "kernel", c->stat_known, c->kernel);
    json_known(j, "swap", c->swap_known, c->swap);
    json_known(j, "oom_kills", c->kills_known, c->oom_kills);
    json_outlook(j, c);
    json_object_end(j);
}

static void json_children(struct json *j, const struct weir_balance *s)
{
    json_object(j, "children");
    json_unsigned(j, "count", s->child_count);
    json_unsigned(j, "rss", s->child_rss);
    json_array(j, "processes");
    for (size_t i = 0; i < s->child_shown && i < WEIR_TOP_CHILDREN; i++) {
        const struct weir_child *c = &s->children[i];
        json_object(j, NULL);
        json_signed(j, "pid", c->pid);
        json_string(j, "name", c->name);
        json_unsigned(j, "rss", c->rss);
        json_known(j, "pss", c->pss_known, c->pss);
        json_object_end(j);
    }
    json_array_end(j);
    json_object_end(j);
}

static void json_cpus(struct json *j, const struct weir_container *c)
{
    json_object(j, "cpus");
    json_millionths(j, "allowed", c->cpus > 0 ? (uint64_t)(c->cpus * 1e6) : 0);
    json_unsigned(j, "host", c->host_cpus);
    json_object_end(j);
}

void out_balance_json(struct json *j, const struct weir_sheet *sheet)
{
    const struct weir_balance *s = &sheet->balance;
    if (s->known)
        json_parts_of(j, s);
    if (s->read_ms != 0) {
        json_allocator(j, &s->allocator);
        json_cpus(j, &s->container);
        json_children(j, s);
    }
    if (s->container.known)
        json_container(j, &s->container);
}
