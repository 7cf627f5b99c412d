/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_DIAGNOSE_CONTAINER_H
#define MODEL_DIAGNOSE_CONTAINER_H
/* Diagnoses of the balance sheet: the container will be killed, and by whom; the allocator keeps memory, which is no leak. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "model/diagnosis.h"
#include "snapshot.h"

/* id container-kill: fills breach->diagnosis from the breach's sheet and level. */
void diagnose_container(struct weir_breach *breach);

/* Free memory in the allocator is worth a line when it is a fifth of the resident memory, and 64 MiB, at each of three readings over
 * ten seconds, while what is live grows by less than a quarter of it; no more when it is half as much. */
enum { RETENTION_MS = 10000, RETENTION_READINGS = 3 };
struct retention {
    bool     on;
    unsigned readings;
    int64_t  first_ms, last_ms; /* readings in a row */
    uint64_t live;              /* at the first */
};
/* After each sheet, `was` zeroed at first. True: it holds, and *d (id allocator-retention) says it. */
bool diagnose_retention(struct retention *was, struct weir_diagnosis *d, const struct weir_balance *s, enum weir_role role);

#endif
