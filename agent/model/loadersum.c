/* SPDX-License-Identifier: Apache-2.0 */
/* loadersum.c: a loader that serves a job runs with it, or its job has ended; then it is a leak when it outlived collections
 * that began after the end and nothing that lets go by itself holds it. What is not known to have ended counts as running:
 * a leak that is no leak costs more trust than one told later.
 * Bound: JOBS_SEEN pairs of job and fate; further ones count in the fates only. */
#include "model/loadersum.h"

#include <stdlib.h>
#include <string.h>

#include "base/poison.h"

enum { JOBS_SEEN = 256 };

enum weir_loader_fate loadersum_fate(const struct weir_loader *loader, int64_t outlived_ms)
{
    if (!loader->user && !loader->child)
        return WEIR_LOADER_NONE;
    if (loader->ended_ms == 0)
        return WEIR_LOADER_RUNNING;
    return loader->ended_ms < outlived_ms ? WEIR_LOADER_LEAKED : WEIR_LOADER_NOT_COLLECTED;
}

static bool same_job(const struct weir_attempt *a, const struct weir_attempt *b)
{
    return a->known == b->known && (!a->known || memcmp(a->job_id, b->job_id, sizeof a->job_id) == 0);
}

static enum weir_loader_fate fate_of_hold(enum weir_hold hold)
{
    switch (hold) {
    case WEIR_HOLD_CACHED:
    case WEIR_HOLD_SOFT: return WEIR_LOADER_CACHED;
    case WEIR_HOLD_GARBAGE:
    case WEIR_HOLD_GONE: return WEIR_LOADER_NOT_COLLECTED;
    default: return WEIR_LOADER_LEAKED;
    }
}

void loadersum_pinned(struct weir_loader *loaders, size_t count, const struct weir_pins *pins)
{
    for (size_t p = 0; p < pins->pinned_count && p < WEIR_MAX_PINNED; p++) {
        enum weir_loader_fate fate = fate_of_hold(pins->pinned[p].hold);
        for (size_t i = 0; i < count; i++)
            if (loaders[i].of != 0 && loaders[i].of == pins->pinned[p].loader && loaders[i].fate == WEIR_LOADER_LEAKED)
                loaders[i].fate = fate;
    }
}

static struct weir_loader_job *job_of(struct weir_loader_job *jobs, size_t *count, const struct weir_loader *l)
{
    for (size_t i = 0; i < *count; i++)
        if (jobs[i].fate == l->fate && same_job(&jobs[i].job, &l->job))
            return &jobs[i];
    if (*count == JOBS_SEEN)
        return NULL;
    jobs[*count] = (struct weir_loader_job){ .job = l->job, .fate = l->fate };
    return &jobs[(*count)++];
}

static void add_to_job(struct weir_loader_job *job, const struct weir_loader *l)
{
    job->loaders += l->user ? l->count : 0;
    job->children += l->user ? 0 : l->count;
    job->classes += l->classes;
    job->held += l->held;
    job->used += l->used;
    job->ended_ms = l->ended_ms > job->ended_ms ? l->ended_ms : job->ended_ms;
}

static void add_to_fate(struct weir_fate_sum *sum, const struct weir_loader *l)
{
    sum->loaders += l->user ? l->count : 0;
    sum->classes += l->classes;
    sum->held += l->held;
}

static int most_held_first(const void *a, const void *b)
{
    const struct weir_loader *x = a, *y = b;
    return x->held != y->held ? (x->held < y->held) - (x->held > y->held) : (x->tag > y->tag) - (x->tag < y->tag);
}

static int rank(enum weir_loader_fate fate)
{
    return fate == WEIR_LOADER_LEAKED ? 3 : fate == WEIR_LOADER_NOT_COLLECTED ? 2 : fate == WEIR_LOADER_CACHED ? 1 : 0;
}

static int leaked_first(const void *a, const void *b)
{
    const struct weir_loader_job *x = a, *y = b;
    int                           by_fate = rank(y->fate) - rank(x->fate);
    return by_fate != 0 ? by_fate : (x->held < y->held) - (x->held > y->held);
}

void loadersum_fill(struct weir_loader *loaders, size_t count, struct weir_classes *out)
{
    static struct weir_loader_job jobs[JOBS_SEEN]; /* the reporter's own; large */
    size_t                        seen = 0;
    memset(out->fates, 0, sizeof out->fates);
    qsort(loaders, count, sizeof loaders[0], most_held_first);
    for (size_t i = 0; i < count; i++) {
        struct weir_loader_job *job = loaders[i].fate != WEIR_LOADER_NONE ? job_of(jobs, &seen, &loaders[i]) : NULL;
        add_to_fate(&out->fates[loaders[i].fate], &loaders[i]);
        if (job != NULL)
            add_to_job(job, &loaders[i]);
    }
    for (size_t i = 0; i < seen; i++)
        out->fates[jobs[i].fate].jobs += jobs[i].job.known;
    qsort(jobs, seen, sizeof jobs[0], leaked_first);
    out->job_count = seen < WEIR_TOP_LOADER_JOBS ? seen : WEIR_TOP_LOADER_JOBS;
    memcpy(out->jobs, jobs, out->job_count * sizeof jobs[0]);
    out->loader = loaders;
    out->loader_count = count;
}
