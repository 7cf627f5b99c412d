/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEIR_LEDGER_H
#define WEIR_LEDGER_H
/* The ledger: a file of fixed size that outlives its JVM, whatever ends that. Written only with pwrite, by one process;
 * nobody maps it. Everything is little endian and packed.
 *
 *   at 0                  head        u64 checksum  of the LEDGER_HEAD_SIZE - 8 bytes behind it
 *                                     u8[8] magic   LEDGER_MAGIC
 *                                     u32 version   LEDGER_VERSION; magic and version stay where they are for ever
 *                                     u32 size      of the whole file
 *                                     i64 pid, i64 start   of the JVM, milliseconds since the epoch
 *                                     text host, text weir's version; zeros to LEDGER_HEAD_SIZE
 *   at LEDGER_WORDS_AT    last words  block; written at most once, by whoever ends the JVM without a stop
 *   at LEDGER_STOP_AT     stop mark   block; absent (zeros) as long as the JVM did not stop in order
 *   at LEDGER_SLOTS_AT    two sheets  blocks of at most LEDGER_SLOT_SIZE; the sheet of sequence n stands in slot n % 2,
 *                                     so that a torn write leaves the one before. Sequences count from 1.
 *   block                             u64 checksum  of all that follows, to the end of the payload
 *                                     u32 magic     tells words, stop mark and sheet apart
 *                                     u32 length    of the payload
 *                                     u64 sequence  0 but for sheets
 *                                     i64 time      milliseconds since the epoch
 *                                     u8[length]    payload
 *   payload of words      text, u32 count, count x { text component, u64 used }
 *   payload of stop       text reason
 *   payload of a sheet    header, struct weir_start, struct weir_sheet, lines: field by field in the order of
 *                         agent/out/ledger_fields.c
 *   text                  u16 length, bytes, NUL; a longer one is cut to its field's bound and ends in "..."
 *   checksum              hash_bytes() of base/hash.h: no changed byte passes it, but whoever means harm can make one,
 *                         so that readers trust no length, count or number
 *
 * Components, kinds, pools and states are written by name: a new one needs no new version. A changed field does. */
#define LEDGER_MAGIC "\x8fWEIR\r\n\x1a"

enum {
    LEDGER_VERSION = 2,
    LEDGER_HEAD_SIZE = 1024,
    LEDGER_WORDS_AT = 4096,
    LEDGER_WORDS_SIZE = 4096,
    LEDGER_STOP_AT = 8192,
    LEDGER_STOP_SIZE = 4096,
    LEDGER_SLOTS_AT = 12288,
    LEDGER_SLOT_SIZE = 256 * 1024, /* the largest sheet fits: tests/test_out_ledger.c */
    LEDGER_SIZE = LEDGER_SLOTS_AT + 2 * LEDGER_SLOT_SIZE,
    LEDGER_BLOCK_HEAD = 32
};

#define LEDGER_SHEET_MAGIC 0x54454853u /* SHET */
#define LEDGER_WORDS_MAGIC 0x44524f57u /* WORD */
#define LEDGER_STOP_MAGIC  0x504f5453u /* STOP */

enum { LEDGER_LINES = 4, LEDGER_LINE_TEXT = 8192 }; /* breaches, denials, errors: the last ones, each cut to so much */

#endif
