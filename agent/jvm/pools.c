/* SPDX-License-Identifier: Apache-2.0 */
/* pools.c: global references to the memory pool beans, the memory bean and the thread bean, with their method ids. Beans are
 * the JVM's own and live as long as it does. A call that throws makes its figure unknown for that reading. */
#include "jvm/pools.h"

#include <string.h>
#include <unistd.h>

#include "jvm/env.h"

enum { MAX_HEAP_POOLS = 8, MAX_CODE_POOLS = 4, MAX_GC_BEANS = 4, COLLECTED_US = 100000 };

/* Collectors whose cycles look at the whole heap, by the name of their bean (JDK 11 to 25). */
static const struct {
    const char *name;
    bool        concurrent;
} full_collectors[] = {
    { "G1 Old Generation", false }, { "PS MarkSweep", false }, { "MarkSweepCompact", false },  { "ZGC", true },
    { "ZGC Cycles", true },         { "ZGC Major Cycles", true }, { "Shenandoah Cycles", true },
};

#define MANAGEMENT "java/lang/management/"

static struct {
    jobject   memory, threads, metaspace, class_space, classes;
    jobject   heap_pools[MAX_HEAP_POOLS], code_pools[MAX_CODE_POOLS];
    int       heap_pool_count, code_pool_count;
    jobject   full_gcs[MAX_GC_BEANS];
    int       full_gc_count;
    bool      full_gcs_concurrent;
    jmethodID gc_count;
    jmethodID heap_usage, thread_count, loaded_count, pool_usage, pool_after_gc;
    jmethodID used, committed, max;
} ids;

/* A static method of ManagementFactory without arguments; a local reference. */
static jobject bean(JNIEnv *jni, jclass factory, const char *name, const char *signature)
{
    jmethodID get = (*jni)->GetStaticMethodID(jni, factory, name, signature);
    if (env_threw(jni) || get == NULL)
        return NULL;
    jobject o = (*jni)->CallStaticObjectMethod(jni, factory, get);
    return env_threw(jni) ? NULL : o;
}

static jmethodID method(JNIEnv *jni, const char *class_name, const char *name, const char *signature)
{
    jclass c = (*jni)->FindClass(jni, class_name);
    if (env_threw(jni) || c == NULL)
        return NULL;
    jmethodID id = (*jni)->GetMethodID(jni, c, name, signature);
    (*jni)->DeleteLocalRef(jni, c);
    return env_threw(jni) ? NULL : id;
}

enum { NAME = 64 };

/* "" when it is longer, or cannot be had. */
static void text_of(JNIEnv *jni, jobject object, jmethodID get, char text[NAME])
{
    text[0] = '\0';
    jstring s = (*jni)->CallObjectMethod(jni, object, get);
    if (env_threw(jni) || s == NULL)
        return;
    if ((*jni)->GetStringUTFLength(jni, s) < NAME)
        (*jni)->GetStringUTFRegion(jni, s, 0, (*jni)->GetStringLength(jni, s), text);
    env_threw(jni);
    (*jni)->DeleteLocalRef(jni, s);
}

static bool text_is(JNIEnv *jni, jobject object, jmethodID get, const char *wanted)
{
    char text[NAME];
    text_of(jni, object, get, text);
    return strcmp(text, wanted) == 0;
}

static bool enum_is(JNIEnv *jni, jobject object, jmethodID get, jmethodID name, const char *wanted)
{
    jobject e = (*jni)->CallObjectMethod(jni, object, get);
    if (env_threw(jni) || e == NULL)
        return false;
    bool same = text_is(jni, e, name, wanted);
    (*jni)->DeleteLocalRef(jni, e);
    return same;
}

static void keep_pool(JNIEnv *jni, jobject pool)
{
    jmethodID name = method(jni, MANAGEMENT "MemoryPoolMXBean", "getName", "()Ljava/lang/String;");
    jmethodID type = method(jni, MANAGEMENT "MemoryPoolMXBean", "getType", "()L" MANAGEMENT "MemoryType;");
    jmethodID constant = method(jni, "java/lang/Enum", "name", "()Ljava/lang/String;");
    if (name == NULL || type == NULL || constant == NULL)
        return;
    char text[NAME];
    text_of(jni, pool, name, text);
    if (strcmp(text, "Metaspace") == 0)
        ids.metaspace = (*jni)->NewGlobalRef(jni, pool);
    else if (ids.code_pool_count < MAX_CODE_POOLS && (strcmp(text, "CodeCache") == 0 || strncmp(text, "CodeHeap ", 9) == 0))
        ids.code_pools[ids.code_pool_count++] = (*jni)->NewGlobalRef(jni, pool);
    else if (strcmp(text, "Compressed Class Space") == 0)
        ids.class_space = (*jni)->NewGlobalRef(jni, pool);
    else if (ids.heap_pool_count < MAX_HEAP_POOLS && enum_is(jni, pool, type, constant, "HEAP"))
        ids.heap_pools[ids.heap_pool_count++] = (*jni)->NewGlobalRef(jni, pool);
}

/* Each bean of a list that ManagementFactory gives. */
static void each_bean(JNIEnv *jni, jclass factory, const char *list_of, void (*visit)(JNIEnv *, jobject))
{
    jobject list = bean(jni, factory, list_of, "()Ljava/util/List;");
    jmethodID size = method(jni, "java/util/List", "size", "()I");
    jmethodID get = method(jni, "java/util/List", "get", "(I)Ljava/lang/Object;");
    if (list == NULL || size == NULL || get == NULL)
        return;
    jint count = (*jni)->CallIntMethod(jni, list, size);
    for (jint i = 0; !env_threw(jni) && i < count; i++) {
        jobject one = (*jni)->CallObjectMethod(jni, list, get, i);
        if (env_threw(jni) || one == NULL)
            continue;
        visit(jni, one);
        (*jni)->DeleteLocalRef(jni, one);
    }
    (*jni)->DeleteLocalRef(jni, list);
}

static void keep_collector(JNIEnv *jni, jobject gc)
{
    jmethodID name = method(jni, MANAGEMENT "GarbageCollectorMXBean", "getName", "()Ljava/lang/String;");
    for (size_t i = 0; name != NULL && i < sizeof full_collectors / sizeof full_collectors[0]; i++)
        if (ids.full_gc_count < MAX_GC_BEANS && text_is(jni, gc, name, full_collectors[i].name)) {
            ids.full_gcs[ids.full_gc_count++] = (*jni)->NewGlobalRef(jni, gc);
            ids.full_gcs_concurrent = ids.full_gcs_concurrent || full_collectors[i].concurrent;
        }
}

static jobject keep(JNIEnv *jni, jobject local)
{
    jobject global = local != NULL ? (*jni)->NewGlobalRef(jni, local) : NULL;
    (*jni)->DeleteLocalRef(jni, local);
    return global;
}

enum weir_rc pools_init(JNIEnv *jni)
{
    jclass factory = env_class(jni, MANAGEMENT "ManagementFactory");
    if (factory == NULL)
        return WEIR_EJVM;
    ids.memory = keep(jni, bean(jni, factory, "getMemoryMXBean", "()L" MANAGEMENT "MemoryMXBean;"));
    ids.threads = keep(jni, bean(jni, factory, "getThreadMXBean", "()L" MANAGEMENT "ThreadMXBean;"));
    ids.classes = keep(jni, bean(jni, factory, "getClassLoadingMXBean", "()L" MANAGEMENT "ClassLoadingMXBean;"));
    ids.loaded_count = method(jni, MANAGEMENT "ClassLoadingMXBean", "getTotalLoadedClassCount", "()J");
    ids.heap_usage = method(jni, MANAGEMENT "MemoryMXBean", "getHeapMemoryUsage", "()L" MANAGEMENT "MemoryUsage;");
    ids.thread_count = method(jni, MANAGEMENT "ThreadMXBean", "getThreadCount", "()I");
    ids.pool_usage = method(jni, MANAGEMENT "MemoryPoolMXBean", "getUsage", "()L" MANAGEMENT "MemoryUsage;");
    ids.pool_after_gc =
        method(jni, MANAGEMENT "MemoryPoolMXBean", "getCollectionUsage", "()L" MANAGEMENT "MemoryUsage;");
    ids.used = method(jni, MANAGEMENT "MemoryUsage", "getUsed", "()J");
    ids.committed = method(jni, MANAGEMENT "MemoryUsage", "getCommitted", "()J");
    ids.max = method(jni, MANAGEMENT "MemoryUsage", "getMax", "()J");
    each_bean(jni, factory, "getMemoryPoolMXBeans", keep_pool);
    each_bean(jni, factory, "getGarbageCollectorMXBeans", keep_collector);
    ids.gc_count = method(jni, MANAGEMENT "GarbageCollectorMXBean", "getCollectionCount", "()J");
    (*jni)->DeleteGlobalRef(jni, factory);
    return ids.used != NULL && ids.committed != NULL && ids.max != NULL ? WEIR_OK : WEIR_EJVM;
}

static struct pools_usage usage(JNIEnv *jni, jobject object, jmethodID get)
{
    struct pools_usage u = { .known = false };
    if (object == NULL || get == NULL || ids.max == NULL)
        return u;
    jobject reading = (*jni)->CallObjectMethod(jni, object, get);
    if (env_threw(jni) || reading == NULL)
        return u;
    u.used = (uint64_t)(*jni)->CallLongMethod(jni, reading, ids.used);
    u.known = !env_threw(jni);
    u.committed = (uint64_t)(*jni)->CallLongMethod(jni, reading, ids.committed);
    u.known = u.known && !env_threw(jni);
    jlong max = (*jni)->CallLongMethod(jni, reading, ids.max);
    u.has_max = !env_threw(jni) && max >= 0;
    u.max = u.has_max ? (uint64_t)max : 0;
    (*jni)->DeleteLocalRef(jni, reading);
    return u;
}

void pools_collect(void)
{
    env_check((*env_ti())->ForceGarbageCollection(env_ti()), "ForceGarbageCollection");
    usleep(COLLECTED_US);
}

void pools_read(JNIEnv *jni, struct pools_figures *out)
{
    memset(out, 0, sizeof *out);
    out->heap = usage(jni, ids.memory, ids.heap_usage);
    out->metaspace = usage(jni, ids.metaspace, ids.pool_usage);
    out->class_space = usage(jni, ids.class_space, ids.pool_usage);
    for (int i = 0; i < ids.heap_pool_count; i++) {
        struct pools_usage after = usage(jni, ids.heap_pools[i], ids.pool_after_gc);
        out->after_gc_known = out->after_gc_known || after.known;
        out->heap_after_gc += after.known ? after.used : 0;
    }
    for (int i = 0; i < ids.code_pool_count; i++) {
        struct pools_usage code = usage(jni, ids.code_pools[i], ids.pool_usage);
        out->code.known = (i == 0 || out->code.known) && code.known;
        out->code.used += code.used;
        out->code.committed += code.committed;
    }
    out->full_gcs_concurrent = ids.full_gcs_concurrent;
    out->full_gcs_known = ids.full_gc_count > 0 && ids.gc_count != NULL;
    for (int i = 0; out->full_gcs_known && i < ids.full_gc_count; i++) {
        jlong count = (*jni)->CallLongMethod(jni, ids.full_gcs[i], ids.gc_count);
        out->full_gcs_known = !env_threw(jni);
        out->full_gcs += count > 0 ? (uint64_t)count : 0;
    }
    if (ids.classes != NULL && ids.loaded_count != NULL) {
        out->loaded = (uint64_t)(*jni)->CallLongMethod(jni, ids.classes, ids.loaded_count);
        out->loaded_known = !env_threw(jni);
    }
    if (ids.threads != NULL && ids.thread_count != NULL) {
        out->threads = (uint64_t)(*jni)->CallIntMethod(jni, ids.threads, ids.thread_count);
        out->threads_known = !env_threw(jni);
    }
}
