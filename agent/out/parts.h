/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_PARTS_H
#define OUT_PARTS_H
/* What several formats say in the same words, or must decide in the same way. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "snapshot.h"

/* 2026-11-21T06:00:01.123Z */
void parts_time(struct buf *b, int64_t ms);
void parts_minute(struct buf *b, int64_t ms); /* 11-21 03:07:12, UTC */

/* As StackTraceElement prints it: com.example.Leak.flatMap(Leak.java:41), (Leak.java), (Native Method) or (Unknown
 * Source); a native one librocksdbjni.so`rocksdb::Arena::Allocate(unsigned long), where the function has no name
 * librocksdbjni.so+0x1f40, for a thread that Java did not start: thread rocksdb:low*. Escaped, so that it can stand between
 * quotes. */
void parts_frame(struct buf *b, const struct weir_frame *frame);

/* The 32 hex digits of Flink's JobID; short: its first and last four, as 5f1c..9e2a. */
void parts_job_id(struct buf *b, const struct weir_attempt *attempt);
void parts_job_id_short(struct buf *b, const struct weir_attempt *attempt);

/* Used and limit of a row in text, where MiB is understood: 96.0 of 32.0; 96.0 of 0.0 (not declared); 96.0 if it has no
 * limit. */
void parts_row(struct buf *b, const struct weir_row *row);

/* The two heap rows of a TaskManager, which have one figure: framework.heap + task.heap. */
void parts_heap_name(struct buf *b);

/* Between the items of a list in text; *first starts true. */
void parts_comma(struct buf *b, bool *first);

/* A further line with what the figures do not contain; nothing when nothing was lost. */
void parts_losses(struct buf *b, const struct weir_agent_cost *agent);

/* Does a JVM of this role have the row? */
bool parts_has_row(enum weir_role role, enum weir_component component);

/* The budget of DESIGN.md 5: framework.off-heap + task.off-heap, on a JobManager off-heap. */
struct parts_budget {
    bool     known;      /* false: used and limit mean nothing */
    bool     jobmanager; /* the budget is the one row off-heap */
    uint64_t used, limit;
};
/* The breach's own figures when it brings some, else the rows of its sheet. */
struct parts_budget parts_budget(const struct weir_breach *breach);

/* Is the breach the budget's, not the one row's? */
bool parts_is_budgets(const struct weir_breach *breach);

#endif
