/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_ADVICE_H
#define MODEL_ADVICE_H
/* Which size of task.off-heap (JobManager: off-heap) or jvm-metaspace would hold, found by running Flink's derivation with it.
 * Ways are put one after the other into an array of struct weir_advice. An entry with `changes` begins a way; an entry
 * behind it whose changes are "" is a further option of the same way. */
#include <stddef.h>
#include <stdint.h>

#include "model/flinkconf.h"
#include "model/flinkversion.h"
#include "snapshot.h"

enum { ADVICE_MAX_ENTRIES = 5 };

struct advice_need {
    uint64_t together; /* framework.off-heap + task.off-heap at least; JobManager: off-heap */
    uint64_t share;    /* task.off-heap at least */
};

/* The smallest whole MiB that meets the need, in up to two ways: the total stays and another row gives way; or the total
 * grows until no other row gets less. Each derives without error. out has ADVICE_MAX_ENTRIES entries. Returns how many were
 * filled; for 0, *why is one clause that says why. sheet: the limits in force, which the configuration must give. */
size_t advice_off_heap(const struct flinkconf *conf, struct flink_version version, enum weir_role role,
                       const struct weir_sheet *sheet, struct advice_need need, struct weir_advice *out,
                       const char **why);

/* taskmanager.memory.jvm-metaspace.size (jobmanager.memory...) of at least so many bytes. Else as above. */
size_t advice_metaspace(const struct flinkconf *conf, struct flink_version version, enum weir_role role,
                        const struct weir_sheet *sheet, uint64_t bytes, struct weir_advice *out, const char **why);

/* taskmanager.memory.managed.size of at least so many bytes. Else as above. */
size_t advice_managed(const struct flinkconf *conf, struct flink_version version, const struct weir_sheet *sheet, uint64_t bytes,
                      struct weir_advice *out, const char **why);

/* taskmanager.memory.managed.size: 0, and what that gives back: in the first way to other rows, in the second one to the
 * machine, with every other row kept. Else as above. */
size_t advice_no_managed(const struct flinkconf *conf, struct flink_version version, const struct weir_sheet *sheet,
                         struct weir_advice *out, const char **why);

#endif
