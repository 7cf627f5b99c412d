/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_DIAGNOSIS_H
#define MODEL_DIAGNOSIS_H
/* Writing one diagnosis: what the files diagnose_*.c share. A text is "HEADLINE; details": no ';' in the headline, which becomes
 * the report's first line. */
#include <stdint.h>

#include "base/buf.h"
#include "model/flinkconf.h"
#include "model/flinkversion.h"
#include "snapshot.h"

/* What advice needs to run the derivation: the configuration in force (file, environment, arguments). NULL conf: no advice. */
struct diagnose_flink {
    const struct flinkconf *conf;
    struct flink_version    version;
    enum weir_role          role;
};

/* Below this nothing is worth a line, in bytes. */
enum { DIAGNOSIS_WORTH_SAYING = 16 << 20 };

/* The error's next diagnosis, its text in *text; NULL: no room for another one. */
struct weir_diagnosis *diagnosis_begin(struct weir_oom *oom, const char *id, struct buf *text);
/* One more option to set, outside Flink's derivation. */
void diagnosis_advise(struct weir_diagnosis *d, const char *key, const char *value);
/* The sum, or the largest number. */
uint64_t diagnosis_plus(uint64_t a, uint64_t b);

#endif
