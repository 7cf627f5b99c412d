/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_DIAGNOSE_UNUSED_H
#define MODEL_DIAGNOSE_UNUSED_H
/* A share that nobody uses, and what it would give back. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "model/diagnosis.h"
#include "snapshot.h"

/* Managed memory that nobody took while jobs ran for at_least_ms (10 minutes in a sheet): false, nothing to say. */
enum { DIAGNOSE_UNUSED_MS = 600000 };
bool diagnose_unused(struct weir_diagnosis *d, const struct weir_sheet *sheet, const struct diagnose_flink *flink,
                     uint64_t at_least_ms);

#endif
