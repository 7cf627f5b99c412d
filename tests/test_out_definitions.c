/* SPDX-License-Identifier: Apache-2.0 */
/* test_out_definitions.c: classes defined, as JSON and as a line of text. */
#include "out/out_definitions.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

static char       text[4096];
static struct buf out;

static const struct weir_definitions some = {
    .measured = true,
    .classes = 1234,
    .bytes = 3 << 20,
    .loaded_known = true,
    .loaded = 5678,
    .unsorted = 2,
    .denied = 7,
    .family_count = 2,
    .families = { { "jdk.proxy*.$Proxy*", "proxy", 1000, 2 << 20 }, { "com.\"acme\".*", "plain", 234, 1 << 20 } },
};

static void fresh(void)
{
    buf_init(&out, text, sizeof text);
}

static void out_definitions_json_has_totals_and_families(void)
{
    struct json j = json_on(&out);
    json_object(&j, NULL);
    out_definitions_json(&j, &some);
    json_object_end(&j);
    CU_ASSERT_STRING_EQUAL(text, "{\"definitions\":{\"classes\":1234,\"file_bytes\":3145728,\"vm_loaded\":5678,\"denied\":7,\"unsorted\":2,"
                                 "\"families\":[{\"name\":\"jdk.proxy*.$Proxy*\",\"kind\":\"proxy\",\"classes\":1000,\"file_bytes\":2097152},"
                                 "{\"name\":\"com.\\\"acme\\\".*\",\"kind\":\"plain\",\"classes\":234,\"file_bytes\":1048576}]}}");
}

static void out_definitions_json_of_an_unknown_total_is_null(void)
{
    struct weir_definitions d = some;
    struct json             j = json_on(&out);
    d.loaded_known = false;
    json_object(&j, NULL);
    out_definitions_json(&j, &d);
    json_object_end(&j);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"vm_loaded\":null,"));
}

static void out_definitions_text_names_the_largest_families(void)
{
    out_definitions_text(&out, &some);
    CU_ASSERT_STRING_EQUAL(text, "\ndefined  1234 classes of 3.0 MiB of class files since the agent came, 7 denied; most of them "
                                 "jdk.proxy*.$Proxy* (1000), com.\"acme\".* (234)");
}

static void out_definitions_that_nobody_counts_are_not_there(void)
{
    struct weir_definitions none = { .measured = false };
    struct json             j = json_on(&out);
    json_object(&j, NULL);
    out_definitions_json(&j, &none);
    json_object_end(&j);
    out_definitions_text(&out, &none);
    CU_ASSERT_STRING_EQUAL(text, "{}");
}

SUITE(out_definitions, fresh, NULL, CASE(out_definitions_json_has_totals_and_families),
      CASE(out_definitions_json_of_an_unknown_total_is_null), CASE(out_definitions_text_names_the_largest_families),
      CASE(out_definitions_that_nobody_counts_are_not_there));
