/* SPDX-License-Identifier: Apache-2.0 */
/* jobs.c: an array by loader tag; tags are small numbers from 1 on.
 * Invariant:  an entry is written by whoever moves it from NONE to WRITING, and read when it is KNOWN. All who could write it
 *             would write the same: a loader has one job; it is forgotten when no code of that loader can run any more.
 * Bound:      JOBS entries of 32 bytes, touched as used. */
#include "core/jobs.h"

#include <stdatomic.h>

#include "base/arena.h"
#include "base/poison.h"

enum { JOBS = 1 << 14 };
enum { NONE, WRITING, KNOWN };

struct job {
    uint64_t    id[2];
    uint32_t    name;
    atomic_uint state;
    atomic_llong ended_ms; /* 0: not known to have ended */
};

struct jobs {
    struct job of[JOBS];
};

enum weir_rc jobs_new(struct jobs **out)
{
    *out = arena_map(sizeof **out);
    return *out != NULL ? WEIR_OK : WEIR_ENOMEM;
}

void jobs_delete(struct jobs *jobs)
{
    arena_unmap(jobs, sizeof *jobs);
}

void jobs_learn(struct jobs *jobs, uint32_t tag, const struct attempt_identity *who)
{
    unsigned none = NONE;
    if (tag == 0 || tag > JOBS)
        return;
    struct job *job = &jobs->of[tag - 1];
    if (!atomic_compare_exchange_strong_explicit(&job->state, &none, WRITING, memory_order_relaxed, memory_order_relaxed))
        return;
    job->id[0] = who->job_id[0];
    job->id[1] = who->job_id[1];
    job->name = who->job_name;
    atomic_store_explicit(&job->ended_ms, 0, memory_order_relaxed);
    /* Release: the fields above. Pairs with the acquire in jobs_get(). */
    atomic_store_explicit(&job->state, KNOWN, memory_order_release);
}

bool jobs_get(const struct jobs *jobs, const struct stacks *names, uint32_t tag, struct weir_attempt *out)
{
    if (tag == 0 || tag > JOBS || atomic_load_explicit(&jobs->of[tag - 1].state, memory_order_acquire) != KNOWN)
        return false;
    const struct job *job = &jobs->of[tag - 1];
    int64_t           ended_ms = atomic_load_explicit(&job->ended_ms, memory_order_relaxed);
    *out = (struct weir_attempt){ .known = true,
                                  .state = ended_ms != 0 ? WEIR_ATTEMPT_ENDED : WEIR_ATTEMPT_SHARED,
                                  .end_ms = ended_ms,
                                  .job_id = { job->id[0], job->id[1] },
                                  .job_name = stacks_text(names, job->name),
                                  .vertex = "",
                                  .subtask = -1,
                                  .attempt = -1 };
    return true;
}

void jobs_end(struct jobs *jobs, uint32_t tag, int64_t ended_ms)
{
    if (tag != 0 && tag <= JOBS)
        atomic_store_explicit(&jobs->of[tag - 1].ended_ms, ended_ms, memory_order_relaxed);
}

void jobs_forget(struct jobs *jobs, uint32_t tag)
{
    if (tag != 0 && tag <= JOBS)
        atomic_store_explicit(&jobs->of[tag - 1].state, NONE, memory_order_release);
}
