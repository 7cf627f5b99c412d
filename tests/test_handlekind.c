/* SPDX-License-Identifier: Apache-2.0 */
/* test_handlekind.c: natives of frocksdbjni 6.20 and 8.10, as javap prints them, and what they do. */
#include "model/handlekind.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct row {
    const char     *class_name, *method, *signature;
    bool            is_static;
    enum handle_act act;
    const char     *first; /* NULL: its own */
} rows[] = {
    { "ColumnFamilyOptions", "newColumnFamilyOptions", "()J", true, HANDLE_OPENS, NULL },
    { "ColumnFamilyOptions", "copyColumnFamilyOptions", "(J)J", true, HANDLE_OPENS, NULL },
    { "ColumnFamilyOptions", "disposeInternal", "(J)V", false, HANDLE_CLOSES, NULL },
    { "HyperClockCache", "disposeInternalJni", "(J)V", true, HANDLE_CLOSES, NULL },
    { "ColumnFamilyHandle", "getDescriptor", "(J)Lorg/rocksdb/ColumnFamilyDescriptor;", false, HANDLE_OPENS_OPTIONS, "ColumnFamilyOptions" },
    { "RocksDB", "open", "(JLjava/lang/String;)J", true, HANDLE_OPENS, "RocksDB" },
    { "RocksDB", "openROnly", "(JLjava/lang/String;[[B[JZ)[J", true, HANDLE_OPENS_SEVERAL, "RocksDB" },
    { "RocksDB", "createColumnFamily", "(J[BIJ)J", false, HANDLE_OPENS, "ColumnFamilyHandle" },
    { "RocksDB", "createColumnFamilies", "(JJ[[B)[J", false, HANDLE_OPENS_SEVERAL, "ColumnFamilyHandle" },
    { "RocksDB", "iterator", "(JJJ)J", false, HANDLE_OPENS, "RocksIterator" },
    { "RocksDB", "iterators", "(J[JJ)[J", false, HANDLE_OPENS_SEVERAL, "RocksIterator" },
    { "RocksDB", "getSnapshot", "(J)J", false, HANDLE_OPENS, "Snapshot" },
    { "RocksDB", "releaseSnapshot", "(JJ)V", false, HANDLE_CLOSES, NULL },
    { "RocksDB", "closeDatabase", "(J)V", true, HANDLE_NOTHING, NULL },
    { "RocksDB", "getDefaultColumnFamily", "(J)J", false, HANDLE_NOTHING, NULL },
    { "DBOptions", "statistics", "(J)J", false, HANDLE_OPENS, "Statistics" },
    { "WriteBatch", "newWriteBatch", "(I)J", true, HANDLE_OPENS, NULL },
    { "LRUCache", "newLRUCache", "(JIZDD)J", true, HANDLE_OPENS, NULL },
    /* Handed over to the library: nobody in Java closes them. */
    { "BlockBasedTableConfig", "newTableFactoryHandle", "(ZZZZBBDBZJJJIIIJZZZJZZIIZZBJI)J", false, HANDLE_NOTHING, NULL },
    { "SkipListMemTableConfig", "newMemTableFactoryHandle0", "(J)J", false, HANDLE_NOTHING, NULL },
    { "FlinkCompactionFilter", "createNewFlinkCompactionFilter0", "(JLorg/rocksdb/FlinkCompactionFilter$TimeProvider;J)J", true, HANDLE_NOTHING, NULL },
    { "AbstractComparator", "createNewComparator", "(J)J", false, HANDLE_NOTHING, NULL },
    { "DBOptions", "createIfMissing", "(J)Z", false, HANDLE_NOTHING, NULL },
    { "DBOptions", "maxOpenFiles", "(J)I", false, HANDLE_NOTHING, NULL },
    { "RocksDB", "getLongProperty", "(JJLjava/lang/String;I)J", false, HANDLE_NOTHING, NULL },
    { "SstFileWriter", "open", "(JLjava/lang/String;)V", false, HANDLE_NOTHING, NULL },
    { "Slice", "disposeInternalBuf", "(JJ)V", false, HANDLE_NOTHING, NULL },
};

static void handlekind_of_knows_what_a_native_does(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct handlekind k = handlekind_of(rows[i].class_name, rows[i].method, rows[i].signature, rows[i].is_static);
        if (k.act != rows[i].act)
            CU_FAIL(rows[i].method);
        CU_ASSERT_EQUAL(k.act, rows[i].act);
        CU_ASSERT_TRUE((k.first == NULL) == (rows[i].first == NULL));
        if (k.first != NULL && rows[i].first != NULL)
            CU_ASSERT_STRING_EQUAL(k.first, rows[i].first);
    }
}

static void handlekind_of_names_the_rest_of_an_array(void)
{
    struct handlekind k = handlekind_of("RocksDB", "open", "(JLjava/lang/String;[[B[J)[J", true);
    CU_ASSERT_STRING_EQUAL(k.first, "RocksDB");
    CU_ASSERT_STRING_EQUAL(k.rest, "ColumnFamilyHandle");
}

static void handlekind_of_finds_handle_and_capacity_among_arguments(void)
{
    CU_ASSERT_EQUAL(handlekind_of("RocksDB", "releaseSnapshot", "(JJ)V", false).argument, 1);
    CU_ASSERT_EQUAL(handlekind_of("WriteBatch", "disposeInternal", "(J)V", false).argument, 0);
    struct handlekind cache = handlekind_of("LRUCache", "newLRUCache", "(JIZD)J", true);
    struct handlekind buffers = handlekind_of("WriteBufferManager", "newWriteBufferManager", "(JJ)J", true);
    CU_ASSERT_TRUE(cache.capacity && !cache.charges);
    CU_ASSERT_TRUE(buffers.capacity && buffers.charges);
    CU_ASSERT_FALSE(handlekind_of("WriteBatch", "newWriteBatch", "(I)J", true).capacity);
}

static void handlekind_class_is_theirs_alone(void)
{
    size_t      len = 0;
    const char *name = handlekind_class("Lorg/rocksdb/LRUCache;", &len);
    CU_ASSERT_TRUE(name != NULL && len == 8 && strncmp(name, "LRUCache", len) == 0);
    CU_ASSERT_PTR_NOT_NULL(handlekind_class("Lorg/forstdb/LRUCache;", &len));
    CU_ASSERT_PTR_NULL(handlekind_class("Lorg/rocksdbx/LRUCache;", &len));
    CU_ASSERT_STRING_EQUAL(handlekind_library("Lorg/forstdb/RocksDB;"), "forst");
    CU_ASSERT_STRING_EQUAL(handlekind_library("Lorg/rocksdb/RocksDB;"), "rocksdb");
}

static void handlekind_passes_what_fits_the_wrapper(void)
{
    CU_ASSERT_TRUE(handlekind_passes("()J"));
    CU_ASSERT_TRUE(handlekind_passes("(JIZDD)J"));
    CU_ASSERT_TRUE(handlekind_passes("([[B[JLjava/lang/String;JJJDDDDDDDDJJJJJJJJJJJJJJ)J")); /* 22 and 8: all that fits */
    CU_ASSERT_FALSE(handlekind_passes("([[B[JLjava/lang/String;JJJDDDDDDDDJJJJJJJJJJJJJJJ)J"));
    CU_ASSERT_TRUE(handlekind_passes("(DDDDDDDDDDDDDDDDDDDDDD)V"));
    CU_ASSERT_FALSE(handlekind_passes("(DDDDDDDDDDDDDDDDDDDDDDD)V"));
}

SUITE(handlekind, NULL, NULL, CASE(handlekind_of_knows_what_a_native_does), CASE(handlekind_of_names_the_rest_of_an_array),
      CASE(handlekind_of_finds_handle_and_capacity_among_arguments), CASE(handlekind_class_is_theirs_alone),
      CASE(handlekind_passes_what_fits_the_wrapper));
