/* SPDX-License-Identifier: Apache-2.0 */
/* buf.c: the one way text is built in the agent.
 * Invariant: data[len] == 0 and len < cap, also after a cut. A cut buffer keeps its prefix: the caller decides
 *            whether a prefix is useful (a log line) or not (a JSON object). */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void buf_init(struct buf *b, char *data, size_t cap)
{
    b->data = data;
    b->cap = cap;
    buf_reset(b);
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->cut = false;
    b->data[0] = '\0';
}

void buf_put(struct buf *b, const void *bytes, size_t n)
{
    size_t room = b->cap - 1 - b->len;
    if (n > room) {
        n = room;
        b->cut = true;
    }
    memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    size_t room = b->cap - b->len;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(b->data + b->len, room, fmt, ap);
    va_end(ap);
    if (n < 0) {
        b->data[b->len] = '\0';
        b->cut = true;
    } else if ((size_t)n >= room) {
        b->len = b->cap - 1;
        b->cut = true;
    } else {
        b->len += (size_t)n;
    }
}

void buf_mark_cut(struct buf *b)
{
    if (b->cut && b->len >= 3)
        memcpy(b->data + b->len - 3, "...", 3);
}
