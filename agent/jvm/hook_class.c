/* SPDX-License-Identifier: Apache-2.0 */
/* hook_class.c: libjava calls JVM_DefineClassWithSource for ClassLoader.defineClass and JVM_LookupDefineClass (17 and newer) for
 * Lookup.defineClass and hidden classes, lambdas among them; before 17 proxies and lambdas come through Unsafe. A definition is
 * counted when the real function made a class of it.
 * Past these go JNI's DefineClass and what the VM itself takes from its own files and its class data archive: they are in the
 * VM's total, which stands beside our count, and are never denied. No event would tell them: ClassLoad comes again for
 * each further loader that finds a class (measured: twice as many as classes), ClassPrepare leaves out what was never
 * linked. JVM_DefineClass is called by none of JDK 11 to 25's libjava. */
#include "jvm/hook_class.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "core/classes.h"
#include "core/door.h"
#include "jvm/deny_class.h"
#include "jvm/env.h"
#include "jvm/natives.h"
#include "native/elfgot.h"
#include "base/poison.h"

enum { FIRST_WITHOUT_UNSAFE = 17 };

typedef jclass define_source(JNIEnv *, const char *, jobject, const jbyte *, jsize, jobject, const char *);
typedef jclass define_lookup(JNIEnv *, jclass, const char *, const jbyte *, jsize, jobject, jboolean, jint, jobject);

static define_source *real_source;
static define_lookup *real_lookup;
static jclass(JNICALL *real_unsafe)(JNIEnv *, jobject, jstring, jbyteArray, jint, jint, jobject, jobject);
static jclass(JNICALL *real_anonymous)(JNIEnv *, jobject, jclass, jbyteArray, jobjectArray);

static struct {
    struct classes      *classes;
    struct elfgot        libjava; /* stays open */
    struct elfgot_symbol source, lookup;
} me;

static void count(jclass c, const char *name, uint64_t bytes)
{
    char *signature = NULL;
    if (c == NULL)
        return;
    if (name == NULL && (*env_ti())->GetClassSignature(env_ti(), c, &signature, NULL) == JVMTI_ERROR_NONE)
        name = signature;
    classes_defined(me.classes, name != NULL ? name : "", bytes);
    if (signature != NULL)
        (*env_ti())->Deallocate(env_ti(), (unsigned char *)signature);
}

static bool refused(JNIEnv *jni, const struct deny_class_request *r)
{
    if (deny_class(jni, r))
        return false;
    classes_denied(me.classes);
    return true;
}

static jclass hook_source(JNIEnv *jni, const char *name, jobject loader, const jbyte *file, jsize bytes, jobject domain, const char *source)
{
    struct deny_class_request r = { .name = name, .bytes = (uint64_t)bytes, .loader = loader };
    if (!door_takes())
        return real_source(jni, name, loader, file, bytes, domain, source);
    if (refused(jni, &r))
        return NULL;
    jclass c = real_source(jni, name, loader, file, bytes, domain, source);
    count(c, r.name, r.bytes);
    return c;
}

static jclass hook_lookup(JNIEnv *jni, jclass beside, const char *name, const jbyte *file, jsize bytes, jobject domain, jboolean init,
                          jint flags, jobject data)
{
    struct deny_class_request r = { .name = name, .bytes = (uint64_t)bytes, .beside = beside };
    if (!door_takes())
        return real_lookup(jni, beside, name, file, bytes, domain, init, flags, data);
    if (refused(jni, &r))
        return NULL;
    jclass c = real_lookup(jni, beside, name, file, bytes, domain, init, flags, data);
    count(c, r.name, r.bytes);
    return c;
}

static jclass JNICALL hook_unsafe(JNIEnv *jni, jobject unsafe, jstring name, jbyteArray file, jint from, jint bytes, jobject loader,
                                  jobject domain)
{
    struct deny_class_request r = { .bytes = bytes > 0 ? (uint64_t)bytes : 0, .loader = loader };
    if (!door_takes())
        return real_unsafe(jni, unsafe, name, file, from, bytes, loader, domain);
    if (refused(jni, &r))
        return NULL;
    jclass c = real_unsafe(jni, unsafe, name, file, from, bytes, loader, domain);
    count(c, r.name, r.bytes);
    return c;
}

static jclass JNICALL hook_anonymous(JNIEnv *jni, jobject unsafe, jclass host, jbyteArray file, jobjectArray patches)
{
    if (!door_takes() || host == NULL || file == NULL)
        return real_anonymous(jni, unsafe, host, file, patches);
    struct deny_class_request r = { .bytes = (uint64_t)(*jni)->GetArrayLength(jni, file), .beside = host };
    if (refused(jni, &r))
        return NULL;
    jclass c = real_anonymous(jni, unsafe, host, file, patches);
    count(c, r.name, r.bytes);
    return c;
}

void hook_class_enforce(bool on)
{
    deny_class_init(on);
}

void hook_class_snapshot(struct weir_definitions *out)
{
    if (me.classes == NULL)
        memset(out, 0, sizeof *out);
    else
        classes_snapshot(me.classes, out);
}

/* ---- installing ---- */

static enum weir_rc patch_libjava(void)
{
    enum weir_rc rc = elfgot_open(&me.libjava, "libjava.so");
    if (rc != WEIR_OK)
        return rc;
    rc = elfgot_find(&me.libjava, "JVM_DefineClassWithSource", &me.source);
    if (rc != WEIR_OK) {
        elfgot_close(&me.libjava);
        return rc;
    }
    real_source = (define_source *)me.source.original;
    rc = elfgot_put(&me.source, (void *)hook_source);
    if (rc == WEIR_OK && elfgot_find(&me.libjava, "JVM_LookupDefineClass", &me.lookup) == WEIR_OK) {
        real_lookup = (define_lookup *)me.lookup.original;
        rc = elfgot_put(&me.lookup, (void *)hook_lookup);
    }
    return rc;
}

static enum weir_rc replace_unsafe(JNIEnv *jni, const char **why)
{
    static const struct native_method methods[] = {
        { "defineClass0", "(Ljava/lang/String;[BIILjava/lang/ClassLoader;Ljava/security/ProtectionDomain;)Ljava/lang/Class;",
          (void *)hook_unsafe, (void **)&real_unsafe },
        { "defineAnonymousClass0", "(Ljava/lang/Class;[B[Ljava/lang/Object;)Ljava/lang/Class;", (void *)hook_anonymous,
          (void **)&real_anonymous },
    };
    if (env_java_major() >= FIRST_WITHOUT_UNSAFE)
        return WEIR_OK;
    return natives_replace(jni, "jdk/internal/misc/Unsafe", methods, 2, why);
}

enum weir_rc hook_class_install(JNIEnv *jni, const char **why)
{
    const char *unused;
    *why = "no memory for the table of classes: definitions are not counted";
    if (classes_new(&me.classes) != WEIR_OK)
        return WEIR_ENOMEM;
    *why = "libjava defines classes in no way we know: they are not counted, and never denied";
    enum weir_rc rc = patch_libjava();
    if (rc != WEIR_OK)
        return rc;
    *why = "ok";
    if (replace_unsafe(jni, &unused) != WEIR_OK)
        *why = "Unsafe defines classes in no way we know: proxies and lambdas are not counted, and never denied";
    return WEIR_OK;
}

/* javac of: package weir; class Seen { } without its constructor */
static const unsigned char seen_class[] = {
    0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52, 0, 5, 7, 0, 2, 1, 0, 9, 'w', 'e', 'i', 'r', '/', 'S', 'e', 'e', 'n', 7, 0, 4, 1, 0, 16,
    'j', 'a', 'v', 'a', '/', 'l', 'a', 'n', 'g', '/', 'O', 'b', 'j', 'e', 'c', 't', 0, 0x20, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0,
};

static jclass define_seen(JNIEnv *jni, jclass loader)
{
    static const char signature[] = "(Ljava/lang/ClassLoader;Ljava/lang/String;[BIILjava/security/ProtectionDomain;Ljava/lang/"
                                    "String;)Ljava/lang/Class;";
    jmethodID  define = (*jni)->GetStaticMethodID(jni, loader, "defineClass1", signature);
    jbyteArray file = env_threw(jni) ? NULL : (*jni)->NewByteArray(jni, sizeof seen_class);
    jstring    name = env_threw(jni) ? NULL : (*jni)->NewStringUTF(jni, "weir.Seen");
    if (env_threw(jni) || define == NULL || file == NULL || name == NULL)
        return NULL;
    (*jni)->SetByteArrayRegion(jni, file, 0, sizeof seen_class, (const jbyte *)seen_class);
    jclass c = (*jni)->CallStaticObjectMethod(jni, loader, define, NULL, name, file, (jint)0, (jint)sizeof seen_class, NULL, NULL);
    (*jni)->DeleteLocalRef(jni, file);
    (*jni)->DeleteLocalRef(jni, name);
    return env_threw(jni) ? NULL : c;
}

enum weir_rc hook_class_check(JNIEnv *jni, const char **why)
{
    struct weir_definitions before, after;
    jclass                  loader = env_class(jni, "java/lang/ClassLoader");
    if (loader == NULL)
        return WEIR_OK;
    hook_class_snapshot(&before);
    jclass c = define_seen(jni, loader);
    hook_class_snapshot(&after);
    (*jni)->DeleteGlobalRef(jni, loader);
    if (c == NULL)
        return WEIR_OK; /* it cannot be tried this way: the slots were written, that is all we know */
    (*jni)->DeleteLocalRef(jni, c);
    if (after.classes > before.classes && after.bytes >= before.bytes + sizeof seen_class) {
        classes_taken_back(me.classes, "weir/Seen", sizeof seen_class);
        return WEIR_OK;
    }
    *why = "libjava still calls the JVM's own functions: classes are not counted, and never denied";
    return WEIR_EJVM;
}
