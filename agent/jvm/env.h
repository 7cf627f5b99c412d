/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_ENV_H
#define JVM_ENV_H
/* The one JVM this library is loaded in, and how its calls are checked. */
#include <jni.h>
#include <jvmti.h>
#include <stdbool.h>
#include <stddef.h>

#include "weir.h"

/* Once, from Agent_OnLoad or Agent_OnAttach. WEIR_EJVM: no JVMTI environment of version 1.2 or newer. */
enum weir_rc env_init(JavaVM *vm);
/* Is the VM up (live phase)? A tool that attaches may come before. */
bool         env_is_live(void);
JavaVM      *env_vm(void);
jvmtiEnv    *env_ti(void);

/* Checked call, outside hooks: on an error other than a wrong phase logs its name and gives WEIR_EJVM. */
#define JVM_TRY(Call, ...) env_check((*env_ti())->Call(env_ti(), __VA_ARGS__), #Call)
enum weir_rc env_check(jvmtiError error, const char *call);

/* A pending Java exception is cleared; true if there was one. After every JNI call that can throw. */
bool env_threw(JNIEnv *jni);
/* Global reference to a class; NULL, with nothing pending, if it cannot be found. */
jclass env_class(JNIEnv *jni, const char *name);
/* NULL, with nothing pending, if the class (NULL: neither) has no such field. */
jfieldID env_field(JNIEnv *jni, jclass c, const char *name, const char *signature);
jfieldID env_field_of(JNIEnv *jni, const char *class_name, const char *name, const char *signature);
/* A system property as the VM knows it; "" if it has none. False: not there or longer than cap - 1. */
bool env_property(const char *name, char *out, size_t cap);
/* 11, 17, 21, ...; 8 for 1.8. 0 unknown. */
int  env_java_major(void);

#endif
