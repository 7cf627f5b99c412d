/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c: decodes UTF-8, modified UTF-8 and rubbish; encodes UTF-8 that is safe in a log line and in a JSON string.
 * Invariant: whatever the input, the output is valid UTF-8 on one line and drives no terminal: C0 controls, DEL, C1
 *            controls and U+2028/2029 (line ends to some readers) are escaped. Thread names are chosen by programs;
 *            without this a name with a line feed could forge a log line.
 * No byte behind the NUL is read: a sequence is followed only as long as its bytes are continuation bytes. */
#include "out/utf8.h"

#include <stddef.h>

#include "base/poison.h"

enum { REPLACEMENT = 0xFFFD };

static bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

static bool is_high(uint32_t c)
{
    return c >= 0xD800 && c <= 0xDBFF;
}

static bool is_low(uint32_t c)
{
    return c >= 0xDC00 && c <= 0xDFFF;
}

/* One sequence by the bit pattern of its lead, surrogates included. False: malformed or overlong, except C0 80. */
static bool decode(const unsigned char *p, uint32_t *code, int *length)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    int                   n = p[0] < 0x80             ? 1
                              : (p[0] & 0xE0) == 0xC0 ? 2
                              : (p[0] & 0xF0) == 0xE0 ? 3
                              : (p[0] & 0xF8) == 0xF0 ? 4
                                                      : 0;
    if (n == 0)
        return false;
    uint32_t c = n == 1 ? p[0] : p[0] & (0x7Fu >> n);
    for (int i = 1; i < n; i++) {
        if (!is_tail(p[i]))
            return false;
        c = c << 6 | (p[i] & 0x3Fu);
    }
    bool modified_nul = n == 2 && c == 0;
    if ((c < least[n] && !modified_nul) || c > 0x10FFFF)
        return false;
    *code = c;
    *length = n;
    return true;
}

uint32_t utf8_next(const char **s)
{
    const unsigned char *p = (const unsigned char *)*s;
    uint32_t             code, low;
    int                  length, low_length;
    if (!decode(p, &code, &length)) {
        *s += 1;
        return REPLACEMENT;
    }
    *s += length;
    if (is_high(code) && decode(p + length, &low, &low_length) && is_low(low)) {
        *s += low_length;
        return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    return is_high(code) || is_low(code) ? REPLACEMENT : code;
}

static void put_code(struct buf *b, uint32_t c)
{
    char   out[4];
    size_t n = 0;
    if (c < 0x80) {
        out[n++] = (char)c;
    } else if (c < 0x800) {
        out[n++] = (char)(0xC0 | c >> 6);
        out[n++] = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out[n++] = (char)(0xE0 | c >> 12);
        out[n++] = (char)(0x80 | (c >> 6 & 0x3F));
        out[n++] = (char)(0x80 | (c & 0x3F));
    } else {
        out[n++] = (char)(0xF0 | c >> 18);
        out[n++] = (char)(0x80 | (c >> 12 & 0x3F));
        out[n++] = (char)(0x80 | (c >> 6 & 0x3F));
        out[n++] = (char)(0x80 | (c & 0x3F));
    }
    buf_put(b, out, n);
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
}

static void put_control(struct buf *b, uint32_t c)
{
    switch (c) {
    case '\b': buf_puts(b, "\\b"); break;
    case '\t': buf_puts(b, "\\t"); break;
    case '\n': buf_puts(b, "\\n"); break;
    case '\f': buf_puts(b, "\\f"); break;
    case '\r': buf_puts(b, "\\r"); break;
    default: buf_printf(b, "\\u%04x", (unsigned)c); break;
    }
}

void utf8_text(struct buf *b, const char *s, bool quoted)
{
    while (*s != '\0') {
        uint32_t c = utf8_next(&s);
        if (is_control(c)) {
            put_control(b, c);
            continue;
        }
        if (quoted && (c == '"' || c == '\\'))
            buf_put(b, "\\", 1);
        put_code(b, c);
    }
}
