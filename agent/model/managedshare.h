/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_MANAGEDSHARE_H
#define MODEL_MANAGEDSHARE_H
/* What one slot of a TaskManager has, and how its managed memory is divided between the kinds of consumers in it. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/flinkconf.h"
#include "model/flinkmodel.h"

/* X(symbol, name in taskmanager.memory.managed.consumer-weights) */
#define MANAGED_USES(X)       \
    X(OPERATOR, "OPERATOR")   \
    X(STATE, "STATE_BACKEND") \
    X(PYTHON, "PYTHON")

#define MANAGED_ENUM(sym, name) MANAGED_##sym,
enum managed_use { MANAGED_USES(MANAGED_ENUM) MANAGED_USE_COUNT };
#undef MANAGED_ENUM

/* Without a weight a consumer gets nothing. */
struct managed_weights {
    int32_t weight[MANAGED_USE_COUNT];
};

/* Each is the TaskManager's, divided by the slots, rounded down: Flink's default slot. */
struct managed_slot {
    int32_t  slots;
    uint64_t managed, task_heap, task_off_heap, network;
    uint64_t pages; /* of managed, whole ones */
};

struct managed_slot managedshare_slot(const struct flinkmodel *m);

/* Does this version divide by weights? Before 1.12 the operators' own weights decide. */
bool managedshare_has_weights(struct flink_version v);
/* WEIR_EINVAL: Flink refuses the weights, err has one sentence. Read as key:value,key:value, as {key: value}, and,
 * where the option itself is absent, as keys of their own (consumer-weights.PYTHON), which a YAML mapping becomes. */
enum weir_rc managedshare_weights(const struct flinkconf *c, struct flink_version v,
                                  struct managed_weights *out, struct buf *err);
/* The part of a slot's managed memory that `use` gets; present: a bit (1 << use) for each consumer in the slot, use
 * among them. 16 decimals, rounded down. */
double managedshare_fraction(const struct managed_weights *w, unsigned present,
                             enum managed_use use);
/* Bytes of a part of the slot's managed memory. */
uint64_t managedshare_part(uint64_t managed, double fraction);

#endif
