/* SPDX-License-Identifier: Apache-2.0 */
/* columns.c: see columns.h. A column is what a terminal calls one: a Chinese character takes two, a combining accent none.
 * The ranges are those of Unicode's East Asian Width W and F and of its common combining blocks, rounded to blocks: the C
 * library's wcwidth() would go by the locale, which in a container is mostly C.
 * Invariant: no sequence of bytes is cut in two, and no combining mark is parted from its letter. */
#include "out/columns.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "out/utf8.h"

#include "base/poison.h"

struct range {
    uint32_t first, last;
};

static const struct range wide[] = {
    { 0x1100, 0x115F },   { 0x2E80, 0x303E },   { 0x3041, 0xA4CF },   { 0xA960, 0xA97F },   { 0xAC00, 0xD7A3 },
    { 0xF900, 0xFAFF },   { 0xFE30, 0xFE6F },   { 0xFF00, 0xFF60 },   { 0xFFE0, 0xFFE6 },   { 0x16FE0, 0x18DFF },
    { 0x1AFF0, 0x1B2FF }, { 0x1F300, 0x1F64F }, { 0x1F680, 0x1F6FF }, { 0x1F900, 0x1FAFF }, { 0x20000, 0x3FFFD },
};
static const struct range none[] = {
    { 0x0300, 0x036F }, { 0x0483, 0x0489 }, { 0x0591, 0x05BD }, { 0x064B, 0x065F }, { 0x1AB0, 0x1AFF }, { 0x1DC0, 0x1DFF },
    { 0x200B, 0x200F }, { 0x202A, 0x202E }, { 0x2060, 0x206F }, { 0x20D0, 0x20FF }, { 0xFE00, 0xFE0F }, { 0xFE20, 0xFE2F },
};
enum { WIDE = sizeof wide / sizeof wide[0], NONE = sizeof none / sizeof none[0] };

static const char dots[] = "...";
enum { DOTS = sizeof dots - 1 };

static bool is_in(const struct range *ranges, int count, uint32_t c)
{
    for (int i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

static unsigned width_of(uint32_t c)
{
    return is_in(none, NONE, c) ? 0 : is_in(wide, WIDE, c) ? 2 : 1;
}

/* How many bytes of s fit, marks behind the last letter included. */
static size_t fitting(const char *s, unsigned columns)
{
    const char *at = s, *next = s;
    unsigned    taken = 0;
    while (*next != '\0') {
        taken += width_of(utf8_next(&next));
        if (taken > columns)
            break;
        at = next;
    }
    return (size_t)(at - s);
}

unsigned columns_of(const char *s)
{
    unsigned width = 0;
    while (*s != '\0')
        width += width_of(utf8_next(&s));
    return width;
}

void columns_cut(struct buf *b, const char *s, unsigned columns)
{
    if (s[fitting(s, columns)] == '\0') {
        buf_puts(b, s);
        return;
    }
    unsigned mark = columns < DOTS ? columns : DOTS;
    buf_put(b, s, fitting(s, columns - mark));
    buf_put(b, dots, mark);
}

/* The bytes of s that the next line takes: to the last blank that leaves the line full enough to be one, else all that fit. */
static size_t line_of(const char *s, unsigned columns)
{
    size_t fit = fitting(s, columns);
    if (s[fit] == '\0' || s[fit] == ' ')
        return fit;
    for (size_t i = fit; i > fit / 3; i--)
        if (s[i - 1] == ' ')
            return i - 1;
    return fit;
}

void columns_wrap(struct buf *b, const char *s, unsigned columns, unsigned indent, unsigned lines)
{
    unsigned room = columns;
    for (; lines > 1 && columns_of(s) > room; lines--) {
        size_t len = line_of(s, room);
        if (len == 0)
            break;
        buf_put(b, s, len);
        buf_printf(b, "\n%*s", (int)indent, "");
        s += len;
        s += strspn(s, " ");
        room = columns - indent;
    }
    columns_cut(b, s, room);
}
