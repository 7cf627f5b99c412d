/* SPDX-License-Identifier: Apache-2.0 */
/* test_libs.c: which libraries are the user's, by their names; and by what they define, of those that are really there. */
#include "native/libs.h"

#include <CUnit/CUnit.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include "crew.h"
#include "gotlib.h"
#include "suite.h"

static const struct libs_wanted standard = { "", "/usr/lib/jvm/java-17", "" };

static void what_is_never_touched(void)
{
    static const char *const paths[] = {
        "/usr/lib/jvm/java-17/lib/server/libjvm.so", "/usr/lib/jvm/java-17/lib/libnio.so", "/opt/other/libjvm.so",
        "/lib/x86_64-linux-gnu/libc.so.6",           "/lib/libc-2.31.so",                  "/lib64/ld-linux-x86-64.so.2",
        "linux-vdso.so.1",                           "/lib/libm.so.6",                     "/lib/libgcc_s.so.1",
        "/usr/lib/libz.so.1.2.13",                   "/usr/lib/libjemalloc.so.2",          "/usr/lib/libtcmalloc_minimal.so.4",
        "/usr/lib/libunwind.so.8",                   "/usr/lib/libunwind-x86_64.so.8",     "/weir/libweir.so",
        "/lib/libnss_files.so.2",                    "/usr/lib/libmimalloc.so.2",          "/lib/libresolv.so.2",
    };
    static const struct libs_wanted all = { "lib+linux+ld", "/usr/lib/jvm/java-17", "" };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        CU_ASSERT_FALSE(libs_may(paths[i], &standard));
        CU_ASSERT_FALSE(libs_may(paths[i], &all)); /* not even by name */
    }
}

static void what_may_be_the_users(void)
{
    static const char *const paths[] = { "/tmp/rocksdb-lib-1/librocksdbjni-linux64.so", "/tmp/libzstd-jni123.so", "/opt/app/libcurl.so",
                                         "/usr/lib/libstdc++.so.6", "/opt/libmine.so", "/usr/lib/jvm/java-17-other/libx.so" };
    static const struct libs_wanted off = { "off", "", "" }, mine = { "rocksdb+mine", "", "" };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        CU_ASSERT_TRUE(libs_may(paths[i], &standard));
        CU_ASSERT_FALSE(libs_may(paths[i], &off));
    }
    CU_ASSERT_TRUE(libs_may(paths[0], &mine) && libs_may(paths[4], &mine) && libs_may(paths[3], &mine));
    CU_ASSERT_FALSE(libs_may(paths[1], &mine) || libs_may(paths[2], &mine));
}

static void families_by_name(void)
{
    CU_ASSERT_EQUAL(libs_family("/tmp/librocksdbjni6106937984923751954.so"), LIBS_ROCKSDB);
    CU_ASSERT_EQUAL(libs_family("/tmp/a/libforstjni-linux64.so"), LIBS_ROCKSDB);
    CU_ASSERT_EQUAL(libs_family("/usr/lib/libpython3.11.so.1.0"), LIBS_PYTHON);
    CU_ASSERT_EQUAL(libs_family("/venv/pemja_core.cpython-311-x86_64-linux-gnu.so"), LIBS_PYTHON);
    CU_ASSERT_EQUAL(libs_family("/tmp/snappy-1.1.10-libsnappyjava.so"), LIBS_CODEC);
    CU_ASSERT_EQUAL(libs_family("/rocksdb/libother.so"), LIBS_OTHER);
}

static enum libs_kind judged(const char *path, const struct libs_wanted *wanted)
{
    static struct libs libs;
    struct elfgot      lib;
    enum libs_kind     kind = LIBS_NOT;
    bool               found = false;
    libs_read(&libs);
    for (size_t i = 0; i < libs.count; i++)
        if (strstr(libs_path(&libs, i), path) != NULL && elfgot_open_at(&lib, libs_path(&libs, i), libs.at[i].base) == WEIR_OK) {
            kind = libs_judge(libs_path(&libs, i), &lib, wanted);
            elfgot_close(&lib);
            found = true;
        }
    CU_ASSERT_TRUE(found);
    return kind;
}

static void a_jni_library_is_told_by_what_it_defines(void)
{
    static const struct libs_wanted named = { "libgotlazy", "", "" };
    struct libs_mark                mark = { 0, 0 };
    char                            path[4096];
    libs_changed(&mark);
    CU_ASSERT_FALSE(libs_changed(&mark));
    gotlib_path("libheapone.so", path, sizeof path);
    void *heap = crew_need(dlopen(path, RTLD_LAZY | RTLD_LOCAL));
    CU_ASSERT_TRUE(libs_changed(&mark));
    CU_ASSERT_EQUAL(judged("libheapone.so", &standard), LIBS_OURS);
    struct gotlib other = gotlib_load("libgotlazy.so");
    CU_ASSERT_EQUAL(judged("libgotlazy.so", &standard), LIBS_NOT);
    CU_ASSERT_EQUAL(judged("libgotlazy.so", &named), LIBS_OURS);
    dlclose(heap);
    dlclose(other.handle);
    CU_ASSERT_TRUE(libs_changed(&mark));
    CU_ASSERT_FALSE(libs_changed(&mark));
}

SUITE(libs, NULL, NULL, CASE(what_is_never_touched), CASE(what_may_be_the_users), CASE(families_by_name),
      CASE(a_jni_library_is_told_by_what_it_defines));
