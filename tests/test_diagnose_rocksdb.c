/* SPDX-License-Identifier: Apache-2.0 */
/* test_diagnose_rocksdb.c: what RocksDB holds beyond its share or its databases, and what of it is nobody's fault. */
#include "model/diagnose_rocksdb.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "model/handlesum.h"
#include "suite.h"

#define MIB (UINT64_C(1) << 20)

static struct weir_sheet           sheet;
static struct weir_diagnosis       d;
static uint64_t                    left;
static const struct diagnose_flink nowhere = { NULL, { 1, 20, 5 }, WEIR_ROLE_TASKMANAGER };

static void holds(uint64_t native, uint64_t limit)
{
    struct weir_row *row = &sheet.rows[WEIR_MANAGED];
    row->present = row->measured = true;
    row->used = row->kind_bytes[WEIR_KIND_NATIVE] = native;
    row->limit = (struct weir_limit){ true, true, limit, "command line" };
    sheet.native.count = 1;
    sheet.native.library[0] = (struct weir_library){ .name = "librocksdbjni-linux64.so", .component = WEIR_MANAGED, .why = "", .bytes = native };
}

static void classes(const char *name, uint64_t opened, uint64_t closed)
{
    struct weir_handle_class c = { "rocksdb", name, opened, closed };
    handlesum_class(&sheet.handles, &c);
}

static void owner(const char *name, uint64_t open, uint64_t ended, uint64_t runs, const char *creator)
{
    struct weir_handle_owner o = { .library = "rocksdb", .name = name, .open = open, .ended = ended, .runs = runs, .creator = creator,
                                   .source = "", .job_name = "" };
    handlesum_owner(&sheet.handles, &o);
}

static void fresh(void)
{
    memset(&sheet, 0, sizeof sheet);
    memset(&d, 0, sizeof d);
    sheet.handles.measured = true;
    sheet.handles.share.source = "";
    left = 0;
}

static void says(const char *text)
{
    if (strcmp(d.text, text) != 0)
        fprintf(stderr, "\n  expected: %s\n  got:      %s\n", text, d.text);
    CU_ASSERT_STRING_EQUAL(d.text, text);
}

/* FLINK-39753: the descriptor's options keep the block cache of every job that ended. */
static void what_outlives_all_databases_is_a_leak(void)
{
    holds(833 * MIB, 1024 * MIB);
    classes("RocksDB", 8, 8);
    classes("ColumnFamilyOptions", 412, 0);
    owner("ReadOptions", 900, 0, 0, "org.rocksdb.RocksDB.open(RocksDB.java:1)");
    owner("ColumnFamilyOptions", 412, 0, 0, "com.acme.Compactor.compact(Compactor.java:41)");
    sheet.handles.idle_ms = DIAGNOSE_ROCKSDB_MS - 1;
    CU_ASSERT_FALSE(diagnose_rocksdb_leak(&d, &sheet, &left));
    sheet.handles.idle_ms = DIAGNOSE_ROCKSDB_MS;
    CU_ASSERT_TRUE_FATAL(diagnose_rocksdb_leak(&d, &sheet, &left));
    CU_ASSERT_STRING_EQUAL(d.id, "rocksdb-leak");
    CU_ASSERT_EQUAL(left, 833 * MIB);
    says("LEAK of RocksDB's memory, MANAGED native 833.0 of 1024.0 MiB live with 0 databases open; ColumnFamilyOptions opened 412, closed 0, at "
         "com.acme.Compactor.compact(Compactor.java:41). An open one keeps what it was made with, the block cache too: close it where it is "
         "opened");
}

static void caches_that_outlive_all_databases_are_a_leak_too(void)
{
    struct weir_handle_cache cache = { 64 * MIB, 0 };
    classes("RocksDB", 1, 1);
    classes("LRUCache", 1, 0);
    handlesum_cache(&sheet.handles, &cache);
    sheet.handles.idle_ms = DIAGNOSE_ROCKSDB_MS;
    CU_ASSERT_TRUE_FATAL(diagnose_rocksdb_leak(&d, &sheet, &left));
    CU_ASSERT_PTR_NOT_NULL(strstr(d.text, "caches of 64.0 MiB open with 0 databases open; no native object is open that would keep it"));
}

static void little_that_stays_is_no_leak(void)
{
    holds(15 * MIB, 1024 * MIB);
    classes("RocksDB", 8, 8);
    sheet.handles.idle_ms = 10 * DIAGNOSE_ROCKSDB_MS;
    CU_ASSERT_FALSE(diagnose_rocksdb_leak(&d, &sheet, &left));
}

/* FLINK-39923: one more Statistics per restart. */
static void what_each_run_leaves_is_a_leak_while_others_run(void)
{
    holds(100 * MIB, 1024 * MIB);
    classes("RocksDB", 58, 57);
    classes("Statistics", 58, 1);
    owner("Statistics", 57, 57, DIAGNOSE_ROCKSDB_RUNS - 1, "org.apache.flink.state.rocksdb.Container.open(Container.java:9)");
    CU_ASSERT_FALSE(diagnose_rocksdb_leak(&d, &sheet, &left));
    sheet.handles.owners[0].runs = 57;
    CU_ASSERT_TRUE_FATAL(diagnose_rocksdb_leak(&d, &sheet, &left));
    says("LEAK of RocksDB's native objects, 57 Statistics left open by 57 ended attempts; Statistics opened 58, closed 1, at "
         "org.apache.flink.state.rocksdb.Container.open(Container.java:9). Each run adds to what they keep of MANAGED native 100.0 of 1024.0 "
         "MiB: close them when the task ends");
    uint64_t once = left;
    sheet.handles.owners[0].ended *= 2;
    CU_ASSERT_TRUE(diagnose_rocksdb_leak(&d, &sheet, &left));
    CU_ASSERT_EQUAL(left, 2 * once);
}

/* A slot's cache outlives the task that opened it; frocksdbjni 8.10 leaves the options of reads itself. */
static void what_a_healthy_job_leaves_is_no_leak(void)
{
    classes("RocksDB", 58, 57);
    owner("LRUCache", 1, 1, 57, "org.apache.flink.state.rocksdb.Utils.createCache(Utils.java:9)");
    owner("ReadOptions", 57, 57, 57, "org.apache.flink.state.rocksdb.Utils.open(Utils.java:9)");
    CU_ASSERT_FALSE(diagnose_rocksdb_leak(&d, &sheet, &left));
    sheet.handles.measured = false;
    CU_ASSERT_FALSE(diagnose_rocksdb_leak(&d, &sheet, &left));
}

static void more_than_managed_is_over_it(void)
{
    struct weir_handle_cache cache = { 853 * MIB, 341 * MIB };
    holds(1024 * MIB, 1024 * MIB);
    classes("RocksDB", 2, 0);
    handlesum_cache(&sheet.handles, &cache);
    CU_ASSERT_FALSE(diagnose_rocksdb_over(&d, &sheet, WEIR_MANAGED, &nowhere));
    holds(1290 * MIB, 1024 * MIB);
    CU_ASSERT_TRUE_FATAL(diagnose_rocksdb_over(&d, &sheet, WEIR_MANAGED, &nowhere));
    CU_ASSERT_STRING_EQUAL(d.id, "rocksdb-over");
    says("RocksDB holds 1290.0 of 1024.0 MiB, its caches were given 853.0 MiB; beside them are write batches, pinned blocks, index and filters "
         "of open files, flush and compaction");
}

static void over_names_what_is_outside_managed_memory(void)
{
    holds(1290 * MIB, 1024 * MIB);
    sheet.rows[WEIR_TASK_OFF_HEAP] = sheet.rows[WEIR_MANAGED];
    sheet.rows[WEIR_MANAGED].used = 0;
    sheet.native.library[0].component = WEIR_TASK_OFF_HEAP;
    sheet.native.library[0].why = "state.backend.rocksdb.memory.managed is false: not in managed memory";
    CU_ASSERT_FALSE(diagnose_rocksdb_over(&d, &sheet, WEIR_MANAGED, &nowhere));
    CU_ASSERT_TRUE_FATAL(diagnose_rocksdb_over(&d, &sheet, WEIR_TASK_OFF_HEAP, &nowhere));
    says("RocksDB holds 1290.0 of 1024.0 MiB, by configuration; state.backend.rocksdb.memory.managed is false: not in managed memory, which would "
         "bound it");
    CU_ASSERT_EQUAL_FATAL(d.advice_count, 1);
    CU_ASSERT_STRING_EQUAL(d.advice[0].key, "state.backend.rocksdb.memory.managed");
    CU_ASSERT_STRING_EQUAL(d.advice[0].value, "true");
    sheet.rows[WEIR_TASK_OFF_HEAP].used = 3000 * MIB; /* most of it is others' */
    CU_ASSERT_FALSE(diagnose_rocksdb_over(&d, &sheet, WEIR_TASK_OFF_HEAP, &nowhere));
}

static void over_names_caches_too_many_and_iterators(void)
{
    struct weir_handle_cache cache = { 500 * MIB, 0 };
    holds(1290 * MIB, 1024 * MIB);
    classes("RocksDB", 2, 0);
    classes("RocksIterator", 1000, 700);
    owner("RocksIterator", 300, 0, 0, "com.acme.Scan.next(Scan.java:7)");
    sheet.handles.share = (struct weir_handle_share){ .known = true, .managed = true, .source = "managed memory", .slots = 1 };
    handlesum_cache(&sheet.handles, &cache);
    CU_ASSERT_TRUE_FATAL(diagnose_rocksdb_over(&d, &sheet, WEIR_MANAGED, &nowhere));
    says("RocksDB holds 1290.0 of 1024.0 MiB, 300 RocksIterator open; each pins blocks outside the cache, at com.acme.Scan.next(Scan.java:7)");
    handlesum_cache(&sheet.handles, &cache);
    CU_ASSERT_TRUE_FATAL(diagnose_rocksdb_over(&d, &sheet, WEIR_MANAGED, &nowhere));
    says("RocksDB holds 1290.0 of 1024.0 MiB, 2 block caches open for 1 slot; 1000.0 MiB together: one of an ended job, or of user code, is never "
         "closed");
}

SUITE(diagnose_rocksdb, fresh, NULL, CASE(what_outlives_all_databases_is_a_leak), CASE(caches_that_outlive_all_databases_are_a_leak_too),
      CASE(little_that_stays_is_no_leak), CASE(what_each_run_leaves_is_a_leak_while_others_run), CASE(what_a_healthy_job_leaves_is_no_leak),
      CASE(more_than_managed_is_over_it), CASE(over_names_what_is_outside_managed_memory), CASE(over_names_caches_too_many_and_iterators));
