/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_LOADERSUM_H
#define MODEL_LOADERSUM_H
/* From class loaders, one by one, to what jobs and their ends hold of the metaspace. Pure. */
#include <stddef.h>
#include <stdint.h>

#include "snapshot_loaders.h"

/* What became of a loader's job: user-code loaders and what descends from them. outlived_ms as of model/collections.h. */
enum weir_loader_fate loadersum_fate(const struct weir_loader *loader, int64_t outlived_ms);
/* Those that were searched for and are held by nothing, softly, or by a bounded cache are no leak. */
void loadersum_pinned(struct weir_loader *loaders, size_t count, const struct weir_pins *pins);
/* Sorts the loaders, those that hold most first, and fills fates, jobs, loader and loader_count of *out. */
void loadersum_fill(struct weir_loader *loaders, size_t count, struct weir_classes *out);

#endif
