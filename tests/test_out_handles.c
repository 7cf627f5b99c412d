/* SPDX-License-Identifier: Apache-2.0 */
/* test_out_handles.c: sums and lists of native objects, as JSON, as text and in a ledger. */
#include "out/out_handles.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "json_check.h"
#include "model/handlesum.h"
#include "suite.h"

enum { MIB = 1 << 20 };

static struct weir_handles some;
static char                text[16384];
static struct buf          out;

static void add_class(const char *name, uint64_t opened, uint64_t closed)
{
    struct weir_handle_class c = { "rocksdb", name, opened, closed };
    handlesum_class(&some, &c);
}

static void add_owner(const char *name, uint64_t open, uint64_t ended, const char *creator)
{
    struct weir_handle_owner o = { .library = "rocksdb", .name = name, .open = open, .ended = ended, .age_ms = 60000, .creator = creator,
                                   .source = "", .job_known = ended != 0, .job_id = { 0x5f1c000000000001, 0x9e2a }, .job_name = "orders" };
    handlesum_owner(&some, &o);
}

static void fresh(void)
{
    buf_init(&out, text, sizeof text);
    memset(&some, 0, sizeof some);
    some.measured = true;
    some.share = (struct weir_handle_share){ true, "managed memory", true, 2, 256 * MIB, 256 * MIB, 213 * MIB, 85 * MIB };
    add_class("WriteBatch", 1000, 1000);
    add_class("RocksDB", 2, 1);
    add_class("ColumnFamilyOptions", 412, 0);
    add_owner("RocksDB", 1, 0, "org.apache.flink.state.RocksDBOperationUtils.openDB(RocksDBOperationUtils.java:80)");
    add_owner("ColumnFamilyOptions", 400, 380, "com.acme.Compactor.compact(Compactor.java:41)");
    struct weir_handle_cache small = { 16 * MIB, 0 }, big = { 213 * MIB, 85 * MIB };
    handlesum_cache(&some, &small);
    handlesum_cache(&some, &big);
}

static void handlesum_puts_what_is_open_first(void)
{
    CU_ASSERT_EQUAL(some.opened, 1414);
    CU_ASSERT_EQUAL(some.closed, 1001);
    CU_ASSERT_EQUAL(some.databases, 1);
    CU_ASSERT_EQUAL(some.ended, 380);
    CU_ASSERT_STRING_EQUAL(some.classes[0].name, "ColumnFamilyOptions");
    CU_ASSERT_STRING_EQUAL(some.classes[1].name, "RocksDB");
    CU_ASSERT_STRING_EQUAL(some.classes[2].name, "WriteBatch");
    CU_ASSERT_STRING_EQUAL(some.owners[0].name, "ColumnFamilyOptions");
    CU_ASSERT_EQUAL(some.cache[0].cache, 213 * MIB);
}

static void handlesum_lists_have_a_bound(void)
{
    for (uint64_t i = 1; i <= 20; i++) {
        add_class("Slice", 1000 + i, 0);
        add_owner("Slice", 1000 + i, 0, "");
    }
    CU_ASSERT_EQUAL(some.class_count, WEIR_TOP_HANDLE_CLASSES);
    CU_ASSERT_EQUAL(some.owner_count, WEIR_TOP_HANDLE_OWNERS);
    CU_ASSERT_EQUAL(some.classes[0].opened, 1020);
    CU_ASSERT_EQUAL(some.owners[0].ended, 380);
    CU_ASSERT_EQUAL(some.owners[1].open, 1020);
}

static void handlesum_share_is_what_flink_gives_a_slot(void)
{
    static struct flinkconf c;
    struct flink_version    v;
    CU_ASSERT_EQUAL_FATAL(flink_version_parse("1.20.5", &v), WEIR_OK);
    flinkconf_init(&c);
    CU_ASSERT_FALSE(handlesum_share(NULL, v, STATEMEMORY_ROCKSDB, 536870920).known);
    struct weir_handle_share s = handlesum_share(&c, v, STATEMEMORY_ROCKSDB, 536870920);
    CU_ASSERT_TRUE(s.known && s.managed);
    CU_ASSERT_EQUAL(s.cache, 447392433);
    CU_ASSERT_EQUAL(s.write_buffers, 178956973);
}

static void out_handles_json_has_classes_owners_and_caches(void)
{
    struct json j = json_on(&out);
    json_object(&j, NULL);
    out_handles_json(&j, &some);
    json_object_end(&j);
    CU_ASSERT_TRUE(json_check(text));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "{\"library\":\"rocksdb\",\"class\":\"ColumnFamilyOptions\",\"opened\":412,\"closed\":0}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"creator\":\"com.acme.Compactor.compact(Compactor.java:41)\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"slot_share\":{\"source\":\"managed memory\",\"managed\":true,\"slots\":2,\"slot\":268435456,"));
}

static void out_handles_text_says_who_left_them_open(void)
{
    out_handles_text(&out, &some);
    CU_ASSERT_STRING_EQUAL(text, "\nhandles  413 native objects open: ColumnFamilyOptions 412 (opened 412, closed 0), RocksDB 1 (opened 2, closed 1), "
                                 "WriteBatch 0 (opened 1000, closed 1000)"
                                 "\n  400 ColumnFamilyOptions, 380 of ended attempts, at com.acme.Compactor.compact(Compactor.java:41) of job orders (5f1c..9e2a)"
                                 "\n  1 RocksDB at org.apache.flink.state.RocksDBOperationUtils.openDB(RocksDBOperationUtils.java:80)"
                                 "\n  given    cache 213.0 MiB and write buffers 85.0 MiB; cache 16.0 MiB and write buffers 0.0 MiB"
                                 "\n  share    of each of 2 slots: cache 213.0 MiB and write buffers 85.0 MiB out of 256.0 MiB, managed memory, where nobody "
                                 "else takes of it");
}

static void out_handles_of_a_jvm_without_rocksdb_are_not_there(void)
{
    struct json j = json_on(&out);
    memset(&some, 0, sizeof some);
    some.measured = true;
    json_object(&j, NULL);
    out_handles_json(&j, &some);
    json_object_end(&j);
    out_handles_text(&out, &some);
    CU_ASSERT_STRING_EQUAL(text, "{}");
}

static void out_handles_wire_brings_back_the_same_lines(void)
{
    static unsigned char       bytes[16384];
    static struct weir_handles back;
    static char                before[sizeof text];
    memset(&back, 0, sizeof back);
    out_handles_text(&out, &some);
    memcpy(before, text, sizeof text);
    buf_reset(&out);
    struct wire w = wire_writer(bytes, sizeof bytes);
    out_handles_wire(&w, &some);
    CU_ASSERT_FALSE_FATAL(w.bad);
    struct wire r = wire_reader(bytes, (size_t)(w.at - bytes));
    out_handles_wire(&r, &back);
    CU_ASSERT_FALSE_FATAL(r.bad);
    out_handles_text(&out, &back);
    CU_ASSERT_STRING_EQUAL(text, before);
}

SUITE(out_handles, fresh, NULL, CASE(handlesum_puts_what_is_open_first), CASE(handlesum_lists_have_a_bound),
      CASE(handlesum_share_is_what_flink_gives_a_slot), CASE(out_handles_json_has_classes_owners_and_caches),
      CASE(out_handles_text_says_who_left_them_open), CASE(out_handles_of_a_jvm_without_rocksdb_are_not_there),
      CASE(out_handles_wire_brings_back_the_same_lines));
