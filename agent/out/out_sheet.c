/* SPDX-License-Identifier: Apache-2.0 */
/* out_sheet.c: see out_sheet.h. A ledger may come from anywhere: every text of it is escaped, line by line.
 * A row that nobody measured has a dash and its note, never a 0. */
#include "out/out_sheet.h"

#include <inttypes.h>
#include <string.h>

#include "out/figure.h"
#include "out/out.h"
#include "out/out_balance.h"
#include "out/out_definitions.h"
#include "out/out_handles.h"
#include "out/out_netty.h"
#include "out/out_native.h"
#include "out/out_threads.h"
#include "out/owner.h"
#include "out/parts.h"
#include "out/utf8.h"

#include "base/poison.h"

enum { LINE_MAX_BYTES = 1024 };

/* ", label text", escaped; nothing for "". */
static void put_fact(struct buf *b, const char *label, const char *text)
{
    if (text[0] == '\0')
        return;
    buf_puts(b, label);
    utf8_text(b, text, false);
}

void out_sheet_who(struct buf *b, const struct ledger_sheet *sheet)
{
    const struct weir_start *s = &sheet->start;
    buf_puts(b, s->role == WEIR_ROLE_OTHER ? "a JVM, " : out_role(s->role));
    if (s->role != WEIR_ROLE_OTHER)
        buf_puts(b, " ");
    utf8_text(b, sheet->header.tm, false);
    put_fact(b, ", host ", sheet->header.host);
    buf_printf(b, ", pid %" PRId64, sheet->header.pid);
    buf_puts(b, ": ");
    if (s->flink[0] != '\0' || s->role != WEIR_ROLE_OTHER)
        buf_printf(b, "Flink %s", s->flink[0] == '\0' ? "of unknown version, " : "");
    if (s->flink[0] != '\0') {
        utf8_text(b, s->flink, false);
        buf_puts(b, ", ");
    }
    put_fact(b, "JVM ", s->jvm);
    put_fact(b, ", ", s->gc);
    put_fact(b, ", weir ", s->version);
    buf_printf(b, ", mode %s", out_mode(s->mode));
}

/* ---- the table ---- */

static void put_figure(struct buf *b, bool known, uint64_t bytes)
{
    char       text[32];
    struct buf figure;
    buf_init(&figure, text, sizeof text);
    if (known)
        figure_bare(&figure, bytes);
    else
        buf_puts(&figure, "-");
    buf_printf(b, "%11s", text);
}

static void put_moment(struct buf *b, int64_t ms)
{
    char       text[32];
    struct buf moment;
    buf_init(&moment, text, sizeof text);
    if (ms != 0)
        parts_minute(&moment, ms);
    else
        buf_puts(&moment, "-");
    buf_printf(b, "%16s", text);
}

/* The two heap rows have one figure, which says nothing of either's limit. */
static void put_remarks(struct buf *b, enum weir_component c, const struct weir_row *row)
{
    bool first = true, shared = c == WEIR_FRAMEWORK_HEAP || c == WEIR_TASK_HEAP;
    if (!shared && row->measured && row->limit.set && row->used > row->limit.bytes) {
        buf_puts(b, row->limit.declared ? "   OVER, declared" : "   over, not declared");
        first = false;
    } else if (row->limit.set && row->limit.declared) {
        buf_puts(b, "   declared");
        first = false;
    }
    const char *note = row->note[0] == '\0' && !row->measured ? "not measured" : row->note;
    put_fact(b, first ? "   " : "; ", note);
    first = first && note[0] == '\0';
    if (row->estimated != 0) {
        buf_puts(b, first ? "   and about " : "; and about ");
        figure_bare(b, row->estimated);
        buf_puts(b, " of the undecided, an estimate");
    }
}

static void put_row(struct buf *b, enum weir_component c, const struct weir_row *row)
{
    bool beside = c == WEIR_UNDECIDED || c == WEIR_BEFORE_WEIR;
    if (!row->present || (beside && (!row->measured || row->used == 0)))
        return;
    buf_printf(b, "\n%-20s ", out_component(c));
    put_figure(b, row->measured, row->used);
    put_figure(b, row->measured, row->peak);
    put_moment(b, row->measured ? row->peak_time_ms : 0);
    put_figure(b, row->limit.set, row->limit.bytes);
    put_remarks(b, c, row);
}

/* What the VM says of its heap beyond what is used. */
static void put_heap(struct buf *b, const struct weir_pool_row *pool)
{
    if (!pool->committed_known)
        return;
    buf_puts(b, " (committed ");
    figure_bare(b, pool->committed);
    if (pool->after_gc_known) {
        buf_puts(b, ", live after GC ");
        figure_bare(b, pool->after_gc);
    }
    buf_puts(b, ")");
}

/* 246.1 of 256.0 MiB; threads are counted. */
static void put_pool(struct buf *b, enum weir_pool p, const struct weir_pool_row *pool)
{
    buf_printf(b, "%s ", out_pool(p));
    if (!pool->measured)
        buf_puts(b, "not measured");
    else if (p == WEIR_POOL_THREADS && pool->limit.set)
        buf_printf(b, "%" PRIu64 " of %" PRIu64, pool->used, pool->limit.bytes);
    else if (p == WEIR_POOL_THREADS)
        buf_printf(b, "%" PRIu64, pool->used);
    else if (pool->limit.set)
        figure_of(b, pool->used, pool->limit.bytes);
    else
        figure_bytes(b, pool->used);
    put_heap(b, pool);
}

void out_sheet_pools(struct buf *b, const struct weir_sheet *sheet)
{
    bool first = true;
    for (int i = 0; i < WEIR_POOL_COUNT; i++) {
        const struct weir_pool_row *pool = &sheet->pools[i];
        if (!pool->measured && !pool->limit.set)
            continue;
        buf_puts(b, first ? "\npools    " : "");
        parts_comma(b, &first);
        put_pool(b, (enum weir_pool)i, pool);
    }
}

void out_sheet_table(struct buf *b, const struct weir_sheet *sheet)
{
    buf_puts(b, "component               used MiB   peak MiB   peak at (UTC)  limit MiB");
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++)
        put_row(b, (enum weir_component)i, &sheet->rows[i]);
    out_sheet_pools(b, sheet);
    out_balance_text(b, sheet);
    out_threads_sheet(b, &sheet->threads);
    out_definitions_text(b, &sheet->definitions);
    out_handles_text(b, &sheet->handles);
    out_netty_text(b, &sheet->netty);
    out_native_text(b, &sheet->native);
    parts_losses(b, &sheet->agent);
}

/* ---- owners, lines, words ---- */

static void put_line_break(struct buf *b, bool *first)
{
    buf_puts(b, *first ? "" : "\n");
    *first = false;
}

void out_sheet_owners(struct buf *b, const struct weir_sheet *sheet)
{
    bool first = true;
    for (size_t i = 0; i < sheet->owner_count && i < WEIR_TOP_OWNERS; i++) {
        const struct weir_row *row = &sheet->rows[sheet->owners[i].component];
        put_line_break(b, &first);
        buf_puts(b, "owner ");
        owner_line(b, &sheet->owners[i], row->measured ? row->used : 0);
    }
}

/* Lines of a text, each escaped by itself. */
static void put_lines(struct buf *b, const char *text)
{
    char line[LINE_MAX_BYTES];
    for (bool first = true;; text++) {
        size_t     len = strcspn(text, "\n");
        struct buf copy;
        buf_init(&copy, line, sizeof line);
        buf_put(&copy, text, len);
        put_line_break(b, &first);
        utf8_text(b, line, false);
        text += len;
        if (*text == '\0')
            return;
    }
}

void out_sheet_line(struct buf *b, const struct ledger_line *line)
{
    parts_time(b, line->time_ms);
    buf_puts(b, " ");
    utf8_text(b, line->what, false);
    buf_puts(b, " ");
    put_lines(b, line->text);
}

void out_sheet_words(struct buf *b, const struct ledger_words *words)
{
    bool first = true;
    buf_puts(b, "last words ");
    parts_time(b, words->time_ms);
    buf_puts(b, ": ");
    put_lines(b, words->text);
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++) {
        if (!words->known[i])
            continue;
        buf_puts(b, first ? "\n  used then, in MiB: " : "");
        parts_comma(b, &first);
        buf_printf(b, "%s ", out_component((enum weir_component)i));
        figure_bare(b, words->used[i]);
    }
}

/* The first line of what was said last, before all that may be cut off; the lines below it come at the end. */
static void put_last(struct buf *b, const struct ledger_line *line)
{
    char       text[LINE_MAX_BYTES];
    struct buf first;
    buf_init(&first, text, sizeof text);
    buf_put(&first, line->text, strcspn(line->text, "\n"));
    buf_puts(b, "last ");
    parts_time(b, line->time_ms);
    buf_puts(b, " ");
    utf8_text(b, line->what, false);
    buf_puts(b, " ");
    utf8_text(b, text, false);
    buf_puts(b, "\n");
}

void out_sheet_digest(struct buf *b, const char *state, const struct ledger_sheet *sheet)
{
    const char *more = NULL;
    buf_puts(b, state);
    buf_puts(b, "\n");
    out_sheet_who(b, sheet);
    buf_puts(b, "\n");
    if (sheet->line_count != 0) {
        put_last(b, &sheet->lines[0]);
        more = strchr(sheet->lines[0].text, '\n');
    }
    out_sheet_table(b, &sheet->sheet);
    if (sheet->sheet.owner_count != 0)
        buf_puts(b, "\n");
    out_sheet_owners(b, &sheet->sheet);
    if (more != NULL) {
        buf_puts(b, "\nlast\n");
        put_lines(b, more + 1);
    }
    buf_mark_cut(b);
}
