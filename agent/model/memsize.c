/* SPDX-License-Identifier: Apache-2.0 */
/* memsize.c: Flink's MemorySize text, byte for byte as org.apache.flink.configuration.MemorySize reads and writes it.
 *   size := ws* DIGITS ws* UNIT? ws*      ws = any byte <= 0x20 (Java's trim), no unit = bytes, units in any case
 * Nothing else is a size: no sign, no fraction, no exponent, no "KiB". */
#include "model/memsize.h"

#include <stdbool.h>
#include <string.h>

static const struct unit {
    const char *names[3]; /* [0] as on a command line, [1] as Flink prints it */
    uint64_t    bytes;
} units[] = {
    { { "b", "bytes", NULL }, 1 },
    { { "k", "kb", "kibibytes" }, (uint64_t)1 << 10 },
    { { "m", "mb", "mebibytes" }, (uint64_t)1 << 20 },
    { { "g", "gb", "gibibytes" }, (uint64_t)1 << 30 },
    { { "t", "tb", "tebibytes" }, (uint64_t)1 << 40 },
};
enum { UNITS = sizeof units / sizeof units[0] };

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Length of s without the blanks at its end. */
static size_t trimmed_length(const char *s)
{
    size_t n = strlen(s);
    while (n > 0 && is_blank(s[n - 1]))
        n--;
    return n;
}

/* Java lower-cases the unit first, and the Kelvin sign is the one other character that becomes a letter of a unit. */
static bool unit_is(const char *name, const char *s, size_t n)
{
    static const char kelvin[] = "\xe2\x84\xaa";
    while (n > 0 && *name != '\0') {
        size_t used = 1;
        char   c = *s >= 'A' && *s <= 'Z' ? (char)(*s + ('a' - 'A')) : *s;
        if (n >= 3 && memcmp(s, kelvin, 3) == 0) {
            used = 3;
            c = 'k';
        }
        if (c != *name++)
            return false;
        s += used;
        n -= used;
    }
    return n == 0 && *name == '\0';
}

static const struct unit *unit_find(const char *s, size_t n)
{
    if (n == 0)
        return &units[0];
    for (size_t u = 0; u < UNITS; u++)
        for (size_t i = 0; i < 3 && units[u].names[i] != NULL; i++)
            if (unit_is(units[u].names[i], s, n))
                return &units[u];
    return NULL;
}

static enum memsize_error parse(const char *s, uint64_t *out)
{
    uint64_t value = 0;
    while (*s != '\0' && is_blank(*s))
        s++;
    const char *end = s + trimmed_length(s);
    if (s == end)
        return MEMSIZE_BLANK;
    if (!is_digit(*s))
        return MEMSIZE_NO_DIGITS;
    for (; s < end && is_digit(*s); s++) {
        uint64_t digit = (uint64_t)(*s - '0');
        if (value > (MEMSIZE_MAX - digit) / 10)
            return MEMSIZE_DIGITS;
        value = value * 10 + digit;
    }
    while (s < end && is_blank(*s))
        s++;
    const struct unit *unit = unit_find(s, (size_t)(end - s));
    if (unit == NULL)
        return MEMSIZE_UNIT;
    if (value > MEMSIZE_MAX / unit->bytes)
        return MEMSIZE_BYTES;
    *out = value * unit->bytes;
    return MEMSIZE_FINE;
}

enum weir_rc memsize_parse(const char *s, uint64_t *out, enum memsize_error *why)
{
    enum memsize_error e = parse(s, out);
    if (why != NULL)
        *why = e;
    return e == MEMSIZE_FINE ? WEIR_OK : WEIR_EINVAL;
}

const char *memsize_why(enum memsize_error why)
{
    switch (why) {
    case MEMSIZE_FINE: return "is a size";
    case MEMSIZE_BLANK: return "is empty";
    case MEMSIZE_NO_DIGITS: return "does not start with a digit";
    case MEMSIZE_DIGITS:
    case MEMSIZE_BYTES: return "is more than 2^63-1 bytes";
    case MEMSIZE_UNIT: return "is not a whole number with one of the units b k m g t";
    }
    return "is no size";
}

void memsize_put(struct buf *b, uint64_t bytes)
{
    size_t u = 0;
    while (u < UNITS && bytes % units[u].bytes == 0)
        u++;
    if (u == UNITS) /* every unit divides: Flink then prints plain bytes */
        buf_printf(b, "%llu bytes", (unsigned long long)bytes);
    else
        buf_printf(b, "%llu %s", (unsigned long long)(bytes / units[u - 1].bytes),
                   units[u - 1].names[1]);
}

void memsize_put_human(struct buf *b, uint64_t bytes)
{
    size_t u = UNITS - 1;
    while (u > 0 && bytes <= units[u].bytes)
        u--;
    if (u == 0) {
        buf_printf(b, "%llu bytes", (unsigned long long)bytes);
        return;
    }
    /* Java rounds half up; printf would round half to even, and use the locale's decimal point. */
    unsigned __int128 milli =
        ((unsigned __int128)bytes * 1000 + units[u].bytes / 2) / units[u].bytes;
    buf_printf(b, "%llu.%03u%s (%llu bytes)", (unsigned long long)(milli / 1000),
               (unsigned)(milli % 1000), units[u].names[1], (unsigned long long)bytes);
}

void memsize_put_option(struct buf *b, uint64_t bytes)
{
    size_t u = UNITS - 1;
    while (u > 0 && (bytes == 0 || bytes % units[u].bytes != 0))
        u--;
    buf_printf(b, "%llu%s", (unsigned long long)(bytes / units[u].bytes), units[u].names[0]);
}
