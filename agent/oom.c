/* SPDX-License-Identifier: Apache-2.0 */
/* oom.c: from the ring's event to struct weir_oom: the error's own text, which pool it is, what each job's attempts hold. */
#include "oom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/acct.h"
#include "jvm/hook_thread.h"
#include "jvm/hook_throw.h"
#include "jvm/pools.h"
#include "jvm/vmflags.h"
#include "metaspace.h"
#include "model/heldthreads.h"
#include "readings.h"
#include "threadview.h"

enum { JOBS_SEEN = 64, TEXT_TRIES = 400, TEXT_STEP_US = 50, WORTH_A_COLLECTION = 16 << 20 };

static struct {
    uint64_t        count;
    struct weir_oom oom;
    size_t          seen;
    struct weir_job jobs[JOBS_SEEN];
    bool            by_code[JOBS_SEEN]; /* by job: its code holds what no attempt does */
    struct heldthreads threads;
    char            class_name[256], message[1600];
} me; /* the reporter's own */

void oom_requester(const struct ring_event *e, struct weir_attempt *attempt, struct weir_stack *stack)
{
    acct_who(attempt, e->attempt, e->shared != 0, e->loader_tag);
    stacks_show(acct_stacks(), e->stack, stack);
    stack->decider = e->decider;
    stack->source = stacks_text(acct_stacks(), e->source);
}

static bool contains(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static bool is_metaspace(const struct ring_event *e)
{
    return e->oom_kind == ACCT_OOM_METASPACE || e->oom_kind == ACCT_OOM_CLASS_SPACE;
}

static enum weir_oom_pool pool_of(const struct ring_event *e, const struct weir_stack *stack)
{
    if (e->oom_kind == ACCT_OOM_HEAP)
        return WEIR_OOM_HEAP;
    if (is_metaspace(e))
        return WEIR_OOM_METASPACE;
    if (e->oom_kind == ACCT_OOM_THREADS)
        return WEIR_OOM_THREADS;
    if (e->oom_kind == ACCT_OOM_NETTY)
        return WEIR_OOM_NETTY;
    if (e->oom_kind == ACCT_OOM_DIRECT || contains(me.message, "irect buffer memory") ||
        (stack->count > 0 && strcmp(stack->frames[0].class_name, "java.nio.Bits") == 0))
        return WEIR_OOM_DIRECT;
    return WEIR_OOM_OTHER;
}

/* "Cannot reserve N bytes of direct buffer memory" (JDK 17 and newer), "failed to allocate N byte(s) of direct memory" (Netty). */
static uint64_t requested_in(const char *message)
{
    static const char *const before[] = { "Cannot reserve ", "failed to allocate " };
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        const char *at = strstr(message, before[i]);
        if (at != NULL)
            return strtoull(at + strlen(before[i]), NULL, 10);
    }
    return 0;
}

/* "(used: N, max: N)": what this copy of Netty counts, and its limit. */
static void read_netty(struct weir_oom *oom)
{
    const char *used = strstr(me.message, "(used: "), *max = strstr(me.message, ", max: ");
    oom->netty_known = oom->pool == WEIR_OOM_NETTY && used != NULL && max != NULL;
    if (!oom->netty_known)
        return;
    oom->netty_used = strtoull(used + strlen("(used: "), NULL, 10);
    oom->netty_max = strtoull(max + strlen(", max: "), NULL, 10);
}

/* Whose owners are told beside it. */
static enum weir_component owners_for(uint32_t kind)
{
    if (kind == ACCT_OOM_NETTY)
        return (enum weir_component)OWNERS_BUFFERS;
    bool direct = kind == ACCT_OOM_DIRECT || kind == ACCT_OOM_OTHER;
    return (enum weir_component)(direct ? (int)OWNERS_DIRECT : (int)WEIR_COMPONENT_COUNT);
}

/* Flink's own text, which it puts in the place of the error's: not what the JDK said. */
static bool is_replaced(const char *message)
{
    return contains(message, "out-of-memory error has occurred");
}

/* The event comes from inside the error's constructor, which is done in microseconds; Flink's Task replaces the text a
 * millisecond or so later. So look at once and often. */
static void read_error(JNIEnv *jni, const struct ring_event *e)
{
    me.class_name[0] = me.message[0] = '\0';
    for (int tries = 0; tries < TEXT_TRIES; tries++) {
        if (tries != 0)
            usleep(TEXT_STEP_US);
        if (hook_throw_peek(jni, e->oom_ticket, me.class_name, sizeof me.class_name, me.message,
                            sizeof me.message))
            break;
    }
    hook_throw_drop(jni, e->oom_ticket);
    if (is_replaced(me.message))
        me.message[0] = '\0';
    if (me.class_name[0] == '\0')
        snprintf(me.class_name, sizeof me.class_name, "java.lang.OutOfMemoryError");
}

/* The job's line, a new one at its first attempt; NULL when JOBS_SEEN jobs hold something. */
static struct weir_job *job_of(const struct weir_attempt *a)
{
    for (size_t i = 0; i < me.seen; i++)
        if (memcmp(me.jobs[i].job_id, a->job_id, sizeof a->job_id) == 0)
            return &me.jobs[i];
    if (me.seen == JOBS_SEEN)
        return NULL;
    struct weir_job *job = &me.jobs[me.seen++];
    *job = (struct weir_job){ .job_id = { a->job_id[0], a->job_id[1] }, .job_name = a->job_name };
    return job;
}

/* A failing attempt makes Flink end the others within milliseconds: what counts is the throw. */
static bool ran_at(const struct weir_attempt *a, int64_t oom_ms)
{
    return a->state == WEIR_ATTEMPT_RUNNING || a->end_ms >= oom_ms;
}

static void add_attempt(void *oom_ms, uint32_t id)
{
    struct weir_attempt a;
    struct weir_job *job = attempts_get(acct_attempts(), acct_stacks(), id, &a) && a.pooled > 0 ? job_of(&a) : NULL;
    if (job == NULL)
        return;
    if (ran_at(&a, *(const int64_t *)oom_ms)) {
        job->running += a.pooled;
        return;
    }
    job->ended += a.pooled;
    job->attempts_ended++;
}

/* Of no attempt, but by the code of a job that has ended: a thread that serves many took it for that job. *a: the job. */
static bool is_ended_jobs_code(const struct owner_view *v, int64_t oom_ms, struct weir_attempt *a)
{
    return (v->key.attempt == 0 || v->key.shared != 0) && v->key.kind == WEIR_KIND_DIRECT &&
           jobs_get(acct_jobs(), acct_stacks(), v->key.loader_tag, a) && a->state == WEIR_ATTEMPT_ENDED && a->end_ms < oom_ms;
}

/* Such a job counts as one attempt: how many took it is not known. */
static void add_code(void *oom_ms, const struct owner_view *v)
{
    struct weir_attempt a;
    struct weir_job    *job = is_ended_jobs_code(v, *(const int64_t *)oom_ms, &a) ? job_of(&a) : NULL;
    if (job == NULL)
        return;
    job->ended += v->bytes;
    job->attempts_ended += !me.by_code[job - me.jobs];
    me.by_code[job - me.jobs] = true;
}

static void add_proven_code(void *oom_ms, const struct owner_view *v)
{
    struct weir_attempt a;
    struct weir_job    *job = is_ended_jobs_code(v, *(const int64_t *)oom_ms, &a) ? job_of(&a) : NULL;
    if (job != NULL)
        job->proven = job->proven + v->bytes < job->ended ? job->proven + v->bytes : job->ended;
}

static void add_proven(void *oom_ms, uint32_t id)
{
    struct weir_attempt a;
    if (!attempts_get(acct_attempts(), acct_stacks(), id, &a) || ran_at(&a, *(const int64_t *)oom_ms))
        return;
    struct weir_job *job = job_of(&a);
    if (job != NULL)
        job->proven = job->proven + a.pooled < job->ended ? job->proven + a.pooled : job->ended;
}

/* Is what ended attempts hold garbage? One collection does not tell, and the JDK makes but one before it throws: Flink's
 * StreamTask has a finalizer, so all that an ended attempt holds outlives the first one, and goes with the second. */
/* When it may not ask for collections nothing is proven, and the report says that it is open. */
static void prove(int64_t oom_ms, bool may_collect)
{
    uint64_t ended = 0;
    for (size_t i = 0; i < me.seen; i++)
        ended += me.jobs[i].ended;
    if (!may_collect || me.oom.explicit_gc_off || me.oom.pool != WEIR_OOM_DIRECT || ended < WORTH_A_COLLECTION)
        return;
    me.oom.gc_after_ms = clock_wall_ms();
    pools_collect();
    pools_collect();
    me.oom.gc_known = true;
    attempts_each(acct_attempts(), add_proven, &oom_ms);
    acct_each_owner(add_proven_code, &oom_ms);
    for (size_t i = 0; i < me.seen; i++)
        me.oom.freed += me.jobs[i].ended - me.jobs[i].proven;
}

static int most_ended_first(const void *a, const void *b)
{
    const struct weir_job *x = a, *y = b;
    return (x->ended < y->ended) - (x->ended > y->ended);
}

/* Before anything slow is read: the task that was refused cleans up meanwhile, and what it has given back would be nobody's. */
static void count_jobs(int64_t oom_ms)
{
    me.seen = 0;
    memset(me.by_code, 0, sizeof me.by_code);
    attempts_each(acct_attempts(), add_attempt, &oom_ms);
    acct_each_owner(add_code, &oom_ms);
}

static void judge_jobs(int64_t oom_ms, bool may_collect)
{
    prove(oom_ms, may_collect);
    qsort(me.jobs, me.seen, sizeof me.jobs[0], most_ended_first);
    me.oom.job_count = me.seen < WEIR_TOP_JOBS ? me.seen : WEIR_TOP_JOBS;
    memcpy(me.oom.jobs, me.jobs, me.oom.job_count * sizeof me.jobs[0]);
}

static void add_thread(void *oom_ms, const struct hook_thread_view *thread)
{
    struct weir_attempt a;
    if (attempts_get(acct_attempts(), acct_stacks(), thread->starter, &a) && !ran_at(&a, *(const int64_t *)oom_ms))
        heldthreads_add(&me.threads, thread->name, &a);
}

/* After the collections: a thread that is about to end has had its time. */
static void find_held(JNIEnv *jni, int64_t oom_ms)
{
    me.threads.count = 0;
    me.threads.left_out = 0;
    hook_thread_each(jni, add_thread, &oom_ms);
    heldthreads_top(&me.threads, &me.oom);
}

struct weir_oom *oom_describe(JNIEnv *jni, const struct ring_event *e, bool may_collect)
{
    count_jobs(e->oom_ms);
    read_error(jni, e);
    if (is_metaspace(e)) {
        metaspace_exhausted(may_collect);
        snprintf(me.message, sizeof me.message, "%s",
                 e->oom_kind == ACCT_OOM_CLASS_SPACE ? "Compressed class space" : "Metaspace"); /* the VM's own words */
    }
    memset(&me.oom, 0, sizeof me.oom);
    if (e->oom_kind == ACCT_OOM_THREADS)
        threadview_read(e->oom_ms, clock_wall_ms());
    readings_at_event(&me.oom.sheet, owners_for(e->oom_kind), e);
    me.oom.suppressed = e->oom_suppressed;
    me.oom.number = me.count += 1 + e->oom_suppressed;
    me.oom.class_name = me.class_name;
    me.oom.message = me.message;
    me.oom.requested = requested_in(me.message);
    me.oom.thread = e->thread;
    oom_requester(e, &me.oom.attempt, &me.oom.stack);
    me.oom.pool = pool_of(e, &me.oom.stack);
    read_netty(&me.oom);
    if (!readings_before(&me.oom.before_used, &me.oom.before_ms))
        me.oom.before_ms = 0;
    me.oom.gc_known = readings_gc_after() != 0;
    me.oom.gc_after_ms = readings_gc_after();
    vmflags_bool("DisableExplicitGC", &me.oom.explicit_gc_off);
    judge_jobs(e->oom_ms, may_collect);
    find_held(jni, e->oom_ms);
    return &me.oom;
}
