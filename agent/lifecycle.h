/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIFECYCLE_H
#define LIFECYCLE_H
/* From loading to VM death: what happens in which order. */
#include <jni.h>

#include "weir.h"

/* Agent_OnLoad: parses the options and asks for the events. JNI_OK unless the option `strict` refuses the JVM start. */
jint lifecycle_load(JavaVM *vm, const char *options);

#endif
