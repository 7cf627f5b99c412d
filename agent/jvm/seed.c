/* SPDX-License-Identifier: Apache-2.0 */
/* seed.c: every direct buffer has a jdk.internal.ref.Cleaner whose thunk is a java.nio.DirectByteBuffer$Deallocator with
 * address and size (JDK 11 to 25). The cleaners form a list from Cleaner.first; one that has run is no longer in it. (The
 * Deallocators themselves, as a heap walk would find them, do not tell: on 21 and newer their address is final.)
 * The list changes under the lock of the class Cleaner, so that lock is held while it is walked. */
#include "jvm/seed.h"

#include <stddef.h>

#include "core/acct.h"
#include "jvm/env.h"

#define CLEANER "jdk/internal/ref/Cleaner"
#define DEALLOCATOR "java/nio/DirectByteBuffer$Deallocator"

struct ids {
    jclass   cleaner, deallocator;
    jfieldID first, next, thunk, address, size;
};

static jfieldID field(JNIEnv *jni, jclass c, const char *name, const char *signature)
{
    jfieldID id = c != NULL ? (*jni)->GetFieldID(jni, c, name, signature) : NULL;
    return env_threw(jni) ? NULL : id;
}

static bool find_ids(JNIEnv *jni, struct ids *ids)
{
    ids->cleaner = env_class(jni, CLEANER);
    ids->deallocator = env_class(jni, DEALLOCATOR);
    ids->first = ids->cleaner != NULL ? (*jni)->GetStaticFieldID(jni, ids->cleaner, "first", "L" CLEANER ";") : NULL;
    env_threw(jni);
    ids->next = field(jni, ids->cleaner, "next", "L" CLEANER ";");
    ids->thunk = field(jni, ids->cleaner, "thunk", "Ljava/lang/Runnable;");
    ids->address = field(jni, ids->deallocator, "address", "J");
    ids->size = field(jni, ids->deallocator, "size", "J");
    return ids->first != NULL && ids->next != NULL && ids->thunk != NULL && ids->address != NULL && ids->size != NULL;
}

static void drop_ids(JNIEnv *jni, struct ids *ids)
{
    if (ids->cleaner != NULL)
        (*jni)->DeleteGlobalRef(jni, ids->cleaner);
    if (ids->deallocator != NULL)
        (*jni)->DeleteGlobalRef(jni, ids->deallocator);
}

static bool seed_one(JNIEnv *jni, const struct ids *ids, jobject cleaner)
{
    jobject thunk = (*jni)->GetObjectField(jni, cleaner, ids->thunk);
    bool buffer = thunk != NULL && (*jni)->IsInstanceOf(jni, thunk, ids->deallocator);
    jlong address = buffer ? (*jni)->GetLongField(jni, thunk, ids->address) : 0;
    if (address != 0) /* on 11 and 17 one whose free is under way says 0 */
        acct_seed((uintptr_t)address, ((uint64_t)(*jni)->GetLongField(jni, thunk, ids->size) + 7) & ~7ULL,
                  WEIR_KIND_DIRECT);
    if (thunk != NULL)
        (*jni)->DeleteLocalRef(jni, thunk);
    return address != 0;
}

static void walk(JNIEnv *jni, const struct ids *ids, uint64_t *blocks)
{
    jobject at = (*jni)->GetStaticObjectField(jni, ids->cleaner, ids->first);
    while (at != NULL) {
        *blocks += seed_one(jni, ids, at);
        jobject next = (*jni)->GetObjectField(jni, at, ids->next);
        (*jni)->DeleteLocalRef(jni, at);
        at = next;
    }
}

enum weir_rc seed_direct(JNIEnv *jni, uint64_t *blocks)
{
    struct ids ids;
    enum weir_rc rc = WEIR_EJVM;
    *blocks = 0;
    if (find_ids(jni, &ids) && (*jni)->MonitorEnter(jni, ids.cleaner) == JNI_OK) {
        walk(jni, &ids, blocks);
        (*jni)->MonitorExit(jni, ids.cleaner);
        rc = WEIR_OK;
    }
    drop_ids(jni, &ids);
    return rc;
}
