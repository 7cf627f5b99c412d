/* SPDX-License-Identifier: Apache-2.0 */
/* parts.c: time, frames, rows, the budget. Pure arithmetic; the calendar is computed here because gmtime_r
 * takes the C library's time zone lock and may read files. */
#include "out/parts.h"

#include <inttypes.h>
#include <stddef.h>

#include "out/figure.h"
#include "out/out.h"
#include "out/utf8.h"

#include "base/poison.h"

static const unsigned row_roles[WEIR_COMPONENT_COUNT] = {
#define ROLES(sym, id, roles, limitable) [WEIR_##sym] = (roles),
    WEIR_COMPONENTS(ROLES)
#undef ROLES
};

struct date {
    int64_t year;
    int     month, day;
};

/* Days since 1970-01-01, not negative, to the Gregorian date. Years are counted from March, so that the leap day is the
 * last of the year; 719468 is the distance of 0000-03-01; 146097 are the days of 400 years. */
static struct date date_of(int64_t days)
{
    int64_t z = days + 719468;
    int64_t era = z / 146097;
    int64_t day_of_era = z % 146097;
    int64_t year =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t     day = day_of_era - (365 * year + year / 4 - year / 100);
    int64_t     month = (5 * day + 2) / 153;
    struct date d;
    d.day = (int)(day - (153 * month + 2) / 5 + 1);
    d.month = (int)(month < 10 ? month + 3 : month - 9);
    d.year = year + era * 400 + (d.month <= 2);
    return d;
}

void parts_time(struct buf *b, int64_t ms)
{
    if (ms < 0)
        ms = 0; /* a clock before 1970 is no clock */
    struct date d = date_of(ms / 86400000);
    int         rest = (int)(ms % 86400000);
    buf_printf(b, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d.%03dZ", d.year, d.month, d.day,
               rest / 3600000, rest / 60000 % 60, rest / 1000 % 60, rest % 1000);
}

void parts_minute(struct buf *b, int64_t ms)
{
    struct date d = date_of((ms < 0 ? 0 : ms) / 86400000);
    int         rest = (int)((ms < 0 ? 0 : ms) % 86400000);
    buf_printf(b, "%02d-%02d %02d:%02d:%02d", d.month, d.day, rest / 3600000, rest / 60000 % 60, rest / 1000 % 60);
}

static void put_native(struct buf *b, const struct weir_frame *frame)
{
    bool thread = frame->class_name[0] == '\0', named = frame->method[0] != '+';
    buf_puts(b, thread ? "thread " : "");
    utf8_text(b, frame->class_name, true);
    buf_puts(b, !thread && named ? "`" : "");
    utf8_text(b, frame->method, true);
}

void parts_frame(struct buf *b, const struct weir_frame *frame)
{
    if (frame->line == WEIR_LINE_NATIVE) {
        put_native(b, frame);
        return;
    }
    utf8_text(b, frame->class_name, true);
    buf_puts(b, ".");
    utf8_text(b, frame->method, true);
    if (frame->line < 0) {
        buf_puts(b, "(Native Method)");
    } else if (frame->file[0] == '\0') {
        buf_puts(b, "(Unknown Source)");
    } else {
        buf_puts(b, "(");
        utf8_text(b, frame->file, true);
        if (frame->line > 0)
            buf_printf(b, ":%" PRId32, frame->line);
        buf_puts(b, ")");
    }
}

void parts_row(struct buf *b, const struct weir_row *row)
{
    if (!row->measured) {
        buf_puts(b, "not measured");
        return;
    }
    if (!row->limit.set) {
        figure_bare(b, row->used);
        return;
    }
    figure_of_bare(b, row->used, row->limit.bytes);
    if (row->limit.bytes == 0 && !row->limit.declared)
        buf_puts(b, " (not declared)");
}

void parts_heap_name(struct buf *b)
{
    buf_puts(b, out_component(WEIR_FRAMEWORK_HEAP));
    buf_puts(b, " + ");
    buf_puts(b, out_component(WEIR_TASK_HEAP));
}

void parts_comma(struct buf *b, bool *first)
{
    buf_puts(b, *first ? "" : ", ");
    *first = false;
}

bool parts_has_row(enum weir_role role, enum weir_component component)
{
    return (row_roles[component] & (unsigned)role) != 0;
}

bool parts_is_budgets(const struct weir_breach *breach)
{
    return breach->reason == WEIR_REASON_BUDGET ||
           (breach->reason == WEIR_REASON_SLOPE && breach->budget_limit != 0);
}

static bool add_row(struct parts_budget *budget, const struct weir_row *row)
{
    budget->used += row->used;
    budget->limit += row->limit.bytes;
    return row->present && row->measured && row->limit.set;
}

struct parts_budget parts_budget(const struct weir_breach *breach)
{
    const struct weir_row *rows = breach->sheet.rows;
    struct parts_budget    budget = { .jobmanager = breach->component == WEIR_OFF_HEAP ||
                                                    rows[WEIR_OFF_HEAP].present };
    if (parts_is_budgets(breach) || breach->budget_limit != 0) {
        budget.known = true;
        budget.used = breach->budget_used;
        budget.limit = breach->budget_limit;
    } else if (budget.jobmanager) {
        budget.known = add_row(&budget, &rows[WEIR_OFF_HEAP]);
    } else {
        bool framework = add_row(&budget, &rows[WEIR_FRAMEWORK_OFF_HEAP]);
        budget.known = add_row(&budget, &rows[WEIR_TASK_OFF_HEAP]) && framework;
    }
    return budget;
}

void parts_job_id(struct buf *b, const struct weir_attempt *attempt)
{
    buf_printf(b, "%016" PRIx64 "%016" PRIx64, attempt->job_id[0], attempt->job_id[1]);
}

void parts_job_id_short(struct buf *b, const struct weir_attempt *attempt)
{
    buf_printf(b, "%04x..%04x", (unsigned)(attempt->job_id[0] >> 48), (unsigned)(attempt->job_id[1] & 0xffff));
}

void parts_losses(struct buf *b, const struct weir_agent_cost *agent)
{
    const struct {
        uint64_t    count;
        const char *noun;
    } lost[] = { { agent->dropped_events, "event" },
                 { agent->dropped_stacks, "stack" },
                 { agent->lost_ledger, "ledger write" } };
    bool first = true;
    if ((agent->dropped_events | agent->dropped_stacks | agent->lost_ledger | agent->untracked_bytes) == 0)
        return;
    buf_puts(b, "\n  lost: ");
    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
        if (lost[i].count == 0)
            continue;
        parts_comma(b, &first);
        figure_count(b, lost[i].count, lost[i].noun);
    }
    if (agent->untracked_bytes != 0) {
        parts_comma(b, &first);
        figure_bytes(b, agent->untracked_bytes);
        buf_puts(b, " not tracked");
    }
}
