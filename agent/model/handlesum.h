/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_HANDLESUM_H
#define MODEL_HANDLESUM_H
/* From single figures of native objects to the lists of a sheet. */
#include "model/flinkconf.h"
#include "model/flinkversion.h"
#include "model/statememory.h"
#include "snapshot.h"
#include "snapshot_handles.h"

/* Each goes to the sums and, if it is among the first, to its list. */
void handlesum_class(struct weir_handles *h, const struct weir_handle_class *c);
void handlesum_owner(struct weir_handles *h, const struct weir_handle_owner *o);
void handlesum_cache(struct weir_handles *h, const struct weir_handle_cache *c);
/* managed: the TaskManager's; where no configuration is known (conf NULL), or Flink would refuse it, the share is not. */
struct weir_handle_share handlesum_share(const struct flinkconf *conf, struct flink_version v, enum statememory_backend backend,
                                         uint64_t managed);

#endif
