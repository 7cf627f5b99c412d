/* SPDX-License-Identifier: Apache-2.0 */
/* test_nmtsummary.c: the summary as four JDKs printed it (tests/golden/native_memory_*.txt), and what nobody printed. The sums
 * were made from those files by other means. */
#include "model/nmtsummary.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

static char              text[16384];
static struct nmtsummary found;

static void read_golden(int jdk)
{
    char path[64];
    snprintf(path, sizeof path, "tests/golden/native_memory_%d.txt", jdk);
    FILE *f = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    size_t len = fread(text, 1, sizeof text - 1, f);
    text[len] = '\0';
    fclose(f);
    CU_ASSERT_FATAL(len > 1000);
}

static void each_jdk_says_code_collector_and_the_rest(void)
{
    static const struct {
        int      jdk;
        uint64_t code, gc, vm, maps; /* KiB */
    } expected[] = { { 11, 7703, 47562, 7972, 42572 }, { 17, 7733, 47462, 7153, 42576 },
                     { 21, 7791, 42978, 9789, 37968 }, { 25, 8491, 42297, 13232, 37968 } };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        read_golden(expected[i].jdk);
        CU_ASSERT_TRUE(nmtsummary_read(text, &found));
        CU_ASSERT_EQUAL(found.code, expected[i].code << 10);
        CU_ASSERT_EQUAL(found.gc, expected[i].gc << 10);
        CU_ASSERT_EQUAL(found.vm, expected[i].vm << 10);
        CU_ASSERT_EQUAL(found.maps, expected[i].maps << 10); /* by awk: GC, Internal, Safepoint */
    }
}

static void a_vm_that_does_not_track_says_nothing(void)
{
    CU_ASSERT_FALSE(nmtsummary_read("Native memory tracking is not enabled\n", &found));
    CU_ASSERT_FALSE(nmtsummary_read("", &found));
    CU_ASSERT_EQUAL(found.code + found.gc + found.vm, 0);
}

static void a_line_cut_anywhere_is_left_out_or_read_right(void)
{
    static const char line[] = "-                        GC (reserved=42296KB, committed=42296KB)\n";
    char cut[sizeof line];
    for (size_t len = 0; len < sizeof line; len++) {
        memcpy(cut, line, len);
        cut[len] = '\0';
        bool read = nmtsummary_read(cut, &found);
        CU_ASSERT_EQUAL(read, strstr(cut, "committed=42296KB") != NULL);
        CU_ASSERT_EQUAL(found.gc, read ? 42296u << 10 : 0);
    }
}

static void numbers_that_cannot_be_are_left_out(void)
{
    CU_ASSERT_FALSE(nmtsummary_read("- GC (reserved=1KB, committed=99999999999999999999KB)\n", &found));
    CU_ASSERT_FALSE(nmtsummary_read("- GC (reserved=1KB, committed=-5KB)\n", &found));
    CU_ASSERT_FALSE(nmtsummary_read("- GC (reserved=1KB, committed=5MB)\n", &found));
    CU_ASSERT_FALSE(nmtsummary_read("- (reserved=1KB, committed=5KB)\n", &found));
    CU_ASSERT_FALSE(nmtsummary_read("- GC (reserved=1KB\n         , committed=5KB)\n", &found));
    CU_ASSERT_EQUAL(found.gc, 0);
}

SUITE(nmtsummary, NULL, NULL, CASE(each_jdk_says_code_collector_and_the_rest), CASE(a_vm_that_does_not_track_says_nothing),
      CASE(a_line_cut_anywhere_is_left_out_or_read_right), CASE(numbers_that_cannot_be_are_left_out));
