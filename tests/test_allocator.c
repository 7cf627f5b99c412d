/* SPDX-License-Identifier: Apache-2.0 */
/* test_allocator.c: what glibc prints of itself, whose malloc this process has, and where glibc's heaps lie. */
#include "native/allocator.h"

#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mallocinfo.h"
#include "crew.h"
#include "suite.h"

enum { LARGE = 40 << 20, SMALL = 1000 };

static void lines(struct mallocinfo *info, const char *text)
{
    char line[256];
    memset(info, 0, sizeof *info);
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        memcpy(line, text, len);
        line[len] = '\0';
        mallocinfo_line(info, line);
        text += len + (text[len] == '\n');
    }
}

static void xml_of_two_arenas_is_summed(void)
{
    struct mallocinfo info;
    lines(&info, "<malloc version=\"1\">\n<heap nr=\"0\">\n<sizes>\n  <size from=\"33\" to=\"33\" total=\"33\" count=\"1\"/>\n</sizes>\n"
                 "<total type=\"fast\" count=\"1\" size=\"7\"/>\n<system type=\"current\" size=\"99\"/>\n</heap>\n"
                 "<heap nr=\"1\">\n<total type=\"rest\" count=\"1\" size=\"8\"/>\n</heap>\n"
                 "<total type=\"fast\" count=\"2\" size=\"64\"/>\n<total type=\"rest\" count=\"3\" size=\"8589934592\"/>\n"
                 "<total type=\"mmap\" count=\"4\" size=\"401408\"/>\n<system type=\"current\" size=\"17179869184\"/>\n"
                 "<system type=\"max\" size=\"5\"/>\n</malloc>\n");
    CU_ASSERT_TRUE(info.known);
    CU_ASSERT_EQUAL(info.arenas, 2);
    CU_ASSERT_EQUAL(info.unused, 8589934592u + 64);
    CU_ASSERT_EQUAL(info.mapped, 401408);
    CU_ASSERT_EQUAL(info.system, 17179869184u);
}

static void xml_without_its_end_is_not_known(void)
{
    struct mallocinfo info;
    lines(&info, "<malloc version=\"1\">\n<heap nr=\"0\">\n<system type=\"current\" size=\"99\"/>\n</heap>\n");
    CU_ASSERT_FALSE(info.known);
    lines(&info, "<system type=\"current\" size=\"x\"/>\n<system type=\"current\" size=\"12\n<system type=\"current\"/>\n");
    CU_ASSERT_FALSE(info.known);
}

#if !CREW_SANITIZED /* a sanitizer has an allocator of its own */
/* This program has a malloc of its own in front (alloc_watch.c), as a program may: nobody's figures are taken for its. */
static void malloc_of_somebody_else_is_not_known(void)
{
    struct weir_allocator a;
    uint64_t              mapped = 1;
    CU_ASSERT_EQUAL(allocator_kind(), WEIR_ALLOCATOR_UNKNOWN);
    allocator_read(&a, &mapped);
    CU_ASSERT_FALSE(a.known || a.resident_known);
    CU_ASSERT_EQUAL(mapped, 0);
}

static void *block_of_a_thread(void *unused)
{
    (void)unused;
    return malloc(SMALL);
}

static void heaps_and_large_blocks_are_told_from_other_memory(void)
{
    pthread_t thread;
    void     *block = NULL;
    size_t    bytes = 0, page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t arena = 0;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, block_of_a_thread, NULL), 0);
    CU_ASSERT_EQUAL(pthread_join(thread, &block), 0);
    CU_ASSERT_TRUE(allocator_heads());
    uintptr_t heap = (uintptr_t)crew_need(block) & ~(ALLOCATOR_HEAP_ALIGN - 1);
    CU_ASSERT_TRUE(allocator_glibc_heap(heap, &bytes, &arena));
    CU_ASSERT_TRUE((uintptr_t)block + SMALL <= heap + bytes);
    CU_ASSERT_TRUE(arena > heap && arena < heap + page);
    CU_ASSERT_FALSE(allocator_glibc_heap(heap + page, &bytes, &arena));
    free(block);
    char *large = crew_need(malloc(LARGE));
    large[0] = 1;
    CU_ASSERT_TRUE(allocator_glibc_chunk((uintptr_t)large & ~(page - 1), &bytes));
    CU_ASSERT_TRUE(bytes >= LARGE && bytes < LARGE + 3 * page);
    free(large); /* unmapped: looking is safe */
    CU_ASSERT_FALSE(allocator_glibc_chunk((uintptr_t)large & ~(page - 1), &bytes));
    char *other = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FALSE(allocator_glibc_chunk((uintptr_t)other, &bytes));
    memset(other, 0xff, page);
    CU_ASSERT_FALSE(allocator_glibc_chunk((uintptr_t)other, &bytes));
    munmap(other, page);
}
#define ON_GLIBC , CASE(malloc_of_somebody_else_is_not_known), CASE(heaps_and_large_blocks_are_told_from_other_memory)
#else
#define ON_GLIBC
#endif

SUITE(allocator, NULL, NULL, CASE(xml_of_two_arenas_is_summed), CASE(xml_without_its_end_is_not_known) ON_GLIBC);
