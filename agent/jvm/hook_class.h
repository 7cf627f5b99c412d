/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_HOOK_CLASS_H
#define JVM_HOOK_CLASS_H
/* The functions through which libjava, and below JDK 17 Unsafe, have classes defined: counted by family, and denied in enforce. */
#include <jni.h>
#include <stdbool.h>

#include "snapshot_definitions.h"
#include "weir.h"

/* Live phase, once; frames_init() and acct_init() came before. WEIR_OK with another *why than "ok": something is missing, the rest is in. */
enum weir_rc hook_class_install(JNIEnv *jni, const char **why);
/* Defines a class the way Java does and looks whether it was seen. */
enum weir_rc hook_class_check(JNIEnv *jni, const char **why);
/* mode=enforce or not, at any time; deny_init() came before the first true. */
void         hook_class_enforce(bool on);
/* Reporter. */
void         hook_class_snapshot(struct weir_definitions *out);

#endif
