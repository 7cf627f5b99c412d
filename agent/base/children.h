/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CHILDREN_H
#define BASE_CHILDREN_H
/* The processes below this one, and what they hold: a Python worker counts against the same container. Reporter only: looks at
 * every process there is. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot_balance.h"

/* Name and parent in the text of /proc/PID/stat; the name may hold anything. False: it is none. */
bool children_parse(const char *stat, char name[16], int32_t *parent);
/* The largest by rss, biggest first; how many there are of all depths, and the sum of their rss. */
void children_read(struct weir_child top[WEIR_TOP_CHILDREN], size_t *shown, uint64_t *count, uint64_t *rss);

#endif
