/* SPDX-License-Identifier: Apache-2.0 */
/* test_demangle.c: C++ names by the process's own libstdc++, which the library of fixture/chainpp.cc brings along. */
#include "native/demangle.h"

#include <dlfcn.h>
#include <string.h>

#include "core/stacks.h"
#include "crew.h"
#include "gotlib.h"
#include "snapshot.h"
#include "suite.h"

static char  out[512];
static void *library;

static void setup(void)
{
    char path[4096];
    gotlib_path("libchainpp.so", path, sizeof path);
    library = crew_need(dlopen(path, RTLD_NOW | RTLD_LOCAL));
    strcpy(out, "untouched");
}

static void teardown(void)
{
    dlclose(library);
}

static void demangle_shows_cxx_names_as_they_were_written(void)
{
    CU_ASSERT_TRUE(demangle("_ZN7rocksdb5Arena16AllocateNewBlockEm", out, sizeof out));
    CU_ASSERT_STRING_EQUAL(out, "rocksdb::Arena::AllocateNewBlock(unsigned long)");
    CU_ASSERT_TRUE(demangle("_ZN7rocksdb2DB4OpenERKNS_7OptionsERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEPPS0_", out,
                            sizeof out));
    CU_ASSERT_STRING_EQUAL(out, "rocksdb::DB::Open(rocksdb::Options const&, std::string const&, rocksdb::DB**)");
}

static void demangle_leaves_other_names_alone(void)
{
    CU_ASSERT_FALSE(demangle("Java_org_rocksdb_RocksDB_put", out, sizeof out));
    CU_ASSERT_FALSE(demangle("_Zgarbage", out, sizeof out));
    CU_ASSERT_FALSE(demangle("+0x1f40", out, sizeof out));
    CU_ASSERT_FALSE(demangle("", out, sizeof out));
    CU_ASSERT_STRING_EQUAL(out, "untouched");
}

static void demangle_writes_nothing_that_does_not_fit(void)
{
    CU_ASSERT_TRUE(demangle("_ZN5chain3putEv", out, sizeof "chain::put()"));
    strcpy(out, "untouched");
    CU_ASSERT_FALSE(demangle("_ZN5chain3putEv", out, sizeof "chain::put()" - 1));
    CU_ASSERT_STRING_EQUAL(out, "untouched");
}

static uint32_t name(struct stacks *s, const char *text)
{
    return stacks_name(s, text, strlen(text));
}

/* Twice, since what is shown is remembered. */
static void stacks_show_native_functions_demangled(void)
{
    static const char cxx[] = "_ZN5chain3putEv";
    struct stacks    *s;
    struct weir_stack stack;
    CU_ASSERT_EQUAL_FATAL(stacks_new(&s), WEIR_OK);
    stacks_demangler(s, demangle);
    uint32_t frames[] = { stacks_frame(s, name(s, "libchainpp.so"), name(s, cxx), 0, WEIR_LINE_NATIVE),
                          stacks_frame(s, name(s, "libchainpp.so"), name(s, "chain_put"), 0, WEIR_LINE_NATIVE),
                          stacks_frame(s, name(s, "java.Odd"), name(s, cxx), 0, 7) };
    for (int i = 0; i < 2; i++) {
        stacks_get(s, stacks_put(s, frames, 3), &stack);
        CU_ASSERT_STRING_EQUAL(stack.frames[0].method, cxx);
        stacks_show(s, stacks_put(s, frames, 3), &stack);
        CU_ASSERT_EQUAL_FATAL(stack.count, 3);
        CU_ASSERT_STRING_EQUAL(stack.frames[0].method, "chain::put()");
        CU_ASSERT_STRING_EQUAL(stack.frames[1].method, "chain_put");
        CU_ASSERT_STRING_EQUAL(stack.frames[2].method, cxx);
    }
    stacks_delete(s);
}

SUITE(demangle, setup, teardown, CASE(demangle_shows_cxx_names_as_they_were_written), CASE(demangle_leaves_other_names_alone),
      CASE(demangle_writes_nothing_that_does_not_fit), CASE(stacks_show_native_functions_demangled));
