/* SPDX-License-Identifier: Apache-2.0 */
/* nio.c: sun.nio.ch.FileChannelImpl, whose initialiser loads libnio on every JDK from 11 to 25, and the count of mapped buffers
 * that BufferPoolMXBean "mapped" shows: Unmapper.count on JDK 11, DefaultUnmapper.count on 17 and newer. */
#include "jvm/nio.h"

#include <jvmti.h>
#include <stddef.h>

#include "jvm/env.h"

void nio_load(JNIEnv *jni)
{
    jclass channel = env_class(jni, "sun/nio/ch/FileChannelImpl");
    if (channel == NULL)
        return;
    (*jni)->GetStaticFieldID(jni, channel, "weir$none", "I"); /* initialises the class; there is no such field */
    env_threw(jni);
    (*jni)->DeleteGlobalRef(jni, channel);
}

static bool counts(JNIEnv *jni, const char *name)
{
    jint status = 0, count = 0;
    jclass c = env_class(jni, name);
    if (c == NULL)
        return false;
    /* One that is not initialised has mapped nothing, and is left so. */
    if (JVM_TRY(GetClassStatus, c, &status) == WEIR_OK && (status & JVMTI_CLASS_STATUS_INITIALIZED) != 0) {
        jfieldID id = (*jni)->GetStaticFieldID(jni, c, "count", "I");
        if (!env_threw(jni) && id != NULL)
            count = (*jni)->GetStaticIntField(jni, c, id);
    }
    (*jni)->DeleteGlobalRef(jni, c);
    return count > 0;
}

bool nio_maps_already(JNIEnv *jni)
{
    return counts(jni, "sun/nio/ch/FileChannelImpl$DefaultUnmapper") || counts(jni, "sun/nio/ch/FileChannelImpl$Unmapper");
}

void *nio_thread(void)
{
    void *jni = NULL;
    JavaVM *vm = env_vm();
    return (*vm)->GetEnv(vm, &jni, JNI_VERSION_1_6) == JNI_OK ? jni : NULL;
}
