/* SPDX-License-Identifier: Apache-2.0 */
/* test_sysfs.c: files read whole or refused by name, and this process's own figures against a second reading of /proc. */
#include "base/sysfs.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "crew.h"
#include "suite.h"

enum { CANARY = 0x5a };

static char dir[64], path[128];
static char data[4096];

static void make_dir(void)
{
    strcpy(dir, "/tmp/weir-test-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/file", dir);
    memset(data, CANARY, sizeof data);
}

static void remove_dir(void)
{
    unlink(path);
    rmdir(dir);
}

static void write_file(const char *content, size_t n)
{
    FILE *f = crew_need(fopen(path, "w"));
    CU_ASSERT_EQUAL(fwrite(content, 1, n, f), n);
    fclose(f);
}

static void sysfs_read_takes_a_whole_file(void)
{
    size_t len = 99;
    write_file("one\0two\n", 8);
    CU_ASSERT_EQUAL(sysfs_read(path, data, sizeof data, &len), WEIR_OK);
    CU_ASSERT_EQUAL(len, 8);
    CU_ASSERT_EQUAL(memcmp(data, "one\0two\n", 9), 0);
    CU_ASSERT_EQUAL(data[9], CANARY);
    CU_ASSERT_EQUAL(sysfs_read(path, data, sizeof data, NULL), WEIR_OK);
    write_file("", 0);
    CU_ASSERT_EQUAL(sysfs_read(path, data, sizeof data, &len), WEIR_OK);
    CU_ASSERT_EQUAL(len, 0);
    CU_ASSERT_EQUAL(data[0], '\0');
}

static void sysfs_read_refuses_what_does_not_fit_with_its_end(void)
{
    size_t len = 99;
    write_file("0123456789", 10);
    for (size_t cap = 1; cap <= 12; cap++) {
        memset(data, CANARY, sizeof data);
        CU_ASSERT_EQUAL(sysfs_read(path, data, cap, &len), cap > 10 ? WEIR_OK : WEIR_EFULL);
        CU_ASSERT_EQUAL(len, cap > 10 ? 10 : 99); /* written only on success */
        CU_ASSERT_EQUAL(data[cap], CANARY);
    }
}

static void sysfs_read_says_why_a_file_is_missing(void)
{
    size_t len = 99;
    errno = 0;
    CU_ASSERT_EQUAL(sysfs_read(path, data, sizeof data, &len), WEIR_ENOENT);
    CU_ASSERT_EQUAL(errno, ENOENT);
    CU_ASSERT_EQUAL(sysfs_read("", data, sizeof data, &len), WEIR_ENOENT);
    write_file("x", 1);
    char below[256];
    snprintf(below, sizeof below, "%s/below", path);
    CU_ASSERT_EQUAL(sysfs_read(below, data, sizeof data, &len), WEIR_ENOENT);
    CU_ASSERT_EQUAL(errno, ENOTDIR);
    CU_ASSERT_EQUAL(len, 99);
}

static void sysfs_read_refuses_what_is_no_file(void)
{
    CU_ASSERT_EQUAL(sysfs_read(dir, data, sizeof data, NULL), WEIR_EIO);
    CU_ASSERT_EQUAL(sysfs_read("/dev/zero", data, sizeof data, NULL), WEIR_EIO);
    CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
    CU_ASSERT_EQUAL(sysfs_read(path, data, sizeof data, NULL),
                    WEIR_EIO); /* and does not wait for a writer */
}

static void sysfs_read_leaves_no_descriptor_open(void)
{
    char small[4];
    write_file("0123456789", 10);
    int before = dup(0);
    close(before);
    for (int i = 0; i < 3; i++) {
        sysfs_read(path, data, sizeof data, NULL);
        sysfs_read(path, small, sizeof small, NULL);
        sysfs_read(dir, data, sizeof data, NULL);
        sysfs_read("/nowhere", data, sizeof data, NULL);
    }
    int after = dup(0);
    close(after);
    CU_ASSERT_EQUAL(after, before);
}

/* "VmRSS:     123 kB" of /proc/self/status, in bytes. */
static uint64_t status_bytes(const char *key)
{
    static char text[16384];
    CU_ASSERT_EQUAL_FATAL(sysfs_read("/proc/self/status", text, sizeof text, NULL), WEIR_OK);
    const char *at = crew_need(strstr(text, key));
    return strtoull(at + strlen(key), NULL, 10) * 1024;
}

static void sysfs_rss_is_what_the_kernel_says_elsewhere(void)
{
    uint64_t rss = 0, grown = 0;
    size_t   size = 32U << 20;
    CU_ASSERT_TRUE_FATAL(sysfs_rss(&rss));
    uint64_t status =
        status_bytes("VmRSS:"); /* the kernel sums both lazily, by some pages per CPU */
    CU_ASSERT_TRUE(rss < status + (4U << 20) && status < rss + (4U << 20));
    char *touched = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_PTR_NOT_EQUAL_FATAL(touched, MAP_FAILED);
    memset(touched, 1, size);
    CU_ASSERT_TRUE(sysfs_rss(&grown));
    CU_ASSERT_EQUAL(touched[size / 2], 1);
    munmap(touched, size);
    CU_ASSERT_TRUE(grown >= rss + size - (4U << 20));
}

static void sysfs_start_is_in_the_past_and_survives_a_hostile_name(void)
{
    char    name[17] = { 0 };
    int64_t start = -1, again = -1;
    CU_ASSERT_TRUE_FATAL(sysfs_start_ms(&start));
    CU_ASSERT_TRUE(start > 0 && start <= clock_mono_ms());
    prctl(PR_GET_NAME, name);
    prctl(PR_SET_NAME, "a) R 1 2) (3");
    CU_ASSERT_TRUE(sysfs_start_ms(&again));
    prctl(PR_SET_NAME, name);
    CU_ASSERT_EQUAL(again, start);
}

static void sysfs_start_of_a_child_is_later_by_the_time_passed(void)
{
    int64_t mine = 0, now = clock_mono_ms();
    int     ends[2];
    CU_ASSERT_TRUE_FATAL(sysfs_start_ms(&mine));
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        int64_t start = -1;
        sysfs_start_ms(&start);
        _exit(write(ends[1], &start, sizeof start) == sizeof start ? 0 : 1);
    }
    int64_t start = -1;
    CU_ASSERT_EQUAL(read(ends[0], &start, sizeof start), sizeof start);
    close(ends[0]);
    close(ends[1]);
    CU_ASSERT_TRUE(start >= now - 100 && start <= clock_mono_ms()); /* the kernel counts in 10 ms */
    CU_ASSERT_TRUE(start >= mine);
}

SUITE(sysfs, make_dir, remove_dir, CASE(sysfs_read_takes_a_whole_file),
      CASE(sysfs_read_refuses_what_does_not_fit_with_its_end),
      CASE(sysfs_read_says_why_a_file_is_missing), CASE(sysfs_read_refuses_what_is_no_file),
      CASE(sysfs_read_leaves_no_descriptor_open), CASE(sysfs_rss_is_what_the_kernel_says_elsewhere),
      CASE(sysfs_start_is_in_the_past_and_survives_a_hostile_name),
      CASE(sysfs_start_of_a_child_is_later_by_the_time_passed));
