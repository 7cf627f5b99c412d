/* SPDX-License-Identifier: Apache-2.0 */
/* test_columns.c: texts cut and broken for a terminal. */
#include "out/columns.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

static char       text[4096];
static struct buf b;

static void fresh(void)
{
    buf_init(&b, text, sizeof text);
}

static void columns_of_counts_what_a_terminal_shows(void)
{
    CU_ASSERT_EQUAL(columns_of(""), 0);
    CU_ASSERT_EQUAL(columns_of("abc"), 3);
    CU_ASSERT_EQUAL(columns_of("gr\xc3\xbc\xc3\x9f"), 4);
    CU_ASSERT_EQUAL(columns_of("\xe8\xa8\x82\xe5\x96\xae"), 4);   /* two Chinese characters */
    CU_ASSERT_EQUAL(columns_of("e\xcc\x81t"), 2);                 /* e, combining acute, t */
    CU_ASSERT_EQUAL(columns_of("\xf0\x9f\x90\xbf!"), 3);          /* a chipmunk */
}

static void columns_cut_leaves_what_fits_and_marks_what_does_not(void)
{
    columns_cut(&b, "0123456789", 10);
    CU_ASSERT_STRING_EQUAL(text, "0123456789");
    buf_reset(&b);
    columns_cut(&b, "0123456789a", 10);
    CU_ASSERT_STRING_EQUAL(text, "0123456...");
    buf_reset(&b);
    columns_cut(&b, "0123456789a", 2);
    CU_ASSERT_STRING_EQUAL(text, "..");
    buf_reset(&b);
    columns_cut(&b, "abc", 0);
    CU_ASSERT_STRING_EQUAL(text, "");
}

static void columns_cut_parts_no_character(void)
{
    columns_cut(&b, "\xe8\xa8\x82\xe5\x96\xae\xe8\xa8\x82\xe5\x96\xae", 6); /* 8 columns; 3 would part the second */
    CU_ASSERT_STRING_EQUAL(text, "\xe8\xa8\x82...");
    buf_reset(&b);
    columns_cut(&b, "abe\xcc\x81xyz", 5); /* 6 columns */
    CU_ASSERT_STRING_EQUAL(text, "ab...");
    buf_reset(&b);
    columns_cut(&b, "ae\xcc\x81wxyz", 5);
    CU_ASSERT_STRING_EQUAL(text, "ae\xcc\x81...");
}

static void columns_wrap_breaks_at_blanks_and_cuts_the_last_line(void)
{
    columns_wrap(&b, "one two three four five six seven", 10, 2, 9);
    CU_ASSERT_STRING_EQUAL(text, "one two\n  three\n  four\n  five six\n  seven");
    buf_reset(&b);
    columns_wrap(&b, "one two three four five six seven", 10, 2, 2);
    CU_ASSERT_STRING_EQUAL(text, "one two\n  three...");
    buf_reset(&b);
    columns_wrap(&b, "short", 10, 2, 2);
    CU_ASSERT_STRING_EQUAL(text, "short");
}

static void columns_wrap_breaks_a_word_that_is_longer_than_a_line(void)
{
    columns_wrap(&b, "in com.example.acme.orders.Join", 12, 2, 9);
    CU_ASSERT_STRING_EQUAL(text, "in com.examp\n  le.acme.or\n  ders.Join");
}

static void columns_wrap_never_exceeds_its_width(void)
{
    static const char sample[] = "a \xe8\xa8\x82\xe5\x96\xae\xe8\xa8\x82 e\xcc\x81\xcc\x81 com.example.Leak$Inner.flatMap 12 \xf0\x9f\x90\xbf";
    for (unsigned columns = 4; columns < 60; columns++) {
        buf_reset(&b);
        columns_wrap(&b, sample, columns, 2, 20);
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
            CU_ASSERT_TRUE(columns_of(line) <= columns);
    }
}

SUITE(columns, fresh, NULL, CASE(columns_of_counts_what_a_terminal_shows),
      CASE(columns_cut_leaves_what_fits_and_marks_what_does_not), CASE(columns_cut_parts_no_character),
      CASE(columns_wrap_breaks_at_blanks_and_cuts_the_last_line),
      CASE(columns_wrap_breaks_a_word_that_is_longer_than_a_line), CASE(columns_wrap_never_exceeds_its_width));
