/* SPDX-License-Identifier: Apache-2.0 */
/* test_elfgot.c: libraries that are really loaded, one bound at once and protected, one lazily bound; and libcunit, as a
 * distribution builds them. */
#define _GNU_SOURCE /* RTLD_NOLOAD */
#include "native/elfgot.h"

#include <CUnit/CUnit.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gotlib.h"
#include "suite.h"

#define NOW "libgotnow.so"
#define LAZY "libgotlazy.so"

enum { PROTECTION = 8 };

static struct elfgot        got;
static struct elfgot_symbol symbol;
static int                  arrived;
static int (*original)(void);

static int ours(void)
{
    arrived++;
    return original() + 1000000;
}

static void fresh(void)
{
    arrived = 0;
    memset(&got, 0, sizeof got);
    memset(&symbol, 0, sizeof symbol);
}

/* "rw-p" of the page, in PROTECTION bytes; "" if there is none. */
static const char *protection(const void *addr)
{
    static char   text[PROTECTION];
    char          line[512];
    unsigned long from, to;
    FILE         *maps = fopen("/proc/self/maps", "re");
    text[0] = '\0';
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        char found[PROTECTION];
        if (sscanf(line, "%lx-%lx %4s", &from, &to, found) == 3 && (unsigned long)addr >= from &&
            (unsigned long)addr < to)
            memcpy(text, found, sizeof found);
    }
    if (maps != NULL)
        fclose(maps);
    return text;
}

/* Patches one symbol of one library, calls it through the library, and puts the original back. */
static void arrives(const char *library, const char *name, int slots, int (*through)(void))
{
    int before = through(), seen = arrived;
    CU_ASSERT_EQUAL_FATAL(elfgot_open(&got, library), WEIR_OK);
    CU_ASSERT_EQUAL_FATAL(elfgot_find(&got, name, &symbol), WEIR_OK);
    CU_ASSERT_EQUAL(symbol.count, slots);
    memcpy(&original, &symbol.original, sizeof original);
    CU_ASSERT_FALSE(elfgot_holds(&symbol, (void *)ours));
    char had[PROTECTION];
    memcpy(had, protection((void *)symbol.slot[0]), sizeof had);
    CU_ASSERT_EQUAL(elfgot_put(&symbol, (void *)ours), WEIR_OK);
    CU_ASSERT_TRUE(elfgot_holds(&symbol, (void *)ours));
    CU_ASSERT_STRING_EQUAL(protection((void *)symbol.slot[0]), had);
    CU_ASSERT_EQUAL(through(), before + 1000000);
    CU_ASSERT_EQUAL(arrived, seen + 1);
    CU_ASSERT_EQUAL(elfgot_put(&symbol, symbol.original), WEIR_OK);
    CU_ASSERT_EQUAL(through(), before);
    CU_ASSERT_EQUAL(arrived, seen + 1);
    elfgot_close(&got);
}

static void each_kind_of_slot(const char *library)
{
    struct gotlib lib = gotlib_load(library);
    arrives(library, "getpgrp", 1, lib.call);
    arrives(library, "geteuid", 1, lib.by_address);
    arrives(library, "getppid", 2, lib.by_table);
    arrives(library, "getppid", 2, lib.beside_table);
    arrives(library, "gotlib_own", 1, lib.call_own);
    dlclose(lib.handle);
}

static void elfgot_put_reaches_every_kind_of_slot_under_full_relro(void)
{
    each_kind_of_slot(NOW);
}

static void elfgot_put_reaches_every_kind_of_slot_of_a_lazily_bound_library(void)
{
    each_kind_of_slot(LAZY);
}

/* Before the first call the slot leads into the library's own stub, which would bind the slot over our function. */
static void elfgot_find_binds_what_was_never_called(void)
{
    struct gotlib lib = gotlib_load(LAZY);
    CU_ASSERT_EQUAL_FATAL(elfgot_open(&got, LAZY), WEIR_OK);
    CU_ASSERT_EQUAL_FATAL(elfgot_find(&got, "getpgrp", &symbol), WEIR_OK);
    if (getenv("LD_BIND_NOW") == NULL)
        CU_ASSERT_PTR_NOT_EQUAL(*symbol.slot[0], symbol.original);
    memcpy(&original, &symbol.original, sizeof original);
    CU_ASSERT_EQUAL(original(), (int)getpgrp());
    CU_ASSERT_EQUAL(elfgot_put(&symbol, (void *)ours), WEIR_OK);
    CU_ASSERT_EQUAL(lib.call(), (int)getpgrp() + 1000000);
    CU_ASSERT_EQUAL(lib.call(), (int)getpgrp() + 1000000);
    CU_ASSERT_EQUAL(arrived, 2);
    /* defined by the library itself, and never called */
    CU_ASSERT_EQUAL_FATAL(elfgot_find(&got, "gotlib_own", &symbol), WEIR_OK);
    CU_ASSERT_PTR_EQUAL(symbol.original, (void *)lib.own);
    elfgot_close(&got);
    dlclose(lib.handle);
}

/* async-profiler leaves such pages writable and writes there again later. */
static void elfgot_put_leaves_a_page_writable_that_was(void)
{
    struct gotlib lib = gotlib_load(NOW);
    size_t        page = (size_t)sysconf(_SC_PAGESIZE);
    CU_ASSERT_EQUAL_FATAL(elfgot_open(&got, NOW), WEIR_OK);
    CU_ASSERT_EQUAL_FATAL(elfgot_find(&got, "getpgrp", &symbol), WEIR_OK);
    char *start = (char *)symbol.slot[0] - (size_t)symbol.slot[0] % page;
    CU_ASSERT_STRING_EQUAL(protection(start), "r--p");
    CU_ASSERT_EQUAL_FATAL(mprotect(start, page, PROT_READ | PROT_WRITE), 0);
    CU_ASSERT_EQUAL(elfgot_put(&symbol, symbol.original), WEIR_OK);
    CU_ASSERT_STRING_EQUAL(protection(start), "rw-p");
    elfgot_close(&got);
    dlclose(lib.handle);
}

static void elfgot_put_refuses_a_page_that_can_be_executed_or_is_none(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char  *code = mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_PTR_NOT_EQUAL_FATAL(code, MAP_FAILED);
    symbol.count = 1;
    symbol.slot[0] = (void **)(void *)code;
    CU_ASSERT_EQUAL(elfgot_put(&symbol, (void *)ours), WEIR_EIO);
    CU_ASSERT_STRING_EQUAL(protection(code), "r-xp");
    CU_ASSERT_PTR_NULL(*symbol.slot[0]);
    munmap(code, page);
    CU_ASSERT_EQUAL(elfgot_put(&symbol, (void *)ours), WEIR_EIO);
}

static void elfgot_find_says_what_a_library_does_not_call(void)
{
    struct gotlib lib = gotlib_load(NOW);
    CU_ASSERT_EQUAL_FATAL(elfgot_open(&got, NOW), WEIR_OK);
    symbol.count = 77;
    CU_ASSERT_EQUAL(elfgot_find(&got, "no_such_function", &symbol), WEIR_ENOENT);
    CU_ASSERT_EQUAL(elfgot_find(&got, "getpgr", &symbol), WEIR_ENOENT);   /* part of a name */
    CU_ASSERT_EQUAL(elfgot_find(&got, "getpgrpx", &symbol), WEIR_ENOENT);
    CU_ASSERT_EQUAL(elfgot_find(&got, "gotlib_call", &symbol), WEIR_ENOENT); /* exported, not called */
    CU_ASSERT_EQUAL(elfgot_find(&got, "", &symbol), WEIR_ENOENT);
    CU_ASSERT_EQUAL(symbol.count, 77);
    elfgot_close(&got);
    dlclose(lib.handle);
}

/* Two slots of one symbol, of which somebody changed one: which is the original? */
static void elfgot_find_refuses_slots_that_disagree(void)
{
    struct gotlib lib = gotlib_load(NOW);
    CU_ASSERT_EQUAL_FATAL(elfgot_open(&got, NOW), WEIR_OK);
    CU_ASSERT_EQUAL_FATAL(elfgot_find(&got, "getppid", &symbol), WEIR_OK);
    struct elfgot_symbol one = symbol;
    one.count = 1;
    CU_ASSERT_EQUAL_FATAL(elfgot_put(&one, (void *)ours), WEIR_OK);
    CU_ASSERT_FALSE(elfgot_holds(&symbol, (void *)ours));
    CU_ASSERT_EQUAL(elfgot_find(&got, "getppid", &symbol), WEIR_EINVAL);
    CU_ASSERT_EQUAL(elfgot_put(&one, one.original), WEIR_OK);
    CU_ASSERT_EQUAL(elfgot_find(&got, "getppid", &symbol), WEIR_OK);
    elfgot_close(&got);
    dlclose(lib.handle);
}

static void elfgot_open_knows_loaded_libraries_only(void)
{
    CU_ASSERT_EQUAL(elfgot_open(&got, "libnosuch.so"), WEIR_ENOENT);
    CU_ASSERT_EQUAL(elfgot_open(&got, NOW), WEIR_ENOENT); /* not loaded now */
    CU_ASSERT_EQUAL(elfgot_open(&got, ""), WEIR_EINVAL);  /* the program itself has no file name here */
    elfgot_close(&got);
}

static void elfgot_open_holds_the_library(void)
{
    struct gotlib lib = gotlib_load(NOW);
    CU_ASSERT_EQUAL_FATAL(elfgot_open(&got, NOW), WEIR_OK);
    dlclose(lib.handle);
    CU_ASSERT_EQUAL(elfgot_find(&got, "getpgrp", &symbol), WEIR_OK);
    CU_ASSERT_EQUAL(elfgot_put(&symbol, symbol.original), WEIR_OK);
    elfgot_close(&got);
    CU_ASSERT_EQUAL(elfgot_open(&got, NOW), WEIR_ENOENT); /* nobody else held it */
}

static void copy_file(const char *from, const char *to)
{
    char   block[8192];
    size_t n;
    FILE  *in = fopen(from, "rbe"), *out = fopen(to, "wbe");
    CU_ASSERT_PTR_NOT_NULL_FATAL(in);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    while ((n = fread(block, 1, sizeof block, in)) > 0)
        CU_ASSERT_EQUAL(fwrite(block, 1, n, out), n);
    fclose(in);
    fclose(out);
}

static void elfgot_open_refuses_to_choose_between_two_of_a_name(void)
{
    char dir[] = "/tmp/weir-elfgot-XXXXXX", from[4096], to[64];
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    gotlib_path(NOW, from, sizeof from);
    snprintf(to, sizeof to, "%s/%s", dir, NOW);
    copy_file(from, to);
    struct gotlib one = gotlib_load(NOW), other = gotlib_load_path(to);
    CU_ASSERT_PTR_NOT_EQUAL(one.handle, other.handle);
    CU_ASSERT_EQUAL(elfgot_open(&got, NOW), WEIR_EINVAL);
    dlclose(other.handle);
    CU_ASSERT_EQUAL(elfgot_open(&got, NOW), WEIR_OK);
    elfgot_close(&got);
    dlclose(one.handle);
    unlink(to);
    rmdir(dir);
}

static void *(*real_malloc)(size_t);
static size_t asked;

static void *our_malloc(size_t bytes)
{
    asked += bytes;
    return real_malloc(bytes);
}

/* A library of the system, with the C library's malloc (or a sanitizer's) behind its slot. */
static void elfgot_put_counts_what_libcunit_asks_of_malloc(void)
{
    CU_ASSERT_EQUAL_FATAL(elfgot_open(&got, "libcunit.so.1"), WEIR_OK);
    CU_ASSERT_EQUAL_FATAL(elfgot_find(&got, "malloc", &symbol), WEIR_OK);
    memcpy(&real_malloc, &symbol.original, sizeof real_malloc);
    CU_ASSERT_EQUAL(elfgot_put(&symbol, (void *)our_malloc), WEIR_OK);
    asked = 0;
    CU_pTestRegistry registry = CU_create_new_registry();
    CU_ASSERT_EQUAL(elfgot_put(&symbol, symbol.original), WEIR_OK);
    CU_ASSERT_EQUAL(asked, sizeof(CU_TestRegistry));
    CU_destroy_existing_registry(&registry);
    elfgot_close(&got);
}

SUITE(elfgot, fresh, NULL, CASE(elfgot_put_reaches_every_kind_of_slot_under_full_relro),
      CASE(elfgot_put_reaches_every_kind_of_slot_of_a_lazily_bound_library),
      CASE(elfgot_find_binds_what_was_never_called), CASE(elfgot_put_leaves_a_page_writable_that_was),
      CASE(elfgot_put_refuses_a_page_that_can_be_executed_or_is_none),
      CASE(elfgot_find_says_what_a_library_does_not_call),
      CASE(elfgot_find_refuses_slots_that_disagree), CASE(elfgot_open_knows_loaded_libraries_only),
      CASE(elfgot_open_holds_the_library), CASE(elfgot_open_refuses_to_choose_between_two_of_a_name),
      CASE(elfgot_put_counts_what_libcunit_asks_of_malloc));
