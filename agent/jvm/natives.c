/* SPDX-License-Identifier: Apache-2.0 */
/* natives.c: replaces natives of a boot class, in two steps (measured on JDK 11 to 25).
 *   1 originals   The JNI function table gets our RegisterNatives for a moment; the class's own registerNatives() then
 *                 hands us its table. We register nothing and answer 0: libjvm stops the VM on any other answer.
 *   2 register    From a native of a tiny class in the boot loader: with two boot frames on the stack HotSpot prints no
 *                 "re-registering of platform native method" warning (JDK-8238460).
 * Another thread that registers natives of other classes in the meantime passes through to the real function. */
#include "jvm/natives.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "jvm/env.h"

/* javac --release 8 -g:none of:
 *     package weir;
 *     class Boot { static void set(long table, int n) { set0(table, n); }
 *                  private static native void set0(long table, int n); } */
static const unsigned char boot_class[] = {
#include "jvm/boot_class.inc"
};

enum { MAX_METHODS = 8 };

static struct {
    jclass                      target;
    const struct native_method *methods;
    int                         count;
    jint(JNICALL *real)(JNIEnv *, jclass, const JNINativeMethod *, jint);
    jint result; /* of step 2 */
} work; /* one installation at a time, on one thread; read by others only through `real` while step 1 lasts */

static void remember_original(const JNINativeMethod *native)
{
    for (int i = 0; i < work.count; i++)
        if (strcmp(native->name, work.methods[i].name) == 0 &&
            strcmp(native->signature, work.methods[i].signature) == 0)
            *work.methods[i].original = native->fnPtr;
}

static jint JNICALL listening_register(JNIEnv *jni, jclass c, const JNINativeMethod *natives, jint n)
{
    if (!(*jni)->IsSameObject(jni, c, work.target))
        return work.real(jni, c, natives, n);
    for (jint i = 0; i < n; i++)
        remember_original(&natives[i]);
    return 0;
}

static bool find_originals(JNIEnv *jni, const char **why)
{
    jniNativeInterface *table = NULL;
    jmethodID own = (*jni)->GetStaticMethodID(jni, work.target, "registerNatives", "()V");
    *why = "the class has no registerNatives()";
    if (env_threw(jni) || own == NULL)
        return false;
    *why = "the JNI function table cannot be exchanged";
    if (JVM_TRY(GetJNIFunctionTable, &table) != WEIR_OK)
        return false;
    work.real = table->RegisterNatives;
    table->RegisterNatives = listening_register;
    bool exchanged = JVM_TRY(SetJNIFunctionTable, table) == WEIR_OK;
    if (exchanged) {
        (*jni)->CallStaticVoidMethod(jni, work.target, own);
        env_threw(jni);
        table->RegisterNatives = work.real;
        exchanged = JVM_TRY(SetJNIFunctionTable, table) == WEIR_OK;
    }
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)table);
    *why = "the JVM did not tell the original functions";
    for (int i = 0; i < work.count; i++)
        exchanged = exchanged && *work.methods[i].original != NULL;
    return exchanged;
}

static void JNICALL boot_set0(JNIEnv *jni, jclass boot, jlong table, jint n)
{
    (void)boot;
    work.result = (*jni)->RegisterNatives(jni, work.target, (const JNINativeMethod *)(uintptr_t)table, n);
}

/* The helper class, defined once per JVM. NULL with nothing pending on failure. */
static jclass boot_helper(JNIEnv *jni)
{
    static char name[] = "set0", signature[] = "(JI)V";
    JNINativeMethod set0 = { name, signature, (void *)boot_set0 };
    jclass c = (*jni)->DefineClass(jni, "weir/Boot", NULL, (const jbyte *)boot_class, sizeof boot_class);
    if (env_threw(jni) || c == NULL) {
        c = (*jni)->FindClass(jni, "weir/Boot"); /* defined by an earlier installation */
        if (env_threw(jni) || c == NULL)
            return NULL;
    }
    jint rc = (*jni)->RegisterNatives(jni, c, &set0, 1);
    return env_threw(jni) || rc != 0 ? NULL : c;
}

static bool register_ours(JNIEnv *jni, const char **why)
{
    JNINativeMethod natives[MAX_METHODS];
    *why = "the boot helper class cannot be defined";
    jclass boot = boot_helper(jni);
    jmethodID set = boot == NULL ? NULL : (*jni)->GetStaticMethodID(jni, boot, "set", "(JI)V");
    if (env_threw(jni) || set == NULL)
        return false;
    for (int i = 0; i < work.count; i++) {
        natives[i].name = (char *)(uintptr_t)work.methods[i].name; /* JNI's struct predates const */
        natives[i].signature = (char *)(uintptr_t)work.methods[i].signature;
        natives[i].fnPtr = work.methods[i].replacement;
    }
    work.result = -1;
    (*jni)->CallStaticVoidMethod(jni, boot, set, (jlong)(uintptr_t)natives, (jint)work.count);
    *why = "RegisterNatives refused the replacements";
    bool threw = env_threw(jni);
    (*jni)->DeleteLocalRef(jni, boot);
    return !threw && work.result == 0;
}

static enum weir_rc install(JNIEnv *jni, const char *class_name, const struct native_method *methods, int count,
                            bool have_originals, const char **why)
{
    *why = "the class is not there";
    work.target = env_class(jni, class_name);
    work.methods = methods;
    work.count = count;
    if (work.target == NULL || count > MAX_METHODS)
        return WEIR_EJVM;
    bool done = (have_originals || find_originals(jni, why)) && register_ours(jni, why);
    (*jni)->DeleteGlobalRef(jni, work.target);
    return done ? WEIR_OK : WEIR_EJVM;
}

enum weir_rc natives_replace(JNIEnv *jni, const char *class_name, const struct native_method *methods, int count,
                             const char **why)
{
    return install(jni, class_name, methods, count, false, why);
}

enum weir_rc natives_register(JNIEnv *jni, const char *class_name, const struct native_method *methods, int count,
                              const char **why)
{
    return install(jni, class_name, methods, count, true, why);
}
