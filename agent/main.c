/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: the three functions the JVM calls; everything else in the library is hidden. */
#include <jni.h>

#include "lifecycle.h"

/* jni.h's JNIEXPORT is what makes these visible against -fvisibility=hidden. */
JNIEXPORT jint JNICALL Agent_OnLoad(JavaVM *vm, char *options, void *reserved);
JNIEXPORT jint JNICALL Agent_OnAttach(JavaVM *vm, char *options, void *reserved);
JNIEXPORT void JNICALL Agent_OnUnload(JavaVM *vm);

jint JNICALL Agent_OnLoad(JavaVM *vm, char *options, void *reserved)
{
    (void)reserved;
    return lifecycle_load(vm, options);
}

jint JNICALL Agent_OnAttach(JavaVM *vm, char *options, void *reserved)
{
    (void)reserved;
    return lifecycle_attach(vm, options);
}

/* Called when the JVM ends; the library itself stays (-z nodelete), hooks may still be passing through. */
void JNICALL Agent_OnUnload(JavaVM *vm)
{
    (void)vm;
}
