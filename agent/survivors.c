/* SPDX-License-Identifier: Apache-2.0 */
/* survivors.c: who outlived two full collections, summed by attempt, then by job.
 * A job counts when one of its attempts left POLICY_SURVIVED or more: then all that its ended attempts left is told. What a
 * thread took that outlived its attempt is not counted: it may serve the attempts that run (DESIGN.md 4.4, `shared`).
 * Bound: ATTEMPTS_SEEN attempts and JOBS_SEEN jobs; what is beyond is left out, so a line tells too little at worst. */
#include "survivors.h"

#include <stdlib.h>
#include <string.h>

#include "core/acct.h"
#include "model/collections.h"

#include "base/poison.h"

enum { ATTEMPTS_SEEN = 1024, JOBS_SEEN = 64 };

struct left { /* by one attempt */
    uint32_t id;
    uint64_t bytes, blocks;
};

static struct {
    struct collections   collections;
    struct policy_slot   slots[4];
    int64_t              before_ms; /* ended attempts that ended before it are looked at */
    size_t               left_count, job_count, owner_count;
    struct left          left[ATTEMPTS_SEEN];
    uint64_t             largest[JOBS_SEEN]; /* left by one attempt of the job */
    int64_t              last_end_ms[JOBS_SEEN];
    struct weir_survived job[JOBS_SEEN];
    struct owner_view    owners[WEIR_TOP_OWNERS];
} me; /* the reporter's own */

static bool outlived(const struct owner_key *key)
{
    return key->attempt != 0 && !key->shared && attempts_ended_before(acct_attempts(), key->attempt, me.before_ms);
}

static void sum_owner(void *unused, const struct owner_view *v)
{
    (void)unused;
    size_t i = 0;
    if (!outlived(&v->key))
        return;
    while (i < me.left_count && me.left[i].id != v->key.attempt)
        i++;
    if (i == ATTEMPTS_SEEN)
        return;
    if (i == me.left_count)
        me.left[me.left_count++] = (struct left){ .id = v->key.attempt };
    me.left[i].bytes += v->bytes;
    me.left[i].blocks += v->count;
}

static bool same_job(const struct weir_attempt *a, const struct weir_attempt *b)
{
    return memcmp(a->job_id, b->job_id, sizeof a->job_id) == 0;
}

/* Ascending, each once; those beyond WEIR_MAX_NUMBERS are left out. */
static void add_number(struct weir_survived *job, int32_t number)
{
    size_t at = 0;
    while (at < job->number_count && job->numbers[at] < number)
        at++;
    if (number < 0 || at == WEIR_MAX_NUMBERS || (at < job->number_count && job->numbers[at] == number))
        return;
    size_t last = job->number_count < WEIR_MAX_NUMBERS ? job->number_count++ : WEIR_MAX_NUMBERS - 1;
    memmove(job->numbers + at + 1, job->numbers + at, (last - at) * sizeof job->numbers[0]);
    job->numbers[at] = number;
}

static void add_to_job(const struct left *left)
{
    struct weir_attempt a;
    size_t              i = 0;
    if (!attempts_get(acct_attempts(), acct_stacks(), left->id, &a))
        return;
    while (i < me.job_count && !same_job(&me.job[i].job, &a))
        i++;
    if (i == JOBS_SEEN)
        return;
    if (i == me.job_count) {
        me.job[i] = (struct weir_survived){ .job = a };
        me.largest[i] = 0;
        me.last_end_ms[i] = 0;
        me.job_count++;
    }
    struct weir_survived *job = &me.job[i];
    job->bytes += left->bytes;
    job->blocks += left->blocks;
    job->attempt_count++;
    add_number(job, a.attempt);
    me.largest[i] = left->bytes > me.largest[i] ? left->bytes : me.largest[i];
    me.last_end_ms[i] = a.end_ms > me.last_end_ms[i] ? a.end_ms : me.last_end_ms[i];
}

static void sum_all(void)
{
    me.left_count = me.job_count = 0;
    acct_each_owner(sum_owner, NULL);
    for (size_t i = 0; i < me.left_count; i++)
        add_to_job(&me.left[i]);
}

/* The job that holds most of those that count, and what all of them hold; false: none does. */
static bool worst_job(struct weir_survived *out, uint64_t *total)
{
    size_t worst = JOBS_SEEN, counting = 0;
    *total = 0;
    for (size_t i = 0; i < me.job_count; i++) {
        if (me.largest[i] < POLICY_SURVIVED)
            continue;
        counting++;
        *total += me.job[i].bytes;
        if (worst == JOBS_SEEN || me.job[i].bytes > me.job[worst].bytes)
            worst = i;
    }
    if (worst == JOBS_SEEN)
        return false;
    *out = me.job[worst];
    out->other_jobs = counting - 1;
    out->other_bytes = *total - out->bytes;
    out->collections = collections_after(&me.collections, me.last_end_ms[worst]);
    return true;
}

/* me.left holds the ids of the job only; those of others are 0. */
static void keep_owner(void *unused, const struct owner_view *v)
{
    (void)unused;
    size_t at = me.owner_count, i = 0;
    while (i < me.left_count && me.left[i].id != v->key.attempt)
        i++;
    if (i == me.left_count || !outlived(&v->key))
        return;
    while (at > 0 && me.owners[at - 1].bytes < v->bytes)
        at--;
    if (at == WEIR_TOP_OWNERS)
        return;
    size_t last = me.owner_count < WEIR_TOP_OWNERS ? me.owner_count++ : WEIR_TOP_OWNERS - 1;
    memmove(me.owners + at + 1, me.owners + at, (last - at) * sizeof me.owners[0]);
    me.owners[at] = *v;
}

static size_t owners_of(const struct weir_survived *job, int64_t now_ms, struct weir_owner owners[WEIR_TOP_OWNERS])
{
    struct weir_attempt a;
    me.owner_count = 0;
    for (size_t i = 0; i < me.left_count; i++)
        if (!attempts_get(acct_attempts(), acct_stacks(), me.left[i].id, &a) || !same_job(&a, &job->job))
            me.left[i].id = 0;
    acct_each_owner(keep_owner, NULL);
    for (size_t i = 0; i < me.owner_count; i++)
        acct_owner(&owners[i], &me.owners[i], now_ms);
    return me.owner_count;
}

struct policy_verdict survivors_judge(const struct pools_figures *vm, int64_t now_ms, struct weir_survived *out,
                                      struct weir_owner owners[WEIR_TOP_OWNERS], size_t *owner_count)
{
    static const struct policy_verdict silence = { .level = WEIR_LEVEL_NONE };
    uint64_t                           total = 0;
    if (vm->full_gcs_known)
        collections_feed(&me.collections, vm->full_gcs, vm->full_gcs_concurrent, now_ms);
    me.before_ms = collections_outlived(&me.collections, now_ms);
    bool any = attempts_ended_bytes(acct_attempts(), me.before_ms) >= POLICY_SURVIVED;
    if (any) {
        sum_all();
        any = worst_job(out, &total);
    }
    struct policy_verdict v = policy_survived(me.slots, total, now_ms);
    if (!any || v.level == WEIR_LEVEL_NONE)
        return silence;
    *owner_count = owners_of(out, now_ms, owners);
    return *owner_count > 0 ? v : silence; /* freed meanwhile */
}
