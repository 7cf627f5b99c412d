/* SPDX-License-Identifier: Apache-2.0 */
/* out_text.c: the text of start and stop. Start is what a person checks first: which limits, from where, declared or
 * not, and what is not being watched. Stop is what is left when the JVM is gone: the peaks. */
#include <inttypes.h>

#include "out/figure.h"
#include "out/out.h"
#include "out/parts.h"
#include "out/utf8.h"

#include "base/poison.h"

/* --- start ------------------------------------------------------------------------------------------------------- */

/* Rows that one pool or one decision holds together share a line. */
static const struct {
    const char         *label; /* padded to one width */
    enum weir_component rows[4];
    int                 count;
} groups[] = {
    { "heap      ", { WEIR_FRAMEWORK_HEAP, WEIR_TASK_HEAP, WEIR_HEAP }, 3 },
    { "managed   ", { WEIR_MANAGED }, 1 },
    { "off-heap  ",
      { WEIR_FRAMEWORK_OFF_HEAP, WEIR_TASK_OFF_HEAP, WEIR_NETWORK, WEIR_OFF_HEAP },
      4 },
    { "jvm       ", { WEIR_JVM_METASPACE, WEIR_JVM_OVERHEAD }, 2 },
    { "mapped    ", { WEIR_MAPPED }, 1 },
};
enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

/* task.off-heap 32.0 MiB (configuration file, declared) */
static void put_limit(struct buf *b, enum weir_component c, const struct weir_limit *limit)
{
    buf_puts(b, out_component(c));
    buf_puts(b, " ");
    figure_bytes(b, limit->bytes);
    buf_puts(b, " (");
    utf8_text(b, limit->source, false);
    if (limit->declared)
        buf_puts(b, ", declared");
    else if (limit->bytes == 0)
        buf_puts(b, ", not declared");
    buf_puts(b, ")");
}

static void put_group(struct buf *b, int group, const struct weir_start *start)
{
    bool first = true;
    for (int i = 0; i < groups[group].count; i++) {
        enum weir_component c = groups[group].rows[i];
        if (!start->limits[c].set || !parts_has_row(start->role, c))
            continue;
        if (first) {
            buf_puts(b, "\n  ");
            buf_puts(b, groups[group].label);
        }
        parts_comma(b, &first);
        put_limit(b, c, &start->limits[c]);
    }
}

static void put_pools(struct buf *b, const struct weir_start *start)
{
    bool first = true;
    for (int i = 0; i < WEIR_POOL_COUNT; i++) {
        const struct weir_limit *limit = &start->pools[i];
        if (!limit->set)
            continue;
        if (first)
            buf_puts(b, "\n  pools     ");
        parts_comma(b, &first);
        buf_puts(b, out_pool((enum weir_pool)i));
        buf_puts(b, " ");
        if (i == WEIR_POOL_THREADS)
            buf_printf(b, "%" PRIu64, limit->bytes); /* a count */
        else
            figure_bytes(b, limit->bytes);
        buf_puts(b, " (");
        utf8_text(b, limit->source, false);
        buf_puts(b, ")");
    }
}

static bool is_ok(const char *state)
{
    return state[0] == 'o' && state[1] == 'k' && state[2] == '\0';
}

static void put_troubles(struct buf *b, const struct weir_start *start)
{
    for (size_t i = 0; i < start->hook_count && i < WEIR_MAX_HOOKS; i++) {
        if (is_ok(start->hooks[i].state))
            continue;
        buf_puts(b, "\n  hook ");
        utf8_text(b, start->hooks[i].name, false);
        buf_puts(b, ": ");
        utf8_text(b, start->hooks[i].state, false);
    }
    for (size_t i = 0; i < start->warning_count && i < WEIR_MAX_WARNINGS; i++) {
        buf_puts(b, "\n  warning: ");
        utf8_text(b, start->warnings[i], false);
    }
}

void out_text_start(struct buf *b, const struct weir_start *start)
{
    utf8_text(b, start->version, false);
    buf_puts(b, " watching ");
    buf_puts(b, start->role == WEIR_ROLE_OTHER ? "a JVM" : out_role(start->role));
    buf_puts(b, ": ");
    if (start->flink[0] != '\0' || start->role != WEIR_ROLE_OTHER) {
        buf_puts(b, "Flink ");
        utf8_text(b, start->flink[0] != '\0' ? start->flink : "of unknown version", false);
        buf_puts(b, ", ");
    }
    buf_puts(b, "JVM ");
    utf8_text(b, start->jvm, false);
    buf_puts(b, ", ");
    utf8_text(b, start->gc, false);
    buf_puts(b, ", mode ");
    buf_puts(b, out_mode(start->mode));
    for (int i = 0; i < GROUPS; i++)
        put_group(b, i, start);
    put_pools(b, start);
    put_troubles(b, start);
}

/* --- stop -------------------------------------------------------------------------------------------------------- */

static bool has_peak(const struct weir_row *row)
{
    return row->present && row->measured && row->peak != 0;
}

/* The heap has one figure for two rows: printed once, against both limits. */
static void put_heap_peak(struct buf *b, const struct weir_sheet *sheet, bool *first)
{
    struct weir_row        both = sheet->rows[WEIR_FRAMEWORK_HEAP];
    const struct weir_row *task = &sheet->rows[WEIR_TASK_HEAP];
    both.used = both.peak > task->peak ? both.peak : task->peak;
    both.limit.set = both.limit.set && task->limit.set;
    both.limit.bytes += task->limit.bytes;
    parts_comma(b, first);
    parts_heap_name(b);
    buf_puts(b, " ");
    parts_row(b, &both);
}

static void put_peak(struct buf *b, const struct weir_sheet *sheet, enum weir_component c,
                     bool *first)
{
    struct weir_row row = sheet->rows[c];
    row.used = row.peak;
    parts_comma(b, first);
    buf_puts(b, out_component(c));
    buf_puts(b, " ");
    parts_row(b, &row);
}

static void put_peaks(struct buf *b, const struct weir_sheet *sheet)
{
    bool shared =
        has_peak(&sheet->rows[WEIR_FRAMEWORK_HEAP]) && has_peak(&sheet->rows[WEIR_TASK_HEAP]);
    bool first = true;
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++) {
        if (!has_peak(&sheet->rows[i]) || (shared && i == WEIR_TASK_HEAP))
            continue;
        if (first)
            buf_puts(b, "\n  peaks, in MiB: ");
        if (shared && i == WEIR_FRAMEWORK_HEAP)
            put_heap_peak(b, sheet, &first);
        else
            put_peak(b, sheet, (enum weir_component)i, &first);
    }
}

void out_text_stop(struct buf *b, const char *reason, const struct weir_sheet *sheet)
{
    buf_puts(b, "stopped: ");
    utf8_text(b, reason, false);
    put_peaks(b, sheet);
    parts_losses(b, &sheet->agent);
}
