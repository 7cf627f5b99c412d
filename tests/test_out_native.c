/* SPDX-License-Identifier: Apache-2.0 */
/* test_out_native.c: native libraries as JSON, as lines, and through the ledger. */
#include "out/out_native.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

static char       text[4096];
static struct buf out;

static const struct weir_native some = {
    .known = true,
    .libraries = 3,
    .slots = 60,
    .left_out = 1,
    .bytes = (402 << 20) + (10 << 20),
    .blocks = 12346,
    .unknown_frees = 5,
    .trouble = "who knows",
    .count = 2,
    .library = { { "librocksdbjni-linux64.so", WEIR_MANAGED, "the state backend's", false, 402 << 20, 12345, 410 << 20 },
                 { "lib\"odd\".so", WEIR_TASK_OFF_HEAP, "by the Java code that calls it", true, 10 << 20, 1, 10 << 20 } },
};

static void fresh(void)
{
    buf_init(&out, text, sizeof text);
}

static void put_json(const struct weir_native *n)
{
    struct json j = json_on(&out);
    json_object(&j, NULL);
    out_native_json(&j, n);
    json_object_end(&j);
}

static void out_native_json_has_sums_and_libraries(void)
{
    put_json(&some);
    CU_ASSERT_STRING_EQUAL(text, "{\"native\":{\"hooked\":3,\"slots\":60,\"left_out\":1,\"bytes\":432013312,\"blocks\":12346,\"unknown_frees\":5,"
                                 "\"trouble\":\"who knows\",\"libraries\":[{\"name\":\"librocksdbjni-linux64.so\",\"component\":\"managed\","
                                 "\"why\":\"the state backend's\",\"bytes\":421527552,\"blocks\":12345,\"peak\":429916160,\"unloaded\":false},"
                                 "{\"name\":\"lib\\\"odd\\\".so\",\"component\":\"task.off-heap\",\"why\":\"by the Java code that calls it\","
                                 "\"bytes\":10485760,\"blocks\":1,\"peak\":10485760,\"unloaded\":true}]}}");
}

static void out_native_text_has_a_line_for_each(void)
{
    out_native_text(&out, &some);
    CU_ASSERT_STRING_EQUAL(text, "\nnative   412.0 MiB in 12346 blocks of 3 libraries; 1 more cannot be counted; who knows"
                                 "\n         librocksdbjni-linux64.so 402.0 MiB in 12345 blocks, at most 410.0; managed: the state backend's"
                                 "\n         lib\"odd\".so 10.0 MiB in 1 block, at most 10.0; task.off-heap: by the Java code that calls it; unloaded, "
                                 "this is left");
}

static void out_native_that_is_off_or_empty_says_nothing(void)
{
    struct weir_native none = { .known = false }, empty = { .known = true };
    out_native_text(&out, &none);
    out_native_text(&out, &empty);
    CU_ASSERT_STRING_EQUAL(text, "");
    put_json(&none);
    CU_ASSERT_STRING_EQUAL(text, "{}");
}

static void through_the_ledger(const struct weir_native *n, struct weir_native *back)
{
    static unsigned char bytes[4096];
    struct weir_native   copy = *n;
    struct wire          w = wire_writer(bytes, sizeof bytes), r = wire_reader(bytes, sizeof bytes);
    out_native_wire(&w, &copy);
    memset(back, 0, sizeof *back);
    out_native_wire(&r, back);
    CU_ASSERT_FALSE(w.bad || r.bad);
    CU_ASSERT_EQUAL(w.at - bytes, r.at - bytes);
}

static void out_native_comes_back_from_the_ledger(void)
{
    struct weir_native back, calm = some;
    through_the_ledger(&some, &back);
    put_json(&back);
    char first[sizeof text];
    memcpy(first, text, sizeof text);
    fresh();
    put_json(&some);
    CU_ASSERT_STRING_EQUAL(text, first);
    calm.trouble = NULL;
    through_the_ledger(&calm, &back);
    CU_ASSERT_PTR_NULL(back.trouble);
    calm.known = false;
    through_the_ledger(&calm, &back);
    CU_ASSERT_FALSE(back.known);
}

SUITE(out_native, fresh, NULL, CASE(out_native_json_has_sums_and_libraries), CASE(out_native_text_has_a_line_for_each),
      CASE(out_native_that_is_off_or_empty_says_nothing), CASE(out_native_comes_back_from_the_ledger));
