/* SPDX-License-Identifier: Apache-2.0 */
/* threadsum.c: see threadsum.h. A restart is a run: one execution of a job, whatever its number of subtasks; a resubmitted job
 * is another run, since its id is another.
 * Bound: THREADSUM_FAMILIES families, of each THREADSUM_RUNS runs that are told apart; later ones count with the last. */
#include "model/threadsum.h"

#include <stdlib.h>
#include <string.h>

#include "model/heldthreads.h"

#include "base/poison.h"

void threadsum_clear(struct threadsum *sum)
{
    sum->count = 0;
    sum->ended = sum->left_out = 0;
}

/* The VM's "C2 CompilerThre", "G1 Conc#3" keep the number that is part of the word. */
static void name_family(const struct threadsum_thread *t, char name[WEIR_FAMILY_NAME])
{
    const char *s = t->name;
    bool        word = !t->java && s[0] != '\0' && s[1] >= '0' && s[1] <= '9' && s[2] == ' ';
    size_t      kept = word ? 2 : 0;
    memcpy(name, s, kept);
    heldthreads_family(s + kept, name + kept, WEIR_FAMILY_NAME - kept);
}

static struct threadsum_family *family_of(struct threadsum *sum, const struct threadsum_thread *t)
{
    char name[WEIR_FAMILY_NAME];
    name_family(t, name);
    for (size_t i = 0; i < sum->count; i++)
        if (sum->family[i].sum.java == t->java && strcmp(sum->family[i].name, name) == 0)
            return &sum->family[i];
    if (sum->count == THREADSUM_FAMILIES)
        return NULL;
    struct threadsum_family *f = &sum->family[sum->count++];
    memset(f, 0, sizeof *f);
    memcpy(f->name, name, sizeof name);
    f->sum.java = t->java;
    return f;
}

static bool same_run(const struct threadsum_run *r, const struct weir_attempt *a)
{
    return r->attempt == a->attempt && memcmp(r->job_id, a->job_id, sizeof a->job_id) == 0;
}

static void add_run(struct threadsum_family *f, const struct weir_attempt *a)
{
    size_t i = 0;
    while (i < f->run_count && !same_run(&f->runs[i], a))
        i++;
    if (i == THREADSUM_RUNS)
        return;
    if (i == f->run_count)
        f->runs[f->run_count++] = (struct threadsum_run){ .job_id = { a->job_id[0], a->job_id[1] }, .attempt = a->attempt };
    if (a->end_ms > f->runs[i].end_ms)
        f->runs[i].end_ms = a->end_ms;
}

/* Whoever has the majority ends up as the candidate. What outlived its attempt is asked before the rest. */
static void vote(struct threadsum_family *f, const struct threadsum_thread *t, bool first)
{
    if (first)
        f->votes = 0;
    if (f->votes == 0)
        f->creator = t->creator;
    f->votes += f->creator == t->creator ? 1 : (uint64_t)-1;
}

static bool is_later(const struct weir_attempt *a, const struct weir_attempt *than)
{
    return !than->known || (a->end_ms != 0 && a->end_ms >= than->end_ms);
}

void threadsum_add(struct threadsum *sum, const struct threadsum_thread *t)
{
    struct threadsum_family *f = family_of(sum, t);
    sum->ended += t->leaves;
    if (f == NULL) {
        sum->left_out++;
        return;
    }
    f->sum.threads++;
    f->sum.reserved += t->reserved;
    f->sum.resident += t->resident;
    if (t->creator != 0 && (t->leaves || f->sum.ended == 0))
        vote(f, t, t->leaves && f->sum.ended == 0);
    if (t->leaves) {
        if (f->sum.ended == 0 || is_later(t->starter, &f->starter))
            f->starter = *t->starter;
        f->sum.ended++;
        add_run(f, t->starter);
    } else if (t->starter != NULL && f->sum.ended == 0) {
        f->starter = *t->starter;
    }
}

static int ended_then_most_first(const void *a, const void *b)
{
    const struct threadsum_family *x = a, *y = b;
    if (x->sum.ended != y->sum.ended)
        return (x->sum.ended < y->sum.ended) - (x->sum.ended > y->sum.ended);
    if (x->sum.threads != y->sum.threads)
        return (x->sum.threads < y->sum.threads) - (x->sum.threads > y->sum.threads);
    return strcmp(x->name, y->name);
}

static void finish(struct threadsum_family *f)
{
    int64_t first = 0, last = 0;
    for (size_t i = 0; i < f->run_count; i++) {
        int64_t end = f->runs[i].end_ms;
        first = first == 0 || end < first ? end : first;
        last = end > last ? end : last;
    }
    f->sum.name = f->name;
    f->sum.job_known = f->starter.known;
    memcpy(f->sum.job_id, f->starter.job_id, sizeof f->sum.job_id);
    f->sum.job_name = f->starter.known ? f->starter.job_name : "";
    f->sum.creator = f->sum.source = "";
    f->sum.runs = f->run_count;
    f->sum.every_ms = f->run_count > 1 ? (last - first) / (int64_t)(f->run_count - 1) : 0;
}

void threadsum_top(struct threadsum *sum, struct weir_threads *out)
{
    qsort(sum->family, sum->count, sizeof sum->family[0], ended_then_most_first);
    out->ended = sum->ended;
    out->other_threads = sum->left_out;
    out->other_families = 0;
    out->family_count = sum->count < WEIR_TOP_FAMILIES ? sum->count : WEIR_TOP_FAMILIES;
    for (size_t i = 0; i < sum->count; i++) {
        struct threadsum_family *f = &sum->family[i];
        finish(f);
        if (i < out->family_count) {
            out->families[i] = f->sum;
            continue;
        }
        out->other_families++;
        out->other_threads += f->sum.threads;
    }
}

const struct weir_thread_family *threadsum_leaking(const struct weir_threads *threads)
{
    return threads->known && threads->family_count > 0 && threads->families[0].ended > 0 ? &threads->families[0] : NULL;
}
