/* SPDX-License-Identifier: Apache-2.0 */
/* dcmd.c: the native method under the DiagnosticCommand MBean of jdk.management (JDK 9 to 25), called through JNI, which asks
 * neither modules nor visibility. No MBean is registered and no server started: the object it is called on is ours alone, made
 * without its constructor, since the native method does not look at it.
 * The library with the method comes with PlatformMBeanProviderImpl, whose initializer loads it. */
#include "jvm/dcmd.h"

#include "base/arena.h"
#include "jvm/env.h"

#define INTERNAL "com/sun/management/internal/"

static struct {
    jobject   commands; /* NULL: none can be run */
    jmethodID execute;
} me;

static jobject new_commands(JNIEnv *jni)
{
    jclass library = env_class(jni, INTERNAL "PlatformMBeanProviderImpl"); /* finding it initializes it */
    jclass c = library != NULL ? env_class(jni, INTERNAL "DiagnosticCommandImpl") : NULL;
    jobject local = NULL, commands = NULL;
    if (c != NULL) {
        me.execute = (*jni)->GetMethodID(jni, c, "executeDiagnosticCommand", "(Ljava/lang/String;)Ljava/lang/String;");
        local = env_threw(jni) || me.execute == NULL ? NULL : (*jni)->AllocObject(jni, c);
        commands = env_threw(jni) || local == NULL ? NULL : (*jni)->NewGlobalRef(jni, local);
        (*jni)->DeleteGlobalRef(jni, c);
    }
    if (local != NULL)
        (*jni)->DeleteLocalRef(jni, local);
    if (library != NULL)
        (*jni)->DeleteGlobalRef(jni, library);
    return commands;
}

/* The method is linked by a call that costs nothing. */
enum weir_rc dcmd_init(JNIEnv *jni)
{
    size_t len;
    if (me.commands != NULL)
        return WEIR_OK;
    me.commands = new_commands(jni);
    char *text = dcmd_run(jni, "VM.uptime", &len);
    if (text == NULL) {
        if (me.commands != NULL)
            (*jni)->DeleteGlobalRef(jni, me.commands);
        me.commands = NULL;
        return WEIR_EJVM;
    }
    dcmd_drop(text, len);
    return WEIR_OK;
}

static char *copy(JNIEnv *jni, jstring printed, size_t *len)
{
    *len = (size_t)(*jni)->GetStringUTFLength(jni, printed);
    char *text = arena_map(*len + 1);
    if (text == NULL)
        return NULL;
    (*jni)->GetStringUTFRegion(jni, printed, 0, (*jni)->GetStringLength(jni, printed), text);
    env_threw(jni);
    text[*len] = '\0';
    return text;
}

char *dcmd_run(JNIEnv *jni, const char *command, size_t *len)
{
    if (me.commands == NULL)
        return NULL;
    jstring line = (*jni)->NewStringUTF(jni, command);
    jstring printed = env_threw(jni) || line == NULL ? NULL : (*jni)->CallObjectMethod(jni, me.commands, me.execute, line);
    bool threw = env_threw(jni);
    char *text = threw || printed == NULL ? NULL : copy(jni, printed, len);
    if (printed != NULL)
        (*jni)->DeleteLocalRef(jni, printed);
    if (line != NULL)
        (*jni)->DeleteLocalRef(jni, line);
    return text;
}

void dcmd_drop(char *text, size_t len)
{
    if (text != NULL)
        arena_unmap(text, len + 1);
}
