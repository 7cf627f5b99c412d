/* SPDX-License-Identifier: Apache-2.0 */
/* test_out_figure.c: the one rule for bytes in text, percentages, and the date. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "out/figure.h"
#include "out/parts.h"
#include "suite.h"

static char       data[256];
static struct buf b;

static void setup(void)
{
    buf_init(&b, data, sizeof data);
}

static const char *bytes(uint64_t n)
{
    buf_reset(&b);
    figure_bytes(&b, n);
    return data;
}

static const char *of(uint64_t part, uint64_t whole)
{
    buf_reset(&b);
    figure_of(&b, part, whole);
    return data;
}

static const char *percent(uint64_t part, uint64_t whole)
{
    buf_reset(&b);
    figure_percent(&b, part, whole);
    return data;
}

static void figure_rounds_half_up_and_never_hides_a_byte(void)
{
    /* clang-format off */
    static const struct {
        uint64_t    bytes;
        const char *text;
    } cases[] = {
        { 0, "0.0 MiB" },
        { 1, "1 B" },
        { 1023, "1023 B" },
        { 1024, "1.0 KiB" },
        { 1024 + 51, "1.0 KiB" },
        { 1024 + 52, "1.1 KiB" }, /* 0.05 KiB is 51.2 bytes */
        { 2047, "2.0 KiB" },
        { 104857, "102.4 KiB" },
        { 104858, "0.1 MiB" },
        { 1024 * 1024 - 1, "1.0 MiB" },
        { 1024 * 1024 + 52428, "1.0 MiB" },
        { 1024 * 1024 + 52429, "1.1 MiB" },
        { UINT64_C(64) << 30, "65536.0 MiB" },
        { 268435458, "256.0 MiB" },
        { UINT64_MAX, "17592186044416.0 MiB" },
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CU_ASSERT_STRING_EQUAL(bytes(cases[i].bytes), cases[i].text);
}

static void figure_pairs_share_a_unit_only_when_it_is_the_same(void)
{
    CU_ASSERT_STRING_EQUAL(of(96 << 20, 32 << 20), "96.0 of 32.0 MiB");
    CU_ASSERT_STRING_EQUAL(of(0, 0), "0.0 of 0.0 MiB");
    CU_ASSERT_STRING_EQUAL(of(65536, 32 << 20), "64.0 KiB of 32.0 MiB");
    CU_ASSERT_STRING_EQUAL(of(96 << 20, 65536), "96.0 MiB of 64.0 KiB");
    CU_ASSERT_STRING_EQUAL(of(8, 0), "8 B of 0.0 MiB");
    buf_reset(&b);
    figure_of_bare(&b, 65536, 128 << 20);
    CU_ASSERT_STRING_EQUAL(data, "64.0 KiB of 128.0");
}

static void figure_percent_is_never_ahead_of_the_truth(void)
{
    CU_ASSERT_STRING_EQUAL(percent(0, 7), "0 %");
    CU_ASSERT_STRING_EQUAL(percent(1, 1000), "<1 %");
    CU_ASSERT_STRING_EQUAL(percent(949, 1000), "94 %");
    CU_ASSERT_STRING_EQUAL(percent(95, 100), "95 %");
    CU_ASSERT_STRING_EQUAL(percent(7, 7), "100 %");
    CU_ASSERT_STRING_EQUAL(percent(300, 100), "300 %");
    CU_ASSERT_STRING_EQUAL(percent(UINT64_MAX, UINT64_MAX), "100 %");
    CU_ASSERT_STRING_EQUAL(percent(UINT64_MAX / 2, UINT64_MAX), "49 %");
    CU_ASSERT_STRING_EQUAL(percent(UINT64_MAX, 1), ">1000000 %");
}

/* Against the C library, which the agent may not call. */
static void parts_time_is_the_c_librarys(void)
{
    static const int64_t day = 86400;
    size_t               wrong = 0, seen = 0;
    for (int64_t s = 0; s < 400 * 366 * day; s += 7 * 3600 + 61, seen++) {
        char      expected[40];
        struct tm tm;
        time_t    t = (time_t)s;
        gmtime_r(&t, &tm);
        size_t n = strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(expected + n, sizeof expected - n, ".%03dZ", (int)(s % 1000));
        buf_reset(&b);
        parts_time(&b, s * 1000 + s % 1000);
        wrong += strcmp(expected, data) != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(seen > 400000);
    buf_reset(&b);
    parts_time(&b, -1);
    CU_ASSERT_STRING_EQUAL(data, "1970-01-01T00:00:00.000Z");
}

static void parts_frame_prints_as_java_does(void)
{
    /* clang-format off */
    static const struct {
        struct weir_frame frame;
        const char       *text;
    } cases[] = {
        { { "java.nio.ByteBuffer", "allocateDirect", "ByteBuffer.java", 332 },
          "java.nio.ByteBuffer.allocateDirect(ByteBuffer.java:332)" },
        { { "sun.misc.Unsafe", "allocateMemory", "Unsafe.java", -1 }, "sun.misc.Unsafe.allocateMemory(Native Method)" },
        { { "a.B", "<init>", "B.java", 0 }, "a.B.<init>(B.java)" },
        { { "a.B$$Lambda/0x7f", "run", "", 12 }, "a.B$$Lambda/0x7f.run(Unknown Source)" },
        { { "a.\"B", "x\ny", "B.java", 3 }, "a.\\\"B.x\\ny(B.java:3)" },
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_reset(&b);
        parts_frame(&b, &cases[i].frame);
        CU_ASSERT_STRING_EQUAL(data, cases[i].text);
    }
}

/* clang-format off */
SUITE(out_figure, setup, NULL,
      CASE(figure_rounds_half_up_and_never_hides_a_byte),
      CASE(figure_pairs_share_a_unit_only_when_it_is_the_same),
      CASE(figure_percent_is_never_ahead_of_the_truth),
      CASE(parts_time_is_the_c_librarys),
      CASE(parts_frame_prints_as_java_does));
