/* SPDX-License-Identifier: Apache-2.0 */
/* test_hook_dlsym.c: a library that looks functions up, in the place of libjvm. The hook is installed once and stays. */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "native/hook_dlsym.h"

#include <CUnit/CUnit.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/acct.h"
#include "core/door.h"
#include "crew.h"
#include "fake_capture.h"
#include "gotlib.h"
#include "suite.h"

#define LIBRARY "libgotlook.so" /* its own: it stays loaded and patched */

enum { MAX_LIVE = 1 << 14, ODD = 12347, CREW = 4, ROUNDS = 5000 };

typedef void *take_function(size_t);
typedef void *zero_function(size_t, size_t);
typedef void *resize_function(void *, size_t);
typedef void  give_function(void *);
typedef void *look_function(void *, const char *);

static struct gotlib    lib;
static take_function   *take;
static zero_function   *zero;
static resize_function *resize;
static give_function   *give;
static char             name[] = "main";
static bool             java = true;
static const char      *why;

static void *calling_thread(void)
{
    errno = 77;
    return java ? name : NULL;
}

static void find(void *scope, const char *symbol, void *function)
{
    void *found = crew_need(lib.look_up(scope, symbol));
    memcpy(function, (const void *)&found, sizeof found);
}

static void fresh(void)
{
    fake_reset();
    fake_finds(WEIR_TASK_OFF_HEAP, WEIR_KIND_UNSAFE, 0);
    fake.key.source = 1;
    java = true;
    CU_ASSERT_EQUAL_FATAL(acct_init(&fake_ops, MAX_LIVE), WEIR_OK);
    if (lib.handle != NULL)
        return;
    CU_ASSERT_EQUAL(hook_dlsym_install("libnobody.so", calling_thread, &why), WEIR_ENOENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "in no way we know"));
    lib = gotlib_load(LIBRARY);
    CU_ASSERT_EQUAL_FATAL(hook_dlsym_install(LIBRARY, calling_thread, &why), WEIR_OK);
    void *libc = crew_need(dlopen("libc.so.6", RTLD_LAZY));
    find(libc, "malloc", (void *)&take);
    find(libc, "calloc", (void *)&zero);
    find(libc, "realloc", (void *)&resize);
    find(libc, "free", (void *)&give);
}

static void gone(void)
{
    acct_close();
}

static uint64_t native_of(enum weir_component component)
{
    static struct weir_sheet sheet;
    memset(&sheet, 0, sizeof sheet);
    acct_snapshot(&sheet, WEIR_COMPONENT_COUNT, 0);
    CU_ASSERT_EQUAL(sheet.agent.unknown_frees, 0);
    CU_ASSERT_EQUAL(sheet.agent.stale, 0);
    return sheet.rows[component].kind_bytes[WEIR_KIND_NATIVE];
}

static void what_is_looked_up_is_counted_to_the_byte(void)
{
    void *a = take(ODD), *b = zero(3, 1001);
    CU_ASSERT_EQUAL(native_of(WEIR_TASK_OFF_HEAP), ODD + 3003);
    a = crew_need(resize(a, 2 * ODD));
    CU_ASSERT_EQUAL(native_of(WEIR_TASK_OFF_HEAP), 2 * ODD + 3003);
    give(a);
    give(b);
    give(NULL);
    CU_ASSERT_EQUAL(native_of(WEIR_TASK_OFF_HEAP), 0);
}

static void resize_of_nothing_takes_and_to_nothing_gives(void)
{
    void *p = resize(NULL, ODD);
    CU_ASSERT_EQUAL(native_of(WEIR_TASK_OFF_HEAP), ODD);
    CU_ASSERT_PTR_NULL(resize(p, 0));
    CU_ASSERT_EQUAL(native_of(WEIR_TASK_OFF_HEAP), 0);
}

static void a_refused_resize_keeps_the_block(void)
{
    void *p = take(ODD);
    errno = 0;
    CU_ASSERT_PTR_NULL(resize(p, SIZE_MAX / 2));
    CU_ASSERT_EQUAL(errno, ENOMEM);
    CU_ASSERT_PTR_NULL(zero(SIZE_MAX / 2, 3));
    CU_ASSERT_EQUAL(native_of(WEIR_TASK_OFF_HEAP), ODD);
    give(p);
    CU_ASSERT_EQUAL(native_of(WEIR_TASK_OFF_HEAP), 0);
}

static void memory_from_elsewhere_may_be_given(void)
{
    take_function *plain = NULL;
    void          *libc = crew_need(dlopen("libc.so.6", RTLD_LAZY)), *found = crew_need(dlsym(libc, "malloc"));
    memcpy(&plain, (const void *)&found, sizeof plain);
    give(plain(ODD));
    CU_ASSERT_EQUAL(native_of(WEIR_TASK_OFF_HEAP), 0);
}

static void errno_stays(void)
{
    errno = 5;
    void *p = take(ODD);
    CU_ASSERT_EQUAL(errno, 5);
    give(p);
    CU_ASSERT_EQUAL(errno, 5);
}

static void nobodys_is_undecided_and_undecided_is_the_jvms(void)
{
    java = false;
    void *a = take(ODD);
    CU_ASSERT_EQUAL(fake.walks, 0);
    CU_ASSERT_EQUAL(acct_used(WEIR_UNDECIDED), ODD);
    give(a);
    java = true;
    fake_finds(WEIR_FRAMEWORK_OFF_HEAP, WEIR_KIND_UNSAFE, 0);
    fake.key.source = fake.key.loader = fake.key.loader_tag = 0; /* no frame decided */
    void *b = take(ODD);
    CU_ASSERT_EQUAL(native_of(WEIR_JVM_OVERHEAD), ODD);
    give(b);
    CU_ASSERT_EQUAL(acct_used(WEIR_UNDECIDED), 0);
}

/* Netty looks dlsym up and asks it for malloc. */
static void dlsym_that_is_looked_up_gives_the_same(void)
{
    look_function *look = NULL;
    find(RTLD_DEFAULT, "dlsym", (void *)&look);
    CU_ASSERT_PTR_NOT_NULL_FATAL(look);
    if (look == NULL)
        return;
    void *theirs = look(RTLD_DEFAULT, "malloc");
    CU_ASSERT_PTR_EQUAL(theirs, lib.look_up(RTLD_DEFAULT, "malloc"));
    CU_ASSERT_PTR_NOT_EQUAL(theirs, dlsym(RTLD_DEFAULT, "malloc"));
}

static void what_is_not_the_allocator_is_left_alone(void)
{
    CU_ASSERT_PTR_EQUAL(lib.look_up(RTLD_DEFAULT, "getpid"), dlsym(RTLD_DEFAULT, "getpid"));
    CU_ASSERT_PTR_NULL(lib.look_up(RTLD_DEFAULT, "no_such_function"));
    CU_ASSERT_PTR_NOT_NULL(dlerror());
}

static void a_shut_door_hands_out_the_real_ones(void)
{
    door_set(DOOR_SHUT);
    void *p = take(ODD);
    CU_ASSERT_PTR_EQUAL(lib.look_up(RTLD_DEFAULT, "malloc"), dlsym(RTLD_DEFAULT, "malloc"));
    give(p);
    door_set(DOOR_OPEN);
    CU_ASSERT_EQUAL(native_of(WEIR_TASK_OFF_HEAP), 0);
}

static void work(int member)
{
    fake_reset();
    fake_finds(WEIR_TASK_OFF_HEAP, WEIR_KIND_UNSAFE, 0);
    fake.key.source = 1;
    for (size_t i = 0; i < ROUNDS; i++) {
        void *p = resize(take(i + 1), i + (size_t)member + 2);
        give(p);
    }
}

static void sums_are_exact_under_threads(void)
{
    CU_ASSERT_EQUAL(crew_run(CREW, work), 0);
    CU_ASSERT_EQUAL(native_of(WEIR_TASK_OFF_HEAP), 0);
}

SUITE(hook_dlsym, fresh, gone, CASE(what_is_looked_up_is_counted_to_the_byte), CASE(resize_of_nothing_takes_and_to_nothing_gives),
      CASE(a_refused_resize_keeps_the_block), CASE(memory_from_elsewhere_may_be_given), CASE(errno_stays),
      CASE(nobodys_is_undecided_and_undecided_is_the_jvms), CASE(dlsym_that_is_looked_up_gives_the_same),
      CASE(what_is_not_the_allocator_is_left_alone), CASE(a_shut_door_hands_out_the_real_ones), CASE(sums_are_exact_under_threads));
