/* SPDX-License-Identifier: Apache-2.0 */
/* test_classes.c: definitions by family, from many threads, and more families than there is room for. */
#include "core/classes.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "suite.h"

enum { CREW = 8, EACH = 20000 };

static struct classes         *classes;
static struct weir_definitions got;

static void fresh(void)
{
    CU_ASSERT_EQUAL_FATAL(classes_new(&classes), WEIR_OK);
}

static void gone(void)
{
    classes_delete(classes);
}

static void classes_count_families_the_largest_first(void)
{
    char name[64];
    classes_defined(classes, "com/acme/Main", 400);
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "jdk/proxy2/$Proxy%d", i);
        classes_defined(classes, name, 1000);
    }
    classes_defined(classes, "Lcom/acme/Other;", 600);
    classes_denied(classes);
    classes_snapshot(classes, &got);
    CU_ASSERT_TRUE(got.measured);
    CU_ASSERT_EQUAL(got.classes, 32);
    CU_ASSERT_EQUAL(got.bytes, 31000);
    CU_ASSERT_EQUAL(got.unsorted, 0);
    CU_ASSERT_EQUAL(got.denied, 1);
    CU_ASSERT_EQUAL_FATAL(got.family_count, 2);
    CU_ASSERT_STRING_EQUAL(got.families[0].name, "jdk.proxy*.$Proxy*");
    CU_ASSERT_STRING_EQUAL(got.families[0].kind, "proxy");
    CU_ASSERT_EQUAL(got.families[0].classes, 30);
    CU_ASSERT_EQUAL(got.families[0].bytes, 30000);
    CU_ASSERT_STRING_EQUAL(got.families[1].name, "com.acme.*");
    CU_ASSERT_EQUAL(got.families[1].classes, 2);
    CU_ASSERT_EQUAL(got.families[1].bytes, 1000);
}

static void classes_taken_back_were_never_there(void)
{
    classes_defined(classes, "weir/Seen", 61);
    classes_defined(classes, "com/acme/Main", 400);
    classes_taken_back(classes, "weir/Seen", 61);
    classes_snapshot(classes, &got);
    CU_ASSERT_EQUAL(got.classes, 1);
    CU_ASSERT_EQUAL(got.bytes, 400);
    CU_ASSERT_EQUAL_FATAL(got.family_count, 1);
    CU_ASSERT_STRING_EQUAL(got.families[0].name, "com.acme.*");
}

static void classes_snapshot_has_the_top_and_the_whole(void)
{
    char name[64];
    for (int p = 0; p < 20; p++)
        for (int i = 0; i <= p; i++) {
            snprintf(name, sizeof name, "p%c.C%c", 'a' + p, 'a' + i);
            classes_defined(classes, name, 1);
        }
    classes_snapshot(classes, &got);
    CU_ASSERT_EQUAL(got.classes, 210);
    CU_ASSERT_EQUAL_FATAL(got.family_count, WEIR_TOP_CLASS_FAMILIES);
    for (int i = 0; i < WEIR_TOP_CLASS_FAMILIES; i++)
        CU_ASSERT_EQUAL(got.families[i].classes, (uint64_t)(20 - i));
}

static void classes_of_too_many_families_are_unsorted(void)
{
    char name[64];
    for (int i = 0; i < CLASSES_FAMILIES + 100; i++) {
        snprintf(name, sizeof name, "p%c%c%c.C", 'a' + i / 676, 'a' + i / 26 % 26, 'a' + i % 26);
        classes_defined(classes, name, 10);
        classes_defined(classes, name, 10);
    }
    classes_snapshot(classes, &got);
    CU_ASSERT_EQUAL(got.classes, 2 * (CLASSES_FAMILIES + 100));
    CU_ASSERT_EQUAL(got.bytes, 20 * (CLASSES_FAMILIES + 100));
    CU_ASSERT_EQUAL(got.unsorted, 200);
}

static void define_many(int member)
{
    char name[64];
    for (int i = 0; i < EACH; i++) {
        snprintf(name, sizeof name, "com.acme.g%c.Gen%d", 'a' + (i + member) % 7, i);
        classes_defined(classes, name, 3);
    }
}

static void classes_add_up_whoever_defines(void)
{
    CU_ASSERT_EQUAL(crew_run(CREW, define_many), 0);
    classes_snapshot(classes, &got);
    CU_ASSERT_EQUAL(got.classes, (uint64_t)CREW * EACH);
    CU_ASSERT_EQUAL(got.bytes, 3ULL * CREW * EACH);
    CU_ASSERT_EQUAL_FATAL(got.family_count, 7);
    uint64_t sum = 0;
    for (int i = 0; i < 7; i++)
        sum += got.families[i].classes;
    CU_ASSERT_EQUAL(sum, (uint64_t)CREW * EACH);
}

SUITE(classes, fresh, gone, CASE(classes_count_families_the_largest_first), CASE(classes_taken_back_were_never_there),
      CASE(classes_snapshot_has_the_top_and_the_whole),
      CASE(classes_of_too_many_families_are_unsorted), CASE(classes_add_up_whoever_defines));
