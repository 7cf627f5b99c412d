/* SPDX-License-Identifier: Apache-2.0 */
/* out_breach.c: the text of a breach, which people read in the log and their scripts grep (DESIGN.md 7).
 * The first line says what happened, in one sentence; the lines below answer where the rest of the memory is, by whose
 * stack, and who holds most, which is often not the thread that asked last. Figures follow the rule of figure.h.
 * `used` is printed without the request; a percentage counts the request, because the level was decided with it. */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "out/figure.h"
#include "out/out.h"
#include "out/out_balance.h"
#include "out/out_threads.h"
#include "out/out_classes.h"
#include "out/owner.h"
#include "out/parts.h"
#include "out/utf8.h"

#include "base/poison.h"

static void put_budget_name(struct buf *b, bool jobmanager)
{
    if (!jobmanager) {
        buf_puts(b, out_component(WEIR_FRAMEWORK_OFF_HEAP));
        buf_puts(b, " + ");
    }
    buf_puts(b, out_component(jobmanager ? WEIR_OFF_HEAP : WEIR_TASK_OFF_HEAP));
}

/* 16.0 MiB requested by "Flat Map (1/2)#0" of job orders (5f1c..9e2a) */
static void put_request(struct buf *b, const struct weir_breach *breach)
{
    figure_bytes(b, breach->requested);
    buf_puts(b, " requested");
    if (breach->thread[0] == '\0')
        return;
    buf_puts(b, " by \"");
    utf8_text(b, breach->thread, true);
    buf_puts(b, "\"");
    owner_job(b, &breach->attempt);
}

static void put_used(struct buf *b, const struct weir_breach *breach)
{
    if (breach->limit.set)
        figure_of(b, breach->used, breach->limit.bytes);
    else
        figure_bytes(b, breach->used);
}

static void put_more_request(struct buf *b, const struct weir_breach *breach)
{
    if (breach->requested == 0)
        return;
    buf_puts(b, ", ");
    put_request(b, breach);
}

static void put_notice(struct buf *b, const struct weir_breach *breach)
{
    buf_puts(b, " ");
    put_used(b, breach);
    buf_puts(b, " (not declared)");
    if (breach->requested != 0) {
        buf_puts(b, ": ");
        put_request(b, breach);
    }
    struct parts_budget budget = parts_budget(breach);
    bool                member =
        breach->component == WEIR_FRAMEWORK_OFF_HEAP || breach->component == WEIR_TASK_OFF_HEAP;
    if (!member || !budget.known)
        return;
    buf_puts(b, "; the budget ");
    put_budget_name(b, false);
    buf_puts(b, " still has ");
    figure_of(b, budget.limit > budget.used ? budget.limit - budget.used : 0, budget.limit);
}

static void put_share(struct buf *b, const struct weir_breach *breach)
{
    buf_puts(b, out_component(breach->component));
    if (breach->denied) {
        buf_puts(b, " denied (mode=enforce): ");
        put_used(b, breach);
        put_more_request(b, breach);
        return;
    }
    if (breach->level == WEIR_LEVEL_NOTICE && !breach->limit.declared) {
        put_notice(b, breach);
        return;
    }
    buf_puts(b, breach->limit.declared ? " over its declared share: "
                                       : " over its share (not declared): ");
    put_used(b, breach);
    put_more_request(b, breach);
}

static uint64_t sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void put_budget(struct buf *b, const struct weir_breach *breach)
{
    struct parts_budget budget = parts_budget(breach);
    put_budget_name(b, budget.jobmanager);
    if (breach->reason == WEIR_REASON_SLOPE) {
        buf_puts(b, " would be full within 10 minutes at the present slope: ");
    } else if (budget.limit == 0) {
        buf_puts(b, budget.jobmanager ? " over its budget: " : " over their budget: ");
    } else {
        buf_puts(b, " at ");
        figure_percent(b, sum(budget.used, breach->requested), budget.limit);
        buf_puts(b, budget.jobmanager ? " of its budget: " : " of their budget: ");
    }
    figure_of(b, budget.used, budget.limit);
    put_more_request(b, breach);
}

static void put_vm_row(struct buf *b, const struct weir_breach *breach)
{
    if (breach->component == WEIR_TASK_HEAP)
        parts_heap_name(b);
    else
        buf_puts(b, out_component(breach->component));
    if (breach->reason == WEIR_REASON_SLOPE) {
        buf_puts(b, " would be full within 10 minutes at the present slope");
    } else if (breach->limit.set && breach->limit.bytes != 0) {
        buf_puts(b, " at ");
        figure_percent(b, sum(breach->used, breach->requested), breach->limit.bytes);
    } else {
        buf_puts(b, " over its limit");
    }
    buf_puts(b, ": ");
    put_used(b, breach);
    put_more_request(b, breach);
}

/* 72.0 MiB of 2 ended attempts (0 1) of job orders (5f1c..9e2a) survived 2 full GCs: 2 blocks of task.off-heap, ... */
static void put_survived(struct buf *b, const struct weir_breach *breach)
{
    const struct weir_survived *s = &breach->survived;
    figure_bytes(b, s->bytes);
    buf_puts(b, " of ");
    figure_count(b, s->attempt_count, "ended attempt");
    for (size_t i = 0; i < s->number_count; i++)
        buf_printf(b, "%s#%" PRId32, i == 0 ? " (" : " ", s->numbers[i]);
    if (s->number_count != 0)
        buf_puts(b, s->number_count == WEIR_MAX_NUMBERS ? " ...)" : ")");
    owner_job(b, &s->job);
    buf_puts(b, " survived ");
    figure_count(b, s->collections, "full GC");
    buf_puts(b, " in ");
    figure_count(b, s->blocks, "block");
    if (s->other_jobs != 0) {
        buf_puts(b, ", and ");
        figure_bytes(b, s->other_bytes);
        buf_puts(b, " of ");
        figure_count(b, s->other_jobs, "other job");
    }
    buf_printf(b, "; %s ", out_component(breach->component));
    put_used(b, breach);
    if (breach->limit.set && breach->limit.bytes == 0 && !breach->limit.declared)
        buf_puts(b, " (not declared)");
}

/* A verdict on the whole, "HEADLINE; details": the first line ends with the headline. */
static bool is_verdict(const struct weir_breach *breach)
{
    const char *id = breach->diagnosis_count != 0 ? breach->diagnosis[0].id : "";
    if (breach->reason == WEIR_REASON_HANDLES_LEFT) /* it is the whole line */
        return false;
    return breach->component == WEIR_JVM_METASPACE || strncmp(id, "native-", 7) == 0 || strncmp(id, "rocksdb-", 8) == 0;
}

static void put_headline(struct buf *b, const struct weir_breach *breach)
{
    char       data[sizeof breach->diagnosis[0].text];
    struct buf text;
    if (breach->diagnosis_count == 0 || !is_verdict(breach))
        return;
    buf_init(&text, data, sizeof data);
    buf_put(&text, breach->diagnosis[0].text, strcspn(breach->diagnosis[0].text, ";"));
    buf_puts(b, ": ");
    utf8_text(b, data, false);
}

static void put_diagnosis(struct buf *b, const struct weir_breach *breach)
{
    for (size_t i = 0; i < breach->diagnosis_count; i++) {
        const char *text = breach->diagnosis[i].text, *details = strstr(text, "; ");
        buf_puts(b, "\n  ");
        utf8_text(b, i == 0 && is_verdict(breach) && details != NULL ? details + 2 : text, false);
    }
}

static void put_direct_row(struct buf *b, const struct weir_sheet *sheet, enum weir_component c,
                           bool *first)
{
    const struct weir_row *row = &sheet->rows[c];
    bool                   optional = c == WEIR_UNDECIDED || c == WEIR_BEFORE_WEIR;
    if (!row->present || (optional && (!row->measured || row->used == 0)))
        return;
    parts_comma(b, first);
    buf_puts(b, out_component(c));
    buf_puts(b, " ");
    parts_row(b, row);
}

/* The pool that bounds the component, with all who share it. Rows outside it have no such line. */
static void put_direct_pool(struct buf *b, const struct weir_breach *breach)
{
    static const enum weir_component sharers[] = { WEIR_NETWORK,       WEIR_FRAMEWORK_OFF_HEAP,
                                                   WEIR_TASK_OFF_HEAP, WEIR_OFF_HEAP,
                                                   WEIR_UNDECIDED,     WEIR_BEFORE_WEIR };
    enum { SHARERS = sizeof(sharers) / sizeof(sharers[0]), BOUNDED = 4 };
    const struct weir_pool_row *pool = &breach->sheet.pools[WEIR_POOL_DIRECT];
    bool                        bounded = false, first = true;
    for (int i = 0; i < BOUNDED; i++)
        bounded = bounded || breach->component == sharers[i];
    if (!bounded)
        return;
    buf_puts(b, "\n  direct pool ");
    if (!pool->measured)
        buf_puts(b, "not measured, in MiB");
    else if (pool->limit.set)
        figure_of(b, pool->used, pool->limit.bytes);
    else
        figure_bytes(b, pool->used);
    buf_puts(b, ": ");
    for (int i = 0; i < SHARERS; i++)
        put_direct_row(b, &breach->sheet, sharers[i], &first);
}

static void put_stack(struct buf *b, const struct weir_stack *stack)
{
    for (int i = 0; i < stack->count && i < WEIR_MAX_DEPTH; i++) {
        buf_puts(b, "\n    at ");
        parts_frame(b, &stack->frames[i]);
        if (i == stack->decider)
            owner_source(b, stack->source);
    }
}

/* Owners are read after the rows, when the request is booked: it counts in the whole. */
static void put_owner(struct buf *b, const struct weir_owner *owner, const struct weir_breach *breach)
{
    const struct weir_row *row = &breach->sheet.rows[owner->component];
    uint64_t requested = owner->component == breach->component ? breach->requested : 0;
    buf_puts(b, "\n  owner ");
    owner_line(b, owner, row->measured ? row->used + requested : 0);
}

void out_text_breach(struct buf *b, const struct weir_breach *breach)
{
    if (breach->of_threads)
        out_threads_breach(b, breach);
    else if (breach->of_container)
        out_container_headline(b, breach);
    else if (breach->reason == WEIR_REASON_SURVIVED && breach->component == WEIR_JVM_METASPACE)
        out_classes_survived(b, breach);
    else if (breach->reason == WEIR_REASON_SURVIVED)
        put_survived(b, breach);
    else if (breach->reason == WEIR_REASON_HANDLES_LEFT)
        utf8_text(b, breach->diagnosis[0].text, false);
    else if (parts_is_budgets(breach))
        put_budget(b, breach);
    else if (breach->reason == WEIR_REASON_SHARE)
        put_share(b, breach);
    else
        put_vm_row(b, breach);
    put_headline(b, breach);
    if (breach->suppressed != 0)
        buf_printf(b, " (%" PRIu64 " more since the last line)", breach->suppressed);
    if (breach->of_container)
        out_container_more(b, breach);
    else
        put_direct_pool(b, breach);
    if (breach->component == WEIR_JVM_METASPACE)
        out_classes_breach(b, breach);
    put_stack(b, &breach->stack);
    for (size_t i = 0; i < breach->sheet.owner_count && i < WEIR_TOP_OWNERS; i++)
        put_owner(b, &breach->sheet.owners[i], breach);
    if (breach->of_threads)
        out_threads_more(b, breach);
    else if (breach->component != WEIR_JVM_METASPACE && !breach->of_container &&
             breach->reason != WEIR_REASON_HANDLES_LEFT) /* said already */
        put_diagnosis(b, breach);
}
