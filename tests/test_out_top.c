/* SPDX-License-Identifier: Apache-2.0 */
/* test_out_top.c: the live table, at the width of a terminal. */
#include "out/out_top.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "ledger_fixture.h"
#include "out/columns.h"
#include "out_fixture.h"
#include "suite.h"

static struct ledger_file file;
static struct trend       trend;
static struct out_top     top;
static char               text[65536];
static struct buf         b;
static char               huge[9000];

static void see(int64_t time_ms)
{
    struct trend_sheet s = { .time_ms = time_ms };
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++) {
        s.known[i] = file.last.sheet.rows[i].measured;
        s.used[i] = file.last.sheet.rows[i].used;
    }
    trend_add(&trend, &s);
}

static void fresh(void)
{
    memset(&file, 0, sizeof file);
    memset(&trend, 0, sizeof trend);
    ledger_fixture_sheet(&file.last);
    file.stop_reason = file.words.text = file.damage = "";
    top = (struct out_top){ .file = &file, .trend = &trend, .alive = true, .age_ms = 400, .columns = OUT_TOP_COLUMNS };
    buf_init(&b, text, sizeof text);
    file.last.sheet.rows[WEIR_TASK_OFF_HEAP].used = 90 * MIB;
    see(1000);
    file.last.sheet.rows[WEIR_TASK_OFF_HEAP].used = 96 * MIB;
    see(31000);
}

static void render(struct buf *out)
{
    out_top(out, &top);
}

static void widest_is(unsigned columns)
{
    for (char *at = text, *end; *at != '\0'; at = end + (*end != '\0')) {
        char line[1024] = "";
        end = at + strcspn(at, "\n");
        memcpy(line, at, (size_t)(end - at) < sizeof line ? (size_t)(end - at) : sizeof line - 1);
        if (columns_of(line) > columns)
            fprintf(stderr, "wider than %u: %s\n", columns, line);
        CU_ASSERT_TRUE(columns_of(line) <= columns);
    }
}

static void table_is_as_documented(void)
{
    render(&b);
    out_same_as_golden("top.txt", text);
    widest_is(OUT_TOP_COLUMNS);
}

/* Names that a person chose may be as long and as foreign as they like. */
static void lengthen(void)
{
    static const char package[] = "com.example.";
    memset(huge, 'x', sizeof huge - 1);
    for (size_t i = 0; package[i] != '\0'; i++)
        huge[i] = package[i];
    for (int i = 0; i < WEIR_TOP_OWNERS; i++) {
        file.last.sheet.owners[i] = file.last.sheet.owners[0];
        file.last.sheet.owners[i].stack.frames[2].class_name = i % 2 == 0 ? huge : "com.example.Leak";
    }
    file.last.sheet.owners[1].attempt.job_name = "\xe8\xa8\x82\xe5\x96\xae\xe8\xa8\x82\xe5\x96\xae gr\xc3\xbc\xc3\x9f\x65 "
                                                 "\xe8\xa8\x82\xe5\x96\xae\xe8\xa8\x82\xe5\x96\xae\xe8\xa8\x82\xe5\x96\xae";
    file.last.sheet.owner_count = WEIR_TOP_OWNERS;
    file.last.header.tm = huge;
    file.last.sheet.rows[WEIR_JVM_OVERHEAD].note = huge;
    file.last.lines[0].text = huge;
}

static void undecide(void)
{
    struct weir_row *rows = file.last.sheet.rows;
    rows[WEIR_UNDECIDED].used = rows[WEIR_UNDECIDED].peak = 7 * MIB;
    rows[WEIR_UNDECIDED].note = "calls not walked; its peak is read once a second";
    rows[WEIR_TASK_OFF_HEAP].estimated = 5 * MIB;
    rows[WEIR_FRAMEWORK_OFF_HEAP].estimated = 2 * MIB;
    rows[WEIR_FRAMEWORK_OFF_HEAP].used = 200 * MIB;
    rows[WEIR_MAPPED].measured = true;
    rows[WEIR_MAPPED].used = 100000;
    rows[WEIR_MANAGED].note = "only what rules= books here: the rest is not measured";
}

static void long_texts_and_undecided_rows_are_as_documented(void)
{
    lengthen();
    undecide();
    render(&b);
    out_same_as_golden("top_long.txt", text);
    widest_is(OUT_TOP_COLUMNS);
}

static void no_width_is_exceeded(void)
{
    lengthen();
    undecide();
    file.last.sheet.rows[WEIR_NETWORK].used = file.last.sheet.rows[WEIR_NETWORK].peak = UINT64_MAX;
    file.last.sheet.rows[WEIR_NETWORK].limit.bytes = 1;
    for (top.columns = OUT_TOP_NARROWEST; top.columns < 200; top.columns++) {
        buf_reset(&b);
        render(&b);
        widest_is(top.columns);
    }
    top.columns = 1;
    buf_reset(&b);
    render(&b);
    widest_is(OUT_TOP_NARROWEST);
}

static void rows_are_those_of_the_window(void)
{
    for (top.rows = 1; top.rows < 20; top.rows++) {
        unsigned lines = 1;
        buf_reset(&b);
        render(&b);
        for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
            lines++;
        CU_ASSERT_EQUAL(lines, top.rows);
    }
}

static void expect(const char *part)
{
    buf_reset(&b);
    render(&b);
    if (strstr(text, part) == NULL)
        fprintf(stderr, "no '%s' in:\n%s\n", part, text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, part));
}

static void head_says_how_the_jvm_is_or_ended(void)
{
    expect("running: sheet of 2026-11-21T06:00:01.123Z, 61 s after its start\n");
    top.age_ms = 5000;
    expect("running: ");
    top.age_ms = 7900;
    expect("NO NEWS for 7 s: sheet of 2026-11-21T06:00:01.123Z, 61 s after its start\n");
    top.alive = false;
    expect("the JVM ended without stop; last sheet of 2026-11-21T06:00:01.123Z, 61 s after\n    its start\n");
    file.words = (struct ledger_words){ .there = true, .time_ms = 1795240801500, .text = "ExitOnOutOfMemoryError" };
    expect("\nlast words 2026-11-21T06:00:01.500Z: ExitOnOutOfMemoryError\n");
    file.stopped = true;
    file.stop_ms = 1795240802000;
    file.stop_reason = "vm exit\x1b[31m";
    expect("the JVM stopped in order at 2026-11-21T06:00:02.000Z: vm exit\\u001b[31m\n");
}

static void bar_is_full_at_the_limit_and_not_before(void)
{
    struct weir_row *row = &file.last.sheet.rows[WEIR_NETWORK];
    expect("[##########]  100 %");
    row->used--;
    expect("[######### ]   99 %");
    row->used = row->limit.bytes + 1;
    expect("[##########>  100 %");
    row->limit.declared = true;
    expect("128.0* [##########!  100 %");
    row->limit.bytes = UINT64_C(8) << 40;
    row->used = row->limit.bytes - 1;
    expect("[######### ]   99 %");
}

static void share_of_0_that_nobody_declared_is_no_alarm(void)
{
    struct weir_row *row = &file.last.sheet.rows[WEIR_TASK_OFF_HEAP];
    row->limit = out_limit(0, "command line", false);
    expect("96.0       0.0   none declared");
    row->limit.declared = true;
    expect("96.0       0.0* [##########!   over");
}

static void over_is_a_declared_share_or_the_budget(void)
{
    struct weir_row *rows = file.last.sheet.rows;
    CU_ASSERT_TRUE(out_top_is_over(&file.last.sheet));
    rows[WEIR_TASK_OFF_HEAP].limit.declared = false;
    CU_ASSERT_FALSE(out_top_is_over(&file.last.sheet)); /* 118 of 160: the framework's share has room */
    rows[WEIR_FRAMEWORK_OFF_HEAP].used = 64 * MIB + 1;
    CU_ASSERT_TRUE(out_top_is_over(&file.last.sheet));
    rows[WEIR_FRAMEWORK_OFF_HEAP].used = 64 * MIB;
    CU_ASSERT_FALSE(out_top_is_over(&file.last.sheet));
    rows[WEIR_FRAMEWORK_HEAP].limit.declared = true; /* its figure is that of both heap rows */
    CU_ASSERT_FALSE(out_top_is_over(&file.last.sheet));
}

static void any_capacity_holds_a_prefix(void)
{
    lengthen();
    out_fits_every_capacity(render);
}

SUITE(out_top, fresh, NULL, CASE(table_is_as_documented), CASE(long_texts_and_undecided_rows_are_as_documented),
      CASE(no_width_is_exceeded), CASE(rows_are_those_of_the_window), CASE(head_says_how_the_jvm_is_or_ended),
      CASE(bar_is_full_at_the_limit_and_not_before), CASE(share_of_0_that_nobody_declared_is_no_alarm),
      CASE(over_is_a_declared_share_or_the_budget), CASE(any_capacity_holds_a_prefix));
