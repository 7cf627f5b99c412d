/* SPDX-License-Identifier: Apache-2.0 */
/* nio.c: sun.nio.ch.FileChannelImpl, whose initialiser loads libnio on every JDK from 11 to 25. */
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

void *nio_thread(void)
{
    void *jni = NULL;
    JavaVM *vm = env_vm();
    return (*vm)->GetEnv(vm, &jni, JNI_VERSION_1_6) == JNI_OK ? jni : NULL;
}
