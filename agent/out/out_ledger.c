/* SPDX-License-Identifier: Apache-2.0 */
/* out_ledger.c: head and blocks of a ledger (include/ledger.h), written and read.
 * A reader takes the newest sheet whose checksum holds; a part that is neither absent (zeros) nor whole is named, and the
 * rest is read. A checksum is no proof of good will: what it covers is still decoded as if it were hostile. */
#include "out/out_ledger.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "out/ledger_fields.h"
#include "out/wire.h"

#include "base/poison.h"

enum { HOST_MAX = 256, VERSION_MAX = 64, REASON_MAX = 256, WORDS_TEXT_MAX = 2048, CHECKSUM = 8, MAGIC_SIZE = 8 };

/* ---- writing ---- */

static void put_checksum(unsigned char *block, size_t len)
{
    struct wire w = wire_writer(block, CHECKSUM);
    uint64_t    sum = hash_bytes(block + CHECKSUM, len - CHECKSUM);
    wire_u64(&w, &sum);
}

size_t out_ledger_head(void *out, const struct ledger_id *id)
{
    struct ledger_id copy = *id;
    uint32_t         version = LEDGER_VERSION, size = LEDGER_SIZE;
    unsigned char   *head = out;
    memset(head, 0, LEDGER_HEAD_SIZE);
    memcpy(head + CHECKSUM, LEDGER_MAGIC, MAGIC_SIZE);
    struct wire w = wire_writer(head + CHECKSUM + MAGIC_SIZE, LEDGER_HEAD_SIZE - CHECKSUM - MAGIC_SIZE);
    wire_u32(&w, &version);
    wire_u32(&w, &size);
    wire_i64(&w, &copy.pid);
    wire_i64(&w, &copy.start_ms);
    wire_text(&w, &copy.host, HOST_MAX);
    wire_text(&w, &copy.version, VERSION_MAX);
    put_checksum(head, LEDGER_HEAD_SIZE);
    return w.bad ? 0 : LEDGER_HEAD_SIZE;
}

/* The block's head in front of a payload that `payload` has written behind it. */
static size_t finish_block(void *out, const struct wire *payload, uint32_t magic, uint64_t sequence, int64_t time_ms)
{
    unsigned char *block = out;
    if (payload->bad)
        return 0;
    uint32_t    length = (uint32_t)(payload->at - block) - LEDGER_BLOCK_HEAD;
    struct wire w = wire_writer(block + CHECKSUM, LEDGER_BLOCK_HEAD - CHECKSUM);
    wire_u32(&w, &magic);
    wire_u32(&w, &length);
    wire_u64(&w, &sequence);
    wire_i64(&w, &time_ms);
    put_checksum(block, LEDGER_BLOCK_HEAD + length);
    return LEDGER_BLOCK_HEAD + length;
}

static struct wire payload_writer(void *out, size_t size)
{
    unsigned char *block = out;
    return wire_writer(block + LEDGER_BLOCK_HEAD, size - LEDGER_BLOCK_HEAD);
}

size_t out_ledger_sheet(void *out, uint64_t sequence, struct ledger_sheet *sheet)
{
    struct wire w = payload_writer(out, LEDGER_SLOT_SIZE);
    ledger_fields_sheet(&w, sheet);
    return finish_block(out, &w, LEDGER_SHEET_MAGIC, sequence, sheet->header.time_ms);
}

size_t out_ledger_stop(void *out, int64_t time_ms, const char *reason)
{
    struct wire w = payload_writer(out, LEDGER_STOP_SIZE);
    wire_text(&w, &reason, REASON_MAX);
    return finish_block(out, &w, LEDGER_STOP_MAGIC, 0, time_ms);
}

size_t out_ledger_words(void *out, const struct ledger_words *words)
{
    struct ledger_words copy = *words;
    struct wire         w = payload_writer(out, LEDGER_WORDS_SIZE);
    wire_text(&w, &copy.text, WORDS_TEXT_MAX);
    ledger_fields_used(&w, &copy);
    return finish_block(out, &w, LEDGER_WORDS_MAGIC, 0, words->time_ms);
}

size_t out_ledger_place(uint64_t sequence)
{
    return LEDGER_SLOTS_AT + (size_t)(sequence % 2) * LEDGER_SLOT_SIZE;
}

/* ---- reading ---- */

static bool sum_holds(unsigned char *block, size_t len)
{
    struct wire w = wire_reader(block, CHECKSUM);
    uint64_t    sum = 0;
    wire_u64(&w, &sum);
    return sum == hash_bytes(block + CHECKSUM, len - CHECKSUM);
}

enum weir_rc out_ledger_identify(void *data, size_t len, struct ledger_id *id, uint32_t *size, struct buf *why)
{
    unsigned char *head = data;
    uint32_t       version = 0;
    if (len < CHECKSUM + MAGIC_SIZE + sizeof version || memcmp(head + CHECKSUM, LEDGER_MAGIC, MAGIC_SIZE) != 0) {
        buf_puts(why, "not a ledger of weir");
        return WEIR_EINVAL;
    }
    struct wire w = wire_reader(head + CHECKSUM + MAGIC_SIZE, len - CHECKSUM - MAGIC_SIZE);
    wire_u32(&w, &version);
    if (version != LEDGER_VERSION) {
        buf_printf(why, "a ledger of format %" PRIu32 ", written by %s weir; this one, " WEIR_VERSION
                        ", reads format %d", version, version > LEDGER_VERSION ? "a newer" : "another", LEDGER_VERSION);
        return WEIR_EINVAL;
    }
    if (len < LEDGER_HEAD_SIZE) {
        buf_printf(why, "truncated: %zu bytes, not even its head", len);
        return WEIR_EINVAL;
    }
    *id = (struct ledger_id){ .host = "", .version = "" };
    wire_u32(&w, size);
    wire_i64(&w, &id->pid);
    wire_i64(&w, &id->start_ms);
    wire_text(&w, &id->host, HOST_MAX);
    wire_text(&w, &id->version, VERSION_MAX);
    if (w.bad || w.at > head + LEDGER_HEAD_SIZE || !sum_holds(head, LEDGER_HEAD_SIZE)) {
        buf_puts(why, "damaged: the checksum of its head does not match");
        return WEIR_EINVAL;
    }
    return WEIR_OK;
}

/* One part of the file, as found. */
struct block {
    bool        absent, whole;
    uint64_t    sequence;
    int64_t     time_ms;
    struct wire payload;
};

static bool all_zero(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static struct block block_at(unsigned char *at, size_t size, uint32_t magic)
{
    struct block b = { .absent = all_zero(at, LEDGER_BLOCK_HEAD) };
    uint32_t     found = 0, length = 0;
    struct wire  w = wire_reader(at + CHECKSUM, LEDGER_BLOCK_HEAD - CHECKSUM);
    wire_u32(&w, &found);
    wire_u32(&w, &length);
    wire_u64(&w, &b.sequence);
    wire_i64(&w, &b.time_ms);
    b.whole = !b.absent && found == magic && length <= size - LEDGER_BLOCK_HEAD &&
              sum_holds(at, LEDGER_BLOCK_HEAD + length);
    b.payload = wire_reader(at + LEDGER_BLOCK_HEAD, b.whole ? length : 0);
    return b;
}

/* No pointer of it may be NULL, whatever the file leaves out. */
static void blank(struct ledger_file *file)
{
    struct ledger_sheet *s = &file->last;
    memset(file, 0, sizeof *file);
    file->stop_reason = file->words.text = file->damage = "";
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++)
        s->sheet.rows[i].note = s->sheet.rows[i].limit.source = s->start.limits[i].source = "";
    for (int i = 0; i < WEIR_POOL_COUNT; i++)
        s->sheet.pools[i].limit.source = s->start.pools[i].source = "";
}

static bool read_sheet(struct block *b, struct ledger_file *file)
{
    struct wire w = b->payload;
    ledger_fields_sheet(&w, &file->last);
    return !w.bad;
}

/* The newest sheet that holds into *file. */
static enum weir_rc read_newest(unsigned char *data, struct ledger_file *file, struct buf *why)
{
    struct block slot[2];
    for (int i = 0; i < 2; i++)
        slot[i] = block_at(data + LEDGER_SLOTS_AT + i * LEDGER_SLOT_SIZE, LEDGER_SLOT_SIZE, LEDGER_SHEET_MAGIC);
    if (slot[0].absent && slot[1].absent) {
        buf_puts(why, "it holds no sheet: the JVM ended before the first was written");
        return WEIR_EINVAL;
    }
    int newest = slot[0].whole && (!slot[1].whole || slot[0].sequence > slot[1].sequence) ? 0 : 1;
    if (!slot[newest].whole) {
        buf_puts(why, "damaged: no sheet in it is whole");
        return WEIR_EINVAL;
    }
    if (!slot[0].absent && !slot[1].absent && slot[0].whole != slot[1].whole)
        file->damage = "one of its two sheets is torn; this is the other";
    if (read_sheet(&slot[newest], file))
        return WEIR_OK;
    buf_puts(why, "damaged: its newest sheet has a right checksum but makes no sense");
    return WEIR_EINVAL;
}

static void read_stop(unsigned char *data, struct ledger_file *file)
{
    struct block b = block_at(data + LEDGER_STOP_AT, LEDGER_STOP_SIZE, LEDGER_STOP_MAGIC);
    wire_text(&b.payload, &file->stop_reason, REASON_MAX);
    file->stopped = b.whole && !b.payload.bad;
    file->stop_ms = b.time_ms;
    if (!b.absent && !file->stopped)
        file->damage = "its stop mark is damaged";
}

static void read_words(unsigned char *data, struct ledger_file *file)
{
    struct block b = block_at(data + LEDGER_WORDS_AT, LEDGER_WORDS_SIZE, LEDGER_WORDS_MAGIC);
    wire_text(&b.payload, &file->words.text, WORDS_TEXT_MAX);
    ledger_fields_used(&b.payload, &file->words);
    file->words.time_ms = b.time_ms;
    file->words.there = b.whole && !b.payload.bad;
    if (!b.absent && !file->words.there)
        file->damage = "its last words are damaged";
}

enum weir_rc out_ledger_read(void *data, size_t len, struct ledger_file *file, struct buf *why)
{
    uint32_t         size = 0;
    struct ledger_id id;
    enum weir_rc     rc = out_ledger_identify(data, len, &id, &size, why);
    if (rc != WEIR_OK)
        return rc;
    if (size != LEDGER_SIZE || len != size) {
        buf_printf(why, "%s: %zu of %d bytes", len < LEDGER_SIZE ? "truncated" : "not of a ledger's size", len,
                   LEDGER_SIZE);
        return WEIR_EINVAL;
    }
    blank(file);
    file->id = id;
    rc = read_newest(data, file, why);
    if (rc == WEIR_OK) {
        read_stop(data, file);
        read_words(data, file);
    }
    return rc;
}
