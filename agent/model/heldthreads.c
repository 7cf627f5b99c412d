/* SPDX-License-Identifier: Apache-2.0 */
/* heldthreads.c: families of threads, with whose attempts started them. Attempt numbers count within a job, so they are kept
 * as long as a family is of one job.
 * Bound: HELDTHREADS_FAMILIES families; of each WEIR_MAX_NUMBERS jobs and as many numbers, `more` says that there were others. */
#include "model/heldthreads.h"

#include <stdlib.h>
#include <string.h>

#include "base/poison.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

void heldthreads_family(const char *name, char *out, size_t cap)
{
    size_t n = 0;
    for (const char *p = name; *p != '\0' && n + 1 < cap; p++)
        if (!is_digit(*p))
            out[n++] = *p;
        else if (p == name || !is_digit(p[-1]))
            out[n++] = '*';
    out[n] = '\0';
}

static struct weir_held *family_of(struct heldthreads *held, const char *name)
{
    char family[sizeof held->family[0].family];
    heldthreads_family(name, family, sizeof family);
    for (size_t i = 0; i < held->count; i++)
        if (strcmp(held->family[i].family, family) == 0)
            return &held->family[i];
    if (held->count == HELDTHREADS_FAMILIES)
        return NULL;
    struct weir_held *f = &held->family[held->count++];
    memset(f, 0, sizeof *f);
    memcpy(f->family, family, sizeof family);
    return f;
}

static void add_job(struct weir_held *f, const struct weir_attempt *a)
{
    for (size_t i = 0; i < f->job_count; i++)
        if (memcmp(f->jobs[i], a->job_id, sizeof a->job_id) == 0)
            return;
    if (f->job_count == WEIR_MAX_NUMBERS) {
        f->more = true;
        return;
    }
    if (f->job_count == 0)
        f->job_name = a->job_name;
    memcpy(f->jobs[f->job_count++], a->job_id, sizeof a->job_id);
}

/* Ascending, each once. */
static void add_number(struct weir_held *f, int32_t number)
{
    size_t at = 0;
    while (at < f->number_count && f->numbers[at] < number)
        at++;
    if (number < 0 || (at < f->number_count && f->numbers[at] == number))
        return;
    if (f->number_count == WEIR_MAX_NUMBERS) {
        f->more = true;
        return;
    }
    memmove(f->numbers + at + 1, f->numbers + at, (f->number_count - at) * sizeof f->numbers[0]);
    f->numbers[at] = number;
    f->number_count++;
}

void heldthreads_add(struct heldthreads *held, const char *name, const struct weir_attempt *starter)
{
    struct weir_held *f = family_of(held, name);
    if (f == NULL) {
        held->left_out++;
        return;
    }
    f->threads++;
    add_job(f, starter);
    add_number(f, starter->attempt);
}

static int most_threads_first(const void *a, const void *b)
{
    const struct weir_held *x = a, *y = b;
    int names = strcmp(x->family, y->family);
    return x->threads != y->threads ? (x->threads < y->threads) - (x->threads > y->threads) : names;
}

void heldthreads_top(struct heldthreads *held, struct weir_oom *oom)
{
    qsort(held->family, held->count, sizeof held->family[0], most_threads_first);
    oom->held_count = held->count < WEIR_TOP_HELD ? held->count : WEIR_TOP_HELD;
    oom->held_others = held->left_out;
    for (size_t i = 0; i < held->count; i++)
        if (i < oom->held_count)
            oom->held[i] = held->family[i];
        else
            oom->held_others += held->family[i].threads;
}
