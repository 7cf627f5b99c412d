/* SPDX-License-Identifier: Apache-2.0 */
/* oom_pool.c: see oom_pool.h. Figures stand under each other, in MiB. */
#include "out/oom_pool.h"

#include <inttypes.h>

#include "out/figure.h"
#include "out/lines.h"
#include "out/out.h"
#include "out/parts.h"

#include "base/poison.h"

/* The columns of the table: name, figure with its limit. */
static void put_name(struct buf *b, const char *indent, const char *name)
{
    buf_printf(b, "\n%s%-*s", indent, indent[2] == '\0' ? 24 : 22, name);
}

static void put_figure(struct buf *b, uint64_t bytes)
{
    char       text[32];
    struct buf figure;
    buf_init(&figure, text, sizeof text);
    figure_bare(&figure, bytes);
    buf_printf(b, "%8s", text);
}

static void put_limited(struct buf *b, uint64_t bytes, const struct weir_limit *limit)
{
    put_figure(b, bytes);
    if (!limit->set)
        return;
    buf_puts(b, " of ");
    figure_bare(b, limit->bytes);
}

static void put_pool_line(struct buf *b, const struct weir_oom *oom, const struct oomsum *s)
{
    const struct weir_pool_row *pool = &oom->sheet.pools[WEIR_POOL_DIRECT];
    put_name(b, "  ", "direct pool");
    if (!pool->measured) {
        buf_puts(b, "not measured; the rows in MiB");
        return;
    }
    put_limited(b, pool->used, &pool->limit);
    buf_puts(b, " MiB");
    bool before = oom->before_ms != 0, limit = s->implied_known && pool->limit.set;
    if (!before && !limit)
        return;
    buf_puts(b, "  (");
    if (before) {
        buf_printf(b, "%" PRId64 " min ago ", oom->before_ms / 60000);
        figure_bare(b, oom->before_used);
        buf_puts(b, limit ? "; " : "");
    }
    if (limit && s->limit == s->implied) {
        buf_puts(b, "the limit is Flink's");
    } else if (limit) {
        buf_puts(b, "Flink's configuration implies ");
        figure_bare(b, s->implied);
    }
    buf_puts(b, ")");
}

static void put_attempts(struct buf *b, const struct oomsum *s)
{
    if (s->ended == 0 && s->running == 0)
        return;
    buf_puts(b, "  attempts: ended ");
    figure_bare(b, s->ended);
    buf_puts(b, ", running ");
    figure_bare(b, s->running);
}

static void put_row(struct buf *b, enum weir_component c, const struct weir_row *row, const struct oomsum *s)
{
    bool optional = c == WEIR_UNDECIDED || c == WEIR_BEFORE_WEIR;
    if (!row->present || (optional && (!row->measured || row->used == 0)))
        return;
    put_name(b, "    ", out_component(c));
    if (!row->measured) {
        buf_puts(b, "not measured");
        return;
    }
    put_limited(b, row->used, &row->limit);
    if (row->estimated != 0) {
        buf_puts(b, " and about ");
        figure_bare(b, row->estimated);
        buf_puts(b, " of the undecided (an estimate)");
    }
    if (row->limit.set && row->limit.bytes == 0 && !row->limit.declared)
        buf_puts(b, " (not declared)");
    if (c == WEIR_NETWORK && row->limit.set && row->used >= row->limit.bytes && row->used != 0)
        buf_puts(b, "  taken at start");
    if (c == WEIR_TASK_OFF_HEAP)
        put_attempts(b, s);
    uint64_t uncounted = oomsum_not_direct(row);
    if (uncounted == 0)
        return;
    buf_puts(b, "  (of them outside this pool ");
    figure_bare(b, uncounted);
    buf_puts(b, ")");
}

void oom_pool_table(struct buf *b, const struct weir_oom *oom, const struct oomsum *s)
{
    static const enum weir_component rows[] = { WEIR_NETWORK,  WEIR_FRAMEWORK_OFF_HEAP, WEIR_TASK_OFF_HEAP,
                                                WEIR_OFF_HEAP, WEIR_UNDECIDED,          WEIR_BEFORE_WEIR };
    put_pool_line(b, oom, s);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        put_row(b, rows[i], &oom->sheet.rows[rows[i]], s);
}

void oom_pool_rows(struct buf *b, const struct weir_sheet *sheet)
{
    char       data[1024];
    struct buf text;
    bool       first = true;
    buf_init(&text, data, sizeof data);
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++) {
        const struct weir_row *row = &sheet->rows[i];
        if (!row->present || !row->measured)
            continue;
        parts_comma(&text, &first);
        buf_printf(&text, "%s ", out_component((enum weir_component)i));
        parts_row(&text, row);
    }
    buf_puts(&text, " MiB");
    if (!first)
        lines_text(b, "rows", data);
}

static void put_item(struct buf *b, bool *first, const char *name)
{
    if (*first)
        lines_begin(b, "outside");
    parts_comma(b, first);
    buf_printf(b, "%s ", name);
}

static void put_kind(struct buf *b, const struct weir_sheet *sheet, enum weir_kind kind, bool *first)
{
    static const enum weir_component rows[] = { WEIR_FRAMEWORK_OFF_HEAP, WEIR_TASK_OFF_HEAP, WEIR_OFF_HEAP };
    uint64_t                         bytes = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (sheet->rows[rows[i]].present && sheet->rows[rows[i]].measured)
            bytes += sheet->rows[rows[i]].kind_bytes[kind];
    if (bytes == 0)
        return;
    put_item(b, first, out_kind(kind));
    figure_bare(b, bytes);
}

void oom_pool_outside(struct buf *b, const struct weir_sheet *sheet)
{
    static const enum weir_component rows[] = { WEIR_MANAGED, WEIR_JVM_METASPACE, WEIR_MAPPED };
    const struct weir_process       *process = &sheet->process;
    bool                             first = true;
    put_kind(b, sheet, WEIR_KIND_UNSAFE, &first);
    put_kind(b, sheet, WEIR_KIND_FFM, &first);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct weir_row *row = &sheet->rows[rows[i]];
        if (!row->present || !row->measured)
            continue;
        put_item(b, &first, out_component(rows[i]));
        parts_row(b, row);
    }
    if (process->cgroup_known && process->cgroup_limit_known) {
        put_item(b, &first, "container");
        figure_of_bare(b, process->cgroup, process->cgroup_limit);
    } else if (process->rss_known) {
        put_item(b, &first, "process resident");
        figure_bare(b, process->rss);
    }
    if (!first)
        buf_puts(b, " MiB");
}

static void put_lost(struct buf *b, const struct weir_agent_cost *agent)
{
    if ((agent->dropped_events | agent->dropped_stacks | agent->untracked_bytes) == 0) {
        buf_puts(b, "nothing dropped");
        return;
    }
    buf_puts(b, "dropped ");
    figure_count(b, agent->dropped_events, "event");
    buf_puts(b, ", ");
    figure_count(b, agent->dropped_stacks, "stack");
    buf_puts(b, ", not tracked ");
    figure_bytes(b, agent->untracked_bytes);
}

/* Bits counts raw sizes, the hook what Unsafe was asked for: up to 7 bytes more a block. */
static void put_comparison(struct buf *b, const struct weir_sheet *sheet)
{
    uint64_t rows = 0, blocks = 0, bits = sheet->pools[WEIR_POOL_DIRECT].used;
    if (!sheet->pools[WEIR_POOL_DIRECT].measured)
        return;
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++) {
        const struct weir_row *row = &sheet->rows[i];
        if (!row->present || !row->measured)
            continue;
        /* the two rows that hold any kind: only what is direct for certain */
        bool mixed = i == WEIR_NETWORK || i == WEIR_FRAMEWORK_OFF_HEAP || i == WEIR_TASK_OFF_HEAP || i == WEIR_OFF_HEAP;
        rows += mixed ? row->used - oomsum_not_direct(row) : row->kind_bytes[WEIR_KIND_DIRECT];
        blocks += row->kind_blocks[WEIR_KIND_DIRECT];
    }
    buf_puts(b, ", java.nio.Bits counts ");
    if (rows >= bits && rows - bits <= 7 * blocks) {
        buf_puts(b, "the same");
        return;
    }
    figure_bytes(b, rows > bits ? rows - bits : bits - rows);
    buf_puts(b, rows > bits ? " less" : " more");
    if (rows < bits && bits - rows <= sheet->rows[WEIR_UNDECIDED].used)
        buf_puts(b, ", which the undecided explain");
}

void oom_pool_trust(struct buf *b, const struct weir_oom *oom)
{
    lines_begin(b, "trust");
    put_lost(b, &oom->sheet.agent);
    if (oom->pool != WEIR_OOM_DIRECT)
        return;
    put_comparison(b, &oom->sheet);
    buf_puts(b, oom->explicit_gc_off ? "; explicit GC off" : "; explicit GC on");
}
