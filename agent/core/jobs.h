/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_JOBS_H
#define CORE_JOBS_H
/* Whose code a class loader holds: Flink makes the user-code loaders of a job for that job alone, and keeps them over its
 * failovers (DESIGN.md 4.4). So a loader names a job, never an attempt. */
#include <stdbool.h>
#include <stdint.h>

#include "core/attempts.h"
#include "core/stacks.h"
#include "snapshot.h"
#include "weir.h"

struct jobs;

enum weir_rc jobs_new(struct jobs **out);
void         jobs_delete(struct jobs *jobs);

/* Any thread, also inside a hook. The loader with this tag (jvm/loaders) is of the job of `who`, of which nothing else is
 * read. The first one who says so is believed; tag 0, or one beyond the table, is ignored. */
void jobs_learn(struct jobs *jobs, uint32_t loader_tag, const struct attempt_identity *who);
/* Any thread, also inside a hook. The job as far as it is known: state shared or ended, neither vertex nor subtask nor attempt. False:
 * nobody has said. */
bool jobs_get(const struct jobs *jobs, const struct stacks *names, uint32_t loader_tag, struct weir_attempt *out);
/* Reporter: Flink has let this loader's job go (jobs_get() then says ended, and when), or, with 0, runs it after all. */
void         jobs_end(struct jobs *jobs, uint32_t loader_tag, int64_t ended_ms);
/* Reporter: the loader is gone, its tag will be another one's. No thread may still run its code. */
void jobs_forget(struct jobs *jobs, uint32_t loader_tag);

#endif
