/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_NATIVE_H
#define OUT_OUT_NATIVE_H
/* Native libraries and what they hold; nothing where they are not looked for. */
#include "base/buf.h"
#include "out/json.h"
#include "out/wire.h"
#include "snapshot_native.h"

/* "native":{...} */
void out_native_json(struct json *j, const struct weir_native *n);
/* Lines, each after a line break: the sum, and the largest libraries. */
void out_native_text(struct buf *b, const struct weir_native *n);
/* In the ledger. */
void out_native_wire(struct wire *w, struct weir_native *n);

#endif
