/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_HANDLES_H
#define OUT_OUT_HANDLES_H
/* Native objects of RocksDB and ForSt; nothing where they are not counted, or none was ever opened. */
#include "base/buf.h"
#include "out/json.h"
#include "out/wire.h"
#include "snapshot_handles.h"

/* "handles":{...} */
void out_handles_json(struct json *j, const struct weir_handles *h);
/* Lines, each after a line break: how many of which class, who opened them, what caches they have against their share. */
void out_handles_text(struct buf *b, const struct weir_handles *h);
/* In a ledger, without the stacks: what counts of them is in a text. */
void out_handles_wire(struct wire *w, struct weir_handles *h);

#endif
