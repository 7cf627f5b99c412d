/* SPDX-License-Identifier: Apache-2.0 */
/* bits.c: java.nio.Bits.RESERVED_MEMORY and COUNT (AtomicLong), jdk.internal.misc.VM.directMemory (long); names of JDK 11 to
 * 25 (Bits.java, VM.java). */
#include "jvm/bits.h"

#include <stddef.h>

#include "jvm/env.h"

static struct {
    jobject  reserved, count; /* global references to two JDK objects that live as long as the JVM */
    jfieldID value;
    jclass   vm;
    jfieldID direct_memory;
} ids;

static jobject counter(JNIEnv *jni, jclass bits, const char *name)
{
    jfieldID id = (*jni)->GetStaticFieldID(jni, bits, name, "Ljava/util/concurrent/atomic/AtomicLong;");
    if (env_threw(jni) || id == NULL)
        return NULL;
    jobject local = (*jni)->GetStaticObjectField(jni, bits, id);
    jobject global = local != NULL ? (*jni)->NewGlobalRef(jni, local) : NULL;
    (*jni)->DeleteLocalRef(jni, local);
    return global;
}

enum weir_rc bits_init(JNIEnv *jni)
{
    jclass bits = env_class(jni, "java/nio/Bits");
    jclass atomic_long = env_class(jni, "java/util/concurrent/atomic/AtomicLong");
    ids.vm = env_class(jni, "jdk/internal/misc/VM");
    if (bits != NULL && atomic_long != NULL) {
        ids.value = (*jni)->GetFieldID(jni, atomic_long, "value", "J");
        env_threw(jni);
        ids.reserved = counter(jni, bits, "RESERVED_MEMORY");
        ids.count = counter(jni, bits, "COUNT");
    }
    if (ids.vm != NULL) {
        ids.direct_memory = (*jni)->GetStaticFieldID(jni, ids.vm, "directMemory", "J");
        env_threw(jni);
    }
    if (bits != NULL)
        (*jni)->DeleteGlobalRef(jni, bits);
    if (atomic_long != NULL)
        (*jni)->DeleteGlobalRef(jni, atomic_long);
    return ids.value != NULL && ids.reserved != NULL && ids.count != NULL ? WEIR_OK : WEIR_EJVM;
}

bool bits_read(JNIEnv *jni, uint64_t *reserved, uint64_t *count)
{
    if (ids.value == NULL || ids.reserved == NULL || ids.count == NULL)
        return false;
    *reserved = (uint64_t)(*jni)->GetLongField(jni, ids.reserved, ids.value);
    *count = (uint64_t)(*jni)->GetLongField(jni, ids.count, ids.value);
    return true;
}

bool bits_limit(JNIEnv *jni, uint64_t *limit)
{
    if (ids.direct_memory == NULL)
        return false;
    *limit = (uint64_t)(*jni)->GetStaticLongField(jni, ids.vm, ids.direct_memory);
    return true;
}
