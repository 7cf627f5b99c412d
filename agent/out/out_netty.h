/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_NETTY_H
#define OUT_OUT_NETTY_H
/* What Netty holds by its own malloc; nothing where it holds none. */
#include "base/buf.h"
#include "out/json.h"
#include "out/wire.h"
#include "snapshot_netty.h"

/* "netty_malloc":{...} */
void out_netty_json(struct json *j, const struct weir_netty_malloc *n);
/* A line, after a line break. */
void out_netty_text(struct buf *b, const struct weir_netty_malloc *n);
/* In a ledger. */
void out_netty_wire(struct wire *w, struct weir_netty_malloc *n);

#endif
