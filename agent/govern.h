/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOVERN_H
#define GOVERN_H
/* stacks=auto at work: brings the governor its figures and the hooks its answer. The reporter's thread only. */
#include <stdbool.h>
#include <stdint.h>

#include "snapshot.h"

enum { GOVERN_MS = 100 };

/* all: stacks=all, or enforce, where every call is walked whatever it costs: only counts then. */
void govern_start(bool all, int64_t mono_ms);
/* At least GOVERN_MS apart. */
void govern_tick(int64_t mono_ms);
/* Once a second: what walking cost since the last call. */
void govern_measure(int64_t mono_ms);
/* Fills walk_ppm, of the last measure, and walk_mean. */
void govern_cost(struct weir_agent_cost *cost);

#endif
