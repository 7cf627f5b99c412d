/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_CODESOURCE_H
#define JVM_CODESOURCE_H
/* Which jar a class came from, read from fields: no Java code runs, so it may be asked inside a hook. */
#include <jni.h>
#include <stddef.h>

#include "weir.h"

/* Field ids; once, outside hooks. WEIR_EJVM: sources stay unknown. */
enum weir_rc codesource_init(JNIEnv *jni);
/* File name of the class's code source: "flink-dist-1.20.5.jar", for a folder its last name with a slash, "classes/";
 * "" if it has none. Cut to cap - 1 bytes from the left. */
void codesource_name(JNIEnv *jni, jclass c, char *out, size_t cap);

#endif
