/* SPDX-License-Identifier: Apache-2.0 */
/* lines.c: see lines.h. The text is escaped first, so no line of it can begin where we did not break it. */
#include "out/lines.h"

#include <stddef.h>
#include <string.h>

#include "out/utf8.h"

#include "base/poison.h"

enum { LABEL = 8, INDENT = 2 + LABEL, WIDTH = 150, ESCAPED = 4096 };

void lines_begin(struct buf *b, const char *label)
{
    buf_printf(b, "\n  %-*s", LABEL, label);
}

static size_t columns(const char *word, size_t bytes)
{
    size_t n = 0;
    for (size_t i = 0; i < bytes; i++)
        n += ((unsigned char)word[i] & 0xC0) != 0x80;
    return n;
}

void lines_text(struct buf *b, const char *label, const char *text)
{
    char       data[ESCAPED];
    struct buf escaped;
    size_t     at = INDENT;
    buf_init(&escaped, data, sizeof data);
    utf8_text(&escaped, text, false);
    lines_begin(b, label);
    for (const char *p = data; *p != '\0';) {
        size_t bytes = strcspn(p, " "), wide = columns(p, bytes);
        if (at > INDENT && at + 1 + wide > WIDTH) {
            lines_begin(b, "");
            at = INDENT;
        } else if (p != data) {
            buf_puts(b, " ");
            at++;
        }
        buf_put(b, p, bytes);
        at += wide;
        p += bytes + (p[bytes] == ' ');
    }
}
