/* SPDX-License-Identifier: Apache-2.0 */
#ifndef METASPACE_H
#define METASPACE_H
/* When metaspace is read by class loader, what is a leak in it, and when that is said. Reporter thread only. */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "jvm/pools.h"
#include "model/options.h"
#include "model/policy.h"
#include "snapshot.h"

/* options outlives the process. */
void metaspace_init(JNIEnv *jni, const struct options *options);
/* Once a second, before metaspace_judge(). */
void metaspace_second(const struct pools_figures *vm, int64_t now_ms);
/* An attempt ended: its job may have, too. */
void metaspace_attempt_ended(void);

enum metaspace_depth {
    METASPACE_SHEET, /* as it was a minute ago, or so long that reading takes a thousandth of the time */
    METASPACE_NOW,
    METASPACE_ALL    /* with the families of generated classes */
};
void metaspace_read(enum metaspace_depth depth);
/* Before a level of the row is said: all of it, and what pins the leaked loaders when they matter. */
void metaspace_explain(void);
/* Before the VM's own error is told: the same; may_collect: two collections tell leak from garbage where that is open. */
void metaspace_exhausted(bool may_collect);
/* Level NONE: nothing to say. Else loaders of ended jobs that outlived collections hold as much as *out says. */
struct policy_verdict metaspace_judge(int64_t now_ms, struct weir_survived *out);

#endif
