/* SPDX-License-Identifier: Apache-2.0 */
/* diagnose_direct.c: the verdict on an OutOfMemoryError of the direct pool.
 * The verdict is the first of these that holds (users.md A3; s = oomsum.h):
 *   direct-leak           16 MiB or more of ended attempts outlived a full collection, and without them it would have fitted
 *   direct-contradiction  it would have fitted into what Flink's configuration implies
 *   nio-temporary-buffers without NIO's per-thread caches it would have fitted
 *   direct-open           what would decide is missing: a collection after the attempts' end, the System.gc() that a flag
 *                         makes void, whom bytes of shared threads or of nobody known belong to, Flink
 *   direct-budget         running attempts and Flink itself hold it
 * Size advised for a budget: holds what is used and the request, stays under the 80 % of the budget at which Weir warns,
 * and covers what task.off-heap itself holds, so that the next run is silent. For a leak: holds, and as many ended
 * attempts again. */
#include "model/diagnose_direct.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/advice.h"
#include "model/mib.h"
#include "model/oomsum.h"

#include "base/poison.h"

enum { WARN_PERCENT = 80 };

/* Sizes of the budget's row; or one clause why there are none. */
static void advise_size(struct weir_diagnosis *d, struct buf *text, const struct weir_oom *oom,
                        const struct diagnose_flink *flink, struct advice_need need)
{
    const char *why;
    d->advice_count =
        advice_off_heap(flink->conf, flink->version, flink->role, &oom->sheet, need, d->advice, &why);
    if (d->advice_count == 0)
        buf_printf(text, "; no size is advised: %s", why);
}

static const char *budget_name(const struct oomsum *s)
{
    return s->jobmanager ? "off-heap" : "framework.off-heap + task.off-heap";
}

/* 125.1 of 128.0 MiB (framework.off-heap + task.off-heap) */
static void put_budget(struct buf *b, const struct oomsum *s, uint64_t bytes)
{
    mib_put_of(b, bytes, s->room);
    buf_printf(b, " (%s)", budget_name(s));
}

/* 16.0 MiB asked, 12.9 MiB short */
static void put_request(struct buf *b, const struct weir_oom *oom, const struct oomsum *s)
{
    if (oom->requested != 0) {
        mib_put(b, oom->requested);
        buf_puts(b, " asked, ");
    } else {
        buf_puts(b, "the size asked is not known, ");
    }
    if (s->lacking == 0) {
        mib_put(b, s->left);
        buf_puts(b, " left when it was read");
    } else {
        mib_put(b, s->lacking);
        buf_puts(b, " short");
    }
}

/* 3 ended attempts of job orders (5f1c..9e2a) and 1 other job; only_proven: the jobs of which something is. */
static void put_ended(struct buf *b, const struct weir_oom *oom, uint32_t attempts, bool only_proven)
{
    const struct weir_job *job = NULL;
    size_t                 others = 0;
    for (size_t i = 0; i < oom->job_count && i < WEIR_TOP_JOBS; i++) {
        if (oom->jobs[i].ended == 0 || (only_proven && oom->jobs[i].proven == 0))
            continue;
        if (job == NULL)
            job = &oom->jobs[i];
        else
            others++;
    }
    buf_printf(b, "%" PRIu32 " ended attempt%s", attempts, attempts == 1 ? "" : "s");
    if (job == NULL)
        return;
    buf_puts(b, " of job ");
    unsigned first = (unsigned)(job->job_id[0] >> 48), last = (unsigned)(job->job_id[1] & 0xffff);
    if (job->job_name[0] != '\0')
        buf_printf(b, "%.64s (%04x..%04x)", job->job_name, first, last);
    else
        buf_printf(b, "%04x..%04x", first, last);
    if (others != 0)
        buf_printf(b, " and %zu other job%s", others, others == 1 ? "" : "s");
}

/* ---- leak ---- */

static uint64_t nio_bytes(const struct weir_oom *oom, uint64_t *owners, uint64_t *blocks, uint64_t *largest)
{
    uint64_t bytes = 0;
    *owners = *blocks = *largest = 0;
    for (size_t i = 0; i < oom->sheet.owner_count && i < WEIR_TOP_OWNERS; i++) {
        const struct weir_owner *o = &oom->sheet.owners[i];
        if (!oomsum_is_nio_cache(o))
            continue;
        bytes += o->bytes;
        *owners += 1;
        *blocks += o->count;
        *largest = o->bytes > *largest ? o->bytes : *largest;
    }
    return bytes;
}

static bool decides(uint64_t bytes, const struct oomsum *s)
{
    return bytes >= DIAGNOSIS_WORTH_SAYING && bytes >= s->lacking;
}

static bool say_leak(struct weir_oom *oom, const struct oomsum *s, const struct diagnose_flink *flink)
{
    struct buf text;
    if (!decides(s->proven, s) || s->leaking_attempts == 0)
        return false;
    struct weir_diagnosis *d = diagnosis_begin(oom, "direct-leak", &text);
    if (s->lacking_known)
        buf_puts(&text, "LEAK of ended attempts, not a small budget; ");
    else
        buf_puts(&text, "LEAK of ended attempts, open whether it is all; the size asked is not known, and ");
    put_budget(&text, s, s->proven);
    buf_puts(&text, " belong to ");
    put_ended(&text, oom, s->leaking_attempts, true);
    buf_puts(&text, ", ");
    mib_put(&text, s->leaking / s->leaking_attempts);
    buf_puts(&text, " each on average");
    if (s->lacking_known) {
        buf_puts(&text, "; without them the ");
        mib_put(&text, oom->requested);
        buf_puts(&text, " asked would have fitted");
    }
    struct advice_need need = { diagnosis_plus(diagnosis_plus(s->beside, oom->requested), s->leaking), 0 };
    advise_size(d, &text, oom, flink, need);
    if (d->advice_count != 0)
        buf_printf(&text, "; a larger size is no cure: it buys %" PRIu32 " more such attempt%s",
                   s->leaking_attempts, s->leaking_attempts == 1 ? "" : "s");
    buf_mark_cut(&text);
    return true;
}

/* ---- what the pool's limit is ---- */

static void put_implied(struct buf *b, const struct weir_oom *oom, const struct oomsum *s)
{
    static const enum weir_component parts[] = { WEIR_NETWORK, WEIR_FRAMEWORK_OFF_HEAP, WEIR_TASK_OFF_HEAP };
    if (s->jobmanager)
        return;
    for (int i = 0; i < 3; i++) {
        buf_puts(b, i == 0 ? " (network " : i == 1 ? " + framework.off-heap " : " + task.off-heap ");
        mib_put_bare(b, oom->sheet.rows[parts[i]].limit.bytes);
    }
    buf_puts(b, ")");
}

static bool is_contradiction(const struct oomsum *s)
{
    return s->implied_known && s->limit < s->implied;
}

static void say_contradiction(struct weir_oom *oom, const struct oomsum *s, bool whole)
{
    struct buf             text;
    struct weir_diagnosis *d = diagnosis_begin(oom, "direct-contradiction", &text);
    if (d == NULL)
        return;
    bool flag = strcmp(oom->sheet.pools[WEIR_POOL_DIRECT].limit.source, "jvm flag") == 0;
    buf_puts(&text, flag ? "MaxDirectMemorySize is below what Flink's configuration implies; "
                         : "MaxDirectMemorySize is not set and the JVM's own limit is below what Flink's "
                           "configuration implies; ");
    mib_put(&text, s->limit);
    buf_puts(&text, " in force, ");
    mib_put(&text, s->implied);
    buf_puts(&text, " implied");
    put_implied(&text, oom, s);
    if (whole) {
        buf_puts(&text, ", with which the ");
        mib_put(&text, oom->requested);
        buf_puts(&text, " asked would have fitted");
    }
    buf_puts(&text, "; correct the flag, not a size of Flink's");
    buf_mark_cut(&text);
    char value[32];
    snprintf(value, sizeof value, "%" PRIu64, s->implied);
    diagnosis_advise(d, "-XX:MaxDirectMemorySize", value);
}

/* ---- NIO's caches ---- */

static void say_nio(struct weir_oom *oom, const struct oomsum *s, bool whole)
{
    struct buf             text;
    uint64_t               owners, blocks, largest;
    uint64_t               bytes = nio_bytes(oom, &owners, &blocks, &largest);
    struct weir_diagnosis *d = diagnosis_begin(oom, "nio-temporary-buffers", &text);
    if (d == NULL)
        return;
    buf_puts(&text, whole ? "NIO's temporary buffers, cached per thread, hold what is missing; "
                          : "NIO caches temporary direct buffers per thread; ");
    put_budget(&text, s, bytes);
    buf_printf(&text, " in %" PRIu64 " block%s of %" PRIu64 " owner%s, ", blocks, blocks == 1 ? "" : "s", owners,
               owners == 1 ? "" : "s");
    if (owners > 1) {
        buf_puts(&text, "the largest ");
        mib_put(&text, largest);
        buf_puts(&text, ", ");
    }
    buf_puts(&text, "taken for heap buffers read or written through channels; capped, a thread frees a larger one after "
                    "each use");
    buf_mark_cut(&text);
    diagnosis_advise(d, "-Djdk.nio.maxCachedBufferSize", "262144");
}

/* ---- open ---- */

static void say_open(struct weir_oom *oom, const char *headline, const char *details)
{
    struct buf text;
    if (diagnosis_begin(oom, "direct-open", &text) == NULL)
        return;
    buf_printf(&text, "open: %s; %s", headline, details);
    buf_mark_cut(&text);
}

static void say_not_collected(struct weir_oom *oom, const struct oomsum *s)
{
    struct buf text;
    if (diagnosis_begin(oom, "direct-open", &text) == NULL)
        return;
    buf_puts(&text, "open: ");
    mib_put(&text, s->ended);
    buf_puts(&text, " of ended attempts not yet collected; ");
    put_budget(&text, s, s->ended);
    buf_puts(&text, " belong to ");
    put_ended(&text, oom, s->attempts, false);
    buf_puts(&text, oom->gc_known ? "; the last full collection began before some of them ended"
                                  : "; no full collection was seen since Weir was loaded");
    buf_puts(&text, ". If the next one leaves them it is a leak; if it frees them the budget is too small");
    if (oom->explicit_gc_off)
        buf_puts(&text, ", or -XX:+DisableExplicitGC kept the JDK from freeing them");
    buf_mark_cut(&text);
}

static void say_explicit_gc_off(struct weir_oom *oom, const struct oomsum *s)
{
    struct buf             text;
    struct weir_diagnosis *d = diagnosis_begin(oom, "explicit-gc-off", &text);
    if (d == NULL)
        return;
    buf_puts(&text, "open: explicit GC is disabled, so garbage was not collected before it failed; "
                    "-XX:+DisableExplicitGC makes the System.gc() void by which the JDK makes room: ");
    put_budget(&text, s, s->direct);
    buf_puts(&text, " may be in use or garbage. -XX:+ExplicitGCInvokesConcurrent keeps such collections short");
    buf_mark_cut(&text);
    diagnosis_advise(d, "-XX:-DisableExplicitGC", "");
}

static void say_unknown(struct weir_oom *oom, const struct oomsum *s)
{
    struct buf text;
    if (diagnosis_begin(oom, "direct-open", &text) == NULL)
        return;
    buf_puts(&text, "open: ");
    mib_put(&text, s->unknown);
    buf_puts(&text, " are held by nobody Weir can name; ");
    put_request(&text, oom, s);
    buf_puts(&text, "; these bytes were taken before Weir was loaded, or by threads without an attempt, and could be of "
                    "ended attempts as well as of running ones");
    buf_mark_cut(&text);
}

/* The jar of the one who holds most of it; Flink's copies of job jars have no name that says anything. */
static void put_shared_source(struct buf *b, const struct weir_oom *oom)
{
    const struct weir_owner *most = NULL;
    for (size_t i = 0; i < oom->sheet.owner_count && i < WEIR_TOP_OWNERS; i++) {
        const struct weir_owner *o = &oom->sheet.owners[i];
        if (oomsum_is_budgets(o) && oomsum_is_shared(o) && (most == NULL || o->bytes > most->bytes))
            most = o;
    }
    bool job_jar = most == NULL || most->stack.source == NULL || most->stack.source[0] == '\0' ||
                   strncmp(most->stack.source, "blob_p-", 7) == 0;
    buf_printf(b, "%.64s", job_jar ? "the job jar" : most->stack.source);
}

static void say_shared(struct weir_oom *oom, const struct oomsum *s)
{
    struct buf text;
    if (diagnosis_begin(oom, "direct-open", &text) == NULL)
        return;
    buf_puts(&text, "open: ");
    mib_put(&text, s->shared);
    buf_puts(&text, " of ");
    put_shared_source(&text, oom);
    buf_puts(&text, " are shared, of no single attempt; ");
    put_request(&text, oom, s);
    buf_puts(&text, "; threads took them that serve no single attempt or outlived the one that started them, and may serve those "
                    "that run: a budget if the bytes stop growing, a leak of the library's if they do not");
    buf_mark_cut(&text);
}

/* ---- budget ---- */

static struct advice_need budget_need(const struct weir_oom *oom, const struct oomsum *s)
{
    const struct weir_row *rows = oom->sheet.rows;
    uint64_t               rows_used = s->direct + s->uncounted;
    uint64_t               pool = diagnosis_plus(s->beside, oom->requested);
    uint64_t               quiet = diagnosis_plus(rows_used, oom->requested);
    quiet = diagnosis_plus(quiet / WARN_PERCENT * 100, quiet % WARN_PERCENT * 100 / WARN_PERCENT + 1);
    struct advice_need need = { pool > quiet ? pool : quiet, 0 };
    if (!s->jobmanager && rows[WEIR_TASK_OFF_HEAP].measured)
        need.share = diagnosis_plus(rows[WEIR_TASK_OFF_HEAP].used, oom->attempt.known ? oom->requested : 0);
    return need;
}

static void say_budget(struct weir_oom *oom, const struct oomsum *s, const struct diagnose_flink *flink)
{
    struct buf             text;
    struct weir_diagnosis *d = diagnosis_begin(oom, "direct-budget", &text);
    bool                   flag = strcmp(oom->sheet.pools[WEIR_POOL_DIRECT].limit.source, "jvm flag") == 0;
    if (d == NULL)
        return;
    buf_puts(&text, "BUDGET too small, ");
    bool garbage = decides(oom->freed, s);
    buf_puts(&text, s->jobmanager                            ? "no attempts run on a JobManager; "
                    : s->ended >= DIAGNOSIS_WORTH_SAYING && !garbage ? "and ended attempts are not enough to explain it; "
                                                           : "no leak; ");
    if (garbage) {
        mib_put(&text, oom->freed);
        buf_puts(&text, " of ended attempts were garbage that the JDK's one collection could not free, because Flink's tasks have a "
                        "finalizer: it went with a second one after the error; ");
    }
    put_request(&text, oom, s);
    buf_puts(&text, ": ");
    put_budget(&text, s, s->beside);
    buf_puts(&text, " in use");
    if (!s->jobmanager) {
        buf_puts(&text, ", running attempts ");
        mib_put_bare(&text, s->running);
        buf_puts(&text, ", ended ones ");
        mib_put_bare(&text, s->ended);
        buf_puts(&text, ", Flink itself and the rest ");
        uint64_t attempts = s->running + s->ended;
        mib_put_bare(&text, s->beside > attempts ? s->beside - attempts : 0);
    }
    if (s->jobmanager && !flag)
        buf_puts(&text, "; no size is advised: MaxDirectMemorySize is not set, the heap's maximum is the limit "
                        "(jobmanager.memory.enable-jvm-direct-memory-limit sets it)");
    else
        advise_size(d, &text, oom, flink, budget_need(oom, s));
    buf_mark_cut(&text);
}

/* ---- the verdict ---- */

static bool verdict(struct weir_oom *oom, const struct oomsum *s, const struct diagnose_flink *flink, bool *said_nio)
{
    uint64_t nio, owners, blocks, largest;
    bool     fits_implied = s->lacking_known && diagnosis_plus(s->used, oom->requested) <= s->implied;
    if (say_leak(oom, s, flink))
        return false;
    if (is_contradiction(s) && fits_implied) {
        say_contradiction(oom, s, true);
        return true;
    }
    nio = nio_bytes(oom, &owners, &blocks, &largest);
    if (s->lacking_known && decides(nio, s)) {
        say_nio(oom, s, *said_nio = true);
    } else if (decides(s->ended, s) && !decides(oom->freed, s)) {
        say_not_collected(oom, s);
    } else if (oom->explicit_gc_off) {
        say_explicit_gc_off(oom, s);
    } else if (decides(s->shared, s)) {
        say_shared(oom, s);
    } else if (decides(diagnosis_plus(s->ended, s->unknown), s) && !decides(oom->freed, s)) {
        say_unknown(oom, s);
    } else {
        say_budget(oom, s, flink);
    }
    return false;
}

void diagnose_direct(struct weir_oom *oom, const struct diagnose_flink *flink)
{
    struct oomsum s = oomsum_of(oom);
    uint64_t      owners, blocks, largest;
    bool          said_nio = false;
    if (!s.pool_known) {
        say_open(oom, "how full the direct pool was is not known", "its use or its limit could not be read");
        return;
    }
    if (flink->role == WEIR_ROLE_OTHER) {
        say_open(oom, "a JVM without Flink has no attempts to tell a leak by", "see who holds most");
    } else {
        bool said_contradiction = verdict(oom, &s, flink, &said_nio);
        if (!said_contradiction && is_contradiction(&s))
            say_contradiction(oom, &s, false);
    }
    if (!said_nio && nio_bytes(oom, &owners, &blocks, &largest) >= DIAGNOSIS_WORTH_SAYING)
        say_nio(oom, &s, false);
}
