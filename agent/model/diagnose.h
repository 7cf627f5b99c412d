/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_DIAGNOSE_H
#define MODEL_DIAGNOSE_H
/* From figures to a sentence: leak or budget, who, and which Flink option with which value (users.md A3). Pure. A thing that
 * the figures do not show is not said. */
#include "model/flinkconf.h"
#include "model/flinkversion.h"
#include "snapshot.h"

/* What advice needs to run the derivation: the configuration in force (file, environment, arguments). NULL conf: no advice. */
struct diagnose_flink {
    const struct flinkconf *conf;
    struct flink_version    version;
    enum weir_role          role;
};

/* Fills oom->diagnosis from the rest of *oom. The first one is the verdict on the whole. */
void diagnose_oom(struct weir_oom *oom, const struct diagnose_flink *flink);

/* Managed memory that nobody took while jobs ran for at_least_ms (10 minutes in a sheet): false, nothing to say. */
enum { DIAGNOSE_UNUSED_MS = 600000 };
bool diagnose_unused(struct weir_diagnosis *d, const struct weir_sheet *sheet, const struct diagnose_flink *flink,
                     uint64_t at_least_ms);

/* Fills breach->diagnosis of a breach whose reason is SURVIVED. */
void diagnose_survived(struct weir_breach *breach);

#endif
