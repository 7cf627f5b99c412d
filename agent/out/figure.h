/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_FIGURE_H
#define OUT_FIGURE_H
/* Figures in text. One rule for bytes everywhere: MiB with one decimal, rounded half up; but a figure that is not 0 and
 * below 0.1 MiB is written in KiB (one decimal), below 1 KiB in B, and then always carries its unit. So 0.0 means 0. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

void figure_bytes(struct buf *b, uint64_t bytes); /* 16.0 MiB, 64.0 KiB, 8 B */
void figure_bare(struct buf *b, uint64_t bytes);  /* where MiB is understood: 16.0, 64.0 KiB, 8 B */
/* 96.0 of 32.0 MiB; 64.0 KiB of 32.0 MiB; 96.0 MiB of 64.0 KiB */
void figure_of(struct buf *b, uint64_t part, uint64_t whole);
/* Where MiB is understood: 96.0 of 32.0. */
void figure_of_bare(struct buf *b, uint64_t part, uint64_t whole);

/* part of whole in percent, rounded down, so that a level is never printed before it is reached; <1 if not 0 but
 * below 1. whole must not be 0. */
void figure_percent(struct buf *b, uint64_t part, uint64_t whole);
/* "1 block", "4 blocks" */
void figure_count(struct buf *b, uint64_t count, const char *noun);

#endif
