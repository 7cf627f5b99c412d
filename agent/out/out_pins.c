/* SPDX-License-Identifier: Apache-2.0 */
/* out_pins.c: one line for each reason with how many of the loaders it holds, its path below it. */
#include "out/out_pins.h"

#include <inttypes.h>

#include "out/figure.h"
#include "out/utf8.h"
#include "base/poison.h"

static const char *const hold_names[] = {
#define HOLD_NAME(sym, name) [WEIR_HOLD_##sym] = (name),
    WEIR_HOLDS(HOLD_NAME)
#undef HOLD_NAME
};

void out_pins_summary(struct buf *b, const struct weir_pins *pins)
{
    static const enum weir_hold order[] = { WEIR_HOLD_PINNED, WEIR_HOLD_CACHED,  WEIR_HOLD_SOFT,
                                            WEIR_HOLD_GARBAGE, WEIR_HOLD_UNKNOWN, WEIR_HOLD_GONE };
    const char *between = ": ";
    figure_count(b, pins->pinned_count, "class loader");
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++) {
        unsigned n = 0;
        for (size_t i = 0; i < pins->pinned_count; i++)
            n += pins->pinned[i].hold == order[k];
        if (n == 0)
            continue;
        buf_printf(b, "%s%u %s", between, n, hold_names[order[k]]);
        between = ", ";
    }
    if (pins->left_out != 0)
        buf_printf(b, "; %" PRIu32 " more were not searched for", pins->left_out);
}

void out_pins_what(struct buf *b, const struct weir_pin *pin)
{
    if (pin->kind == WEIR_PIN_LOADER)
        buf_puts(b, "another loader that is itself held: ");
    if (pin->threads > 1)
        buf_printf(b, "%" PRIu32 " threads: ", pin->threads);
    utf8_text(b, pin->what, false);
    if (pin->source[0] != '\0') {
        buf_puts(b, " [");
        utf8_text(b, pin->source, false);
        buf_puts(b, "]");
    }
    if (pin->bounded)
        buf_puts(b, ", a bounded cache: no leak");
    else if (pin->soft)
        buf_puts(b, ", over a soft reference: goes when heap is short");
}

void out_pins_cost(struct buf *b, const struct weir_pins *pins)
{
    buf_puts(b, "found in ");
    figure_count(b, pins->walks, "heap walk");
    buf_printf(b, " over %.1f million references, %.3f s of pause in all, longest %.3f s", (double)pins->edges / 1e6,
               (double)pins->pause_us / 1e6, (double)pins->longest_us / 1e6);
    if (pins->out_of_time)
        buf_puts(b, "; more would have taken longer than allowed");
    else if (pins->enough)
        buf_puts(b, "; ended when each had a holder: there may be others");
}

void out_pins_text(struct buf *b, const struct weir_pins *pins)
{
    out_pins_summary(b, pins);
    for (size_t i = 0; i < pins->pin_count; i++) {
        buf_printf(b, "\n  %" PRIu32 " of %zu by ", pins->pins[i].loaders, pins->pinned_count);
        out_pins_what(b, &pins->pins[i]);
        buf_puts(b, "\n    path ");
        utf8_text(b, pins->pins[i].path, false);
    }
    if (pins->more_pins != 0)
        buf_printf(b, "\n  %" PRIu32 " more holders are left out", pins->more_pins);
    buf_puts(b, "\n");
    out_pins_cost(b, pins);
}
