/* SPDX-License-Identifier: Apache-2.0 */
/* seed.c: IterateThroughHeap, filtered to one class, reading primitive fields; nothing is tagged.
 * The callback may not call JNI or most of JVMTI: it only fills a fixed array, booked afterwards. A Deallocator has exactly
 * two longs, address and then size (DirectByteBuffer's template, JDK 11 to 25): the one with the smaller JVMTI field
 * index is the address. */
#include "jvm/seed.h"

#include <jvmti.h>
#include <string.h>

#include "base/arena.h"
#include "core/acct.h"
#include "jvm/env.h"

enum { MAX_FOUND = 65536 };

struct walk {
    uint32_t count, lost;
    struct {
        jint  index;
        jlong value;
    } longs[2 * MAX_FOUND]; /* two in a row for each Deallocator */
};

static jint JNICALL on_primitive(jvmtiHeapReferenceKind kind, const jvmtiHeapReferenceInfo *info, jlong class_tag,
                                 jlong *tag, jvalue value, jvmtiPrimitiveType type, void *data)
{
    struct walk *w = data;
    (void)class_tag;
    (void)tag;
    if (kind != JVMTI_HEAP_REFERENCE_FIELD || type != JVMTI_PRIMITIVE_TYPE_LONG)
        return JVMTI_VISIT_OBJECTS;
    if (w->count < 2 * MAX_FOUND) {
        w->longs[w->count].index = info->field.index;
        w->longs[w->count++].value = value.j;
    } else {
        w->lost++;
    }
    return JVMTI_VISIT_OBJECTS;
}

enum weir_rc seed_direct(JNIEnv *jni, uint64_t *blocks)
{
    jvmtiHeapCallbacks callbacks;
    *blocks = 0;
    jclass c = env_class(jni, "java/nio/DirectByteBuffer$Deallocator");
    struct walk *w = c != NULL ? arena_map(sizeof *w) : NULL;
    if (w == NULL)
        return WEIR_ENOMEM;
    memset(&callbacks, 0, sizeof callbacks);
    callbacks.primitive_field_callback = on_primitive;
    enum weir_rc rc = JVM_TRY(IterateThroughHeap, 0, c, &callbacks, w);
    for (uint32_t i = 0; rc == WEIR_OK && i + 1 < w->count; i += 2) {
        uint32_t first = w->longs[i].index < w->longs[i + 1].index ? i : i + 1;
        jlong addr = w->longs[first].value, size = w->longs[2 * i + 1 - first].value;
        if (addr == 0)
            continue; /* freed already */
        acct_seed((uintptr_t)addr, (uint64_t)(size + 7) & ~7ULL, WEIR_KIND_DIRECT);
        ++*blocks;
    }
    if (rc == WEIR_OK && w->lost != 0)
        rc = WEIR_EFULL;
    arena_unmap(w, sizeof *w);
    (*jni)->DeleteGlobalRef(jni, c);
    return rc;
}
