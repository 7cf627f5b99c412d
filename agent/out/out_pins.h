/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_PINS_H
#define OUT_OUT_PINS_H
/* What keeps class loaders alive, as text. */
#include "base/buf.h"
#include "snapshot_classes.h"

/* "12 class loaders: 11 pinned, 1 only softly held" */
void out_pins_summary(struct buf *b, const struct weir_pins *pins);
/* "static com.x.Y.CACHE [x.jar]"; "12 threads "pool-*""; without its path. */
void out_pins_what(struct buf *b, const struct weir_pin *pin);
/* "found in 4 heap walks, 0.9 s of pause in all, longest 0.3 s" */
void out_pins_cost(struct buf *b, const struct weir_pins *pins);
/* All of it, in lines, the last without its end. */
void out_pins_text(struct buf *b, const struct weir_pins *pins);

#endif
