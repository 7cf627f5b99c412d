/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_DEFINITIONS_H
#define OUT_OUT_DEFINITIONS_H
/* Classes defined since the agent came; nothing where they are not counted. */
#include "base/buf.h"
#include "out/json.h"
#include "snapshot_definitions.h"

/* "definitions":{...} */
void out_definitions_json(struct json *j, const struct weir_definitions *d);
/* A line, after a line break: how many, and the largest families. */
void out_definitions_text(struct buf *b, const struct weir_definitions *d);

#endif
