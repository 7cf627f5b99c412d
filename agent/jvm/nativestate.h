/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_NATIVESTATE_H
#define JVM_NATIVESTATE_H
/* Is the calling Java thread in native code, as far as the VM knows? A critical downcall (Linker.Option.critical) is not: there
 * no JNI or JVMTI function may be called. */
#include <jni.h>

#include "weir.h"

/* Once, on a Java thread in a callback. WEIR_EJVM: the VM's state cannot be read here. */
enum weir_rc nativestate_init(JNIEnv *jni, const char **why);
/* The calling thread's JNIEnv; NULL if it is no Java thread, or not in native code. Any thread, also inside a hook. */
void        *nativestate_thread(void);

#endif
