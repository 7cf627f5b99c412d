/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_DIAGNOSE_DIRECT_H
#define MODEL_DIAGNOSE_DIRECT_H
/* Why the direct pool had no room (users.md A3, 1 to 3, 12 and 13). */
#include "model/diagnosis.h"
#include "snapshot.h"

/* Adds to oom->diagnosis; the first is the verdict. */
void diagnose_direct(struct weir_oom *oom, const struct diagnose_flink *flink);

#endif
