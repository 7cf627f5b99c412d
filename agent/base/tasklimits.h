/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_TASKLIMITS_H
#define BASE_TASKLIMITS_H
/* What the kernel lets this process have of threads: every limit by which clone() or the mapping of a stack fails. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir.h"

struct tasklimit {
    const char *name;  /* "pids.max", "ulimit -u", "threads-max", "pid_max", "max_map_count" */
    uint64_t    used, limit; /* in its own unit: tasks; max_map_count: mappings */
    uint64_t    left;        /* threads that still fit */
    uint64_t    refused;     /* pids.max: how often it was hit, as the kernel counts; else 0 */
    bool        at_least;    /* more may be used than can be seen from here */
};

enum { TASKLIMITS_MAX = 6 };

/* mappings: how many this process has; 0 unknown. Without `slowly` the limit per user is left out, which takes a look at every
 * process. Those that are set, the one that leaves least first. */
size_t tasklimits_read(uint64_t mappings, bool slowly, struct tasklimit out[TASKLIMITS_MAX]);

#endif
