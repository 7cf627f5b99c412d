/* SPDX-License-Identifier: Apache-2.0 */
/* seed.c: every direct buffer has a jdk.internal.ref.Cleaner whose thunk is a java.nio.DirectByteBuffer$Deallocator with
 * address and size, every mapped file one with a sun.nio.ch.FileChannelImpl$Unmapper (JDK 11 to 25). The cleaners form a list
 * from Cleaner.first; one that has run is no longer in it. (The Deallocators themselves, as a heap walk would find them, do
 * not tell: on 21 and newer their address is final.)
 * The list changes under the lock of the class Cleaner, so that lock is held while it is walked. */
#include "jvm/seed.h"

#include <stddef.h>

#include "base/clock.h"
#include "core/acct.h"
#include "jvm/env.h"

#define CLEANER "jdk/internal/ref/Cleaner"
#define DEALLOCATOR "java/nio/DirectByteBuffer$Deallocator"
#define UNMAPPER "sun/nio/ch/FileChannelImpl$Unmapper"

struct block_class { /* of a thunk that knows a block */
    jclass   c;
    jfieldID address, size;
};

struct ids {
    jclass             cleaner;
    jfieldID           first, next, thunk;
    struct block_class direct, mapped;
};

static struct block_class block_class(JNIEnv *jni, const char *name)
{
    struct block_class b = { .c = env_class(jni, name) };
    b.address = env_field(jni, b.c, "address", "J");
    b.size = env_field(jni, b.c, "size", "J");
    return b;
}

static bool find_ids(JNIEnv *jni, bool mapped, struct ids *ids)
{
    *ids = (struct ids){ .cleaner = env_class(jni, CLEANER) };
    ids->first = ids->cleaner != NULL ? (*jni)->GetStaticFieldID(jni, ids->cleaner, "first", "L" CLEANER ";") : NULL;
    env_threw(jni);
    ids->next = env_field(jni, ids->cleaner, "next", "L" CLEANER ";");
    ids->thunk = env_field(jni, ids->cleaner, "thunk", "Ljava/lang/Runnable;");
    ids->direct = block_class(jni, DEALLOCATOR);
    if (mapped)
        ids->mapped = block_class(jni, UNMAPPER);
    return ids->first != NULL && ids->next != NULL && ids->thunk != NULL && ids->direct.address != NULL &&
           ids->direct.size != NULL && (!mapped || (ids->mapped.address != NULL && ids->mapped.size != NULL));
}

static void drop_class(JNIEnv *jni, jclass c)
{
    if (c != NULL)
        (*jni)->DeleteGlobalRef(jni, c);
}

static bool block_of(JNIEnv *jni, const struct block_class *b, jobject thunk, uintptr_t *addr, uint64_t *bytes)
{
    if (b->c == NULL || !(*jni)->IsInstanceOf(jni, thunk, b->c))
        return false;
    *addr = (uintptr_t)(*jni)->GetLongField(jni, thunk, b->address);
    *bytes = (uint64_t)(*jni)->GetLongField(jni, thunk, b->size);
    return *addr != 0; /* on 11 and 17 one whose free is under way says 0 */
}

static void count(bool booked, uint64_t bytes, uint64_t *blocks, uint64_t *sum)
{
    *blocks += booked;
    *sum += booked ? bytes : 0;
}

static void seed_thunk(JNIEnv *jni, const struct ids *ids, const struct segments *network, jobject thunk, struct seed *out)
{
    uintptr_t addr;
    uint64_t bytes;
    if (block_of(jni, &ids->direct, thunk, &addr, &bytes)) {
        bytes = (bytes + 7) & ~(uint64_t)7; /* what malloc was asked for */
        if (network != NULL && segments_have(network, addr))
            count(acct_seed(addr, bytes, WEIR_NETWORK, WEIR_KIND_DIRECT), bytes, &out->network_blocks, &out->network_bytes);
        else
            count(acct_seed(addr, bytes, WEIR_BEFORE_WEIR, WEIR_KIND_DIRECT), bytes, &out->direct_blocks, &out->direct_bytes);
    } else if (block_of(jni, &ids->mapped, thunk, &addr, &bytes)) {
        count(acct_seed(addr, bytes, WEIR_MAPPED, WEIR_KIND_MAPPED), bytes, &out->mapped_blocks, &out->mapped_bytes);
    }
}

static void walk(JNIEnv *jni, const struct ids *ids, const struct segments *network, struct seed *out)
{
    jobject at = (*jni)->GetStaticObjectField(jni, ids->cleaner, ids->first);
    while (at != NULL) {
        jobject thunk = (*jni)->GetObjectField(jni, at, ids->thunk);
        if (thunk != NULL) {
            seed_thunk(jni, ids, network, thunk, out);
            (*jni)->DeleteLocalRef(jni, thunk);
        }
        jobject next = (*jni)->GetObjectField(jni, at, ids->next);
        (*jni)->DeleteLocalRef(jni, at);
        at = next;
    }
}

enum weir_rc seed_cleaners(JNIEnv *jni, const struct segments *network, bool mapped, struct seed *out)
{
    struct ids ids;
    enum weir_rc rc = WEIR_EJVM;
    if (find_ids(jni, mapped, &ids) && (*jni)->MonitorEnter(jni, ids.cleaner) == JNI_OK) {
        int64_t from = clock_mono_us();
        walk(jni, &ids, network, out);
        (*jni)->MonitorExit(jni, ids.cleaner);
        out->held_us += clock_mono_us() - from;
        rc = WEIR_OK;
    }
    drop_class(jni, ids.cleaner);
    drop_class(jni, ids.direct.c);
    drop_class(jni, ids.mapped.c);
    return rc;
}
