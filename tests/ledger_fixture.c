/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_fixture.c: see ledger_fixture.h. */
#include "ledger_fixture.h"

#include <string.h>

#include "base/hash.h"
#include "out_fixture.h"

static const struct ledger_id id = { .pid = 4711, .start_ms = 1795240739889, .host = "node-7", .version = "0.1.0" };

void ledger_fixture_sheet(struct ledger_sheet *sheet)
{
    static struct weir_breach breach;
    memset(sheet, 0, sizeof *sheet);
    sheet->header = out_header;
    out_start_tm(&sheet->start);
    out_breach_share(&breach);
    sheet->sheet = breach.sheet;
    sheet->sheet.owners[0].attempt = (struct weir_attempt){ .known = true,
                                                            .state = WEIR_ATTEMPT_ENDED,
                                                            .job_id = { 0x5f1c000000000001, 0x9e2a },
                                                            .job_name = "orders",
                                                            .vertex = "Flat Map",
                                                            .subtask = 1,
                                                            .attempt = 2,
                                                            .begin_ms = 1795240740000,
                                                            .end_ms = 1795240800000,
                                                            .bytes = 64 * MIB,
                                                            .blocks = 4 };
    sheet->line_count = 2;
    sheet->lines[0] = (struct ledger_line){ 1795240801000, "warn",
                                            "task.off-heap over its declared share: 96.0 of 32.0 MiB\n"
                                            "    at com.example.Leak.flatMap(Leak.java:41)  [leak.jar]" };
    sheet->lines[1] = (struct ledger_line){ 1795240790000, "notice", "an older line" };
}

void ledger_fixture_file(unsigned char bytes[LEDGER_SIZE], uint64_t sequence)
{
    static struct ledger_sheet sheet;
    memset(bytes, 0, LEDGER_SIZE);
    ledger_fixture_sheet(&sheet);
    (void)out_ledger_head(bytes, &id);
    for (uint64_t i = 1; i <= sequence; i++) {
        sheet.header.seq = i;
        (void)out_ledger_sheet(bytes + out_ledger_place(i), i, &sheet);
    }
}

void ledger_fixture_stop(unsigned char bytes[LEDGER_SIZE])
{
    (void)out_ledger_stop(bytes + LEDGER_STOP_AT, 1795240802000, "vm exit");
}

void ledger_fixture_words(unsigned char bytes[LEDGER_SIZE])
{
    struct ledger_words words = { .there = true, .time_ms = 1795240801500, .text = "ExitOnOutOfMemoryError" };
    words.known[WEIR_TASK_OFF_HEAP] = words.known[WEIR_NETWORK] = true;
    words.used[WEIR_TASK_OFF_HEAP] = 112 * MIB;
    words.used[WEIR_NETWORK] = 128 * MIB;
    (void)out_ledger_words(bytes + LEDGER_WORDS_AT, &words);
}

void ledger_fixture_seal(unsigned char *block)
{
    uint32_t length = (uint32_t)block[12] | (uint32_t)block[13] << 8 | (uint32_t)block[14] << 16;
    uint64_t sum = hash_bytes(block + 8, LEDGER_BLOCK_HEAD - 8 + length);
    for (int i = 0; i < 8; i++)
        block[i] = (unsigned char)(sum >> (8 * i));
}
