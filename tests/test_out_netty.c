/* SPDX-License-Identifier: Apache-2.0 */
/* test_out_netty.c: Netty's own malloc in a sheet and in a ledger. */
#include "out/out_netty.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

static const struct weir_netty_malloc some = { 512 << 20, 128, "netty-common-4.2.20.Final.jar" };
static char                           text[1024];
static struct buf                     out;

static void fresh(void)
{
    buf_init(&out, text, sizeof text);
}

static void out_netty_says_how_much_and_where_it_counts(void)
{
    out_netty_text(&out, &some);
    CU_ASSERT_STRING_EQUAL(text, "\nnetty    512.0 MiB in 128 blocks through malloc: inside the container, outside MaxDirectMemorySize"
                                 "  [netty-common-4.2.20.Final.jar]");
    buf_reset(&out);
    struct json j = json_on(&out);
    json_object(&j, NULL);
    out_netty_json(&j, &some);
    json_object_end(&j);
    CU_ASSERT_STRING_EQUAL(text, "{\"netty_malloc\":{\"bytes\":536870912,\"blocks\":128,\"source\":\"netty-common-4.2.20.Final.jar\"}}");
}

static void out_netty_without_any_says_nothing(void)
{
    struct weir_netty_malloc none = { 0, 0, "" };
    struct json              j = json_on(&out);
    out_netty_json(&j, &none);
    out_netty_text(&out, &none);
    CU_ASSERT_STRING_EQUAL(text, "");
}

static void out_netty_wire_brings_it_back(void)
{
    unsigned char            bytes[512];
    struct weir_netty_malloc copy = some, back = { 0, 0, NULL };
    struct wire              w = wire_writer(bytes, sizeof bytes), r;
    out_netty_wire(&w, &copy);
    r = wire_reader(bytes, (size_t)(w.at - bytes));
    out_netty_wire(&r, &back);
    CU_ASSERT_FALSE(w.bad || r.bad);
    CU_ASSERT_TRUE(back.bytes == some.bytes && back.blocks == some.blocks);
    CU_ASSERT_STRING_EQUAL(back.source, some.source);
}

SUITE(out_netty, fresh, NULL, CASE(out_netty_says_how_much_and_where_it_counts), CASE(out_netty_without_any_says_nothing),
      CASE(out_netty_wire_brings_it_back));
