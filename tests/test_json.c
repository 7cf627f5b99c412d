/* SPDX-License-Identifier: Apache-2.0 */
/* test_json.c: the JSON writer and the escapes of utf8, judged by json_check and by byte-exact results. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "json_check.h"
#include "out/json.h"
#include "out/utf8.h"
#include "suite.h"

static char       data[65536];
static struct buf b;

static void setup(void)
{
    buf_init(&b, data, sizeof data);
}

static void json_puts_commas_between_values_only(void)
{
    struct json j = json_on(&b);
    json_object(&j, NULL);
    json_object(&j, "empty");
    json_object_end(&j);
    json_array(&j, "list");
    json_unsigned(&j, NULL, UINT64_MAX);
    json_signed(&j, NULL, INT64_MIN);
    json_array(&j, NULL);
    json_array_end(&j);
    json_string(&j, NULL, "x");
    json_array_end(&j);
    json_bool(&j, "yes", true);
    json_null(&j, "none");
    json_string_or_null(&j, "blank", "");
    json_object_end(&j);
    CU_ASSERT_STRING_EQUAL(
        data, "{\"empty\":{},\"list\":[18446744073709551615,-9223372036854775808,[],\"x\"],"
              "\"yes\":true,\"none\":null,\"blank\":null}");
    CU_ASSERT_TRUE(json_check(data));
}

static void json_escapes_keys_as_well_as_values(void)
{
    struct json j = json_on(&b);
    json_object(&j, NULL);
    json_string(&j, "a\"b\\c\n", "d\"e\\f\t");
    json_object_end(&j);
    CU_ASSERT_STRING_EQUAL(data, "{\"a\\\"b\\\\c\\n\":\"d\\\"e\\\\f\\t\"}");
}

static const char *quoted(const char *s)
{
    buf_reset(&b);
    utf8_text(&b, s, true);
    return data;
}

static void utf8_escapes_what_ends_a_line_or_drives_a_terminal(void)
{
    CU_ASSERT_STRING_EQUAL(quoted("\b\t\n\f\r\x01\x1b[31m\x7f"),
                           "\\b\\t\\n\\f\\r\\u0001\\u001b[31m\\u007f");
    CU_ASSERT_STRING_EQUAL(quoted("\xC2\x9B"
                                  "x\xE2\x80\xA8y\xE2\x80\xA9z"),
                           "\\u009bx\\u2028y\\u2029z");
}

static void utf8_leaves_quotes_alone_where_none_surround(void)
{
    utf8_text(&b, "key \"x\" \\ y\n", false);
    CU_ASSERT_STRING_EQUAL(data, "key \"x\" \\ y\\n");
}

static void utf8_keeps_valid_text(void)
{
    CU_ASSERT_STRING_EQUAL(quoted("A\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"),
                           "A\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
}

static void utf8_reads_the_jvms_own_encoding(void)
{
    CU_ASSERT_STRING_EQUAL(quoted("a\xC0\x80z"), "a\\u0000z");
    CU_ASSERT_STRING_EQUAL(quoted("\xED\xA0\xBD\xED\xB8\x80"),
                           "\xF0\x9F\x98\x80"); /* U+1F600 as two surrogates */
    CU_ASSERT_STRING_EQUAL(quoted("\xED\xAF\xBF\xED\xBF\xBF"), "\xF4\x8F\xBF\xBF"); /* U+10FFFF */
}

#define R "\xEF\xBF\xBD" /* U+FFFD */
static void utf8_replaces_what_means_nothing(void)
{
    /* clang-format off */
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "\x80", R },                         /* continuation without lead */
        { "a\xFFz", "a" R "z" },               /* never a lead */
        { "\xF8\x88\x80\x80\x80", R R R R R }, /* five bytes */
        { "\xC3", R },                         /* the end cuts a sequence */
        { "\xE2\x82", R R },
        { "\xF0\x9F\x98", R R R },
        { "\xE2\x82z", R R "z" },
        { "\xC1\xBF", R R },                   /* overlong */
        { "\xC0\x81", R R },                   /* C0 80 is the only one allowed */
        { "\xE0\x80\x80", R R R },
        { "\xF0\x80\x80\x80", R R R R },
        { "\xF4\x90\x80\x80", R R R R },       /* above U+10FFFF */
        { "\xED\xA0\xBDz", R "z" },            /* lone high surrogate */
        { "\xED\xB8\x80z", R "z" },            /* lone low one */
        { "\xED\xA0\xBD\xED\xA0\xBD\xED\xB8\x80", R "\xF0\x9F\x98\x80" },
        { "\xED\xA0\xBD\xED", R R },
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CU_ASSERT_STRING_EQUAL(quoted(cases[i].in), cases[i].out);
}

/* Every string of two arbitrary bytes and a third from the edges of UTF-8's tables stays a JSON string. */
static void utf8_makes_any_bytes_a_json_string(void)
{
    static const unsigned char thirds[] = { 'a',  '"',  0x7F, 0x80, 0x8F, 0x90, 0x9F,
                                            0xA0, 0xBF, 0xC0, 0xED, 0xF0, 0xFF };
    size_t                     wrong = 0, seen = 0;
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        for (size_t k = 0; k < sizeof thirds; k++, seen++) {
            char        in[] = { (char)(pair >> 8), (char)pair, (char)thirds[k], (char)0x80, 0 };
            struct json j = json_on(&b);
            buf_reset(&b);
            json_string(&j, NULL, in);
            wrong += !json_check(data);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(seen, 0x10000 * sizeof thirds);
}

static void json_check_refuses_what_is_not_json(void)
{
    static const char *const bad[] = { "",
                                       "{",
                                       "{}x",
                                       "[1,]",
                                       "{\"a\":1,}",
                                       "{\"a\":1,\"a\":2}",
                                       "{a:1}",
                                       "[01]",
                                       "[1.]",
                                       "[-]",
                                       "\"\n\"",
                                       "\"\\x\"",
                                       "\"\\u12\"",
                                       "\"\xFF\"",
                                       "\"\xED\xA0\xBD\"",
                                       "\"\xC0\x80\"",
                                       "[1 2]",
                                       "nul",
                                       "{}\n\n" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_FALSE(json_check(bad[i]));
    CU_ASSERT_TRUE(json_check("[0.012034]"));
    CU_ASSERT_TRUE(json_check("{\"a\":[1,{\"b\":null}],\"c\":\"\\u0000\xC3\xA4\"}\n"));
    CU_ASSERT_STRING_EQUAL(json_at("{\"a\":[1,{\"b\":null}],\"c\":\"x\"}", "a/1/b"), "null");
    CU_ASSERT_STRING_EQUAL(json_at("{\"a\":[1,{\"b\":null}],\"c\":\"x\"}", "c"), "\"x\"");
    CU_ASSERT_STRING_EQUAL(json_at("{\"a\":[1],\"c\":\"x\"}", "a/1"), "");
}

/* clang-format off */
SUITE(json, setup, NULL,
      CASE(json_puts_commas_between_values_only),
      CASE(json_escapes_keys_as_well_as_values),
      CASE(utf8_escapes_what_ends_a_line_or_drives_a_terminal),
      CASE(utf8_leaves_quotes_alone_where_none_surround),
      CASE(utf8_keeps_valid_text),
      CASE(utf8_reads_the_jvms_own_encoding),
      CASE(utf8_replaces_what_means_nothing),
      CASE(utf8_makes_any_bytes_a_json_string),
      CASE(json_check_refuses_what_is_not_json));
