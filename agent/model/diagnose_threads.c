/* SPDX-License-Identifier: Apache-2.0 */
/* diagnose_threads.c: a text is "HEADLINE; details", as elsewhere. The first of these that holds:
 *   thread-leak   code of the user, a connector or a library started threads in two executions or more that live on after
 *                 them, WORTH_SAYING in all
 *   thread-limit  a limit is hit, or the one that leaves least is named
 *   thread-open   a start failed and no limit is near */
#include "model/diagnose_threads.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "model/mib.h"
#include "model/threadsum.h"

#include "base/poison.h"

enum { WORTH_SAYING = 8, NEAR_PART = 20, NEAR_LEFT = 4, MINUTE_MS = 60000 };

bool diagnose_threads_leak(const struct weir_threads *t)
{
    const struct weir_thread_family *f = threadsum_leaking(t);
    return f != NULL && f->ended >= DIAGNOSE_THREADS_LEFT && f->runs >= DIAGNOSE_THREADS_RUNS;
}

const struct weir_thread_limit *diagnose_threads_hit(const struct weir_threads *t)
{
    for (size_t i = 0; i < t->limit_count; i++)
        if (t->limits[i].refused)
            return &t->limits[i];
    for (size_t i = 0; i < t->limit_count; i++)
        if (t->limits[i].left <= t->limits[i].limit / NEAR_PART || t->limits[i].left <= NEAR_LEFT)
            return &t->limits[i];
    return NULL;
}

/* 12, 16.8 */
static void put_average(struct buf *b, uint64_t sum, uint64_t count)
{
    uint64_t tenths = (sum * 10 + count / 2) / count;
    buf_printf(b, "%" PRIu64, tenths / 10);
    if (tenths % 10 != 0)
        buf_printf(b, ".%" PRIu64, tenths % 10);
}

static void put_limit(struct buf *b, const struct weir_thread_limit *l)
{
    bool mappings = strcmp(l->name, "max_map_count") == 0;
    buf_printf(b, "%s %" PRIu64 " of %" PRIu64 "%s%s", l->name, l->used, l->limit, mappings ? " mappings" : "",
               l->at_least && l->left != 0 ? " at least" : "");
}

static void put_creator(struct buf *b, const struct weir_thread_family *f)
{
    if (f->creator[0] == '\0')
        return;
    buf_printf(b, " created at %.160s", f->creator);
    bool jobs_jar = strncmp(f->source, "blob_p-", 7) == 0;
    if (f->source[0] != '\0')
        buf_printf(b, " [%.60s]", jobs_jar ? "the job jar" : f->source);
}

static void put_stacks(struct buf *b, uint64_t reserved, uint64_t resident)
{
    buf_puts(b, "stacks reserve ");
    mib_put(b, reserved);
    buf_puts(b, ", ");
    mib_put(b, resident);
    buf_puts(b, " resident");
}

/* When the leak will have filled what the nearest limit leaves. */
static void put_when(struct buf *b, const struct weir_threads *t, const struct weir_thread_family *f)
{
    if (t->limit_count == 0)
        return;
    const struct weir_thread_limit *l = &t->limits[0];
    uint64_t restarts = l->left * f->runs / f->ended;
    buf_puts(b, ". First limit ");
    put_limit(b, l);
    buf_printf(b, ": full after %" PRIu64 " more restart%s", restarts, restarts == 1 ? "" : "s");
    if (f->every_ms > 0 && restarts > 0)
        buf_printf(b, ", %" PRIu64 " min at the present pace", restarts * (uint64_t)f->every_ms / MINUTE_MS);
}

static void say_leak(struct weir_diagnosis *d, struct buf *b, const struct weir_threads *t, const struct weir_thread_family *f)
{
    d->id = "thread-leak";
    buf_puts(b, "LEAK of ended attempts, +");
    put_average(b, f->ended, f->runs);
    buf_printf(b, " threads per restart: %" PRIu64 " %.40s", f->ended, f->name);
    put_creator(b, f);
    buf_printf(b, "; %" PRIu64 " of %" PRIu64 " Java threads were started in %" PRIu64 " executions that have ended",
               t->ended, t->java, f->runs);
    if (f->job_known)
        buf_printf(b, " (last: %.40s)", f->job_name[0] != '\0' ? f->job_name : "a job");
    buf_puts(b, "; of this name ");
    put_stacks(b, f->reserved, f->resident);
    put_when(b, t, f);
    buf_puts(b, ". Shut them down when the task closes");
}

static const struct weir_thread_family *largest(const struct weir_threads *t)
{
    const struct weir_thread_family *most = NULL;
    for (size_t i = 0; i < t->family_count; i++)
        if (most == NULL || t->families[i].threads > most->threads)
            most = &t->families[i];
    return most;
}

static void put_largest(struct buf *b, const struct weir_threads *t)
{
    const struct weir_thread_family *f = largest(t);
    if (f == NULL)
        return;
    buf_printf(b, "most are %" PRIu64 " %.40s", f->threads, f->name);
    put_creator(b, f);
}

static void put_all(struct buf *b, const struct weir_threads *t)
{
    buf_printf(b, "; this process has %" PRIu64 " threads, %" PRIu64 " of them Java's, %" PRIu64 " of ended attempts; all ", t->tasks,
               t->java, t->ended);
    put_stacks(b, t->reserved, t->resident);
}

static void say_limit(struct weir_diagnosis *d, struct buf *b, const struct weir_threads *t, const struct weir_thread_limit *l,
                      bool failed)
{
    d->id = "thread-limit";
    buf_puts(b, failed ? "the limit that was hit is " : "the limit that comes first is ");
    put_limit(b, l);
    buf_puts(b, ", ");
    put_largest(b, t);
    put_all(b, t);
    if (l->refused)
        buf_puts(b, "; the kernel counted a refusal by it");
}

static void say_open(struct weir_diagnosis *d, struct buf *b, const struct weir_threads *t)
{
    d->id = "thread-open";
    buf_puts(b, "open: no limit on threads is near, so it was memory (address space, overcommit) or a limit that cannot be seen "
                "from here; ");
    put_largest(b, t);
    put_all(b, t);
    for (size_t i = 0; i < t->limit_count && i < 2; i++) {
        buf_puts(b, i == 0 ? "; nearest " : ", ");
        put_limit(b, &t->limits[i]);
    }
}

void diagnose_threads(struct weir_diagnosis *d, const struct weir_threads *t, bool failed)
{
    struct buf                       text;
    const struct weir_thread_family *f = threadsum_leaking(t);
    const struct weir_thread_limit  *hit = diagnose_threads_hit(t);
    d->advice_count = 0;
    buf_init(&text, d->text, sizeof d->text);
    if (f != NULL && f->ended >= WORTH_SAYING && f->runs > 1) {
        say_leak(d, &text, t, f);
        if (failed && hit != NULL)
            buf_printf(&text, ". It was %s that was hit", hit->name);
    } else if (hit != NULL || (!failed && t->limit_count > 0)) {
        say_limit(d, &text, t, hit != NULL ? hit : &t->limits[0], failed);
    } else {
        say_open(d, &text, t);
    }
    buf_mark_cut(&text);
}
