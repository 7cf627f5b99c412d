/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_DIAGNOSE_THREADS_H
#define MODEL_DIAGNOSE_THREADS_H
/* Diagnosis 7: threads that outlive their attempts, or that are too many; which limit comes first, and when. Pure. */
#include <stdbool.h>
#include <stddef.h>

#include "snapshot.h"

/* From so many threads of so many executions on they are a leak to be warned of; a pool that a library keeps for good grows
 * with one execution, or two. */
enum { DIAGNOSE_THREADS_LEFT = 16, DIAGNOSE_THREADS_RUNS = 3 };
bool diagnose_threads_leak(const struct weir_threads *threads);

/* The limit that stood in the way of a thread that could not be started: refused by it, or next to nothing left. NULL: none
 * is near, so it was memory, or a limit that cannot be seen. */
const struct weir_thread_limit *diagnose_threads_hit(const struct weir_threads *threads);

/* failed: a start failed just now. */
void diagnose_threads(struct weir_diagnosis *d, const struct weir_threads *threads, bool failed);

#endif
