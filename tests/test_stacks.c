/* SPDX-License-Identifier: Apache-2.0 */
/* test_stacks.c: names, frames and stacks come back as they went in; a full table costs its part and nothing else. */
#include "core/stacks.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

enum { ENDLESS = 1 << 20 }; /* more than any of the tables holds */

static struct stacks    *stacks;
static struct weir_stack out;

static void fresh(void)
{
    CU_ASSERT_EQUAL_FATAL(stacks_new(&stacks), WEIR_OK);
    memset(&out, 0xa5, sizeof out);
}

static void gone(void)
{
    stacks_delete(stacks);
}

static uint32_t name(const char *s)
{
    return stacks_name(stacks, s, strlen(s));
}

static uint32_t frame(const char *class_name, const char *method, const char *file, int32_t line)
{
    return stacks_frame(stacks, name(class_name), name(method), name(file), line);
}

static void is_frame(int i, const char *class_name, const char *method, const char *file,
                     int32_t line)
{
    CU_ASSERT_STRING_EQUAL(out.frames[i].class_name, class_name);
    CU_ASSERT_STRING_EQUAL(out.frames[i].method, method);
    CU_ASSERT_STRING_EQUAL(out.frames[i].file, file);
    CU_ASSERT_EQUAL(out.frames[i].line, line);
}

static void stacks_name_comes_back_as_text(void)
{
    uint32_t id = stacks_name(stacks, "leak.jar and more", 8);
    CU_ASSERT_NOT_EQUAL(id, 0);
    CU_ASSERT_STRING_EQUAL(stacks_text(stacks, id), "leak.jar");
    CU_ASSERT_EQUAL(name("leak.jar"), id);
    CU_ASSERT_NOT_EQUAL(name("leak"), id);
    CU_ASSERT_NOT_EQUAL(name(""), 0);
    CU_ASSERT_STRING_EQUAL(stacks_text(stacks, name("")), "");
    CU_ASSERT_STRING_EQUAL(stacks_text(stacks, 0), "");
}

static void stacks_name_is_cut_at_512_bytes(void)
{
    char text[600];
    memset(text, 'n', sizeof text);
    uint32_t full = stacks_name(stacks, text, 512);
    CU_ASSERT_EQUAL(strlen(stacks_text(stacks, full)), 512);
    CU_ASSERT_EQUAL(stacks_name(stacks, text, 600), full);
    CU_ASSERT_NOT_EQUAL(stacks_name(stacks, text, 511), full);
}

static void stacks_get_returns_the_frames_in_order(void)
{
    uint32_t frames[] = { frame("java.nio.ByteBuffer", "allocateDirect", "ByteBuffer.java", 332),
                          frame("com.example.Leak", "flatMap", "Leak.java", 41),
                          frame("jdk.internal.misc.Unsafe", "allocateMemory0", "", -1) };
    uint32_t id = stacks_put(stacks, frames, 3);
    CU_ASSERT_NOT_EQUAL_FATAL(id, 0);
    stacks_get(stacks, id, &out);
    CU_ASSERT_EQUAL(out.count, 3);
    is_frame(0, "java.nio.ByteBuffer", "allocateDirect", "ByteBuffer.java", 332);
    is_frame(1, "com.example.Leak", "flatMap", "Leak.java", 41);
    is_frame(2, "jdk.internal.misc.Unsafe", "allocateMemory0", "", -1);
}

static void stacks_get_leaves_decider_and_source_to_the_caller(void)
{
    uint32_t f = frame("a", "b", "c", 1);
    out.decider = 17;
    out.source = "mine";
    stacks_get(stacks, stacks_put(stacks, &f, 1), &out);
    CU_ASSERT_EQUAL(out.decider, 17);
    CU_ASSERT_STRING_EQUAL(out.source, "mine");
}

static void stacks_of_the_same_lines_have_the_same_id(void)
{
    uint32_t a = frame("A", "m", "A.java", 1), b = frame("A", "m", "A.java", 2);
    CU_ASSERT_NOT_EQUAL(a, b);
    CU_ASSERT_EQUAL(frame("A", "m", "A.java", 1), a);
    uint32_t id = stacks_put(stacks, (uint32_t[]){ a, b }, 2);
    CU_ASSERT_EQUAL(stacks_put(stacks, (uint32_t[]){ a, b }, 2), id);
    CU_ASSERT_NOT_EQUAL(stacks_put(stacks, (uint32_t[]){ b, a }, 2), id);
    CU_ASSERT_NOT_EQUAL(stacks_put(stacks, (uint32_t[]){ a }, 1), id);
    CU_ASSERT_NOT_EQUAL(stacks_put(stacks, (uint32_t[]){ a, b, a }, 3), id);
}

static void stacks_get_of_no_stack_is_empty(void)
{
    stacks_get(stacks, 0, &out);
    CU_ASSERT_EQUAL(out.count, 0);
    stacks_get(stacks, stacks_put(stacks, (uint32_t[]){ 1 }, 0), &out);
    CU_ASSERT_EQUAL(out.count, 0);
}

static void stacks_get_shows_an_unknown_frame_as_blank(void)
{
    uint32_t f[] = { 0, stacks_frame(stacks, 0, name("m"), 0, 7) };
    stacks_get(stacks, stacks_put(stacks, f, 2), &out);
    CU_ASSERT_EQUAL(out.count, 2);
    is_frame(0, "", "", "", 0);
    is_frame(1, "", "m", "", 7);
}

static void stacks_get_keeps_to_the_depth_of_a_snapshot(void)
{
    uint32_t f[WEIR_MAX_DEPTH + 10];
    for (int i = 0; i < WEIR_MAX_DEPTH + 10; i++)
        f[i] = frame("Deep", "recurse", "Deep.java", i + 1);
    stacks_get(stacks, stacks_put(stacks, f, WEIR_MAX_DEPTH + 10), &out);
    CU_ASSERT_EQUAL(out.count, WEIR_MAX_DEPTH);
    is_frame(WEIR_MAX_DEPTH - 1, "Deep", "recurse", "Deep.java", WEIR_MAX_DEPTH);
}

/* ---- full tables */

static uint32_t nth_name(uint32_t i)
{
    char text[16];
    return stacks_name(stacks, text, (size_t)snprintf(text, sizeof text, "n%u", i));
}

static uint32_t nth_frame(uint32_t i)
{
    return stacks_frame(stacks, 0, 0, 0, (int32_t)i);
}

static uint32_t nth_stack(uint32_t i)
{
    return stacks_put(stacks, &i, 1); /* ids of frames are not looked at before stacks_get() */
}

/* Fills one table and returns how many it took; the next ones get 0 and are counted, the old keep their ids. */
static uint32_t fill(uint32_t (*nth)(uint32_t))
{
    uint32_t n = 0, first = nth(0);
    uint64_t before = stacks_dropped(stacks);
    while (n < ENDLESS && nth(n) != 0)
        n++;
    CU_ASSERT_TRUE(n < ENDLESS);
    CU_ASSERT_EQUAL(nth(n + 1), 0);
    CU_ASSERT_EQUAL(nth(n + 2), 0);
    CU_ASSERT_EQUAL(stacks_dropped(stacks), before + 3);
    CU_ASSERT_EQUAL(nth(0), first);
    return n;
}

static void stacks_full_of_names_still_takes_frames_and_stacks(void)
{
    uint32_t known = name("known");
    CU_ASSERT_EQUAL(fill(nth_name), (1 << 16) - 1);
    CU_ASSERT_EQUAL(name("unheard of"), 0);
    CU_ASSERT_EQUAL(name("known"), known);
    uint32_t f = stacks_frame(stacks, known, name("unheard of"), 0, 5);
    stacks_get(stacks, stacks_put(stacks, &f, 1), &out);
    CU_ASSERT_EQUAL(out.count, 1);
    is_frame(0, "known", "", "", 5);
}

static void stacks_full_of_frames_and_stacks_gives_0(void)
{
    CU_ASSERT_EQUAL(fill(nth_frame), 1 << 17);
    CU_ASSERT_EQUAL(fill(nth_stack), 1 << 15);
    CU_ASSERT_NOT_EQUAL(name("still taken"), 0);
    CU_ASSERT_EQUAL(stacks_dropped(stacks), 6);
}

static void stacks_full_of_long_names_is_bounded_by_bytes(void)
{
    char     text[512];
    uint32_t n = 0;
    memset(text, 'n', sizeof text);
    for (;; n++) {
        memcpy(text, &n, sizeof n);
        if (stacks_name(stacks, text, sizeof text) == 0)
            break;
    }
    CU_ASSERT_TRUE(n > 15000 && n < (8 << 20) / 512);
    CU_ASSERT_EQUAL(stacks_dropped(stacks), 1);
}

SUITE(stacks, fresh, gone, CASE(stacks_name_comes_back_as_text),
      CASE(stacks_name_is_cut_at_512_bytes), CASE(stacks_get_returns_the_frames_in_order),
      CASE(stacks_get_leaves_decider_and_source_to_the_caller),
      CASE(stacks_of_the_same_lines_have_the_same_id), CASE(stacks_get_of_no_stack_is_empty),
      CASE(stacks_get_shows_an_unknown_frame_as_blank),
      CASE(stacks_get_keeps_to_the_depth_of_a_snapshot),
      CASE(stacks_full_of_names_still_takes_frames_and_stacks),
      CASE(stacks_full_of_frames_and_stacks_gives_0),
      CASE(stacks_full_of_long_names_is_bounded_by_bytes));
