/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
/* Time, for the reporter and start-up. No hook reads a clock. */
#include <stdint.h>

#include "base/buf.h"

int64_t clock_wall_ms(void); /* since the epoch */
int64_t clock_mono_ms(void); /* never goes back; CLOCK_BOOTTIME */
int64_t clock_mono_us(void); /* the same, to tell how long something took */
int64_t clock_own_us(void);  /* CPU time of the calling thread: what something cost, however busy the machine is */
/* 2026-11-21T06:00:01.123Z */
void clock_iso(struct buf *b, int64_t wall_ms);
/* 2026-11-21 06:00:01,123 in local time, as Flink's log4j pattern prints it */
void clock_log4j(struct buf *b, int64_t wall_ms);
/* The same without asking the C library for the zone, which takes a lock: for a process that is about to end, also in a signal
 * handler. Its zone is the one of the last clock_learn_zone(); UTC before that. */
void clock_log4j_safe(struct buf *b, int64_t wall_ms);
void clock_learn_zone(int64_t wall_ms);
/* 20261121-060001 in local time, for file names */
void clock_stamp(struct buf *b, int64_t wall_ms);

#endif
