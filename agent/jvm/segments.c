/* SPDX-License-Identifier: Apache-2.0 */
/* segments.c: IterateThroughHeap tags the instances of two classes, GetObjectsWithTags hands them out, JNI reads their fields.
 * A MemorySegment with a cleaner is a page of managed memory (MemorySegmentFactory.allocateOffHeapUnsafeMemory is the
 * only maker of those); one without, off heap, is a direct buffer: a network buffer if its size is the pool's and exactly as many
 * were found as the pool says it has. Segments of the same size that wait in a BatchShuffleReadBufferPool are set aside first.
 * A walk over the heap also meets segments that are garbage already, or that somebody else has in use. Are there more than
 * the pool has, the pool's number of them is taken, lowest addresses first: the sum is Flink's, and which of the few is not
 * the pool's will only be seen when it is freed; the answer says so. Fewer: nobody is guessed at.
 * A freed segment has its address moved behind its limit. */
#include "jvm/segments.h"

#include <jvmti.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "jvm/env.h"

#define FOUND_TAG (1LL << 43)
#define ASIDE_TAG (1LL << 44)
#define BATCH_POOL "Lorg/apache/flink/runtime/io/disk/BatchShuffleReadBufferPool;"
#define SEGMENT "Lorg/apache/flink/core/memory/MemorySegment;"
#define HYBRID "Lorg/apache/flink/core/memory/HybridMemorySegment;" /* 1.10 to 1.13 */
#define POOL "Lorg/apache/flink/runtime/io/network/buffer/NetworkBufferPool;"

enum { ASIDE_MAX = 1 << 16, HEAP_ADDRESSES = 4096 }; /* below: the offset into a byte array, not an address */

struct classes {
    jclass segment, hybrid, pool, batch_pool; /* local references */
};

struct fields {
    jfieldID address, limit, size, cleaner, total, pool_size;
};

static void take_class(const char *signature, jclass c, struct classes *out)
{
    if (strcmp(signature, SEGMENT) == 0)
        out->segment = c;
    else if (strcmp(signature, HYBRID) == 0)
        out->hybrid = c;
    else if (strcmp(signature, POOL) == 0)
        out->pool = c;
    else if (strcmp(signature, BATCH_POOL) == 0)
        out->batch_pool = c;
}

/* Inside the caller's local frame, which drops the references. */
static void find_classes(struct classes *out)
{
    jclass *all = NULL;
    jint count = 0;
    memset(out, 0, sizeof *out);
    if (JVM_TRY(GetLoadedClasses, &count, &all) != WEIR_OK)
        return;
    for (jint i = 0; i < count; i++) {
        char *signature = NULL;
        if ((*env_ti())->GetClassSignature(env_ti(), all[i], &signature, NULL) == JVMTI_ERROR_NONE)
            take_class(signature, all[i], out);
        (*env_ti())->Deallocate(env_ti(), (unsigned char *)signature);
    }
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)all);
}

static bool find_fields(JNIEnv *jni, const struct classes *c, struct fields *f)
{
    jclass segment = c->hybrid != NULL ? c->hybrid : c->segment;
    f->address = env_field(jni, segment, "address", "J");
    f->limit = env_field(jni, segment, "addressLimit", "J");
    f->size = env_field(jni, segment, "size", "I");
    f->cleaner = env_field(jni, segment, "cleaner", "Ljava/lang/Runnable;");
    f->total = env_field(jni, c->pool, "totalNumberOfMemorySegments", "I");
    f->pool_size = env_field(jni, c->pool, "memorySegmentSize", "I");
    return f->address != NULL && f->limit != NULL && f->size != NULL && f->cleaner != NULL;
}

static jint JNICALL tag_it(jlong class_tag, jlong size, jlong *tag, jint length, void *with)
{
    (void)class_tag, (void)size, (void)length, (void)with;
    if (*tag == 0)
        *tag = FOUND_TAG;
    return 0;
}

static jint tag_all(jobject *objects, jint count, jlong tag)
{
    for (jint i = 0; i < count; i++)
        (*env_ti())->SetTag(env_ti(), objects[i], tag);
    return count;
}

/* Its instances, as local references; the caller frees the array. Exact class: what derives from it is another one. */
static jint instances(jclass c, jobject **out, int64_t *walk_us)
{
    jvmtiHeapCallbacks callbacks;
    jlong tag = FOUND_TAG;
    jint count = 0;
    memset(&callbacks, 0, sizeof callbacks);
    callbacks.heap_iteration_callback = tag_it;
    *out = NULL;
    if (c == NULL)
        return 0;
    int64_t from = clock_mono_us();
    enum weir_rc rc = JVM_TRY(IterateThroughHeap, 0, c, &callbacks, NULL);
    *walk_us += clock_mono_us() - from;
    if (rc == WEIR_OK && JVM_TRY(GetObjectsWithTags, 1, &tag, &count, out, NULL) != WEIR_OK)
        count = 0;
    return *out != NULL ? tag_all(*out, count, 0) : 0;
}

/* What an ArrayDeque holds, into out; how many. */
static jint elements_of(JNIEnv *jni, jobject deque, jobject *out, jint room)
{
    jclass c = deque != NULL ? (*jni)->FindClass(jni, "java/util/ArrayDeque") : NULL;
    jfieldID id = env_threw(jni) ? NULL : env_field(jni, c, "elements", "[Ljava/lang/Object;");
    if (id == NULL || !(*jni)->IsInstanceOf(jni, deque, c))
        return 0;
    jobjectArray array = (*jni)->GetObjectField(jni, deque, id);
    jsize length = array != NULL ? (*jni)->GetArrayLength(jni, array) : 0;
    jint count = 0;
    for (jsize i = 0; i < length && count < room; i++) {
        jobject o = (*jni)->GetObjectArrayElement(jni, array, i);
        if (o != NULL)
            out[count++] = o;
    }
    return count;
}

/* Segments that wait in pools of batch shuffle are tagged, so that the search for the others passes them by. */
static jint set_aside(JNIEnv *jni, jclass pool, jobject *out, int64_t *walk_us)
{
    jobject *pools = NULL;
    jfieldID buffers = env_field(jni, pool, "buffers", "Ljava/util/Queue;");
    jint     pool_count = buffers != NULL ? instances(pool, &pools, walk_us) : 0, count = 0;
    for (jint i = 0; pools != NULL && i < pool_count; i++)
        count += elements_of(jni, (*jni)->GetObjectField(jni, pools[i], buffers), out + count, ASIDE_MAX - count);
    if (buffers != NULL)
        (*env_ti())->Deallocate(env_ti(), (unsigned char *)pools);
    return tag_all(out, count, ASIDE_TAG);
}

/* False: on the heap, or freed. *unsafe: it has a cleaner. */
static bool read_segment(JNIEnv *jni, const struct fields *f, jobject segment, struct segment *out, bool *is_unsafe)
{
    jlong limit = (*jni)->GetLongField(jni, segment, f->limit), address = (*jni)->GetLongField(jni, segment, f->address);
    jint size = (*jni)->GetIntField(jni, segment, f->size);
    jobject cleaner = (*jni)->GetObjectField(jni, segment, f->cleaner);
    *out = (struct segment){ (uintptr_t)address, (uint64_t)size };
    *is_unsafe = cleaner != NULL;
    if (cleaner != NULL)
        (*jni)->DeleteLocalRef(jni, cleaner);
    return address >= HEAP_ADDRESSES && address + size == limit;
}

static void take_segments(JNIEnv *jni, const struct fields *f, jobject *objects, jint count, uint64_t buffer_size, struct segments *out)
{
    for (jint i = 0; i < count; i++) {
        struct segment s;
        bool is_unsafe;
        if (read_segment(jni, f, objects[i], &s, &is_unsafe)) {
            if (is_unsafe)
                out->managed[out->managed_count++] = s;
            else if (s.bytes == buffer_size)
                out->network[out->network_count++] = s;
        }
        (*jni)->DeleteLocalRef(jni, objects[i]);
    }
}

/* Sum over all pools of the process (there is one), and their common buffer size; 0 if they differ. */
static uint64_t read_pools(JNIEnv *jni, const struct fields *f, jobject *pools, jint count, uint64_t *total)
{
    uint64_t size = 0;
    *total = 0;
    for (jint i = 0; i < count && f->total != NULL && f->pool_size != NULL; i++) {
        uint64_t own = (uint64_t)(*jni)->GetIntField(jni, pools[i], f->pool_size);
        *total += (uint64_t)(*jni)->GetIntField(jni, pools[i], f->total);
        size = i == 0 || size == own ? own : 0;
    }
    return size;
}

static int by_address(const void *a, const void *b)
{
    uintptr_t x = ((const struct segment *)a)->addr, y = ((const struct segment *)b)->addr;
    return (x > y) - (x < y);
}

static bool make_room(struct segments *out, size_t count)
{
    out->room = count + 1;
    out->network = arena_map(out->room * sizeof *out->network);
    out->managed = arena_map(out->room * sizeof *out->managed);
    return out->network != NULL && out->managed != NULL;
}

static enum weir_rc find(JNIEnv *jni, struct segments *out)
{
    struct classes c;
    struct fields f;
    jobject *pools, *objects;
    enum weir_rc rc = WEIR_ENOMEM;
    find_classes(&c);
    if (c.segment == NULL || !find_fields(jni, &c, &f))
        return WEIR_ENOENT;
    jint pool_count = instances(c.pool, &pools, &out->walk_us);
    uint64_t size = read_pools(jni, &f, pools, pool_count, &out->expected);
    jobject *aside = arena_map(ASIDE_MAX * sizeof(jobject));
    jint aside_count = aside != NULL ? set_aside(jni, c.batch_pool, aside, &out->walk_us) : 0;
    jint count = instances(c.hybrid != NULL ? c.hybrid : c.segment, &objects, &out->walk_us);
    tag_all(aside, aside_count, 0);
    arena_unmap(aside, ASIDE_MAX * sizeof(jobject));
    if (make_room(out, (size_t)count)) {
        take_segments(jni, &f, objects, count, size, out);
        rc = WEIR_OK;
    }
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)pools);
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)objects);
    return rc;
}

enum weir_rc segments_find(JNIEnv *jni, struct segments *out)
{
    memset(out, 0, sizeof *out);
    if ((*jni)->PushLocalFrame(jni, 1024) != JNI_OK) {
        env_threw(jni);
        return WEIR_ENOMEM;
    }
    enum weir_rc rc = find(jni, out);
    (*jni)->PopLocalFrame(jni, NULL);
    out->seen = out->network_count;
    if (rc != WEIR_OK) {
        segments_drop(out);
        return rc;
    }
    qsort(out->network, out->network_count, sizeof *out->network, by_address);
    out->network_count = out->seen < out->expected ? 0 : (size_t)out->expected;
    return WEIR_OK;
}

void segments_drop(struct segments *s)
{
    arena_unmap(s->network, s->room * sizeof *s->network);
    arena_unmap(s->managed, s->room * sizeof *s->managed);
    s->network = s->managed = NULL;
    s->network_count = s->managed_count = s->room = 0;
}

bool segments_have(const struct segments *s, uintptr_t addr)
{
    struct segment key = { addr, 0 };
    return s->network_count != 0 &&
           bsearch(&key, s->network, s->network_count, sizeof key, by_address) != NULL;
}
