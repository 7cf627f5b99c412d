/* SPDX-License-Identifier: Apache-2.0 */
/* test_diagnose_native.c: who is named, and when nothing is said. */
#include "model/diagnose_native.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

#define MIB ((uint64_t)1 << 20)

static struct weir_breach     breach;
static struct diagnose_growth growth;

/* 60 MiB native of 80 in task.off-heap: deflaters, from a Parquet writer in the job's jar. */
static void fresh(void)
{
    memset(&breach, 0, sizeof breach);
    memset(&growth, 0, sizeof growth);
    breach.component = WEIR_TASK_OFF_HEAP;
    struct weir_row *row = &breach.sheet.rows[WEIR_TASK_OFF_HEAP];
    row->used = 80 * MIB;
    row->kind_bytes[WEIR_KIND_DIRECT] = 20 * MIB;
    row->kind_bytes[WEIR_KIND_NATIVE] = 60 * MIB;
    struct weir_owner *direct = &breach.sheet.owners[0], *native = &breach.sheet.owners[1];
    breach.sheet.owner_count = 2;
    *direct = (struct weir_owner){ .component = WEIR_TASK_OFF_HEAP, .kind = WEIR_KIND_DIRECT, .bytes = 20 * MIB, .stack = { .count = 1 } };
    *native = (struct weir_owner){ .component = WEIR_TASK_OFF_HEAP, .kind = WEIR_KIND_NATIVE, .bytes = 45 * MIB, .count = 171 };
    native->stack = (struct weir_stack){ .count = 3, .decider = 2, .source = "job.jar" };
    native->stack.frames[0] = (struct weir_frame){ "java.util.zip.Deflater", "init", "Deflater.java", -1 };
    native->stack.frames[1] = (struct weir_frame){ "java.util.zip.Deflater", "<init>", "Deflater.java", 207 };
    native->stack.frames[2] = (struct weir_frame){ "com.example.ParquetWriter", "open", "ParquetWriter.java", 41 };
}

static const char *text(void)
{
    diagnose_native(&breach, &growth);
    return breach.diagnosis_count == 0 ? "" : breach.diagnosis[0].text;
}

static void the_caller_and_the_function_are_named(void)
{
    growth = (struct diagnose_growth){ true, (int64_t)(2 * MIB), 30 * 1000 };
    CU_ASSERT_STRING_EQUAL(text(), "native memory, outside the JVM's own limits; java.util.zip.Deflater.init has 45.0 MiB in 171 live "
                                   "blocks, 75 % of the row's 60.0 MiB native, growing by 240.0 MiB an hour, called by "
                                   "com.example.ParquetWriter.open:41 [job.jar]");
    CU_ASSERT_STRING_EQUAL(breach.diagnosis[0].id, "native-growth");
}

static void leak_is_said_of_ended_attempts_only(void)
{
    breach.sheet.owners[1].attempt = (struct weir_attempt){ .known = true, .state = WEIR_ATTEMPT_ENDED };
    CU_ASSERT_PTR_EQUAL(strstr(text(), "LEAK of ended attempts in native memory; java.util.zip.Deflater.init has"), text());
    CU_ASSERT_STRING_EQUAL(breach.diagnosis[0].id, "native-leak");
    CU_ASSERT_PTR_NULL(strstr(text(), "growing"));
}

static void growth_needs_some_time_and_must_be_one(void)
{
    growth = (struct diagnose_growth){ true, (int64_t)(2 * MIB), 5 * 1000 };
    CU_ASSERT_PTR_NULL(strstr(text(), "growing"));
    growth = (struct diagnose_growth){ true, -(int64_t)(2 * MIB), 60 * 1000 };
    CU_ASSERT_PTR_NULL(strstr(text(), "growing"));
    growth = (struct diagnose_growth){ true, INT64_MAX, 60 * 1000 };
    CU_ASSERT_PTR_NOT_NULL(strstr(text(), "growing by "));
}

static void rows_of_other_kinds_stay_silent(void)
{
    struct weir_row *row = &breach.sheet.rows[WEIR_TASK_OFF_HEAP];
    row->used = 200 * MIB;
    CU_ASSERT_STRING_EQUAL(text(), "");
    row->used = 15 * MIB;
    row->kind_bytes[WEIR_KIND_NATIVE] = 15 * MIB;
    CU_ASSERT_STRING_EQUAL(text(), "");
}

static void no_owner_no_word(void)
{
    breach.sheet.owner_count = 1;
    CU_ASSERT_STRING_EQUAL(text(), "");
}

static void managed_is_rocksdbs(void)
{
    breach.component = WEIR_MANAGED;
    breach.sheet.rows[WEIR_MANAGED] = breach.sheet.rows[WEIR_TASK_OFF_HEAP];
    breach.sheet.owners[1].component = WEIR_MANAGED;
    CU_ASSERT_STRING_EQUAL(text(), "");
}

static void a_long_name_is_cut_with_a_mark(void)
{
    static char name[2000];
    memset(name, 'x', sizeof name - 1);
    for (int i = 0; i < 3; i++)
        breach.sheet.owners[1].stack.frames[i].class_name = breach.sheet.owners[1].stack.frames[i].method = name;
    breach.sheet.owners[1].stack.source = name;
    growth = (struct diagnose_growth){ true, (int64_t)(2 * MIB), 30 * 1000 };
    CU_ASSERT_TRUE(strlen(text()) < sizeof breach.diagnosis[0].text);
}

/* clang-format off */
SUITE(diagnose_native, fresh, NULL,
      CASE(the_caller_and_the_function_are_named), CASE(leak_is_said_of_ended_attempts_only),
      CASE(growth_needs_some_time_and_must_be_one), CASE(rows_of_other_kinds_stay_silent), CASE(no_owner_no_word),
      CASE(managed_is_rocksdbs), CASE(a_long_name_is_cut_with_a_mark));
