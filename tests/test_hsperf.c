/* SPDX-License-Identifier: Apache-2.0 */
/* test_hsperf.c: a counter file as HotSpot lays it out, and the same with each of its numbers wrong. */
#include "model/hsperf.h"

#include <CUnit/CUnit.h>
#include <stdint.h>
#include <string.h>

#include "suite.h"

enum { FIRST = 32, SIZE = 256, CANARY = 0x5a };

static unsigned char file[SIZE];
static size_t        len;
static char          text[64];
static struct buf    out;

static void put32(size_t at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        file[at + (size_t)i] = (unsigned char)(v >> (8 * i));
}

/* A long at first, as in every real one, then a text. */
static void setup(void)
{
    static const unsigned char begin[] = { 0xca, 0xfe, 0xc0, 0xc0, 1, 2, 0, 1 };
    memset(file, 0, sizeof file);
    memcpy(file, begin, sizeof begin);
    put32(24, FIRST);
    put32(28, 2);
    put32(FIRST, 40);
    put32(FIRST + 4, 20);
    file[FIRST + 12] = 'J';
    put32(FIRST + 16, 32);
    memcpy(file + FIRST + 20, "sun.os.hr", 10);
    size_t at = FIRST + 40;
    put32(at, 64);
    put32(at + 4, 20);
    put32(at + 8, 24);
    file[at + 12] = 'B';
    put32(at + 16, 40);
    memcpy(file + at + 20, "sun.rt.javaCommand", 19);
    memcpy(file + at + 40, "org.X arg\tb", 12);
    len = at + 64;
    buf_init(&out, text, sizeof text);
    buf_puts(&out, "before");
}

static bool get(const char *name)
{
    return hsperf_text(file, len, name, &out);
}

static void a_text_is_found_and_made_safe(void)
{
    CU_ASSERT_TRUE(get("sun.rt.javaCommand"));
    CU_ASSERT_STRING_EQUAL(text, "org.X arg?b");
}

static void a_text_without_an_end_stops_at_its_length(void)
{
    memset(file + FIRST + 40 + 40, 'x', 24);
    CU_ASSERT_TRUE(get("sun.rt.javaCommand"));
    CU_ASSERT_STRING_EQUAL(text, "xxxxxxxxxxxxxxxxxxxxxxxx");
}

static void what_is_no_text_or_not_there_is_not_found(void)
{
    CU_ASSERT_FALSE(get("sun.os.hr"));
    CU_ASSERT_FALSE(get("sun.rt.java"));
    CU_ASSERT_FALSE(get("sun.rt.javaCommandX"));
    CU_ASSERT_STRING_EQUAL(text, "before");
}

static void other_files_are_refused(void)
{
    static const size_t at[] = { 0, 3, 4, 5, 7 };
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        setup();
        file[at[i]] = 0; /* magic, byte order, version, not yet accessible */
        CU_ASSERT_FALSE(get("sun.rt.javaCommand"));
    }
}

/* The address sanitizer watches: no number may lead outside. */
static void wrong_numbers_lead_nowhere(void)
{
    static const size_t   at[] = { 24, 28, 32, 36, 40, 48, 72, 76, 80, 88 };
    static const uint32_t wrong[] = { 0,  1,   19,  20,         63,         64,
                                      65, 255, 256, 0x7fffffff, 0x80000000, 0xffffffff };
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++)
        for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++) {
            setup();
            put32(at[i], wrong[j]);
            (void)get("sun.rt.javaCommand");
        }
    setup();
    put32(FIRST + 40 + 8, 25); /* one more than the entry holds */
    CU_ASSERT_FALSE(get("sun.rt.javaCommand"));
    setup();
    put32(FIRST, 0); /* would turn in a circle */
    CU_ASSERT_FALSE(get("sun.rt.javaCommand"));
}

static void a_file_cut_anywhere_is_refused(void)
{
    size_t whole = len;
    for (len = 0; len < whole; len++)
        CU_ASSERT_FALSE(get("sun.rt.javaCommand"));
}

SUITE(hsperf, setup, NULL, CASE(a_text_is_found_and_made_safe),
      CASE(a_text_without_an_end_stops_at_its_length),
      CASE(what_is_no_text_or_not_there_is_not_found), CASE(other_files_are_refused),
      CASE(wrong_numbers_lead_nowhere), CASE(a_file_cut_anywhere_is_refused));
