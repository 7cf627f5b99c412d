/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_DIAGNOSE_H
#define MODEL_DIAGNOSE_H
/* From figures to a sentence: leak or budget, who, and which Flink option with which value (users.md A3). Pure. A thing that
 * the figures do not show is not said. */
#include "model/diagnosis.h"
#include "snapshot.h"

/* Fills oom->diagnosis from the rest of *oom. The first one is the verdict on the whole. */
void diagnose_oom(struct weir_oom *oom, const struct diagnose_flink *flink);

/* Fills breach->diagnosis of a breach of off-heap memory, if what the direct pool does not count explains it. */
void diagnose_off_heap(struct weir_breach *breach);
/* Fills breach->diagnosis of a breach whose reason is SURVIVED. */
void diagnose_survived(struct weir_breach *breach);

#endif
