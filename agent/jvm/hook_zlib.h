/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_HOOK_ZLIB_H
#define JVM_HOOK_ZLIB_H
/* java.util.zip.Deflater and Inflater: what zlib takes for them, by zlib's own formula; kind native. */
#include <jni.h>

#include "weir.h"

/* Live phase, once. *why: "ok", or what is missing. */
enum weir_rc hook_zlib_install(JNIEnv *jni, const char **why);

#endif
