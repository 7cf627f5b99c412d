/* SPDX-License-Identifier: Apache-2.0 */
/* out_netty.c: see out_netty.h. */
#include "out/out_netty.h"

#include <inttypes.h>

#include "out/figure.h"
#include "out/owner.h"

#include "base/poison.h"

enum { SOURCE_MAX = 256 };

void out_netty_json(struct json *j, const struct weir_netty_malloc *n)
{
    if (n->bytes == 0)
        return;
    json_object(j, "netty_malloc");
    json_unsigned(j, "bytes", n->bytes);
    json_unsigned(j, "blocks", n->blocks);
    json_string_or_null(j, "source", n->source);
    json_object_end(j);
}

void out_netty_text(struct buf *b, const struct weir_netty_malloc *n)
{
    if (n->bytes == 0)
        return;
    buf_puts(b, "\nnetty    ");
    figure_bytes(b, n->bytes);
    buf_puts(b, " in ");
    figure_count(b, n->blocks, "block");
    buf_puts(b, " through malloc: inside the container, outside MaxDirectMemorySize");
    owner_source(b, n->source);
}

void out_netty_wire(struct wire *w, struct weir_netty_malloc *n)
{
    wire_u64(w, &n->bytes);
    if (n->bytes == 0)
        n->source = "";
    wire_u64(w, &n->blocks);
    wire_text(w, &n->source, SOURCE_MAX);
}
