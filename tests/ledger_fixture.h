/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LEDGER_FIXTURE_H
#define TESTS_LEDGER_FIXTURE_H
/* Ledgers of the TaskManager of out_fixture.h. */
#include <stddef.h>
#include <stdint.h>

#include "out/out_ledger.h"

/* Two sheets later than the start, one owner of a known attempt, two lines said. */
void ledger_fixture_sheet(struct ledger_sheet *sheet);
/* A whole file with sheets 1 to `sequence`, of which each has `sequence` as its header's seq; no stop, no words. */
void ledger_fixture_file(unsigned char bytes[LEDGER_SIZE], uint64_t sequence);
void ledger_fixture_stop(unsigned char bytes[LEDGER_SIZE]);
void ledger_fixture_words(unsigned char bytes[LEDGER_SIZE]);
/* Makes the checksum of the block at this place right again. */
void ledger_fixture_seal(unsigned char *block);

#endif
