/* SPDX-License-Identifier: Apache-2.0 */
/* test_twin.c: libraries that are loaded in this program. */
#include "native/twin.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

static char path[256];

static void twin_finds_a_library_by_the_name_it_carries(void)
{
    CU_ASSERT_TRUE(twin_find("libc.so.6", path, path, sizeof path));
    CU_ASSERT_PTR_NOT_NULL(strstr(path, "libc"));
    CU_ASSERT_TRUE(twin_find("libcunit.so.1", path, path, sizeof path)); /* its file is libcunit.so.1.0.1 or so */
    CU_ASSERT_PTR_NOT_NULL(strstr(path, "libcunit"));
}

/* stderr's object lies in libc: no copy relocation in a position independent program. */
static void twin_is_not_the_library_itself(void)
{
    CU_ASSERT_FALSE(twin_find("libc.so.6", (const void *)stderr, path, sizeof path));
}

static void twin_needs_the_whole_name(void)
{
    CU_ASSERT_FALSE(twin_find("libc.so", path, path, sizeof path));
    CU_ASSERT_FALSE(twin_find("libc.so.66", path, path, sizeof path));
    CU_ASSERT_FALSE(twin_find("libnowhere.so", path, path, sizeof path));
    CU_ASSERT_FALSE(twin_find("", path, path, sizeof path));
}

static void twin_cuts_a_path_that_does_not_fit(void)
{
    char small[6];
    CU_ASSERT_TRUE(twin_find("libc.so.6", path, small, sizeof small));
    CU_ASSERT_EQUAL(strlen(small), sizeof small - 1);
}

SUITE(twin, NULL, NULL, CASE(twin_finds_a_library_by_the_name_it_carries), CASE(twin_is_not_the_library_itself),
      CASE(twin_needs_the_whole_name), CASE(twin_cuts_a_path_that_does_not_fit));
