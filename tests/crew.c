/* SPDX-License-Identifier: Apache-2.0 */
/* crew.c: threads behind a barrier. A thread that cannot be started ends the run: a smaller crew would prove less. */
#include "crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

static pthread_barrier_t gate;
static atomic_uint       complaints;
static void (*job)(int member);

static void *member_main(void *index)
{
    pthread_barrier_wait(&gate);
    job((int)(intptr_t)index);
    return NULL;
}

unsigned crew_run(int size, void (*work)(int member))
{
    pthread_t thread[CREW_MAX];
    job = work;
    atomic_store_explicit(&complaints, 0, memory_order_relaxed);
    if (size > CREW_MAX || pthread_barrier_init(&gate, NULL, (unsigned)size) != 0)
        abort();
    for (int i = 0; i < size; i++)
        if (pthread_create(&thread[i], NULL, member_main, (void *)(intptr_t)i) != 0) {
            fprintf(stderr, "crew.c: no thread %d of %d\n", i + 1, size);
            abort();
        }
    for (int i = 0; i < size; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&gate);
    return atomic_load_explicit(&complaints, memory_order_relaxed);
}

void crew_check(bool holds)
{
    if (!holds)
        atomic_fetch_add_explicit(&complaints, 1, memory_order_relaxed);
}

uint64_t crew_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15ULL;
    return hash_u64(*state);
}

uint32_t crew_below(uint64_t *state, uint32_t below)
{
    return (uint32_t)((crew_random(state) >> 32) * below >> 32);
}

void *crew_need(void *p)
{
    if (p == NULL) {
        fprintf(stderr, "crew.c: no memory for a test\n");
        abort();
    }
    return p;
}

bool crew_same(const void *a, const void *b, size_t n)
{
    return memcmp(a, b, n) == 0;
}
