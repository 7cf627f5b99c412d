/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_LEDGER_H
#define OUT_OUT_LEDGER_H
/* Snapshots to the bytes of a ledger (include/ledger.h) and back. No file, no clock. */
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ledger.h"
#include "out/ledger_data.h"

/* Each writes into `out`, of the size that include/ledger.h states for the part, and returns the bytes to be written
 * to the file; 0 if they do not fit. The structs are not changed. */
size_t out_ledger_head(void *out, const struct ledger_id *id);
size_t out_ledger_sheet(void *out, uint64_t sequence, struct ledger_sheet *sheet);
size_t out_ledger_stop(void *out, int64_t time_ms, const char *reason);
/* Inside a hook too: no formatting, no allocation. */
size_t out_ledger_words(void *out, const struct ledger_words *words);
/* Where in the file the sheet of this sequence stands. */
size_t out_ledger_place(uint64_t sequence);

/* Decodes a whole file. WEIR_EINVAL: `why` gets a sentence (no ledger, newer, truncated, damaged, no sheet yet). Safe on any
 * bytes. *file is large: not for a stack. */
enum weir_rc out_ledger_read(void *data, size_t len, struct ledger_file *file, struct buf *why);
/* The head alone, of the first LEDGER_HEAD_SIZE bytes or more; size: what the file should have. */
enum weir_rc out_ledger_identify(void *data, size_t len, struct ledger_id *id, uint32_t *size, struct buf *why);

#endif
