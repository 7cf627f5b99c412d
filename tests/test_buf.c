/* SPDX-License-Identifier: Apache-2.0 */
/* test_buf.c: text in a fixed array: what does not fit is cut, remembered, and never written behind the end. */
#include "base/buf.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

enum { ROOM = 64, CANARY = 0x5a };

static char       data[ROOM];
static struct buf b;

static void with_cap(size_t cap)
{
    memset(data, CANARY, sizeof data);
    buf_init(&b, data, cap);
}

/* What every buffer owes, whatever was put into it: `whole` is what an endless one would hold. */
static void holds_prefix_of(const char *whole)
{
    size_t fits = strlen(whole) < b.cap ? strlen(whole) : b.cap - 1;
    CU_ASSERT_EQUAL(b.len, fits);
    CU_ASSERT_EQUAL(memcmp(b.data, whole, fits), 0);
    CU_ASSERT_EQUAL(b.data[b.len], '\0');
    CU_ASSERT_EQUAL(b.cut, fits < strlen(whole));
    for (size_t i = b.cap; i < ROOM; i++)
        CU_ASSERT_EQUAL(data[i], CANARY);
}

static void buf_init_makes_an_empty_text_at_any_capacity(void)
{
    for (size_t cap = 1; cap < ROOM; cap++) {
        with_cap(cap);
        holds_prefix_of("");
    }
}

static void buf_put_keeps_a_prefix_at_every_capacity(void)
{
    for (size_t cap = 1; cap < ROOM; cap++) {
        with_cap(cap);
        buf_put(&b, "0123456789", 10);
        holds_prefix_of("0123456789");
        buf_put(&b, "abc", 0);
        holds_prefix_of("0123456789");
    }
}

static void buf_puts_and_printf_cut_alike(void)
{
    for (size_t cap = 1; cap < ROOM; cap++) {
        with_cap(cap);
        buf_puts(&b, "0123456");
        buf_puts(&b, "");
        buf_printf(&b, "%d-%s", 78, "xyz");
        buf_puts(&b, "end");
        holds_prefix_of("012345678-xyzend");
    }
}

static void buf_printf_of_nothing_into_a_full_buffer_is_no_cut(void)
{
    with_cap(4);
    buf_puts(&b, "abc");
    buf_printf(&b, "%s", "");
    holds_prefix_of("abc");
    buf_printf(&b, "%s", "d");
    holds_prefix_of("abcd");
}

static void buf_put_takes_bytes_of_any_value(void)
{
    with_cap(8);
    buf_put(&b, "a\0b\377", 4);
    CU_ASSERT_EQUAL(b.len, 4);
    CU_ASSERT_EQUAL(memcmp(data, "a\0b\377\0", 5), 0);
    CU_ASSERT_FALSE(b.cut);
}

static void buf_keeps_what_was_cut_in_mind_until_reset(void)
{
    with_cap(4);
    buf_puts(&b, "abcdef");
    buf_puts(&b, "");
    CU_ASSERT_TRUE(b.cut);
    buf_reset(&b);
    holds_prefix_of("");
    buf_puts(&b, "xyz");
    holds_prefix_of("xyz");
}

static void buf_mark_cut_ends_only_cut_text_with_dots(void)
{
    with_cap(8);
    buf_puts(&b, "1234567");
    buf_mark_cut(&b);
    CU_ASSERT_STRING_EQUAL(data, "1234567");
    buf_puts(&b, "8");
    buf_mark_cut(&b);
    CU_ASSERT_STRING_EQUAL(data, "1234...");
    for (size_t cap = 1; cap < 4; cap++) { /* no room for three dots: the text stays */
        with_cap(cap);
        buf_puts(&b, "wxyz");
        buf_mark_cut(&b);
        holds_prefix_of("wxyz");
    }
}

SUITE(buf, NULL, NULL, CASE(buf_init_makes_an_empty_text_at_any_capacity),
      CASE(buf_put_keeps_a_prefix_at_every_capacity), CASE(buf_puts_and_printf_cut_alike),
      CASE(buf_printf_of_nothing_into_a_full_buffer_is_no_cut),
      CASE(buf_put_takes_bytes_of_any_value), CASE(buf_keeps_what_was_cut_in_mind_until_reset),
      CASE(buf_mark_cut_ends_only_cut_text_with_dots));
