/* SPDX-License-Identifier: Apache-2.0 */
/* mib.c: integer arithmetic only; the layer above has the same rule in figure.c, which this layer must not include. A test
 * holds the two together. */
#include "model/mib.h"

#include <inttypes.h>
#include <stdbool.h>

#include "base/poison.h"

static bool in_mib(uint64_t bytes)
{
    return bytes == 0 || bytes > (UINT64_C(1) << 20) / 10;
}

/* bytes / 2^shift with one decimal, half up. */
static void put_tenths(struct buf *b, uint64_t bytes, int shift)
{
    uint64_t unit = UINT64_C(1) << shift;
    uint64_t tenths = ((bytes & (unit - 1)) * 10 + unit / 2) >> shift;
    buf_printf(b, "%" PRIu64 ".%" PRIu64, (bytes >> shift) + tenths / 10, tenths % 10);
}

void mib_put_bare(struct buf *b, uint64_t bytes)
{
    if (in_mib(bytes)) {
        put_tenths(b, bytes, 20);
    } else if (bytes >= 1024) {
        put_tenths(b, bytes, 10);
        buf_puts(b, " KiB");
    } else {
        buf_printf(b, "%" PRIu64 " B", bytes);
    }
}

void mib_put(struct buf *b, uint64_t bytes)
{
    mib_put_bare(b, bytes);
    buf_puts(b, in_mib(bytes) ? " MiB" : "");
}

void mib_put_of(struct buf *b, uint64_t part, uint64_t whole)
{
    if (in_mib(whole))
        mib_put_bare(b, part);
    else
        mib_put(b, part);
    buf_puts(b, " of ");
    mib_put(b, whole);
}
