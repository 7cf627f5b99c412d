/* SPDX-License-Identifier: Apache-2.0 */
/* out_oom.c: the text of an OutOfMemoryError (DESIGN.md 7): leak or budget, who holds the memory, that the victim is not the
 * culprit, what to do now; then the pool, what lies outside it, how far to trust it, and last the victim's stack: what a
 * bounded line cuts is the least worth. Each matter is a labelled line and missing when there is nothing to say.
 * The verdict is oom->diagnosis[0]: its text up to the first ';' is the first line, the rest the cause. */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "model/oomsum.h"
#include "out/figure.h"
#include "out/lines.h"
#include "out/oom_held.h"
#include "out/oom_owners.h"
#include "out/oom_pool.h"
#include "out/out.h"
#include "out/out_threads.h"
#include "out/out_classes.h"
#include "out/owner.h"
#include "out/parts.h"
#include "out/utf8.h"

#include "base/poison.h"

enum { KEPT_FRAMES = 12, TEXT = 2048, LOADERS_SAID = 4 };

/* ---- the first line ---- */

static const struct weir_diagnosis *verdict(const struct weir_oom *oom)
{
    bool judged = oom->pool == WEIR_OOM_DIRECT || oom->pool == WEIR_OOM_NETTY || oom->pool == WEIR_OOM_THREADS ||
                  oom->pool == WEIR_OOM_METASPACE;
    return judged && oom->diagnosis_count > 0 ? &oom->diagnosis[0] : NULL;
}

static bool is_leak(const struct weir_oom *oom)
{
    return verdict(oom) != NULL && strcmp(verdict(oom)->id, "direct-leak") == 0;
}

static void put_pool(struct buf *b, const struct weir_oom *oom)
{
    static const enum weir_pool pools[WEIR_OOM_POOL_COUNT] = {
        [WEIR_OOM_DIRECT] = WEIR_POOL_DIRECT,       [WEIR_OOM_METASPACE] = WEIR_POOL_METASPACE,
        [WEIR_OOM_HEAP] = WEIR_POOL_HEAP,           [WEIR_OOM_THREADS] = WEIR_POOL_THREADS,
        [WEIR_OOM_NETTY] = WEIR_POOL_COUNT,         [WEIR_OOM_OTHER] = WEIR_POOL_COUNT,
    };
    if (oom->pool == WEIR_OOM_NETTY)
        buf_puts(b, ": Netty's own limit, not MaxDirectMemorySize");
    enum weir_pool p = oom->pool < WEIR_OOM_POOL_COUNT ? pools[oom->pool] : WEIR_POOL_COUNT;
    if (p == WEIR_POOL_COUNT || !oom->sheet.pools[p].measured)
        return;
    const struct weir_pool_row *pool = &oom->sheet.pools[p];
    buf_puts(b, ": ");
    if (p == WEIR_POOL_THREADS) {
        buf_printf(b, "%" PRIu64, pool->used);
        if (pool->limit.set)
            buf_printf(b, " of %" PRIu64, pool->limit.bytes);
        buf_puts(b, " threads");
    } else if (pool->limit.set) {
        figure_of(b, pool->used, pool->limit.bytes);
    } else {
        figure_bytes(b, pool->used);
    }
}

static void put_first_line(struct buf *b, const struct weir_oom *oom)
{
    const struct weir_diagnosis *d = verdict(oom);
    buf_puts(b, out_oom_pool(oom->pool));
    buf_puts(b, " OutOfMemoryError");
    if (d == NULL) {
        put_pool(b, oom);
    } else {
        char       text[TEXT];
        struct buf headline;
        buf_init(&headline, text, sizeof text);
        buf_put(&headline, d->text, strcspn(d->text, ";"));
        buf_puts(b, ": ");
        utf8_text(b, text, false);
    }
    buf_printf(b, " [oom %" PRIu64, oom->number);
    if (oom->suppressed != 0)
        buf_printf(b, ", %" PRIu64 " before it not reported", oom->suppressed);
    buf_puts(b, "]");
}

/* ---- cause and proof ---- */

static void put_cause(struct buf *b, const struct weir_oom *oom)
{
    const struct weir_diagnosis *d = verdict(oom);
    if (d == NULL)
        return;
    const char *details = strchr(d->text, ';');
    if (details != NULL && details[1] == ' ')
        lines_text(b, "cause", details + 2);
}

static void put_proof(struct buf *b, const struct weir_oom *oom, const struct oomsum *s)
{
    if (!is_leak(oom) || !oom->gc_known)
        return;
    lines_begin(b, "proof");
    buf_puts(b, "a full collection that began after ");
    parts_time(b, oom->gc_after_ms);
    buf_puts(b, ", when they had ended, left ");
    figure_bytes(b, s->proven);
    buf_puts(b, " of them");
}

/* ---- the victim ---- */

/* What its attempt holds may lie outside the pool: then it is not said, and neither is that it is innocent. */
static void put_held(struct buf *b, const struct weir_oom *oom, const struct oomsum *s)
{
    uint64_t held = oom->attempt.bytes;
    if (!oom->attempt.known || owner_is_jobs_code(&oom->attempt) || oom->pool != WEIR_OOM_DIRECT || held > s->direct)
        return;
    buf_puts(b, "; its attempt holds ");
    figure_bytes(b, held);
    if (held < s->direct / 10)
        buf_puts(b, ": do not look there");
}

static void put_victim(struct buf *b, const struct weir_oom *oom, const struct oomsum *s)
{
    char       data[TEXT];
    struct buf text;
    buf_init(&text, data, sizeof data);
    buf_puts(&text, "\"");
    utf8_text(&text, oom->thread, true);
    buf_puts(&text, "\"");
    owner_job(&text, &oom->attempt);
    if (oom->requested != 0) {
        buf_puts(&text, " asked ");
        figure_bytes(&text, oom->requested);
    }
    if (oom->pool == WEIR_OOM_DIRECT && s->pool_known) {
        buf_puts(&text, oom->requested != 0 ? " with " : " asked with ");
        figure_bytes(&text, s->left);
        buf_puts(&text, " left");
    }
    put_held(&text, oom, s);
    lines_text(b, "victim", data);
}

/* ---- what to do ---- */

static void put_option(struct buf *b, const struct weir_advice *a)
{
    buf_puts(b, a->key);
    if (a->value[0] != '\0')
        buf_puts(b, a->key[0] == '-' ? "=" : ": ");
    buf_puts(b, a->value);
}

/* A way begins with an entry that has changes; see model/advice.h. */
static void put_ways(struct buf *b, const struct weir_diagnosis *d, const char *label, uint32_t attempts)
{
    for (size_t i = 0; i < d->advice_count && i < WEIR_MAX_ADVICE;) {
        char       data[TEXT];
        struct buf text;
        size_t     first = i;
        buf_init(&text, data, sizeof data);
        put_option(&text, &d->advice[i++]);
        for (; i < d->advice_count && i < WEIR_MAX_ADVICE && d->advice[i].changes[0] == '\0'; i++) {
            buf_puts(&text, " with ");
            put_option(&text, &d->advice[i]);
        }
        if (attempts != 0)
            buf_printf(&text, " = %" PRIu32 " more such attempt%s", attempts, attempts == 1 ? "" : "s");
        if (d->advice[first].changes[0] != '\0')
            buf_printf(&text, " (%s)", d->advice[first].changes);
        lines_text(b, first == 0 ? label : "or", data);
    }
}

static void put_leak_advice(struct buf *b, const struct weir_oom *oom, const struct oomsum *s)
{
    const struct weir_frame *leaks = oom_owners_leaking_frame(oom);
    lines_begin(b, "now");
    buf_puts(b, "restart this TaskManager (frees ");
    figure_bytes(b, s->ended);
    buf_puts(b, ")");
    if (leaks != NULL) {
        char       data[TEXT];
        struct buf text;
        buf_init(&text, data, sizeof data);
        buf_printf(&text, "what %s.%s took outlives the attempt: close or drop it when the task ends", leaks->class_name,
                   leaks->method);
        lines_text(b, "fix", data);
    }
    put_ways(b, verdict(oom), "buy", s->leaking_attempts);
}

static bool is_loader_leak(const struct weir_oom *oom)
{
    return verdict(oom) != NULL && strcmp(verdict(oom)->id, "metaspace-leak") == 0;
}

static void put_loader_leak_advice(struct buf *b, const struct weir_oom *oom)
{
    lines_begin(b, "now");
    buf_puts(b, "restart this JVM (frees ");
    figure_bytes(b, oom->sheet.classes->fates[WEIR_LOADER_LEAKED].held);
    buf_puts(b, ")");
    put_ways(b, verdict(oom), "buy", 0);
}

static void put_advice(struct buf *b, const struct weir_oom *oom, const struct oomsum *s)
{
    if (is_leak(oom))
        put_leak_advice(b, oom, s);
    else if (is_loader_leak(oom))
        put_loader_leak_advice(b, oom);
    else if (verdict(oom) != NULL)
        put_ways(b, verdict(oom), "fix", 0);
    for (size_t i = verdict(oom) != NULL ? 1 : 0; i < oom->diagnosis_count && i < WEIR_MAX_DIAGNOSES; i++) {
        lines_text(b, "also", oom->diagnosis[i].text);
        put_ways(b, &oom->diagnosis[i], "fix", 0);
    }
}

/* ---- the whole ---- */

static void put_stack(struct buf *b, const struct weir_stack *stack)
{
    int count = stack->count < WEIR_MAX_DEPTH ? stack->count : WEIR_MAX_DEPTH;
    if (count > 0) {
        lines_begin(b, "stack");
        buf_puts(b, "of the victim");
    }
    for (int i = 0; i < count; i++) {
        if (i >= KEPT_FRAMES && i > stack->decider)
            break;
        if (i >= KEPT_FRAMES && i < stack->decider)
            continue;
        buf_puts(b, "\n    at ");
        parts_frame(b, &stack->frames[i]);
        if (i == stack->decider)
            owner_source(b, stack->source);
    }
    if (count > KEPT_FRAMES)
        buf_printf(b, "\n    ... %d frames in all", count);
}

static void put_classes(struct buf *b, const struct weir_oom *oom)
{
    out_classes_lines(b, &oom->sheet, LOADERS_SAID);
    out_classes_pins(b, oom->sheet.classes);
}

static void put_said(struct buf *b, const struct weir_oom *oom)
{
    char       data[TEXT];
    struct buf text;
    buf_init(&text, data, sizeof data);
    buf_puts(&text, oom->class_name);
    if (oom->message[0] != '\0') {
        buf_puts(&text, ": ");
        buf_puts(&text, oom->message);
    }
    lines_text(b, "said", data);
}

void out_text_oom(struct buf *b, const struct weir_oom *oom)
{
    struct oomsum s = oomsum_of(oom);
    bool          direct = oom->pool == WEIR_OOM_DIRECT;
    put_first_line(b, oom);
    put_cause(b, oom);
    put_proof(b, oom, &s);
    if (oom->pool == WEIR_OOM_THREADS)
        out_threads_report(b, &oom->sheet.threads);
    else if (oom->pool == WEIR_OOM_METASPACE)
        put_classes(b, oom);
    else
        oom_owners_put(b, oom, is_leak(oom));
    oom_held_put(b, oom);
    put_victim(b, oom, &s);
    put_advice(b, oom, &s);
    if (direct) {
        oom_pool_table(b, oom, &s);
        oom_pool_outside(b, &oom->sheet);
    } else {
        oom_pool_rows(b, &oom->sheet);
    }
    oom_pool_trust(b, oom);
    put_said(b, oom);
    put_stack(b, &oom->stack);
}
