/* SPDX-License-Identifier: Apache-2.0 */
/* test_memsize.c: Flink's size texts; the expected values come from Flink's own classes. */
#include <stdio.h>
#include <string.h>

#include "model/memsize.h"
#include "suite.h"

#define TIB ((uint64_t)1 << 40)

static void memsize_reads_what_flink_reads(void)
{
    static const struct {
        const char *text;
        uint64_t    bytes;
    } rows[] = {
        { "0", 0 },
        { "1", 1 },
        { "1 B", 1 },
        { "1bytes", 1 },
        { "1k", 1024 },
        { "1kibibytes", 1024 },
        { "1 KIBIBYTES", 1024 },
        { "1 mb", 1048576 },
        { "12\tm", 12582912 },
        { "  12 m  ", 12582912 },
        { "00012m", 12582912 },
        { "\1"
          "12m\1",
          12582912 },
        { "1g", TIB >> 10 },
        { "1gibibytes", TIB >> 10 },
        { "1T", TIB },
        { "1tb", TIB },
        { "1tebibytes", TIB },
        { "9223372036854775807", MEMSIZE_MAX },
        { "8388607t", 9223370937343148032u },
        { "9007199254740991k", 9223372036854774784u },
        { "1\xe2\x84\xaa", 1024 },
        { "1\xe2\x84\xaa"
          "B",
          1024 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t           bytes = 77;
        enum memsize_error why = MEMSIZE_BLANK;
        bool fine = memsize_parse(rows[i].text, &bytes, &why) == WEIR_OK && bytes == rows[i].bytes;
        if (!fine)
            fprintf(stderr, "'%s' gave %llu, %s\n", rows[i].text, (unsigned long long)bytes,
                    memsize_why(why));
        CU_ASSERT_TRUE(fine);
        CU_ASSERT_EQUAL(why, MEMSIZE_FINE);
    }
}

static void memsize_refuses_in_flinks_order_of_checks(void)
{
    static const struct {
        const char        *text;
        enum memsize_error why;
    } rows[] = {
        { "", MEMSIZE_BLANK },
        { " \t ", MEMSIZE_BLANK },
        { "m", MEMSIZE_NO_DIGITS },
        { "-1", MEMSIZE_NO_DIGITS },
        { "+1", MEMSIZE_NO_DIGITS },
        { ".5g", MEMSIZE_NO_DIGITS },
        { "\xd9\xa1", MEMSIZE_NO_DIGITS },
        { "9223372036854775808", MEMSIZE_DIGITS },
        { "99999999999999999999zz", MEMSIZE_DIGITS },
        { "1KiB", MEMSIZE_UNIT },
        { "1mib", MEMSIZE_UNIT },
        { "1gibibyte", MEMSIZE_UNIT },
        { "1kilobytes", MEMSIZE_UNIT },
        { "1p", MEMSIZE_UNIT },
        { "1.5g", MEMSIZE_UNIT },
        { "1 2m", MEMSIZE_UNIT },
        { "1_000", MEMSIZE_UNIT },
        { "1\xc2\xa0m", MEMSIZE_UNIT },
        { "1byte", MEMSIZE_UNIT },
        { "1e3", MEMSIZE_UNIT },
        { "0x10", MEMSIZE_UNIT },
        { "8388608t", MEMSIZE_BYTES },
        { "16777217t", MEMSIZE_BYTES },
        { "18014398509481984k", MEMSIZE_BYTES },
        { "1\1m", MEMSIZE_FINE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t           bytes = 77;
        enum memsize_error why = MEMSIZE_FINE;
        enum weir_rc       rc = memsize_parse(rows[i].text, &bytes, &why);
        if (why != rows[i].why)
            fprintf(stderr, "'%s' gave %d\n", rows[i].text, why);
        CU_ASSERT_EQUAL(why, rows[i].why);
        CU_ASSERT_EQUAL(rc, why == MEMSIZE_FINE ? WEIR_OK : WEIR_EINVAL);
        CU_ASSERT_TRUE(why == MEMSIZE_FINE || bytes == 77);
    }
}

static void check_text(void (*put)(struct buf *, uint64_t), uint64_t bytes, const char *expected)
{
    char       text[64];
    struct buf b;
    buf_init(&b, text, sizeof text);
    put(&b, bytes);
    CU_ASSERT_STRING_EQUAL(text, expected);
}

static void memsize_prints_as_flink_prints(void)
{
    check_text(memsize_put, 0, "0 bytes");
    check_text(memsize_put, 1024, "1 kb");
    check_text(memsize_put, 1536, "1536 bytes");
    check_text(memsize_put, (uint64_t)1728 << 20, "1728 mb");
    check_text(memsize_put, TIB >> 10, "1 gb");
    check_text(memsize_put, TIB, "1099511627776 bytes");
    check_text(memsize_put, TIB + 1, "1099511627777 bytes");
}

static void memsize_prints_for_people_as_flink_does(void)
{
    check_text(memsize_put_human, 0, "0 bytes");
    check_text(memsize_put_human, 1023, "1023 bytes");
    check_text(memsize_put_human, 1024, "1024 bytes");
    check_text(memsize_put_human, 1025, "1.001kb (1025 bytes)");
    check_text(memsize_put_human, 1048576, "1024.000kb (1048576 bytes)");
    check_text(memsize_put_human, 1048577, "1.000mb (1048577 bytes)");
    check_text(memsize_put_human, 134217730, "128.000mb (134217730 bytes)");
    check_text(memsize_put_human, 1073741824, "1024.000mb (1073741824 bytes)");
    check_text(memsize_put_human, 1073741825, "1.000gb (1073741825 bytes)");
    check_text(memsize_put_human, 1140850688, "1.063gb (1140850688 bytes)"); /* 1.0625: half up */
    check_text(memsize_put_human, MEMSIZE_MAX, "8388608.000tb (9223372036854775807 bytes)");
}

static void memsize_put_option_is_read_back(void)
{
    static const uint64_t sizes[] = { 0,          1,   1023,       1024,       1811939328,
                                      1811939330, TIB, TIB + 1024, MEMSIZE_MAX };
    check_text(memsize_put_option, 0, "0b");
    check_text(memsize_put_option, (uint64_t)1728 << 20, "1728m");
    check_text(memsize_put_option, 1811939330, "1811939330b");
    check_text(memsize_put_option, TIB, "1t");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char       text[64];
        struct buf b;
        uint64_t   back = 1;
        buf_init(&b, text, sizeof text);
        memsize_put_option(&b, sizes[i]);
        CU_ASSERT_EQUAL(memsize_parse(text, &back, NULL), WEIR_OK);
        CU_ASSERT_EQUAL(back, sizes[i]);
    }
}

SUITE(memsize, NULL, NULL, CASE(memsize_reads_what_flink_reads),
      CASE(memsize_refuses_in_flinks_order_of_checks), CASE(memsize_prints_as_flink_prints),
      CASE(memsize_prints_for_people_as_flink_does), CASE(memsize_put_option_is_read_back));
