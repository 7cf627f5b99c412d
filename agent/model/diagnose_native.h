/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_DIAGNOSE_NATIVE_H
#define MODEL_DIAGNOSE_NATIVE_H
/* Diagnosis 9 (users.md A3): a row fills up with what native code took, as codecs, compressors and other JNI libraries do.
 * Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "snapshot.h"

/* Bytes of kind native that this row gained, over so long. */
struct diagnose_growth {
    bool    known;
    int64_t bytes, span_ms;
};

/* Fills breach->diagnosis if most of the row is native and an owner of it is among the sheet's. Not for `managed` (RocksDB has
 * a diagnosis of its own). Leak is only said of what ended attempts hold. */
void diagnose_native(struct weir_breach *breach, const struct diagnose_growth *growth);

#endif
