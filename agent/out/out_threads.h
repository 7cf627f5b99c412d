/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_THREADS_H
#define OUT_OUT_THREADS_H
/* Threads in every format. */
#include "base/buf.h"
#include "out/json.h"
#include "snapshot.h"

/* "threads":{...}; nothing where they are not known. */
void out_threads_json(struct json *j, const struct weir_threads *threads);
/* Lines of a sheet's table: counts, stacks, limits, families. */
void out_threads_sheet(struct buf *b, const struct weir_threads *threads);
/* Labelled lines of a report: families, stacks, limits. */
void out_threads_report(struct buf *b, const struct weir_threads *threads);
/* The first line of a breach that counts threads, with the diagnosis's headline; and its last ones. */
void out_threads_breach(struct buf *b, const struct weir_breach *breach);
void out_threads_more(struct buf *b, const struct weir_breach *breach);

#endif
