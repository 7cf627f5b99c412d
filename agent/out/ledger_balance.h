/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_LEDGER_BALANCE_H
#define OUT_LEDGER_BALANCE_H
/* The balance in a ledger's sheet, field by field. */
#include "out/wire.h"
#include "snapshot.h"

void ledger_balance(struct wire *w, struct weir_balance *s);

#endif
