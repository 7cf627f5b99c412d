/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_NATIVES_H
#define JVM_NATIVES_H
/* The one place that finds the JVM's original native functions and registers ours over them. */
#include <jni.h>

#include "weir.h"

struct native_method {
    const char *name;
    const char *signature;
    void       *replacement;
    void      **original; /* filled before any replacement is registered */
};

/* Replaces natives of a boot class whose registerNatives() registers them. Methods are registered in array order: put free
 * before reallocate before allocate, so that no block is booked whose free goes unseen. Live phase, once per class (each
 * toggle of a native leaks its wrapper, JDK-8369219). On failure *why is a static sentence; whatever was registered
 * already calls through to its original. */
enum weir_rc natives_replace(JNIEnv *jni, const char *class_name, const struct native_method *methods, int count,
                             const char **why);

/* The same for a class whose originals the caller found by other means (exported by name): they are in place already. */
enum weir_rc natives_register(JNIEnv *jni, const char *class_name, const struct native_method *methods, int count,
                              const char **why);

#endif
