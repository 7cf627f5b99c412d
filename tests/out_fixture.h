/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OUT_FIXTURE_H
#define TESTS_OUT_FIXTURE_H
/* Snapshots for the tests of agent/out: the TaskManager of DESIGN.md 7, and ways to compare what is written of it. */
#include <stdint.h>

#include "base/buf.h"
#include "snapshot.h"

enum { MIB = 1024 * 1024 };
#define OUT_LEAK_JAR "leak.jar"

extern const struct weir_header out_header;

struct weir_limit out_limit(uint64_t bytes, const char *source, bool declared);
void              out_sheet_tm(struct weir_sheet *sheet);
void              out_sheet_jm(struct weir_sheet *sheet);
void              out_start_tm(struct weir_start *start);
/* task.off-heap over its declared share, with stack and one owner. */
/* 72 MiB of attempts 0 and 2, of which the one owner is of attempt 2; without a diagnosis. */
void out_breach_survived(struct weir_breach *breach);
void out_breach_share(struct weir_breach *breach);
/* The same sheet without stack, thread, request or owner: as the reporter makes it. */
void out_breach_plain(struct weir_breach *breach, enum weir_reason reason,
                      enum weir_component component);

/* Fails the test, and shows both, unless the text equals tests/golden/out_<name> (without its last line feed). */
void out_same_as_golden(const char *name, const char *text);

/* Renders into every capacity up to the full length: a prefix, NUL-terminated, cut exactly when it did not fit, and no
 * byte written behind the capacity. */
void out_fits_every_capacity(void (*render)(struct buf *b));

#endif
