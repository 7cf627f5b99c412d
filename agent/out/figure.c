/* SPDX-License-Identifier: Apache-2.0 */
/* figure.c: bytes and percentages by integer arithmetic, so that no locale and no float has a say in lines that others
 * parse. Every value of 64 bits is printed right; nothing overflows. */
#include "out/figure.h"

#include <inttypes.h>

#include "base/poison.h"

enum { KIB = 10, MIB = 20 };

/* bytes / 2^shift with one decimal, half up. */
static void put_tenths(struct buf *b, uint64_t bytes, int shift)
{
    uint64_t unit = UINT64_C(1) << shift;
    uint64_t whole = bytes >> shift;
    uint64_t tenths = ((bytes & (unit - 1)) * 10 + unit / 2) >> shift;
    if (tenths == 10) {
        whole++;
        tenths = 0;
    }
    buf_printf(b, "%" PRIu64 ".%" PRIu64, whole, tenths);
}

static bool in_mib(uint64_t bytes)
{
    return bytes == 0 || bytes > (UINT64_C(1) << MIB) / 10; /* 0.1 MiB is 104857.6 bytes */
}

void figure_bare(struct buf *b, uint64_t bytes)
{
    if (in_mib(bytes)) {
        put_tenths(b, bytes, MIB);
    } else if (bytes >> KIB != 0) {
        put_tenths(b, bytes, KIB);
        buf_puts(b, " KiB");
    } else {
        buf_printf(b, "%" PRIu64 " B", bytes);
    }
}

void figure_bytes(struct buf *b, uint64_t bytes)
{
    figure_bare(b, bytes);
    if (in_mib(bytes))
        buf_puts(b, " MiB");
}

void figure_of(struct buf *b, uint64_t part, uint64_t whole)
{
    if (in_mib(whole))
        figure_bare(b, part);
    else
        figure_bytes(b, part);
    buf_puts(b, " of ");
    figure_bytes(b, whole);
}

void figure_of_bare(struct buf *b, uint64_t part, uint64_t whole)
{
    figure_bare(b, part);
    buf_puts(b, " of ");
    figure_bare(b, whole);
}

void figure_percent(struct buf *b, uint64_t part, uint64_t whole)
{
    while (whole > UINT64_MAX / 100) { /* keeps the remainder times 100 within 64 bits */
        whole >>= 7;
        part >>= 7;
    }
    uint64_t times = part / whole;
    if (times > 10000) {
        buf_puts(b, ">1000000 %");
        return;
    }
    uint64_t percent = times * 100 + part % whole * 100 / whole;
    if (percent == 0 && part != 0)
        buf_puts(b, "<1 %");
    else
        buf_printf(b, "%" PRIu64 " %%", percent);
}

void figure_count(struct buf *b, uint64_t count, const char *noun)
{
    buf_printf(b, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
}
