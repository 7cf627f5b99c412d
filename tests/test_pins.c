/* SPDX-License-Identifier: Apache-2.0 */
/* test_pins.c: from single holders to what a person reads. */
#include "model/pingroup.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "out/out_pins.h"
#include "suite.h"

static struct weir_pins pins;
static struct pingroup  group;
static char             text[8192];

static void fresh(void)
{
    memset(&pins, 0, sizeof pins);
    memset(&group, 0, sizeof group);
    group.pins = &pins;
}

static struct pin_found found(enum weir_pin_kind kind, const char *what, uint32_t thread)
{
    static struct pin_found f;
    memset(&f, 0, sizeof f);
    f.pin.kind = kind;
    f.thread = thread;
    snprintf(f.pin.what, sizeof f.pin.what, "%s", what);
    snprintf(f.pin.path, sizeof f.pin.path, "%s -> com.x.Y", what);
    return f;
}

static void add(struct pin_found f)
{
    pins.pinned[pins.pinned_count].loader = (uint32_t)pins.pinned_count + 1;
    pingroup_add(&group, pins.pinned_count++, &f, 1);
}

static const char *told(void)
{
    struct buf b;
    buf_init(&b, text, sizeof text);
    out_pins_text(&b, &pins);
    return text;
}

static void holders_that_differ_in_numbers_only_are_one(void)
{
    add(found(WEIR_PIN_THREAD, "thread \"Hikari-1 housekeeper\"", 4));
    add(found(WEIR_PIN_THREAD, "thread \"Hikari-22 housekeeper\"", 5));
    add(found(WEIR_PIN_STATIC, "static com.x.Cache.ALL", 0));
    add(found(WEIR_PIN_THREAD, "thread \"Hikari-3 housekeeper\"", 6));
    pingroup_sort(&pins);
    CU_ASSERT_EQUAL(pins.pin_count, 2);
    CU_ASSERT_EQUAL(pins.pins[0].loaders, 3);
    CU_ASSERT_EQUAL(pins.pins[0].threads, 3);
    CU_ASSERT_STRING_EQUAL(pins.pins[0].what, "thread \"Hikari-* housekeeper\"");
    CU_ASSERT_EQUAL(pins.pinned[2].pins, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(told(), "4 class loaders: 4 pinned\n  3 of 4 by 3 threads: thread \"Hikari-* housekeeper\"\n"
                                          "    path thread \"Hikari-* housekeeper\" -> com.x.Y\n  1 of 4 by static com.x.Cache.ALL\n"));
}

static void a_name_with_numbers_stays_whole_when_there_is_one(void)
{
    add(found(WEIR_PIN_CONTEXT_LOADER, "context class loader of thread \"pool-7\"", 4));
    CU_ASSERT_PTR_NOT_NULL(strstr(told(), "1 class loader: 1 pinned\n  1 of 1 by context class loader of thread \"pool-7\"\n"));
}

/* Three loaders by ThreadLocals of one thread; two by one static, one of them down a longer way. */
static void one_place_is_one_reason_whatever_is_below(void)
{
    for (int i = 0; i < 3; i++)
        add(found(WEIR_PIN_THREAD_LOCAL, "ThreadLocal of thread \"keeper\"", 4));
    struct pin_found longer = found(WEIR_PIN_STATIC, "static com.x.Cache.ALL", 0);
    snprintf(longer.pin.path, sizeof longer.pin.path, "static com.x.Cache.ALL -> Node.next -> com.x.Y");
    add(longer);
    add(found(WEIR_PIN_STATIC, "static com.x.Cache.ALL", 0));
    CU_ASSERT_EQUAL_FATAL(pins.pin_count, 2);
    CU_ASSERT_EQUAL(pins.pins[0].threads, 1);
    CU_ASSERT_EQUAL(pins.pins[1].loaders, 2);
    CU_ASSERT_STRING_EQUAL(pins.pins[1].path, "static com.x.Cache.ALL -> com.x.Y");
    CU_ASSERT_PTR_NOT_NULL(strstr(told(), "\n  3 of 5 by ThreadLocal of thread \"keeper\"\n"));
}

static size_t reduced(struct pin_found *f, size_t n)
{
    return pingroup_reduce(f, n);
}

static void a_thread_that_runs_the_code_is_its_only_reason(void)
{
    struct pin_found f[5] = { found(WEIR_PIN_CONTEXT_LOADER, "a", 1), found(WEIR_PIN_THREAD, "b", 1), found(WEIR_PIN_THREAD, "b", 1),
                              found(WEIR_PIN_THREAD_LOCAL, "c", 1), found(WEIR_PIN_THREAD, "d", 2) };
    f[1].runs = 1;
    f[2].runs = 2;
    CU_ASSERT_EQUAL(reduced(f, 5), 2);
    CU_ASSERT_EQUAL(f[0].runs, 2);
    CU_ASSERT_STRING_EQUAL(f[1].pin.what, "d");
}

static void a_pooled_threads_local_and_context_are_two_reasons(void)
{
    struct pin_found f[4] = { found(WEIR_PIN_THREAD_LOCAL, "a", 1), found(WEIR_PIN_THREAD, "inherited access", 1),
                              found(WEIR_PIN_CONTEXT_LOADER, "b", 1), found(WEIR_PIN_THREAD_LOCAL, "a", 1) };
    CU_ASSERT_EQUAL(reduced(f, 4), 2);
    CU_ASSERT_EQUAL(f[0].pin.kind, WEIR_PIN_THREAD_LOCAL);
    CU_ASSERT_EQUAL(f[1].pin.kind, WEIR_PIN_CONTEXT_LOADER);
}

static void what_is_not_known_gives_way_to_what_is(void)
{
    struct pin_found f[4] = { found(WEIR_PIN_VM, "the VM", 0), found(WEIR_PIN_STATIC, "s", 0), found(WEIR_PIN_VM, "cut", 0),
                              found(WEIR_PIN_STATIC, "s", 0) };
    f[2].pin.cut = true;
    CU_ASSERT_EQUAL(reduced(f, 4), 1);
    CU_ASSERT_STRING_EQUAL(f[0].pin.what, "s");
    struct pin_found alone = found(WEIR_PIN_VM, "cut", 0);
    alone.pin.cut = true;
    CU_ASSERT_EQUAL(reduced(&alone, 1), 1);
}

static void a_loader_of_caches_alone_is_no_leak(void)
{
    struct pin_found f = found(WEIR_PIN_STATIC, "static x.CompileUtils.CACHE", 0);
    f.pin.soft = f.pin.bounded = true;
    add(f);
    f = found(WEIR_PIN_STATIC, "static x.Y.Z", 0);
    f.pin.soft = true;
    add(f);
    CU_ASSERT_EQUAL(pins.pinned[0].hold, WEIR_HOLD_CACHED);
    CU_ASSERT_EQUAL(pins.pinned[1].hold, WEIR_HOLD_SOFT);
    pins.pinned[pins.pinned_count++] = (struct weir_pinned){ .loader = 9, .hold = WEIR_HOLD_GARBAGE };
    CU_ASSERT_PTR_NOT_NULL(strstr(told(), "3 class loaders: 1 bounded cache, 1 only softly held, 1 not yet collected\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "static x.CompileUtils.CACHE, a bounded cache: no leak\n"));
}

static void more_reasons_than_there_is_room_for_are_counted(void)
{
    char what[] = "static x.A";
    for (int i = 0; i < WEIR_MAX_PINS + 2; i++) {
        what[9] = (char)('A' + i);
        add(found(WEIR_PIN_STATIC, what, 0));
    }
    pingroup_sort(&pins);
    CU_ASSERT_EQUAL(pins.pin_count, WEIR_MAX_PINS);
    CU_ASSERT_EQUAL(pins.more_pins, 2);
    CU_ASSERT_EQUAL(pins.pinned[WEIR_MAX_PINS + 1].hold, WEIR_HOLD_PINNED);
    CU_ASSERT_PTR_NOT_NULL(strstr(told(), "\n  2 more holders are left out\n"));
}

static void the_cost_is_said(void)
{
    struct buf b;
    buf_init(&b, text, sizeof text);
    pins.walks = 4;
    pins.edges = 12345678;
    pins.pause_us = 912345;
    pins.longest_us = 300400;
    out_pins_cost(&b, &pins);
    CU_ASSERT_STRING_EQUAL(text, "found in 4 heap walks over 12.3 million references, 0.912 s of pause in all, longest 0.300 s");
    pins.out_of_time = true;
    buf_reset(&b);
    out_pins_cost(&b, &pins);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "; more would have taken longer than allowed"));
}

SUITE(pins, fresh, NULL, CASE(holders_that_differ_in_numbers_only_are_one), CASE(a_name_with_numbers_stays_whole_when_there_is_one),
      CASE(one_place_is_one_reason_whatever_is_below),
      CASE(a_thread_that_runs_the_code_is_its_only_reason), CASE(a_pooled_threads_local_and_context_are_two_reasons),
      CASE(what_is_not_known_gives_way_to_what_is), CASE(a_loader_of_caches_alone_is_no_leak),
      CASE(more_reasons_than_there_is_room_for_are_counted), CASE(the_cost_is_said));
