/* SPDX-License-Identifier: Apache-2.0 */
/* env.c: JavaVM and JVMTI environment of the process; written once before any callback is enabled. */
#include "jvm/env.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static JavaVM *the_vm;
static jvmtiEnv *the_ti;
static int java_major; /* 0 unknown */

static void learn_version(void);

enum weir_rc env_init(JavaVM *vm)
{
    void *ti = NULL;
    if ((*vm)->GetEnv(vm, &ti, JVMTI_VERSION_1_2) != JNI_OK)
        return WEIR_EJVM;
    the_vm = vm;
    the_ti = ti;
    learn_version();
    return WEIR_OK;
}

bool env_is_live(void)
{
    jvmtiPhase phase;
    return (*env_ti())->GetPhase(env_ti(), &phase) == JVMTI_ERROR_NONE && phase == JVMTI_PHASE_LIVE;
}

JavaVM *env_vm(void)
{
    return the_vm;
}

jvmtiEnv *env_ti(void)
{
    return the_ti;
}

enum weir_rc env_check(jvmtiError error, const char *call)
{
    char *name = NULL;
    if (error == JVMTI_ERROR_NONE)
        return WEIR_OK;
    if (error == JVMTI_ERROR_WRONG_PHASE)
        return WEIR_EJVM;
    (*the_ti)->GetErrorName(the_ti, error, &name);
    log_warn("JVMTI %s failed: %s (%d)", call, name != NULL ? name : "unknown error", (int)error);
    (*the_ti)->Deallocate(the_ti, (unsigned char *)name);
    return WEIR_EJVM;
}

bool env_threw(JNIEnv *jni)
{
    if (!(*jni)->ExceptionCheck(jni))
        return false;
    (*jni)->ExceptionClear(jni);
    return true;
}

jclass env_class(JNIEnv *jni, const char *name)
{
    jclass local = (*jni)->FindClass(jni, name);
    if (env_threw(jni) || local == NULL)
        return NULL;
    jclass global = (*jni)->NewGlobalRef(jni, local);
    (*jni)->DeleteLocalRef(jni, local);
    return global;
}

jfieldID env_field(JNIEnv *jni, jclass c, const char *name, const char *signature)
{
    jfieldID id = c != NULL ? (*jni)->GetFieldID(jni, c, name, signature) : NULL;
    return env_threw(jni) ? NULL : id;
}

jfieldID env_field_of(JNIEnv *jni, const char *class_name, const char *name, const char *signature)
{
    jclass c = (*jni)->FindClass(jni, class_name);
    jfieldID id = env_threw(jni) ? NULL : env_field(jni, c, name, signature);
    (*jni)->DeleteLocalRef(jni, c);
    return id;
}

bool env_property(const char *name, char *out, size_t cap)
{
    char *value = NULL;
    out[0] = '\0';
    if ((*the_ti)->GetSystemProperty(the_ti, name, &value) != JVMTI_ERROR_NONE || value == NULL)
        return false;
    size_t len = strlen(value);
    bool fits = len < cap;
    if (fits)
        memcpy(out, value, len + 1);
    (*the_ti)->Deallocate(the_ti, (unsigned char *)value);
    return fits;
}

int env_java_major(void)
{
    return java_major;
}

static void learn_version(void)
{
    char text[32];
    if (env_property("java.vm.specification.version", text, sizeof text))
        java_major = (int)strtol(strncmp(text, "1.", 2) == 0 ? text + 2 : text, NULL, 10);
}
