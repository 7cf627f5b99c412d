/* SPDX-License-Identifier: Apache-2.0 */
/* out_top.c: see out_top.h.
 *   component           used MiB  peak MiB limit MiB  of the limit            MiB/min
 *   task.off-heap           96.0      96.0      32.0* [##########!  300 %       +12.3
 * Columns beyond 80 go to the bar; where there are fewer, first the trend goes, then the bar. `*`: a person set the limit,
 * and `!` stands behind a bar that exceeds such a one, `>` behind one that exceeds another. A ledger may come from anywhere: every text is escaped before it is measured, and every line is cut. */
#include "out/out_top.h"

#include <inttypes.h>
#include <string.h>

#include "out/columns.h"
#include "out/figure.h"
#include "out/out.h"
#include "out/out_balance.h"
#include "out/out_sheet.h"
#include "out/owner.h"
#include "out/parts.h"
#include "out/utf8.h"

#include "base/poison.h"

enum { NAME = 18, FIGURE = 10, MARK = 1, PERCENT = 7, TREND = 11, LEAST_BAR = 10, MOST_BAR = 40, BAR_FRAME = 3 };
enum { FIXED = NAME + 3 * FIGURE + MARK, TEXT_CAP = 16384, LINE_CAP = 2048, OWNER_LINES = 3 };

struct shape {
    unsigned columns, bar; /* bar 0: none */
    bool     trend;
};

static struct shape shape_of(unsigned columns)
{
    struct shape s = { .columns = columns < OUT_TOP_NARROWEST ? OUT_TOP_NARROWEST : columns };
    unsigned     rest = s.columns > FIXED + PERCENT + BAR_FRAME ? s.columns - FIXED - PERCENT - BAR_FRAME : 0;
    s.trend = rest >= LEAST_BAR + TREND;
    if (s.trend)
        rest -= TREND;
    s.bar = rest < LEAST_BAR ? 0 : rest > MOST_BAR ? MOST_BAR : rest;
    return s;
}

/* ---- a row ---- */

static bool is_heap(enum weir_component c)
{
    return c == WEIR_FRAMEWORK_HEAP || c == WEIR_TASK_HEAP;
}

/* The two heap rows have one figure, which says nothing of either's limit. */
static bool is_drawn(enum weir_component c, const struct weir_row *row)
{
    return row->measured && row->limit.set && !is_heap(c);
}

static void put_left(struct buf *b, const char *text, unsigned width)
{
    unsigned used = columns_of(text);
    columns_cut(b, text, width);
    buf_printf(b, "%*s", used < width ? (int)(width - used) : 0, "");
}

static void put_right(struct buf *b, const char *text, unsigned width)
{
    unsigned used = columns_of(text);
    buf_printf(b, "%*s", used < width ? (int)(width - used) : 0, "");
    buf_puts(b, text);
}

static void put_figure(struct buf *b, bool known, uint64_t bytes)
{
    char       text[32];
    struct buf figure;
    buf_init(&figure, text, sizeof text);
    if (known)
        figure_bare(&figure, bytes);
    else
        buf_puts(&figure, "-");
    put_right(b, text, FIGURE);
}

/* Full cells: all of them at the limit, not before. */
static unsigned cells(uint64_t used, uint64_t limit, unsigned bar)
{
    if (used >= limit)
        return bar;
    uint64_t full = limit >= bar ? used / (limit / bar) : used * bar / limit;
    return full < bar ? (unsigned)full : bar - 1;
}

static void put_bar(struct buf *b, const struct weir_row *row, unsigned bar)
{
    unsigned full = cells(row->used, row->limit.bytes, bar);
    bool     over = row->used > row->limit.bytes;
    buf_puts(b, " [");
    for (unsigned i = 0; i < bar; i++)
        buf_puts(b, i < full ? "#" : " ");
    buf_puts(b, !over ? "]" : row->limit.declared ? "!" : ">");
}

static void put_percent(struct buf *b, const struct weir_row *row)
{
    char       text[32];
    struct buf percent;
    buf_init(&percent, text, sizeof text);
    if (row->limit.bytes == 0)
        buf_puts(&percent, row->used == 0 ? "" : "over");
    else if (row->used / row->limit.bytes >= 100)
        buf_puts(&percent, "> 99 x");
    else
        figure_percent(&percent, row->used, row->limit.bytes);
    put_right(b, text, PERCENT);
}

/* Bar and percentage; where there is nothing to draw, what is to be said. A share of 0 that nobody declared is Flink's
 * default, and no alarm. */
static void put_share(struct buf *b, enum weir_component c, const struct weir_row *row, unsigned bar)
{
    char       data[LINE_CAP];
    struct buf text;
    unsigned   width = (bar != 0 ? bar + BAR_FRAME : 0) + PERCENT;
    bool       none = row->limit.set && row->limit.bytes == 0 && !row->limit.declared;
    if (is_drawn(c, row) && !none) {
        if (bar != 0)
            put_bar(b, row, bar);
        put_percent(b, row);
        return;
    }
    buf_init(&text, data, sizeof data);
    utf8_text(&text, none ? "none declared" : row->note, false);
    put_right(b, "", 2);
    put_left(b, data, width - 2);
}

static void put_trend(struct buf *b, const struct trend *trend, enum weir_component c)
{
    char       text[32];
    int64_t    bytes = 0;
    struct buf figure;
    buf_init(&figure, text, sizeof text);
    if (trend_per_minute(trend, c, &bytes)) {
        buf_puts(&figure, bytes > 0 ? "+" : bytes < 0 ? "-" : "");
        figure_bare(&figure, bytes < 0 ? (uint64_t)-bytes : (uint64_t)bytes);
    }
    put_right(b, text, TREND);
}

static void put_beside(struct buf *b, const struct out_top *top, const struct shape *s, enum weir_component c)
{
    const struct weir_row *row = &top->file->last.sheet.rows[c];
    if (!row->measured) {
        buf_puts(b, "  ");
        utf8_text(b, row->note[0] == '\0' ? "not measured" : row->note, false);
        return;
    }
    put_share(b, c, row, s->bar);
    if (s->trend)
        put_trend(b, top->trend, c);
}

/* Cut to the terminal, without the blanks at its end. */
static void put_line(struct buf *b, struct buf *line, const struct shape *s)
{
    while (line->len > 0 && line->data[line->len - 1] == ' ')
        line->data[--line->len] = '\0';
    buf_puts(b, "\n");
    columns_cut(b, line->data, s->columns);
}

/* What a row with a bar has no room for. Everything here is read once a second, so that note says nothing. */
static void put_remarks(struct buf *b, struct buf *line, const struct shape *s, enum weir_component c,
                        const struct weir_row *row)
{
    if (is_drawn(c, row) && row->note[0] != '\0' && c != WEIR_JVM_METASPACE) {
        buf_reset(line);
        buf_puts(line, "  ");
        utf8_text(line, row->note, false);
        put_line(b, line, s);
    }
    if (row->estimated != 0) {
        buf_reset(line);
        buf_puts(line, "  and about ");
        figure_bare(line, row->estimated);
        buf_puts(line, " of the undecided, an estimate");
        put_line(b, line, s);
    }
}

static void put_row(struct buf *b, const struct out_top *top, const struct shape *s, enum weir_component c)
{
    char                   text[LINE_CAP];
    struct buf             line;
    const struct weir_row *row = &top->file->last.sheet.rows[c];
    bool                   beside = c == WEIR_UNDECIDED || c == WEIR_BEFORE_WEIR;
    if (!row->present || (beside && (!row->measured || row->used == 0)))
        return;
    buf_init(&line, text, sizeof text);
    buf_printf(&line, "%-*s", NAME, out_component(c));
    put_figure(&line, row->measured, row->used);
    put_figure(&line, row->measured, row->peak);
    put_figure(&line, row->limit.set, row->limit.bytes);
    buf_puts(&line, row->limit.set && row->limit.declared ? "*" : " ");
    put_beside(&line, top, s, c);
    put_line(b, &line, s);
    put_remarks(b, &line, s, c, row);
}

static void put_table(struct buf *b, const struct out_top *top, const struct shape *s)
{
    char       text[LINE_CAP];
    struct buf line;
    buf_init(&line, text, sizeof text);
    buf_printf(&line, "%-*s%*s%*s%*s%*s", NAME, "component", FIGURE, "used MiB", FIGURE, "peak MiB", FIGURE, "limit MiB",
               MARK, "");
    buf_printf(&line, "%-*s", s->bar != 0 ? (int)(s->bar + BAR_FRAME + PERCENT) : 0, s->bar != 0 ? " of the limit" : "");
    if (s->trend)
        put_right(&line, "MiB/min", TREND);
    put_line(b, &line, s);
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++)
        put_row(b, top, s, (enum weir_component)i);
}

/* ---- the rest ---- */

static void put_age(struct buf *b, int64_t ms)
{
    if (ms > OUT_TOP_NEWS_MS)
        buf_printf(b, "NO NEWS for %" PRId64 " s: ", ms / 1000);
    else
        buf_puts(b, "running: ");
}

/* How it is, or how it ended. */
static void put_state(struct buf *b, const struct out_top *top)
{
    const struct ledger_file *f = top->file;
    const struct weir_header *h = &f->last.header;
    if (f->stopped) {
        buf_puts(b, "the JVM stopped in order at ");
        parts_time(b, f->stop_ms);
        buf_puts(b, ": ");
        utf8_text(b, f->stop_reason, false);
        return;
    }
    if (top->alive)
        put_age(b, top->age_ms);
    else
        buf_puts(b, "the JVM ended without stop; last ");
    buf_puts(b, "sheet of ");
    parts_time(b, h->time_ms);
    buf_printf(b, ", %" PRId64 " s after its start", h->uptime_ms / 1000);
}

/* Each line of `text` by itself, which is reset. */
static void put_wrapped(struct buf *b, struct buf *text, const struct shape *s, unsigned lines)
{
    char *at = text->data;
    while (*at != '\0') {
        char  *end = at + strcspn(at, "\n");
        bool   more = *end != '\0';
        *end = '\0';
        if (*at != '\0') {
            if (b->len > 0)
                buf_puts(b, "\n");
            columns_wrap(b, at, s->columns, 4, lines);
        }
        at = end + more;
    }
    buf_reset(text);
}

static void put_head(struct buf *b, const struct out_top *top, const struct shape *s, struct buf *text)
{
    put_state(text, top);
    put_wrapped(b, text, s, 2);
    if (top->file->words.there && !top->alive) {
        out_sheet_words(text, &top->file->words);
        put_wrapped(b, text, s, 3);
    }
    if (top->file->damage[0] != '\0') {
        utf8_text(text, top->file->damage, false);
        put_wrapped(b, text, s, 2);
    }
    out_sheet_who(text, &top->file->last);
    put_wrapped(b, text, s, 3);
    buf_puts(b, "\n");
}

static void put_owners(struct buf *b, const struct weir_sheet *sheet, const struct shape *s, struct buf *text)
{
    if (sheet->owner_count != 0)
        buf_puts(b, "\n");
    for (size_t i = 0; i < sheet->owner_count && i < WEIR_TOP_OWNERS; i++) {
        const struct weir_row *row = &sheet->rows[sheet->owners[i].component];
        buf_puts(text, "owner ");
        owner_line(text, &sheet->owners[i], row->measured ? row->used : 0);
        put_wrapped(b, text, s, OWNER_LINES);
    }
}

/* What was said last: its first line. */
static void put_last(struct buf *b, const struct ledger_sheet *sheet, const struct shape *s, struct buf *text)
{
    if (sheet->line_count == 0)
        return;
    buf_puts(b, "\n");
    out_sheet_line(text, &sheet->lines[0]);
    text->data[strcspn(text->data, "\n")] = '\0';
    put_wrapped(b, text, s, OWNER_LINES);
}

static void cut_rows(struct buf *b, unsigned rows)
{
    unsigned row = 0;
    for (size_t i = 0; rows != 0 && i < b->len; i++) {
        if (b->data[i] == '\n' && ++row == rows) {
            b->len = i;
            b->data[i] = '\0';
        }
    }
}

void out_top(struct buf *b, const struct out_top *top)
{
    char                     data[TEXT_CAP];
    struct buf               text;
    const struct weir_sheet *sheet = &top->file->last.sheet;
    struct shape             s = shape_of(top->columns);
    buf_init(&text, data, sizeof data);
    put_head(b, top, &s, &text);
    put_table(b, top, &s);
    out_sheet_pools(&text, sheet);
    out_balance_text(&text, sheet);
    put_wrapped(b, &text, &s, 3);
    parts_losses(&text, &sheet->agent);
    put_wrapped(b, &text, &s, 3);
    put_owners(b, sheet, &s, &text);
    put_last(b, &top->file->last, &s, &text);
    cut_rows(b, top->rows);
}

bool out_top_is_over(const struct weir_sheet *sheet)
{
    const struct weir_row *framework = &sheet->rows[WEIR_FRAMEWORK_OFF_HEAP], *task = &sheet->rows[WEIR_TASK_OFF_HEAP];
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++) {
        const struct weir_row *row = &sheet->rows[i];
        if (row->present && row->measured && row->limit.set && row->limit.declared && !is_heap((enum weir_component)i) &&
            row->used > row->limit.bytes)
            return true;
    }
    return framework->measured && task->measured && framework->limit.set && task->limit.set &&
           framework->used + task->used > framework->limit.bytes + task->limit.bytes;
}
