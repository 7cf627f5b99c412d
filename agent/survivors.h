/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SURVIVORS_H
#define SURVIVORS_H
/* Memory of ended attempts that outlived full collections (DESIGN.md 5, level warn). Reporter thread only. */
#include <stdbool.h>
#include <stdint.h>

#include "jvm/pools.h"
#include "model/policy.h"
#include "snapshot.h"

/* Once a second, with the time that acct_tick() got. No collection is forced for it. Level NONE: nothing to say. Else the job
 * that holds most is in *out, and in *owners its biggest owners (at least one). */
struct policy_verdict survivors_judge(const struct pools_figures *vm, int64_t now_ms, struct weir_survived *out,
                                      struct weir_owner owners[WEIR_TOP_OWNERS], size_t *owner_count);

#endif
