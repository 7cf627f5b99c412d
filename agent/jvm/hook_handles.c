/* SPDX-License-Identifier: Apache-2.0 */
/* hook_handles.c: how the wrappers get in, and what they tell.
 *   bound later   NativeMethodBind names the function a native is about to get; another one may be put in its place. Its
 *                 capability costs nothing until the event comes, once per native; asked for in the live phase only (on
 *                 JDK 11 and newer the event's early form is of no use, and costs the AOT cache).
 *   bound before  (weir was attached) the method's own slot says what it is bound to; if that is an export of a library,
 *                 under a name of these classes, RegisterNatives puts a wrapper there. In-flight calls end where they are.
 * Each class loader that loads the library has a copy of its own, so a wrapper belongs to one method of one class, and is free
 * again when that class is unloaded: then no frame of it is left on any stack.
 * Opened: after the native, before Java has the handle. Closed: before the native, since afterwards the address is anybody's. */
#define _GNU_SOURCE /* dladdr */
#include "jvm/hook_handles.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "base/guard.h"
#include "base/lock.h"
#include "core/acct.h"
#include "core/door.h"
#include "jvm/attempts.h"
#include "jvm/env.h"
#include "jvm/frames.h"
#include "jvm/methodslot.h"
#include "jvm/wrappers.h"
#include "model/handlekind.h"
#include "base/poison.h"

/* Disposals come late: some wrappers are kept for them, or what is opened would look as if it were never closed. */
enum { RESERVED = WRAPPERS / 3, SIGNATURE_CAP = 256, CHUNK = 32,
       LOCAL_REFS = 65536 /* all that a frame may have: a reference to each class, or -Xcheck:jni complains */ };

/* What one wrapper stands before. Written before the JVM gets to know the wrapper. */
struct native {
    struct handlekind kind;
    uint32_t          first, rest; /* numbers of classes */
    bool              forst;
    void             *wrapper; /* NULL: free; protected by lock */
    jweak             its_class;
};

static struct {
    struct handles *handles;
    struct stacks  *names;
    struct lock     lock;
    struct native   native[WRAPPERS];
    atomic_uint     left_out;
} me;

/* ---- what wrappers tell ---- */

static void before(uint32_t of, JNIEnv *jni, const intptr_t first[6])
{
    const struct native *n = &me.native[of];
    (void)jni;
    if (n->kind.act != HANDLE_CLOSES || !door_gives())
        return;
    uintptr_t handle = (uintptr_t)first[2 + n->kind.argument];
    if (handle != 0)
        handles_closed(me.handles, handle);
}

static void opened(uint32_t class_number, intptr_t handle, const struct owner_key *creator)
{
    if (handle != 0 && class_number != HANDLES_NO_CLASS)
        handles_opened(me.handles, class_number, (uintptr_t)handle, creator, acct_coarse_ms());
}

static void opened_several(JNIEnv *jni, const struct native *n, jlongArray answer, const struct owner_key *creator)
{
    jlong handle[CHUNK];
    jsize count = answer != NULL ? (*jni)->GetArrayLength(jni, answer) : 0;
    for (jsize from = 0; from < count; from += CHUNK) {
        jsize some = count - from < CHUNK ? count - from : CHUNK;
        (*jni)->GetLongArrayRegion(jni, answer, from, some, handle);
        if (env_threw(jni))
            return;
        for (jsize i = 0; i < some; i++)
            opened(from + i == 0 ? n->first : n->rest, (intptr_t)handle[i], creator);
    }
}

/* ColumnFamilyDescriptor.columnFamilyOptions_.nativeHandle_: made by the library itself, for Java to close. */
static intptr_t options_of(JNIEnv *jni, bool forst, jobject descriptor)
{
    jlong    handle = 0;
    jclass   c = descriptor != NULL ? (*jni)->GetObjectClass(jni, descriptor) : NULL;
    jfieldID field = env_field(jni, c, "columnFamilyOptions_", forst ? "Lorg/forstdb/ColumnFamilyOptions;" : "Lorg/rocksdb/ColumnFamilyOptions;");
    jobject  options = field != NULL ? (*jni)->GetObjectField(jni, descriptor, field) : NULL;
    jclass   options_class = options != NULL ? (*jni)->GetObjectClass(jni, options) : NULL;
    jfieldID native = env_field(jni, options_class, "nativeHandle_", "J");
    if (native != NULL)
        handle = (*jni)->GetLongField(jni, options, native);
    (*jni)->DeleteLocalRef(jni, options_class);
    (*jni)->DeleteLocalRef(jni, options);
    (*jni)->DeleteLocalRef(jni, c);
    return (intptr_t)handle;
}

static bool walk(JNIEnv *jni, uint32_t class_number, struct owner_key *key)
{
    if (!handles_walk(me.handles, class_number))
        return false;
    bool walked = guard_enter() && frames_site(jni, key);
    guard_leave();
    if (!walked)
        return false;
    /* Flink's own code opens a task's database, so the owner of the bytes would be Flink's (jvm/frames). */
    struct attempts_thread thread = attempts_current(jni);
    key->attempt = thread.id;
    key->shared = thread.shared;
    return true;
}

static void note(JNIEnv *jni, const struct native *n, const intptr_t first[6], intptr_t answer)
{
    struct owner_key        key;
    const struct owner_key *creator = walk(jni, n->first, &key) ? &key : NULL;
    if (n->kind.act == HANDLE_OPENS_SEVERAL)
        opened_several(jni, n, (jlongArray)answer, creator);
    else if (n->kind.act == HANDLE_OPENS_OPTIONS)
        opened(n->first, options_of(jni, n->forst, (jobject)answer), creator);
    else
        opened(n->first, answer, creator);
    if (n->kind.capacity)
        handles_sized(me.handles, n->first, (uintptr_t)answer, (uint64_t)first[2],
                      n->kind.charges ? (uintptr_t)first[3] : 0, acct_coarse_ms());
}

static void after(uint32_t of, JNIEnv *jni, const intptr_t first[6], intptr_t answer)
{
    const struct native *n = &me.native[of];
    int                  e = errno;
    if (n->kind.act == HANDLE_CLOSES || answer == 0 || !door_takes() || (*jni)->ExceptionCheck(jni))
        return;
    note(jni, n, first, answer);
    errno = e;
}

/* ---- how they get in ---- */

static uint32_t class_number(const char *name, size_t len, const char *library)
{
    return handles_class(me.handles, stacks_name(me.names, name, len), stacks_name(me.names, library, strlen(library)));
}

/* A native of these classes that opens or closes: what it is called, and what it does. */
struct candidate {
    char              class_signature[SIGNATURE_CAP];
    char             *name, *signature; /* the JVM's */
    struct handlekind kind;
};

static void drop(struct candidate *c)
{
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)c->name);
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)c->signature);
}

/* Is the class one of theirs? out: its signature. */
static bool theirs(jclass c, char out[SIGNATURE_CAP])
{
    char  *signature = NULL;
    size_t len;
    if ((*env_ti())->GetClassSignature(env_ti(), c, &signature, NULL) != JVMTI_ERROR_NONE)
        return false;
    bool fits = handlekind_class(signature, &len) != NULL && strlen(signature) < SIGNATURE_CAP;
    if (fits)
        memcpy(out, signature, strlen(signature) + 1);
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)signature);
    return fits;
}

/* False: nothing of it is to be dropped. */
static bool look_at(jmethodID method, const char *class_signature, struct candidate *out)
{
    enum { STATIC = 8 };
    char  class_name[SIGNATURE_CAP];
    jint  modifiers = 0;
    size_t len;
    const char *name = handlekind_class(class_signature, &len);
    memcpy(out->class_signature, class_signature, strlen(class_signature) + 1);
    memcpy(class_name, name, len);
    class_name[len] = '\0';
    if ((*env_ti())->GetMethodModifiers(env_ti(), method, &modifiers) != JVMTI_ERROR_NONE ||
        (*env_ti())->GetMethodName(env_ti(), method, &out->name, &out->signature, NULL) != JVMTI_ERROR_NONE)
        return false;
    out->kind = handlekind_of(class_name, out->name, out->signature, (modifiers & STATIC) != 0);
    if (out->kind.act != HANDLE_NOTHING && handlekind_passes(out->signature))
        return true;
    if (out->kind.act != HANDLE_NOTHING)
        atomic_fetch_add_explicit(&me.left_out, 1, memory_order_relaxed);
    drop(out);
    return false;
}

static void describe(struct native *n, const struct candidate *c)
{
    size_t      len;
    const char *own = handlekind_class(c->class_signature, &len), *library = handlekind_library(c->class_signature);
    n->kind = c->kind;
    n->forst = strcmp(library, "forst") == 0;
    n->first = n->rest = HANDLES_NO_CLASS;
    if (c->kind.act == HANDLE_CLOSES)
        return;
    n->first = c->kind.first != NULL ? class_number(c->kind.first, strlen(c->kind.first), library) : class_number(own, len, library);
    n->rest = c->kind.rest != NULL ? class_number(c->kind.rest, strlen(c->kind.rest), library) : n->first;
}

/* The wrapper to put in the place of `function`; NULL: leave it. */
static void *wrap(JNIEnv *jni, jclass its_class, const struct candidate *c, void *function)
{
    struct native fresh = { .its_class = NULL };
    uint32_t      i = 0, reserve = c->kind.act == HANDLE_CLOSES ? 0 : RESERVED;
    describe(&fresh, c);
    if (c->kind.act != HANDLE_CLOSES && (fresh.first == HANDLES_NO_CLASS || fresh.rest == HANDLES_NO_CLASS))
        return NULL;
    fresh.its_class = (*jni)->NewWeakGlobalRef(jni, its_class);
    if (env_threw(jni) || fresh.its_class == NULL)
        return NULL;
    lock_take(&me.lock);
    while (i < WRAPPERS && me.native[i].wrapper != NULL)
        i++;
    void *wrapper = i < WRAPPERS ? wrappers_take(function, i, reserve) : NULL;
    fresh.wrapper = wrapper;
    if (wrapper != NULL)
        me.native[i] = fresh;
    lock_drop(&me.lock);
    if (wrapper == NULL) {
        (*jni)->DeleteWeakGlobalRef(jni, fresh.its_class);
        atomic_fetch_add_explicit(&me.left_out, 1, memory_order_relaxed);
    }
    return wrapper;
}

void hook_handles_bound(JNIEnv *jni, jmethodID method, void *function, void **instead)
{
    char             signature[SIGNATURE_CAP];
    struct candidate found;
    jclass           c = NULL;
    if (me.handles == NULL || jni == NULL || wrappers_is(function) ||
        (*env_ti())->GetMethodDeclaringClass(env_ti(), method, &c) != JVMTI_ERROR_NONE)
        return;
    if (theirs(c, signature) && look_at(method, signature, &found)) {
        void *wrapper = wrap(jni, c, &found, function);
        if (wrapper != NULL)
            *instead = wrapper;
        drop(&found);
    }
    (*jni)->DeleteLocalRef(jni, c);
}

/* ---- natives that were bound before weir came ---- */

/* An export of a library under a name of these classes? */
static bool is_export(void *function)
{
    Dl_info info;
    return function != NULL && dladdr(function, &info) != 0 && info.dli_sname != NULL && info.dli_saddr == function &&
           (strncmp(info.dli_sname, "Java_org_rocksdb_", 17) == 0 || strncmp(info.dli_sname, "Java_org_forstdb_", 17) == 0);
}

static void adopt_method(JNIEnv *jni, jclass c, jmethodID method, const char *class_signature)
{
    jboolean         native = JNI_FALSE;
    struct candidate found;
    if ((*env_ti())->IsMethodNative(env_ti(), method, &native) != JVMTI_ERROR_NONE || !native)
        return;
    void *function = methodslot_read(method);
    if (!is_export(function) || !look_at(method, class_signature, &found))
        return;
    JNINativeMethod ours = { found.name, found.signature, wrap(jni, c, &found, function) };
    if (ours.fnPtr != NULL && (*jni)->RegisterNatives(jni, c, &ours, 1) != 0)
        atomic_fetch_add_explicit(&me.left_out, 1, memory_order_relaxed);
    env_threw(jni);
    drop(&found);
}

static void adopt_class(JNIEnv *jni, jclass c)
{
    char       signature[SIGNATURE_CAP];
    jint       count = 0;
    jmethodID *methods = NULL;
    if (!theirs(c, signature) || (*env_ti())->GetClassMethods(env_ti(), c, &count, &methods) != JVMTI_ERROR_NONE)
        return; /* not prepared: its natives are not bound */
    for (jint i = 0; i < count; i++)
        adopt_method(jni, c, methods[i], signature);
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)methods);
}

static void adopt(JNIEnv *jni)
{
    jint    count = 0;
    jclass *classes = NULL;
    bool    framed = (*jni)->PushLocalFrame(jni, LOCAL_REFS) == JNI_OK;
    env_threw(jni);
    if (JVM_TRY(GetLoadedClasses, &count, &classes) == WEIR_OK)
        for (jint i = 0; i < count; i++) {
            adopt_class(jni, classes[i]);
            (*jni)->DeleteLocalRef(jni, classes[i]);
        }
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)classes);
    if (framed)
        (*jni)->PopLocalFrame(jni, NULL);
}

enum weir_rc hook_handles_install(JNIEnv *jni, struct stacks *names, bool attached, const char **why)
{
    static const struct wrappers_told told = { before, after };
    jvmtiCapabilities                 want;
    memset(&want, 0, sizeof want);
    want.can_generate_native_method_bind_events = 1;
    *why = "no memory for the table of handles: RocksDB's native objects are not counted";
    me.names = names;
    lock_init(&me.lock, LOCK_RANK_LOADERS);
    wrappers_init(&told);
    struct handles *handles = NULL;
    if (handles_new(&handles) != WEIR_OK)
        return WEIR_ENOMEM;
    *why = "this JVM does not tell which natives are bound: RocksDB's native objects are not counted";
    me.handles = handles;
    if (JVM_TRY(AddCapabilities, &want) != WEIR_OK ||
        JVM_TRY(SetEventNotificationMode, JVMTI_ENABLE, JVMTI_EVENT_NATIVE_METHOD_BIND, NULL) != WEIR_OK)
        return WEIR_EJVM;
    *why = "ok";
    if (attached && methodslot_init() == WEIR_OK)
        adopt(jni);
    else if (attached)
        *why = "ok, but of natives that were called before weir came nothing is seen in this JVM";
    return WEIR_OK;
}

struct handles *hook_handles_table(void)
{
    return me.handles;
}

unsigned hook_handles_left_out(void)
{
    return atomic_load_explicit(&me.left_out, memory_order_relaxed);
}

/* A wrapper whose class is gone is free again. Only this thread frees: an entry that it sees stays. */
static void reclaim(JNIEnv *jni, struct native *n)
{
    lock_take(&me.lock);
    jweak its_class = n->wrapper != NULL ? n->its_class : NULL;
    lock_drop(&me.lock);
    if (its_class == NULL || !(*jni)->IsSameObject(jni, its_class, NULL))
        return;
    lock_take(&me.lock);
    wrappers_give(n->wrapper);
    n->wrapper = NULL;
    n->its_class = NULL;
    lock_drop(&me.lock);
    (*jni)->DeleteWeakGlobalRef(jni, its_class);
}

void hook_handles_tick(JNIEnv *jni)
{
    if (me.handles == NULL)
        return;
    handles_tick(me.handles);
    if (wrappers_taken() > WRAPPERS / 4)
        for (uint32_t i = 0; i < WRAPPERS; i++)
            reclaim(jni, &me.native[i]);
}
