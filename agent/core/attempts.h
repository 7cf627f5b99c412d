/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_ATTEMPTS_H
#define CORE_ATTEMPTS_H
/* Executions of subtasks this TaskManager has seen, and what each still holds (DESIGN.md 1, 4.4). */
#include <stdbool.h>
#include <stdint.h>

#include "core/stacks.h"
#include "snapshot.h"
#include "weir.h"

struct attempts;

/* Who it is; text as core/stacks names, 0 where this Flink does not say. */
struct attempt_identity {
    uint64_t job_id[2]; /* halves of Flink's JobID in the order in which Flink prints them */
    uint32_t job_name, vertex;
    int32_t  subtask, attempt; /* from 0 */
};

enum weir_rc attempts_new(struct attempts **out);
void         attempts_delete(struct attempts *attempts);

/* Any thread, also inside a hook. Ids are from 1 on; 0 is "no attempt". When the table is full of attempts that still run or
 * still hold something the answer is 0 (counted): bytes are booked without an attempt. */
uint32_t attempts_begin(struct attempts *attempts, const struct attempt_identity *who, int64_t coarse_ms);
void     attempts_end(struct attempts *attempts, uint32_t id, int64_t coarse_ms);
bool     attempts_running(const struct attempts *attempts, uint32_t id);
bool     attempts_ended_before(const struct attempts *attempts, uint32_t id, int64_t coarse_ms);
/* A block taken, a block given back; id 0 is ignored. pooled: it is of what java.nio.Bits bounds (kind direct). */
void     attempts_charge(struct attempts *attempts, uint32_t id, uint64_t bytes, bool pooled);
void     attempts_discharge(struct attempts *attempts, uint32_t id, uint64_t bytes, bool pooled);

/* A live thread names the attempt, whose slot stays its own for so long; id 0 is ignored. */
void     attempts_hold(struct attempts *attempts, uint32_t id);
void     attempts_let(struct attempts *attempts, uint32_t id);

/* Reporter. False: 0, or an id that was never given. */
bool     attempts_get(struct attempts *attempts, const struct stacks *names, uint32_t id,
                      struct weir_attempt *out);
/* Sum over ended attempts; and of those that ended before this time. */
uint64_t attempts_ended_bytes(const struct attempts *attempts, int64_t ended_before_ms);
/* Threads that name an attempt which has ended before this time. */
uint64_t attempts_ended_threads(const struct attempts *attempts, int64_t ended_before_ms);
/* Visits every attempt that runs or holds something. */
void     attempts_each(const struct attempts *attempts, void (*visit)(void *with, uint32_t id), void *with);
uint64_t attempts_dropped(const struct attempts *attempts);

#endif
