/* SPDX-License-Identifier: Apache-2.0 */
/* test_smaps.c: mappings as the kernel prints them, as nobody prints them, and this process's own against mincore(). */
#include "base/smaps.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crew.h"
#include "suite.h"

enum { ROOM = 64, PAGES = 64, TOUCHED = 5 };

static char                 path[] = "/tmp/weir-smaps-XXXXXX";
static struct smaps_mapping seen[ROOM];
static char                 names[ROOM][64];
static size_t               count;

static void setup(void)
{
    strcpy(path, "/tmp/weir-smaps-XXXXXX");
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    count = 0;
}

static void teardown(void)
{
    unlink(path);
}

static void keep(void *with, const struct smaps_mapping *m)
{
    (void)with;
    if (count == ROOM)
        return;
    seen[count] = *m;
    snprintf(names[count], sizeof names[0], "%.60s", m->name);
    count++;
}

static size_t visit_bytes(const char *text, size_t len)
{
    FILE *f = crew_need(fopen(path, "w"));
    CU_ASSERT_EQUAL(fwrite(text, 1, len, f), len);
    fclose(f);
    count = 0;
    CU_ASSERT_EQUAL(smaps_each_of(path, keep, NULL), WEIR_OK);
    return count;
}

static size_t visit(const char *text)
{
    return visit_bytes(text, strlen(text));
}

static const char three[] = "55d0c0000000-55d0c0021000 rw-p 00000000 00:00 0                          [heap]\n"
                            "Size:                132 kB\nRss:                  12 kB\nPss:                  12 kB\n"
                            "Anonymous:            12 kB\nSwap:                  4 kB\nVmFlags: rd wr mr mw me ac sd \n"
                            "7f0000000000-7f0000100000 r-xp 00001000 fe:01 4711      /usr/lib/a b.so (deleted)\n"
                            "Rss:                 900 kB\nAnonymous:             0 kB\n"
                            "7f0000100000-7f0000200000 rw-s 00000000 00:01 9 /memfd:java_heap (deleted)\n"
                            "Rss:                1024 kB\n";

static void each_mapping_is_told_with_its_figures(void)
{
    CU_ASSERT_EQUAL_FATAL(visit(three), 3);
    CU_ASSERT_EQUAL(seen[0].from, 0x55d0c0000000u);
    CU_ASSERT_EQUAL(seen[0].to, 0x55d0c0021000u);
    CU_ASSERT_EQUAL(seen[0].rss, 12 << 10);
    CU_ASSERT_EQUAL(seen[0].anonymous, 12 << 10);
    CU_ASSERT_EQUAL(seen[0].swapped, 4 << 10);
    CU_ASSERT_TRUE(seen[0].writable && !seen[0].executable && !seen[0].shared && !seen[0].file);
    CU_ASSERT_STRING_EQUAL(names[0], "[heap]");
    CU_ASSERT_TRUE(seen[1].file && seen[1].executable && !seen[1].writable);
    CU_ASSERT_EQUAL(seen[1].rss, 900 << 10);
    CU_ASSERT_EQUAL(seen[1].swapped, 0);
    CU_ASSERT_STRING_EQUAL(names[1], "/usr/lib/a b.so (deleted)");
    CU_ASSERT_TRUE(seen[2].shared);
    CU_ASSERT_EQUAL(seen[2].rss, 1 << 20);
}

/* Whatever stands there, nothing but whole mappings with numbers that fit. */
static void text_cut_or_changed_anywhere_harms_nothing(void)
{
    char text[sizeof three];
    for (size_t len = 0; len < sizeof three; len++) {
        size_t got = visit_bytes(three, len);
        CU_ASSERT_TRUE(got <= 3);
    }
    for (size_t i = 0; i < sizeof three - 1; i++) {
        static const char bad[] = { '\0', '\n', ' ', '-', '9', (char)0xff };
        memcpy(text, three, sizeof text);
        text[i] = bad[i % sizeof bad];
        visit_bytes(text, sizeof text - 1);
        for (size_t k = 0; k < count; k++)
            CU_ASSERT_TRUE(seen[k].to > seen[k].from);
    }
}

static void lines_that_make_no_sense_are_passed_over(void)
{
    CU_ASSERT_EQUAL(visit("Rss: 12 kB\nno mapping\n7f00-7e00 rw-p 0 0:0 0\n7f00 rw-p 0 0:0 0\n"), 0);
    CU_ASSERT_EQUAL_FATAL(visit("1000-2000 rw-p 0 0:0 0\nRss: 99999999999999999999999 kB\nRss: -5 kB\nAnonymous:\nSwap: x\n"), 1);
    CU_ASSERT_EQUAL(seen[0].rss + seen[0].anonymous + seen[0].swapped, 0);
    CU_ASSERT_EQUAL(visit(""), 0);
    CU_ASSERT_EQUAL(smaps_each_of("/tmp/weir-no-such-file", keep, NULL), WEIR_ENOENT);
}

static uintptr_t own;
static uint64_t  own_rss, all_rss;

static void find_own(void *with, const struct smaps_mapping *m)
{
    (void)with;
    all_rss += m->rss;
    if (own >= m->from && own < m->to)
        own_rss = m->rss;
}

static void pages_of_this_process_are_found(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char  *at = mmap(NULL, (PAGES + 2) * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_NOT_EQUAL_FATAL(at, MAP_FAILED);
    own = (uintptr_t)at + page; /* inaccessible pages around it, so that nothing joins */
    CU_ASSERT_EQUAL(mprotect(at + page, PAGES * page, PROT_READ | PROT_WRITE), 0);
    CU_ASSERT_EQUAL(madvise(at + page, PAGES * page, MADV_NOHUGEPAGE), 0);
    for (size_t i = 0; i < TOUCHED; i++)
        at[page + 2 * i * page] = 1;
    own_rss = all_rss = 0;
    CU_ASSERT_EQUAL(smaps_each(find_own, NULL), WEIR_OK);
    CU_ASSERT_EQUAL(own_rss, TOUCHED * page);
    CU_ASSERT_TRUE(all_rss > own_rss);
    munmap(at, (PAGES + 2) * page);
}

SUITE(smaps, setup, teardown, CASE(each_mapping_is_told_with_its_figures), CASE(text_cut_or_changed_anywhere_harms_nothing),
      CASE(lines_that_make_no_sense_are_passed_over), CASE(pages_of_this_process_are_found));
