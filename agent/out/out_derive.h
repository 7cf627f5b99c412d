/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_DERIVE_H
#define OUT_OUT_DERIVE_H
/* A derivation, or why there is none, to text and JSON (DESIGN.md 8). */
#include "base/buf.h"
#include "model/flinkmodel.h"
#include "out/json.h"

/* The rows in the order of Flink's Web UI, the totals, JVM flags and dynamic properties. Ends in '\n'. */
void out_derive_text(struct buf *b, const struct flinkmodel *m);
/* One object, no '\n'. */
void out_derive_json(struct buf *b, const struct flinkmodel *m);
/* The same without its closing brace, for more members; out_derive_json_end closes it. */
struct json out_derive_json_begin(struct buf *b, const struct flinkmodel *m);
void        out_derive_json_end(struct json *j);
/* Code and message, then indented lines of option and hint. Ends in '\n'. */
void out_derive_error_text(struct buf *b, const struct flinkmodel_error *e);
/* {"error":{"code":..,"key":..,"message":..}}, no '\n'. */
void out_derive_error_json(struct buf *b, const struct flinkmodel_error *e);

#endif
