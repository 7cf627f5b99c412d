/* SPDX-License-Identifier: Apache-2.0 */
/* test_out_sheet.c: the balance sheet as people read it, in a terminal, a log and a pod's status. */
#include "out/out_sheet.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "ledger_fixture.h"
#include "out_fixture.h"
#include "suite.h"

static struct ledger_sheet sheet;
static char                text[65536];
static struct buf          b;

static void fresh(void)
{
    ledger_fixture_sheet(&sheet);
    buf_init(&b, text, sizeof text);
}

static void digest_is_as_documented(void)
{
    out_sheet_digest(&b, "weir 2026-11-21T06:00:01.123Z: the JVM was running", &sheet);
    out_same_as_golden("digest.txt", text);
}

static void render_digest(struct buf *out)
{
    out_sheet_digest(out, "state", &sheet);
}

/* As kubelet takes it: whatever the sheet holds, the digest fits, ends in dots, and has the table. */
static void digest_of_the_largest_sheet_is_cut_behind_the_table(void)
{
    static char huge[9000];
    memset(huge, 'x', sizeof huge - 1);
    for (int i = 0; i < WEIR_TOP_OWNERS; i++) {
        sheet.sheet.owners[i] = sheet.sheet.owners[0];
        sheet.sheet.owners[i].stack.frames[2].class_name = huge;
    }
    sheet.sheet.owner_count = WEIR_TOP_OWNERS;
    buf_init(&b, text, OUT_DIGEST_MAX);
    render_digest(&b);
    CU_ASSERT_EQUAL(strlen(text), OUT_DIGEST_MAX - 1);
    CU_ASSERT_STRING_EQUAL(text + strlen(text) - 3, "...");
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\njvm-metaspace "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nowner 64.0 MiB"));
}

static void table_never_prints_0_for_what_is_not_measured(void)
{
    sheet.sheet.rows[WEIR_MANAGED].measured = false;
    sheet.sheet.rows[WEIR_MANAGED].used = 5;
    sheet.sheet.rows[WEIR_MANAGED].note = "";
    out_sheet_table(&b, &sheet.sheet);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nmanaged                        -          -               -      512.0   not measured\n"));
}

static void table_leaves_out_rows_of_other_roles_and_empty_ones_beside(void)
{
    out_sheet_table(&b, &sheet.sheet);
    CU_ASSERT_PTR_NULL(strstr(text, "\nheap "));
    CU_ASSERT_PTR_NULL(strstr(text, "undecided"));
    sheet.sheet.rows[WEIR_UNDECIDED].used = MIB;
    buf_reset(&b);
    out_sheet_table(&b, &sheet.sheet);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nundecided                    1.0 "));
}

static void table_says_what_was_lost(void)
{
    sheet.sheet.agent.lost_ledger = 12;
    sheet.sheet.agent.dropped_events = 1;
    out_sheet_table(&b, &sheet.sheet);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n  lost: 1 event, 12 ledger writes"));
}

static void foreign_text_cannot_reach_the_terminal(void)
{
    sheet.header.tm = "tm\x1b[31m";
    sheet.lines[0].text = "first\x1b]0;title\x07\nsecond\rthird";
    sheet.lines[0].what = "\x9b";
    render_digest(&b);
    for (size_t i = 0; i < b.len; i++)
        if ((unsigned char)text[i] < 0x20 && text[i] != '\n')
            CU_FAIL("a control character");
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " first\\u001b]0;title\\u0007\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nlast\nsecond\\rthird"));
}

static void words_name_what_was_used_then(void)
{
    struct ledger_words words = { .there = true, .time_ms = 1795240801500, .text = "ExitOnOutOfMemoryError" };
    words.known[WEIR_TASK_OFF_HEAP] = words.known[WEIR_NETWORK] = true;
    words.used[WEIR_TASK_OFF_HEAP] = 112 * MIB;
    out_sheet_words(&b, &words);
    CU_ASSERT_STRING_EQUAL(text, "last words 2026-11-21T06:00:01.500Z: ExitOnOutOfMemoryError\n"
                                 "  used then, in MiB: task.off-heap 112.0, network 0.0");
}

SUITE(out_sheet, fresh, NULL, CASE(digest_is_as_documented),
      CASE(digest_of_the_largest_sheet_is_cut_behind_the_table),
      CASE(table_never_prints_0_for_what_is_not_measured),
      CASE(table_leaves_out_rows_of_other_roles_and_empty_ones_beside),
      CASE(table_says_what_was_lost), CASE(foreign_text_cannot_reach_the_terminal),
      CASE(words_name_what_was_used_then));
