/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_THREADSUM_H
#define MODEL_THREADSUM_H
/* Threads one by one into families, with what ended attempts left of each. Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"

enum { THREADSUM_FAMILIES = 128, THREADSUM_RUNS = 64 };

struct threadsum_thread {
    const char                *name;
    bool                       java;
    uint64_t                   reserved, resident;
    const struct weir_attempt *starter; /* NULL: no single attempt's */
    bool                       leaves;  /* it has ended, and code of the user, a connector or a library started the thread */
    uint32_t                   creator; /* the caller's id of the stack that started it; 0 unknown */
};

struct threadsum_run { /* one execution of a job */
    uint64_t job_id[2];
    int32_t  attempt;
    int64_t  end_ms; /* of its last subtask that left a thread */
};

struct threadsum_family {
    char                      name[WEIR_FAMILY_NAME];
    struct weir_thread_family sum;      /* creator, source and stack are the caller's to fill */
    struct weir_attempt       starter;  /* of the last that outlived it, else of any */
    uint32_t                  creator;  /* of most of them; of those that outlived their attempt, where there are any */
    uint64_t                  votes;
    size_t                    run_count;
    struct threadsum_run      runs[THREADSUM_RUNS];
};

struct threadsum {
    size_t                  count;
    uint64_t                ended;    /* of all families */
    uint64_t                left_out; /* threads of families beyond the bound */
    struct threadsum_family family[THREADSUM_FAMILIES];
};

void threadsum_clear(struct threadsum *sum);
void threadsum_add(struct threadsum *sum, const struct threadsum_thread *thread);
/* Sorts; fills what out says of families, but for who creates them: out's i-th is the sum's i-th. */
void threadsum_top(struct threadsum *sum, struct weir_threads *out);
/* The family of which ended attempts left most; NULL: none left any. After threadsum_top(). */
const struct weir_thread_family *threadsum_leaking(const struct weir_threads *threads);

#endif
