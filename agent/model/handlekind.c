/* SPDX-License-Identifier: Apache-2.0 */
/* handlekind.c: the rule, and its exceptions in a table.
 *   opens   static natives new*, copy*: they answer a handle of their own class, which Java owns
 *   closes  disposeInternal*, of one handle
 * Natives that make something for the library to own are none of ours, or they would look open for ever: factories of tables and
 * memtables (not static), comparators and compaction filters (create*). Read from the sources and the classes of frocksdbjni
 * 5.17 to 8.10; names without a rule count nothing. */
#include "model/handlekind.h"

#include <string.h>

#include "base/poison.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct {
    const char *package, *library;
} packages[] = { { "Lorg/rocksdb/", "rocksdb" }, { "Lorg/forstdb/", "forst" } };

/* Any class (NULL) or one; the method's name, or its beginning where it ends in '*'. */
static const struct {
    const char     *class_name, *method;
    enum handle_act act;
    const char     *first, *rest;
} table[] = {
    { "RocksDB", "open*", HANDLE_OPENS, "RocksDB", "ColumnFamilyHandle" },
    { "TtlDB", "open*", HANDLE_OPENS, "RocksDB", "ColumnFamilyHandle" },
    { "TransactionDB", "open", HANDLE_OPENS, "RocksDB", "ColumnFamilyHandle" },
    { "OptimisticTransactionDB", "open", HANDLE_OPENS, "RocksDB", "ColumnFamilyHandle" },
    { NULL, "createColumnFamily*", HANDLE_OPENS, "ColumnFamilyHandle", "ColumnFamilyHandle" },
    { NULL, "createColumnFamilies", HANDLE_OPENS, "ColumnFamilyHandle", "ColumnFamilyHandle" },
    { "RocksDB", "iterator", HANDLE_OPENS, "RocksIterator", NULL },
    { "RocksDB", "iteratorCF", HANDLE_OPENS, "RocksIterator", NULL },
    { "RocksDB", "iterators", HANDLE_OPENS, "RocksIterator", "RocksIterator" },
    { "RocksDB", "getSnapshot", HANDLE_OPENS, "Snapshot", NULL },
    { "RocksDB", "releaseSnapshot", HANDLE_CLOSES, NULL, NULL },
    { "RocksDB", "getUpdatesSince", HANDLE_OPENS, "TransactionLogIterator", NULL },
    { "ColumnFamilyHandle", "getDescriptor", HANDLE_OPENS_OPTIONS, "ColumnFamilyOptions", NULL },
    { "ColumnFamilyOptions", "getColumnFamilyOptionsFromProps", HANDLE_OPENS, "ColumnFamilyOptions", NULL },
    { "DBOptions", "getDBOptionsFromProps", HANDLE_OPENS, "DBOptions", NULL },
    { "Options", "statistics", HANDLE_OPENS, "Statistics", NULL },
    { "DBOptions", "statistics", HANDLE_OPENS, "Statistics", NULL },
    { "BackupEngine", "open", HANDLE_OPENS, "BackupEngine", NULL },
    { "BloomFilter", "createNewBloomFilter", HANDLE_OPENS, "BloomFilter", NULL },
    { "Slice", "createNewSlice*", HANDLE_OPENS, "Slice", NULL },
    { "AbstractSlice", "createNewSliceFromString", HANDLE_OPENS, "Slice", NULL },
    { "DirectSlice", "createNewDirectSlice*", HANDLE_OPENS, "DirectSlice", NULL },
    { "RocksMemEnv", "createMemEnv", HANDLE_OPENS, "RocksMemEnv", NULL },
    { "TimedEnv", "createTimedEnv", HANDLE_OPENS, "TimedEnv", NULL },
    { "SstFileReader", "newIterator", HANDLE_OPENS, "SstFileReaderIterator", NULL },
    { "WriteBatchWithIndex", "iterator*", HANDLE_OPENS, "WBWIRocksIterator", NULL },
    { "Transaction", "getIterator*", HANDLE_OPENS, "RocksIterator", NULL },
    { "TransactionDB", "beginTransaction", HANDLE_OPENS, "Transaction", NULL },
    { "OptimisticTransactionDB", "beginTransaction", HANDLE_OPENS, "Transaction", NULL },
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

const char *handlekind_class(const char *class_signature, size_t *len)
{
    for (size_t i = 0; i < COUNT(packages); i++)
        if (begins(class_signature, packages[i].package)) {
            const char *name = class_signature + strlen(packages[i].package);
            *len = strcspn(name, ";");
            return name;
        }
    return NULL;
}

const char *handlekind_library(const char *class_signature)
{
    for (size_t i = 0; i < COUNT(packages); i++)
        if (begins(class_signature, packages[i].package))
            return packages[i].library;
    return "";
}

static bool named(const char *method, const char *pattern)
{
    size_t n = strcspn(pattern, "*");
    return strncmp(method, pattern, n) == 0 && (pattern[n] == '*' || method[n] == '\0');
}

/* One handle or an array of them, or nothing that we know. */
static enum handle_act by_answer(const char *signature)
{
    const char *answer = strrchr(signature, ')');
    if (answer == NULL)
        return HANDLE_NOTHING;
    return strcmp(answer, ")J") == 0 ? HANDLE_OPENS : strcmp(answer, ")[J") == 0 ? HANDLE_OPENS_SEVERAL : HANDLE_NOTHING;
}

static struct handlekind by_table(size_t i, const char *signature)
{
    struct handlekind k = { .act = table[i].act, .first = table[i].first, .rest = table[i].rest };
    if (k.act == HANDLE_OPENS)
        k.act = by_answer(signature);
    if (k.act == HANDLE_OPENS_SEVERAL && k.rest == NULL)
        k.rest = k.first;
    k.argument = k.act == HANDLE_CLOSES ? 1 : 0; /* of the database and the snapshot */
    return k;
}

struct handlekind handlekind_of(const char *class_name, const char *method, const char *signature, bool is_static)
{
    struct handlekind none = { .act = HANDLE_NOTHING };
    for (size_t i = 0; i < COUNT(table); i++)
        if ((table[i].class_name == NULL || strcmp(table[i].class_name, class_name) == 0) && named(method, table[i].method))
            return by_table(i, signature);
    if (begins(signature, "(J)V") && (strcmp(method, "disposeInternal") == 0 || strcmp(method, "disposeInternalJni") == 0))
        return (struct handlekind){ .act = HANDLE_CLOSES };
    if (!is_static || (!begins(method, "new") && !begins(method, "copy")) || by_answer(signature) != HANDLE_OPENS)
        return none;
    bool cache = begins(method, "newLRUCache") || begins(method, "newHyperClockCache") || begins(method, "newClockCache");
    bool buffers = begins(method, "newWriteBufferManager") && begins(signature, "(JJ");
    return (struct handlekind){ .act = HANDLE_OPENS, .capacity = (cache && begins(signature, "(J")) || buffers, .charges = buffers };
}

/* The type after this one; *floating: it travels in a register of the other sort. */
static const char *past(const char *type, bool *floating)
{
    *floating = *type == 'F' || *type == 'D';
    while (*type == '[')
        type++;
    if (*type == 'L')
        type += strcspn(type, ";");
    return *type != '\0' ? type + 1 : type;
}

bool handlekind_passes(const char *signature)
{
    enum { REGISTERS = 8, STACK = 14 };
    unsigned integers = 2, floats = 0; /* JNIEnv, and the class or the object */
    for (const char *at = signature + 1; *at != '\0' && *at != ')';) {
        bool floating;
        at = past(at, &floating);
        floats += floating;
        integers += !floating;
    }
    unsigned spilt = (integers > REGISTERS ? integers - REGISTERS : 0) + (floats > REGISTERS ? floats - REGISTERS : 0);
    return spilt <= STACK;
}
