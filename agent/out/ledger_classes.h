/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_LEDGER_CLASSES_H
#define OUT_LEDGER_CLASSES_H
/* Metaspace by class loader in a sheet of the ledger, field by field (out/ledger_fields.h). */
#include "out/ledger_data.h"
#include "out/wire.h"

void ledger_classes(struct wire *w, struct ledger_sheet *sheet);

#endif
