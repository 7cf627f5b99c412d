/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_DIAGNOSE_METASPACE_H
#define MODEL_DIAGNOSE_METASPACE_H
/* Metaspace: loaders of ended jobs, or too small for what runs (users.md A3, 5 and 6). Pure. */
#include <stdbool.h>

#include "model/diagnosis.h"
#include "snapshot_loaders.h"

/* The verdict on the VM's own `Metaspace` or `Compressed class space` OutOfMemoryError, as the error's next diagnosis. */
void diagnose_metaspace(struct weir_oom *oom, const struct diagnose_flink *flink);
/* The same at a level of the row jvm-metaspace: fills breach->diagnosis. */
void diagnose_metaspace_level(struct weir_breach *breach, const struct diagnose_flink *flink);
/* Loaders that outlived collections, below any level: fills breach->diagnosis. */
void diagnose_metaspace_survived(struct weir_breach *breach);
/* Is so much worth a verdict, in a metaspace of this limit? */
bool diagnose_metaspace_weighs(uint64_t bytes, const struct weir_metaspace *pool);

#endif
