/* SPDX-License-Identifier: Apache-2.0 */
/* codesource.c: Class -> ProtectionDomain -> CodeSource -> URL -> path, field by field.
 * The first step is libjvm's JVM_GetProtectionDomain up to JDK 24 and the field Class.protectionDomain from 25 on
 * (JDK-8349145), whichever is there. */
#define _GNU_SOURCE /* RTLD_NOLOAD */
#include "jvm/codesource.h"

#include <dlfcn.h>
#include <string.h>

#include "jvm/env.h"

enum { PATH_CHARS = 1024 };

static struct {
    jobject(JNICALL *domain_of)(JNIEnv *, jclass); /* NULL: use the field */
    jfieldID class_domain, domain_source, source_url, url_path;
} ids;

enum weir_rc codesource_init(JNIEnv *jni)
{
    void *libjvm = dlopen("libjvm.so", RTLD_LAZY | RTLD_NOLOAD);
    void *f = libjvm != NULL ? dlsym(libjvm, "JVM_GetProtectionDomain") : NULL;
    memcpy(&ids.domain_of, &f, sizeof f); /* ISO C has no cast from object to function pointer */
    ids.class_domain = ids.domain_of != NULL
                           ? NULL
                           : env_field_of(jni, "java/lang/Class", "protectionDomain", "Ljava/security/ProtectionDomain;");
    ids.domain_source = env_field_of(jni, "java/security/ProtectionDomain", "codesource", "Ljava/security/CodeSource;");
    ids.source_url = env_field_of(jni, "java/security/CodeSource", "location", "Ljava/net/URL;");
    ids.url_path = env_field_of(jni, "java/net/URL", "path", "Ljava/lang/String;");
    bool all = (ids.domain_of != NULL || ids.class_domain != NULL) && ids.domain_source != NULL &&
               ids.source_url != NULL && ids.url_path != NULL;
    if (!all)
        memset(&ids, 0, sizeof ids);
    return all ? WEIR_OK : WEIR_EJVM;
}

/* object.field; drops object. NULL in, NULL out. */
static jobject step(JNIEnv *jni, jobject object, jfieldID id)
{
    if (object == NULL)
        return NULL;
    jobject next = (*jni)->GetObjectField(jni, object, id);
    (*jni)->DeleteLocalRef(jni, object);
    return next;
}

/* The last PATH_CHARS characters as modified UTF-8. */
static void tail_of(JNIEnv *jni, jstring s, char *out)
{
    jsize len = (*jni)->GetStringLength(jni, s);
    jsize n = len < PATH_CHARS ? len : PATH_CHARS;
    (*jni)->GetStringUTFRegion(jni, s, len - n, n, out);
    env_threw(jni);
}

static const char *last_name(char *path)
{
    size_t len = strlen(path);
    size_t end = len > 0 && path[len - 1] == '/' ? len - 1 : len;
    if (len > 1 && path[len - 1] == '/' && end >= 1 && path[end - 1] == '!') /* jar:file:/x.jar!/ */
        path[end = end - 1] = '\0';
    while (end > 0 && path[end - 1] != '/')
        end--;
    return path + end;
}

void codesource_name(JNIEnv *jni, jclass c, char *out, size_t cap)
{
    char path[PATH_CHARS * 3 + 1];
    out[0] = '\0';
    if (ids.domain_source == NULL)
        return;
    jobject domain = ids.domain_of != NULL ? ids.domain_of(jni, c) : (*jni)->GetObjectField(jni, c, ids.class_domain);
    jobject url = step(jni, step(jni, domain, ids.domain_source), ids.source_url);
    jobject text = step(jni, url, ids.url_path);
    if (text == NULL)
        return;
    path[0] = '\0';
    tail_of(jni, text, path);
    (*jni)->DeleteLocalRef(jni, text);
    const char *name = last_name(path);
    size_t len = strlen(name);
    if (len >= cap)
        name += len - cap + 1;
    memcpy(out, name, strlen(name) + 1);
}
