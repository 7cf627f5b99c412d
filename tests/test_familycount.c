/* SPDX-License-Identifier: Apache-2.0 */
/* test_familycount.c: families of live classes, the largest first. */
#include "model/familycount.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

static struct familycount  table;
static struct weir_classes out;

static void fresh(void)
{
    memset(&table, 0, sizeof table);
    memset(&out, 0, sizeof out);
}

/* So many classes: stem, number, ';'. */
static void add(const char *stem, int classes)
{
    char name[128];
    for (int i = 0; i < classes; i++) {
        snprintf(name, sizeof name, "%s%d;", stem, i);
        familycount_add(&table, name);
    }
}

static void generated_families_are_counted_written_classes_are_not(void)
{
    add("Ljdk/proxy2/$Proxy", 30);
    add("LStreamExecCalc$", 50);
    add("Lcom/acme/Order", FAMILYCOUNT_NUMBERED - 1);
    add("Lcom/acme/Row", FAMILYCOUNT_NUMBERED);
    for (int i = 0; i < 40; i++)
        familycount_add(&table, "Lcom/acme/Plain;");
    add("[Ljdk/proxy2/$Proxy", 30);
    familycount_top(&table, &out);
    CU_ASSERT_EQUAL(out.generated, 30 + 50 + FAMILYCOUNT_NUMBERED);
    CU_ASSERT_EQUAL_FATAL(out.family_count, 3);
    CU_ASSERT_STRING_EQUAL(out.families[0].name, "com.acme.Row*");
    CU_ASSERT_EQUAL(out.families[0].classes, FAMILYCOUNT_NUMBERED);
    CU_ASSERT_STRING_EQUAL(out.families[1].name, "StreamExecCalc$*");
    CU_ASSERT_STRING_EQUAL(out.families[2].name, "jdk.proxy*.$Proxy*");
}

static void only_the_largest_are_kept(void)
{
    char stem[64];
    for (int family = 0; family < 20; family++) {
        snprintf(stem, sizeof stem, "Lp%c/$Proxy", 'a' + family);
        add(stem, 10 + family % 7);
    }
    familycount_top(&table, &out);
    CU_ASSERT_EQUAL(out.family_count, WEIR_TOP_LIVE_FAMILIES);
    for (size_t i = 1; i < out.family_count; i++)
        CU_ASSERT_TRUE(out.families[i - 1].classes >= out.families[i].classes);
    CU_ASSERT_EQUAL(out.families[0].classes, 16);
    CU_ASSERT_STRING_EQUAL(out.families[0].name, "pg.$Proxy*"); /* of two with 16, the one whose name comes first */
}

static void families_beyond_the_bound_are_counted(void)
{
    char name[64];
    for (int i = 0; i < FAMILYCOUNT_FAMILIES; i++) {
        snprintf(name, sizeof name, "Lp%c%c%c/$Proxy1;", 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676);
        familycount_add(&table, name);
    }
    familycount_top(&table, &out);
    CU_ASSERT_EQUAL(out.generated, FAMILYCOUNT_FAMILIES);
    CU_ASSERT_TRUE(table.left_out > 0);
}

SUITE(familycount, fresh, NULL, CASE(generated_families_are_counted_written_classes_are_not), CASE(only_the_largest_are_kept),
      CASE(families_beyond_the_bound_are_counted));
