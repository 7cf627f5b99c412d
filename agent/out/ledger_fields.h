/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_LEDGER_FIELDS_H
#define OUT_LEDGER_FIELDS_H
/* What a sheet of the ledger holds, field by field. */
#include "out/ledger_data.h"
#include "out/wire.h"

/* Writes or reads all of it; a reader's w->bad tells whether it made sense. */
void ledger_fields_sheet(struct wire *w, struct ledger_sheet *sheet);
/* `used` of the components, by name; of a name that is unknown the figure is skipped. */
void ledger_fields_used(struct wire *w, struct ledger_words *words);

#endif
