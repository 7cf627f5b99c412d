/* SPDX-License-Identifier: Apache-2.0 */
/* test_out_ledger.c: a ledger comes back as it was written; whatever else is in a file is named or harmless. Run it under
 * the sanitizers: "never a crash" is half of what it claims. */
#include "out/out_ledger.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_check.h"
#include "ledger_fixture.h"
#include "out/out.h"
#include "out/out_sheet.h"
#include "out_fixture.h"
#include "suite.h"

enum { ROOM = 65536, UNUSED_STEP = 509 };

static unsigned char       bytes[LEDGER_SIZE], block[LEDGER_SLOT_SIZE], again[LEDGER_SLOT_SIZE];
static struct ledger_sheet sheet;
static struct ledger_file  file;
static char                reason[256], text[ROOM];
static struct buf          why, out;

static void fresh(void)
{
    memset(&file, 0xa5, sizeof file);
    memset(again, 0, sizeof again);
    ledger_fixture_sheet(&sheet);
    ledger_fixture_file(bytes, 2);
    buf_init(&why, reason, sizeof reason);
    buf_init(&out, text, sizeof text);
}

static enum weir_rc decode(size_t len)
{
    buf_reset(&why);
    return out_ledger_read(bytes, len, &file, &why);
}

static void refuses(size_t len, const char *says)
{
    enum weir_rc rc = decode(len);
    if (rc != WEIR_EINVAL || strstr(reason, says) == NULL)
        fprintf(stderr, "\n  expected: %s\n  got:      %s\n", says, reason);
    CU_ASSERT_EQUAL(rc, WEIR_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, says));
}

/* ---- what was written comes back ---- */

static void ledger_sheet_comes_back_field_by_field(void)
{
    CU_ASSERT_EQUAL_FATAL(decode(sizeof bytes), WEIR_OK);
    const struct ledger_sheet *s = &file.last;
    CU_ASSERT_STRING_EQUAL(file.damage, "");
    CU_ASSERT_FALSE(file.stopped || file.words.there);
    CU_ASSERT_EQUAL(file.id.pid, 4711);
    CU_ASSERT_EQUAL(file.id.start_ms, 1795240739889);
    CU_ASSERT_STRING_EQUAL(file.id.host, "node-7");
    CU_ASSERT_EQUAL(s->header.time_ms, out_header.time_ms);
    CU_ASSERT_EQUAL(s->header.seq, 2); /* the newer of the two */
    CU_ASSERT_STRING_EQUAL(s->start.flink, "1.20.5");
    CU_ASSERT_STRING_EQUAL(s->start.hooks[1].state, "waiting for libnio: mapped buffers are not counted");
    CU_ASSERT_EQUAL(s->sheet.rows[WEIR_TASK_OFF_HEAP].used, 96 * MIB);
    CU_ASSERT_TRUE(s->sheet.rows[WEIR_TASK_OFF_HEAP].limit.declared);
    CU_ASSERT_FALSE(s->sheet.rows[WEIR_JVM_OVERHEAD].measured);
    CU_ASSERT_EQUAL(s->sheet.rows[WEIR_NETWORK].kind_blocks[WEIR_KIND_DIRECT], 4096);
    CU_ASSERT_EQUAL(s->sheet.pools[WEIR_POOL_THREADS].used, 57);
    CU_ASSERT_EQUAL(s->sheet.pools[WEIR_POOL_HEAP].peak, 300 * MIB);
    CU_ASSERT_EQUAL(s->sheet.pools[WEIR_POOL_HEAP].after_gc, 150 * MIB);
    CU_ASSERT_EQUAL(s->sheet.process.residual, 90 * MIB);
    CU_ASSERT_EQUAL(s->sheet.overhead.code, 48 * MIB);
    CU_ASSERT_EQUAL(s->sheet.owner_count, 1);
    CU_ASSERT_EQUAL(s->sheet.owners[0].stack.decider, 2);
    CU_ASSERT_EQUAL(s->sheet.owners[0].stack.frames[0].line, -1);
    CU_ASSERT_STRING_EQUAL(s->sheet.owners[0].attempt.job_name, "orders");
    CU_ASSERT_EQUAL(s->sheet.owners[0].attempt.state, WEIR_ATTEMPT_ENDED);
    CU_ASSERT_EQUAL(s->line_count, 2);
    CU_ASSERT_STRING_EQUAL(s->lines[1].text, "an older line");
}

/* Nothing is lost that the fields above do not name: what was read writes the same bytes. */
static void ledger_sheet_written_again_is_the_same_bytes(void)
{
    CU_ASSERT_EQUAL_FATAL(decode(sizeof bytes), WEIR_OK);
    size_t len = out_ledger_sheet(again, 2, &file.last);
    CU_ASSERT_TRUE_FATAL(len > LEDGER_BLOCK_HEAD);
    CU_ASSERT_EQUAL(memcmp(again, bytes + out_ledger_place(2), len), 0);
}

static void ledger_sheet_is_as_json_what_it_was(void)
{
    static char before[ROOM];
    struct buf  b;
    buf_init(&b, before, sizeof before);
    sheet.header.seq = 2;
    out_json_sheet(&b, &sheet.header, "request", &sheet.sheet);
    CU_ASSERT_EQUAL_FATAL(decode(sizeof bytes), WEIR_OK);
    out_json_sheet(&out, &file.last.header, "request", &file.last.sheet);
    CU_ASSERT_STRING_EQUAL(text, before);
}

static void ledger_stop_and_words_come_back(void)
{
    ledger_fixture_stop(bytes);
    ledger_fixture_words(bytes);
    CU_ASSERT_EQUAL_FATAL(decode(sizeof bytes), WEIR_OK);
    CU_ASSERT_TRUE(file.stopped);
    CU_ASSERT_EQUAL(file.stop_ms, 1795240802000);
    CU_ASSERT_STRING_EQUAL(file.stop_reason, "vm exit");
    CU_ASSERT_TRUE(file.words.there);
    CU_ASSERT_EQUAL(file.words.time_ms, 1795240801500);
    CU_ASSERT_STRING_EQUAL(file.words.text, "ExitOnOutOfMemoryError");
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        CU_ASSERT_EQUAL(file.words.known[c], c == WEIR_TASK_OFF_HEAP || c == WEIR_NETWORK);
    CU_ASSERT_EQUAL(file.words.used[WEIR_TASK_OFF_HEAP], 112 * MIB);
    CU_ASSERT_STRING_EQUAL(file.damage, "");
}

static void ledger_head_and_blocks_stay_within_their_places(void)
{
    CU_ASSERT_EQUAL(out_ledger_place(1), LEDGER_SLOTS_AT + LEDGER_SLOT_SIZE);
    CU_ASSERT_EQUAL(out_ledger_place(2), LEDGER_SLOTS_AT);
    CU_ASSERT_EQUAL(out_ledger_place(UINT64_MAX), out_ledger_place(1));
    CU_ASSERT_TRUE(LEDGER_SIZE <= 1024 * 1024);
}

/* ---- bounds ---- */

static char huge[20000];

static void fill_stack(struct weir_stack *stack)
{
    stack->count = WEIR_MAX_DEPTH;
    stack->decider = WEIR_MAX_DEPTH - 1;
    stack->source = huge;
    for (int i = 0; i < WEIR_MAX_DEPTH; i++)
        stack->frames[i] = (struct weir_frame){ huge, huge, huge, 1 };
}

static void fill_classes(void)
{
    static struct weir_loader  loaders[WEIR_TOP_LOADERS];
    static struct weir_classes c;
    c = (struct weir_classes){ .known = true, .note = huge, .loader = loaders, .loader_count = WEIR_TOP_LOADERS,
                               .job_count = WEIR_TOP_LOADER_JOBS, .family_count = WEIR_TOP_LIVE_FAMILIES };
    for (int i = 0; i < WEIR_TOP_LOADERS; i++)
        loaders[i].class_name = loaders[i].source = loaders[i].job.job_name = huge;
    for (int i = 0; i < WEIR_TOP_LOADER_JOBS; i++)
        c.jobs[i].job.job_name = huge;
    for (int i = 0; i < WEIR_TOP_LIVE_FAMILIES; i++)
        memset(c.families[i].name, 'x', sizeof c.families[i].name - 1);
    sheet.sheet.classes = &c;
}

static void fill_everything(void)
{
    memset(huge, 'x', sizeof huge - 1);
    struct weir_start *s = &sheet.start;
    sheet.header.host = sheet.header.tm = s->version = s->jvm = s->gc = s->flink = huge;
    s->hook_count = WEIR_MAX_HOOKS;
    s->warning_count = WEIR_MAX_WARNINGS;
    for (int i = 0; i < WEIR_MAX_HOOKS; i++)
        s->hooks[i] = (struct weir_hook_state){ huge, huge };
    for (int i = 0; i < WEIR_MAX_WARNINGS; i++)
        s->warnings[i] = huge;
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++)
        sheet.sheet.rows[i].note = sheet.sheet.rows[i].limit.source = huge;
    for (int i = 0; i < WEIR_POOL_COUNT; i++)
        sheet.sheet.pools[i].limit.source = huge;
    sheet.sheet.owner_count = WEIR_TOP_OWNERS;
    for (int i = 0; i < WEIR_TOP_OWNERS; i++) {
        struct weir_owner *o = &sheet.sheet.owners[i];
        o->loader = o->attempt.job_name = o->attempt.vertex = huge;
        o->attempt.known = true;
        fill_stack(&o->stack);
    }
    struct weir_threads *t = &sheet.sheet.threads;
    t->known = true;
    t->limit_count = WEIR_THREAD_LIMITS;
    t->family_count = WEIR_TOP_FAMILIES;
    for (int i = 0; i < WEIR_THREAD_LIMITS; i++)
        t->limits[i].name = huge;
    for (int i = 0; i < WEIR_TOP_FAMILIES; i++)
        t->families[i].name = t->families[i].job_name = t->families[i].creator = t->families[i].source = huge;
    fill_classes();
    struct weir_native *n = &sheet.sheet.native;
    n->known = true;
    n->trouble = huge;
    n->count = WEIR_TOP_LIBRARIES;
    for (int i = 0; i < WEIR_TOP_LIBRARIES; i++)
        n->library[i].name = n->library[i].why = huge;
    sheet.sheet.balance.child_shown = WEIR_TOP_CHILDREN;
    for (int i = 0; i < WEIR_TOP_CHILDREN; i++)
        memset(sheet.sheet.balance.children[i].name, 'x', sizeof sheet.sheet.balance.children[i].name - 1);
    sheet.line_count = LEDGER_LINES;
    for (int i = 0; i < LEDGER_LINES; i++)
        sheet.lines[i] = (struct ledger_line){ 1, huge, huge };
}

static void ledger_largest_sheet_fits_its_slot(void)
{
    fill_everything();
    size_t len = out_ledger_sheet(block, 3, &sheet);
    CU_ASSERT_TRUE_FATAL(len > LEDGER_SLOT_SIZE / 2); /* or this test has not filled it */
    memcpy(bytes + out_ledger_place(3), block, len);
    CU_ASSERT_EQUAL_FATAL(decode(sizeof bytes), WEIR_OK);
    CU_ASSERT_EQUAL(file.last.sheet.owners[4].stack.count, WEIR_MAX_DEPTH);
    CU_ASSERT_EQUAL(file.last.sheet.owners[4].stack.decider, WEIR_MAX_DEPTH - 1);
    const char *name = file.last.sheet.owners[4].stack.frames[63].class_name;
    CU_ASSERT_EQUAL(strlen(name), 256);
    CU_ASSERT_STRING_EQUAL(name + 253, "...");
}

static void ledger_cuts_between_characters(void)
{
    static char accents[600];
    for (int i = 0; i < 299; i++)
        memcpy(accents + 2 * i, "\xc3\xa9", 3);
    sheet.header.tm = accents;
    size_t len = out_ledger_sheet(block, 3, &sheet);
    memcpy(bytes + out_ledger_place(3), block, len);
    CU_ASSERT_EQUAL_FATAL(decode(sizeof bytes), WEIR_OK);
    CU_ASSERT_EQUAL(strlen(file.last.header.tm), 252 + 3);
    CU_ASSERT_STRING_EQUAL(file.last.header.tm + 250, "\xc3\xa9...");
}

/* ---- files that are none, or not whole ---- */

static void ledger_refuses_what_is_none(void)
{
    static const char readme[] = "# Weir\n\nA native JVMTI agent";
    memset(bytes, 0, sizeof bytes);
    refuses(sizeof bytes, "not a ledger of weir");
    refuses(0, "not a ledger of weir");
    memcpy(bytes, readme, sizeof readme);
    refuses(sizeof readme, "not a ledger of weir");
    memset(bytes, 0xff, sizeof bytes);
    refuses(sizeof bytes, "not a ledger of weir");
}

static void ledger_names_a_newer_format(void)
{
    bytes[16] = LEDGER_VERSION + 1; /* also where the checksum of the head is of a kind we do not know */
    refuses(sizeof bytes, "a ledger of format 3, written by a newer weir; this one, 0.1.0, reads format 2");
    refuses(20, "format 3");
    bytes[16] = 0;
    refuses(sizeof bytes, "format 0, written by another weir");
}

static void ledger_refuses_every_truncation(void)
{
    size_t wrong = 0;
    for (size_t len = 0; len < sizeof bytes; len++) {
        enum weir_rc rc = decode(len);
        wrong += rc != WEIR_EINVAL || strstr(reason, len < 20 ? "not a ledger" : "truncated: ") == NULL;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(decode(sizeof bytes), WEIR_OK);
}

/* In memory of its own, so that the sanitizer sees a byte read behind it. */
static void ledger_reads_nothing_behind_a_short_file(void)
{
    for (size_t len = 1; len < LEDGER_HEAD_SIZE + 64; len++) {
        unsigned char *copy = malloc(len);
        CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
        if (copy != NULL)
            memcpy(copy, bytes, len);
        buf_reset(&why);
        CU_ASSERT_EQUAL(out_ledger_read(copy, len, &file, &why), WEIR_EINVAL);
        free(copy);
    }
}

static void ledger_without_a_sheet_says_so(void)
{
    ledger_fixture_file(bytes, 0);
    refuses(sizeof bytes, "holds no sheet");
}

static void ledger_longer_than_a_ledger_is_refused(void)
{
    static unsigned char longer[LEDGER_SIZE + 1];
    memcpy(longer, bytes, sizeof bytes);
    buf_reset(&why);
    CU_ASSERT_EQUAL(out_ledger_read(longer, sizeof longer, &file, &why), WEIR_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "not of a ledger's size"));
}

/* The end of the newest sheet is missing, as after a kill in the middle of a write. */
static void ledger_torn_newest_sheet_leaves_the_one_before(void)
{
    ledger_fixture_file(bytes, 4);
    memset(bytes + out_ledger_place(4) + 700, 0, 5000);
    CU_ASSERT_EQUAL_FATAL(decode(sizeof bytes), WEIR_OK);
    CU_ASSERT_EQUAL(file.last.header.seq, 3);
    CU_ASSERT_STRING_EQUAL(file.damage, "one of its two sheets is torn; this is the other");
    bytes[out_ledger_place(3) + 100] ^= 1;
    refuses(sizeof bytes, "damaged: no sheet in it is whole");
}

/* ---- single bytes ---- */

static size_t block_len(size_t at)
{
    const unsigned char *b = bytes + at;
    return LEDGER_BLOCK_HEAD + ((size_t)b[12] | (size_t)b[13] << 8 | (size_t)b[14] << 16);
}

static bool covered(size_t at)
{
    static const size_t blocks[] = { LEDGER_WORDS_AT, LEDGER_STOP_AT, LEDGER_SLOTS_AT,
                                     LEDGER_SLOTS_AT + LEDGER_SLOT_SIZE };
    if (at < LEDGER_HEAD_SIZE)
        return true;
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        if (at >= blocks[i] && at < blocks[i] + block_len(blocks[i]))
            return true;
    return false;
}

static bool same_as_before(size_t len)
{
    return file.stopped && file.words.there && file.last.header.seq == 2 &&
           out_ledger_sheet(again, 2, &file.last) == len && memcmp(again, bytes + out_ledger_place(2), len) == 0;
}

static void ledger_every_changed_byte_is_seen_or_harmless(void)
{
    static const unsigned char flips[] = { 0x01, 0x80, 0xff };
    size_t                     unseen = 0, harmed = 0, tried = 0;
    ledger_fixture_stop(bytes);
    ledger_fixture_words(bytes);
    size_t len = block_len(out_ledger_place(2));
    for (size_t at = 0; at < sizeof bytes; at++) {
        bool inside = covered(at);
        if (!inside && at % UNUSED_STEP != 0)
            continue;
        for (size_t f = 0; f < sizeof flips; f++, tried++) {
            bytes[at] ^= flips[f];
            bool seen = decode(sizeof bytes) != WEIR_OK ? why.len > 0 : file.damage[0] != '\0';
            bytes[at] ^= flips[f];
            unseen += inside && !seen;
            harmed += !inside && (seen || !same_as_before(len));
        }
    }
    CU_ASSERT_EQUAL(unseen, 0);
    CU_ASSERT_EQUAL(harmed, 0);
    CU_ASSERT_TRUE(tried > 3 * 2 * len);
}

/* ---- hostile bytes under a right checksum ---- */

static void render_all(void)
{
    buf_reset(&out);
    out_json_sheet(&out, &file.last.header, "request", &file.last.sheet);
    if (!out.cut) {
        text[strcspn(text, "\n")] = '\0';
        CU_ASSERT_TRUE(json_check(text));
    }
    buf_reset(&out);
    out_sheet_digest(&out, "state", &file.last);
    out_sheet_words(&out, &file.words);
    for (size_t i = 0; i < out.len; i++)
        if ((unsigned char)text[i] < 0x20 && text[i] != '\n')
            CU_FAIL("a control character reached the text");
}

static void ledger_survives_hostile_sheets(void)
{
    static unsigned char good[LEDGER_SIZE];
    unsigned             state = 4711;
    long                 taken = 0, refused = 0;
    ledger_fixture_words(bytes);
    memcpy(good, bytes, sizeof good);
    size_t slot = out_ledger_place(2), len = block_len(slot);
    for (int round = 0; round < 20000; round++) {
        for (int k = 0; k < 1 + round % 3; k++) {
            state = state * 1664525u + 1013904223u;
            size_t at = LEDGER_BLOCK_HEAD + (state >> 8) % (len - LEDGER_BLOCK_HEAD);
            bytes[slot + at] = (unsigned char)(round % 2 ? state >> 24 : (state >> 24) % 3);
        }
        ledger_fixture_seal(bytes + slot);
        if (decode(sizeof bytes) == WEIR_OK) {
            taken++;
            if (round % 8 == 0)
                render_all();
        } else {
            refused++;
            CU_ASSERT_PTR_NOT_NULL(strstr(reason, "makes no sense"));
        }
        memcpy(bytes + slot, good + slot, len);
    }
    CU_ASSERT_TRUE(taken > 1000 && refused > 1000);
}

static void ledger_survives_hostile_lengths(void)
{
    unsigned state = 99;
    for (int round = 0; round < 4000; round++) {
        size_t at = (size_t[]){ LEDGER_WORDS_AT, LEDGER_STOP_AT, LEDGER_SLOTS_AT, LEDGER_SLOTS_AT }[round % 4];
        ledger_fixture_stop(bytes);
        ledger_fixture_words(bytes);
        for (int i = 12; i < 16; i++) {
            state = state * 1664525u + 1013904223u;
            bytes[at + (size_t)i] = (unsigned char)(state >> 24);
        }
        if (decode(sizeof bytes) == WEIR_OK)
            CU_ASSERT_STRING_NOT_EQUAL(file.damage, "");
        ledger_fixture_file(bytes, 2);
    }
}

/* clang-format off */
SUITE(out_ledger, fresh, NULL,
      CASE(ledger_sheet_comes_back_field_by_field),
      CASE(ledger_sheet_written_again_is_the_same_bytes),
      CASE(ledger_sheet_is_as_json_what_it_was),
      CASE(ledger_stop_and_words_come_back),
      CASE(ledger_head_and_blocks_stay_within_their_places),
      CASE(ledger_largest_sheet_fits_its_slot),
      CASE(ledger_cuts_between_characters),
      CASE(ledger_refuses_what_is_none),
      CASE(ledger_names_a_newer_format),
      CASE(ledger_refuses_every_truncation),
      CASE(ledger_reads_nothing_behind_a_short_file),
      CASE(ledger_without_a_sheet_says_so),
      CASE(ledger_longer_than_a_ledger_is_refused),
      CASE(ledger_torn_newest_sheet_leaves_the_one_before),
      CASE(ledger_every_changed_byte_is_seen_or_harmless),
      CASE(ledger_survives_hostile_sheets),
      CASE(ledger_survives_hostile_lengths));
/* clang-format on */
