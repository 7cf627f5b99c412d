/* SPDX-License-Identifier: Apache-2.0 */
/* test_elfid.c: headers made here, and this very program, which is a real one. */
#include "model/elfid.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

static unsigned char file[256];
static struct elfid  id;

static void put(size_t at, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        file[at + i] = (unsigned char)bytes[i];
}

static void setup(void)
{
    memset(file, 0, sizeof file);
    memset(&id, 0x5a, sizeof id);
    put(0, "\177ELF\2\1\1", 7);
    file[16] = 3;
    file[18] = 183;
    put(100, "\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.9\0GLIBC_PRIVATE\0libweir.so", 59);
}

static void header_and_names_are_read(void)
{
    CU_ASSERT_TRUE_FATAL(elfid_read(file, sizeof file, &id));
    CU_ASSERT_EQUAL(id.bits, 64);
    CU_ASSERT_STRING_EQUAL(elfid_machine(id.machine), "aarch64");
    CU_ASSERT_EQUAL(id.glibc, 34);
    CU_ASSERT_FALSE(id.musl);
    CU_ASSERT_TRUE(elfid_holds(file, sizeof file, "libweir.so"));
    CU_ASSERT_FALSE(elfid_holds(file, sizeof file, "libweir.so2"));
}

/* A library for glibc may hold musl's name as a text of its own. */
static void musl_is_what_names_it_and_no_glibc(void)
{
    put(200, "libc.musl-x86_64.so.1", 21);
    file[4] = 1;
    CU_ASSERT_TRUE_FATAL(elfid_read(file, sizeof file, &id));
    CU_ASSERT_FALSE(id.musl);
    CU_ASSERT_EQUAL(id.bits, 32);
    memset(file + 100, 0, 50);
    CU_ASSERT_TRUE_FATAL(elfid_read(file, sizeof file, &id));
    CU_ASSERT_TRUE(id.musl);
}

static void a_name_at_the_very_end_is_cut_not_passed(void)
{
    put(sizeof file - 9, "GLIBC_2.9", 9);
    memset(file + 100, 0, 61);
    CU_ASSERT_TRUE_FATAL(elfid_read(file, sizeof file, &id));
    CU_ASSERT_EQUAL(id.glibc, 9);
    CU_ASSERT_TRUE_FATAL(elfid_read(file, sizeof file - 1, &id));
    CU_ASSERT_EQUAL(id.glibc, 0);
    CU_ASSERT_FALSE(elfid_holds(file, 3, "libweir.so"));
    CU_ASSERT_FALSE(elfid_holds(file, 0, "x"));
}

static void what_is_no_library_is_refused(void)
{
    static const size_t at[] = { 0, 3, 4, 5, 16 };
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        setup();
        file[at[i]] = 9;
        CU_ASSERT_FALSE(elfid_read(file, sizeof file, &id));
    }
    setup();
    for (size_t len = 0; len < 52; len++)
        CU_ASSERT_FALSE(elfid_read(file, len, &id));
}

static void this_program_needs_a_glibc(void)
{
    static unsigned char self[64 * 1024 * 1024];
    FILE                *f = fopen("/proc/self/exe", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    size_t len = fread(self, 1, sizeof self, f);
    fclose(f);
    CU_ASSERT_TRUE_FATAL(elfid_read(self, len, &id));
    CU_ASSERT_EQUAL(id.bits, 8 * sizeof(void *));
    CU_ASSERT_TRUE(id.glibc >= 14);
}

SUITE(elfid, setup, NULL, CASE(header_and_names_are_read), CASE(musl_is_what_names_it_and_no_glibc),
      CASE(a_name_at_the_very_end_is_cut_not_passed), CASE(what_is_no_library_is_refused),
      CASE(this_program_needs_a_glibc));
