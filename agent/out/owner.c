/* SPDX-License-Identifier: Apache-2.0 */
/* owner.c: see owner.h. Breach lines, sheets and digests say the same owner in the same words. */
#include "out/owner.h"

#include <inttypes.h>
#include <string.h>

#include "out/figure.h"
#include "out/out.h"
#include "out/parts.h"
#include "out/utf8.h"

#include "base/poison.h"

/* A TaskManager keeps an uploaded jar as blob_p-SHA1-RANDOM: the jar's own name never reaches it, but the SHA-1 is that of
 * the file its owner has. */
static bool is_job_jar(const char *source)
{
    static const char prefix[] = "blob_p-";
    return strncmp(source, prefix, sizeof prefix - 1) == 0 &&
           strspn(source + sizeof prefix - 1, "0123456789abcdef") == 40;
}

void owner_source(struct buf *b, const char *source)
{
    if (source[0] == '\0')
        return;
    if (is_job_jar(source)) {
        buf_printf(b, "  [job jar, sha1 %.12s]", source + strlen("blob_p-"));
        return;
    }
    buf_puts(b, "  [");
    utf8_text(b, source, false);
    buf_puts(b, "]");
}

void owner_job(struct buf *b, const struct weir_attempt *attempt)
{
    if (!attempt->known)
        return;
    buf_puts(b, " of job ");
    if (attempt->job_name[0] != '\0') {
        utf8_text(b, attempt->job_name, false);
        buf_puts(b, " (");
    }
    parts_job_id_short(b, attempt);
    if (attempt->job_name[0] != '\0')
        buf_puts(b, ")");
}

bool owner_is_jobs_code(const struct weir_attempt *attempt)
{
    bool ended = attempt->state == WEIR_ATTEMPT_ENDED && attempt->attempt < 0;
    return attempt->known && (attempt->state == WEIR_ATTEMPT_SHARED || ended) && attempt->begin_ms == 0;
}

/* , attempt 0 of job orders (5f1c..9e2a), which has ended; of job orders (5f1c..9e2a), by a shared thread */
static void put_holder(struct buf *b, const struct weir_attempt *attempt)
{
    if (!attempt->known)
        return;
    bool starter = attempt->state == WEIR_ATTEMPT_SHARED && !owner_is_jobs_code(attempt);
    buf_puts(b, starter ? ", a shared thread started by" : ",");
    if (attempt->attempt >= 0)
        buf_printf(b, " attempt %" PRId32, attempt->attempt);
    owner_job(b, attempt);
    if (attempt->state == WEIR_ATTEMPT_ENDED)
        buf_puts(b, ", which has ended");
    if (owner_is_jobs_code(attempt))
        buf_puts(b, ", by a shared thread");
}

void owner_line(struct buf *b, const struct weir_owner *owner, uint64_t whole)
{
    const struct weir_stack *stack = &owner->stack;
    figure_bytes(b, owner->bytes);
    buf_puts(b, " ");
    buf_puts(b, out_kind(owner->kind));
    buf_puts(b, " in ");
    figure_count(b, owner->count, "block");
    if (owner->estimated != 0) {
        buf_puts(b, " (with those not walked about ");
        figure_bytes(b, owner->bytes + owner->estimated);
        buf_puts(b, ")");
    }
    if (whole != 0 && owner->bytes <= whole) {
        buf_puts(b, ", ");
        figure_percent(b, owner->bytes, whole);
        buf_puts(b, " of ");
        buf_puts(b, out_component(owner->component));
    }
    buf_puts(b, ": ");
    int decider = stack->decider >= 0 && stack->decider < stack->count ? stack->decider : 0;
    if (stack->count == 0)
        buf_puts(b, "stack not kept");
    else
        parts_frame(b, &stack->frames[decider]);
    owner_source(b, stack->source);
    put_holder(b, &owner->attempt);
}
