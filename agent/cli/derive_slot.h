/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_DERIVE_SLOT_H
#define CLI_DERIVE_SLOT_H
/* `weir derive --slot`: one slot and the consumers of its managed memory. */
#include <stdbool.h>

#include "model/flinkconf.h"
#include "model/flinkmodel.h"
#include "out/out_slot.h"

/* Reads "rocksdb,python" or "none" into s->use and s->backend. False: an unknown word, or two state backends. */
bool derive_slot_parse(const char *consumers, struct out_slot *s);
/* Fills the rest from a derived TaskManager. WEIR_EINVAL: err says what Flink refuses. */
enum weir_rc derive_slot(const struct flinkconf *c, const struct flinkmodel *m, struct out_slot *s,
                         struct flinkmodel_error *err);

#endif
