/* SPDX-License-Identifier: Apache-2.0 */
/* test_cldstats.c: the table as four JDKs printed it (tests/golden/classloader_stats_*.txt), and such that nobody printed. */
#include "model/cldstats.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

enum { CAP = 16, VM_USED = 3600000 };

static struct cldstats_row rows[CAP];
static struct cldstats     stats;
static char                text[8192];

static enum weir_rc read_text(const char *table, uint64_t vm_used)
{
    snprintf(text, sizeof text, "%s", table);
    return cldstats_read(text, strlen(text), vm_used, rows, CAP, &stats);
}

static enum weir_rc read_golden(int jdk)
{
    char path[64];
    snprintf(path, sizeof path, "tests/golden/classloader_stats_%d.txt", jdk);
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        CU_FAIL("golden file missing");
        return WEIR_ENOENT;
    }
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    return cldstats_read(text, n, VM_USED, rows, CAP, &stats);
}

static const struct cldstats_row *row_of(const char *type)
{
    static const struct cldstats_row none;
    for (size_t i = 0; i < stats.rows; i++)
        if (cldstats_is_type(&rows[i], type))
            return &rows[i];
    return &none;
}

static void each_jdks_table_is_read(void)
{
    static const struct {
        int      jdk;
        size_t   loaders;
        uint64_t classes, held, used;                  /* the total, in bytes */
        uint64_t boot_classes, boot_hidden, boot_held; /* with the line below it */
        uint64_t url_held, url_used;                   /* the one URLClassLoader with one class */
    } expected[] = {
        { 11, 6, 1568, 5029888, 3492360, 1417 + 145, 145, 4587520 + 410624, 6144, 1616 },
        { 17, 6, 1539, 588288 * 8, 389785 * 8, 1502 + 31, 31, (573440 + 12032) * 8, 768 * 8, 199 * 8 },
        { 21, 4, 1718, 4732928, 3851792, 1670 + 44, 44, 4587520 + 134144, 3072, 1640 },
        { 25, 4, 1773, 4653056, 3410848, 1752 + 17, 17, 4587520 + 53248, 4096, 1632 },
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        CU_ASSERT_EQUAL_FATAL(read_golden(expected[i].jdk), WEIR_OK);
        CU_ASSERT_TRUE(stats.whole);
        CU_ASSERT_EQUAL(stats.bad, 0);
        CU_ASSERT_EQUAL(stats.rows, expected[i].loaders);
        CU_ASSERT_EQUAL(stats.classes, expected[i].classes);
        CU_ASSERT_EQUAL(stats.held, expected[i].held);
        CU_ASSERT_EQUAL(stats.used, expected[i].used);
        const struct cldstats_row *boot = row_of("<boot class loader>"), *url = row_of("java.net.URLClassLoader");
        CU_ASSERT_EQUAL(boot->classes, expected[i].boot_classes);
        CU_ASSERT_EQUAL(boot->hidden, expected[i].boot_hidden);
        CU_ASSERT_EQUAL(boot->held, expected[i].boot_held);
        CU_ASSERT_EQUAL(url->classes, 1);
        CU_ASSERT_EQUAL(url->held, expected[i].url_held);
        CU_ASSERT_EQUAL(url->used, expected[i].url_used);
        CU_ASSERT_NOT_EQUAL(url->cld, 0);
    }
}

static const char heading[] = "ClassLoader         Parent              CLD*               Classes   ChunkSz   BlockSz  Type\n";

#define ROW(cld, figures, type) "0x00007f224b07af08  0x0000000000000000  " cld "  " figures "  " type "\n"

static char *table(const char *body)
{
    static char whole[4096];
    snprintf(whole, sizeof whole, "%s%s", heading, body);
    return whole;
}

static void hidden_line_belongs_to_the_loader_above(void)
{
    CU_ASSERT_EQUAL(read_text(table(ROW("0x00000000000000a0", "2 2048 1024", "a.A") ROW("0x00000000000000b0", "1 1024 512", "b.B")
                                    "     7  4096  3072   + hidden classes\n"
                                    "Total = 2  10 7168 4608\n"), 4608), WEIR_OK);
    CU_ASSERT_TRUE(stats.whole);
    CU_ASSERT_EQUAL(row_of("a.A")->classes, 2);
    CU_ASSERT_EQUAL(row_of("a.A")->hidden, 0);
    CU_ASSERT_EQUAL(row_of("b.B")->classes, 8);
    CU_ASSERT_EQUAL(row_of("b.B")->hidden, 7);
    CU_ASSERT_EQUAL(row_of("b.B")->held, 5120);
    CU_ASSERT_EQUAL(row_of("b.B")->used, 3584);
    CU_ASSERT_EQUAL(row_of("b.B")->cld, 0xb0);
}

static void words_are_told_from_bytes_by_the_vms_own_count(void)
{
    const char *body = ROW("0x00000000000000a0", "2 2048 1001", "a.A") "Total = 1  2 2048 1001\n";
    CU_ASSERT_EQUAL(read_text(table(body), 8100), WEIR_OK);
    CU_ASSERT_EQUAL(rows[0].held, 2048 * 8);
    CU_ASSERT_EQUAL(stats.used, 1001 * 8);
    CU_ASSERT_EQUAL(read_text(table(body), 990), WEIR_OK); /* some more came meanwhile */
    CU_ASSERT_EQUAL(rows[0].held, 2048);
    CU_ASSERT_EQUAL(read_text(table(body), 0), WEIR_OK); /* not known: as printed */
    CU_ASSERT_EQUAL(rows[0].held, 2048);
}

static void malformed_lines_are_counted(void)
{
    static const char *const lines[] = { "nonsense", "0x12", "0xzz  0x0  0x1  1 2 3  a.A", "     1  2   + hidden classes",
                                         ROW("0x0000000000000001", "1 2 3", ""), ROW("0x0000000000000001", "1 -2 3", "a.A"),
                                         ROW("0x0000000000000001", "1 2 99999999999999999999", "a.A"),
                                         "     1  2  3   + hidden classes" /* of nobody */ };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char body[512];
        snprintf(body, sizeof body, "%s%sTotal = 0  0 0 0\n", lines[i], strchr(lines[i], '\n') != NULL ? "" : "\n");
        CU_ASSERT_EQUAL(read_text(table(body), 1), WEIR_OK);
        CU_ASSERT_EQUAL(stats.bad, 1);
        CU_ASSERT_EQUAL(stats.rows, 0);
    }
}

static void table_that_does_not_add_up_is_not_whole(void)
{
    CU_ASSERT_EQUAL(read_text(table(ROW("0x00000000000000a0", "2 2048 1024", "a.A") "Total = 1  3 2048 1024\n"), 1024), WEIR_OK);
    CU_ASSERT_FALSE(stats.whole);
}

static void no_table_is_refused(void)
{
    CU_ASSERT_EQUAL(read_text("", 1), WEIR_EINVAL);
    CU_ASSERT_EQUAL(read_text("Unknown diagnostic command\n", 1), WEIR_EINVAL);
    CU_ASSERT_EQUAL(read_text(heading, 1), WEIR_EINVAL);
    CU_ASSERT_EQUAL(read_text(table(ROW("0x00000000000000a0", "2 2048 1024", "a.A")), 1), WEIR_EINVAL); /* cut */
}

static void rows_beyond_the_room_are_counted(void)
{
    char body[4096] = "";
    for (int i = 0; i < CAP + 3; i++)
        snprintf(body + strlen(body), sizeof body - strlen(body), "%s", ROW("0x00000000000000a0", "1 1024 512", "a.A"));
    snprintf(body + strlen(body), sizeof body - strlen(body), "    1 1024 512   + hidden classes\nTotal = 19  20 20480 10240\n");
    CU_ASSERT_EQUAL(read_text(table(body), 20000), WEIR_OK);
    CU_ASSERT_EQUAL(stats.rows, CAP);
    CU_ASSERT_EQUAL(stats.left_out, 3);
    CU_ASSERT_FALSE(stats.whole);
    CU_ASSERT_EQUAL(rows[CAP - 1].hidden, 0);
    CU_ASSERT_TRUE(cldstats_lines(text, strlen(text)) >= CAP + 3);
}

SUITE(cldstats, NULL, NULL, CASE(each_jdks_table_is_read), CASE(hidden_line_belongs_to_the_loader_above),
      CASE(words_are_told_from_bytes_by_the_vms_own_count), CASE(malformed_lines_are_counted),
      CASE(table_that_does_not_add_up_is_not_whole), CASE(no_table_is_refused), CASE(rows_beyond_the_room_are_counted));
