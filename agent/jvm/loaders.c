/* SPDX-License-Identifier: Apache-2.0 */
/* loaders.c: what a class loader is, judged by the names of its class and superclasses, then by its ancestors.
 * Bound:      LOADER_SLOTS known loaders; one more is judged anew each time (tag 0), right but nobody's.
 * Concurrent: an entry is written before its tag is set and does not change while its loader lives; two threads that meet a
 *             loader at once make two entries of equal content. */
#include "jvm/loaders.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "core/acct.h"
#include "jvm/env.h"
#include "jvm/loader_slots.h"
#include "base/poison.h"

enum { MAX_ANCESTORS = 32, MAX_SUPERCLASSES = 8, NAME_CAP = 256 };

/* First match wins; a trailing '*' matches any ending. Flink's names by version: flink-memory-model.md 10.5. */
static const struct {
    const char      *class_name;
    enum attr_loader kind;
} known[] = {
    { "jdk.internal.loader.ClassLoaders$AppClassLoader", ATTR_LOADER_APP },
    { "jdk.internal.loader.ClassLoaders$PlatformClassLoader", ATTR_LOADER_PLATFORM },
    { "jdk.internal.reflect.DelegatingClassLoader", ATTR_LOADER_REFLECTION },
    { "org.apache.flink.core.plugin.PluginLoader$PluginClassLoader", ATTR_LOADER_PLUGIN },
    { "org.apache.flink.core.classloading.ComponentClassLoader", ATTR_LOADER_FLINK },
    { "org.apache.flink.core.classloading.SubmoduleClassLoader", ATTR_LOADER_FLINK },
    { "org.apache.flink.util.ChildFirstClassLoader", ATTR_LOADER_USER },
    { "org.apache.flink.util.FlinkUserCodeClassLoaders$*", ATTR_LOADER_USER },
    { "org.apache.flink.runtime.execution.librarycache.FlinkUserCodeClassLoaders$*", ATTR_LOADER_USER },
    { "org.apache.flink.util.FlinkUserCodeClassLoader", ATTR_LOADER_USER },
    { "org.apache.flink.util.MutableURLClassLoader", ATTR_LOADER_USER },
};

static struct {
    struct stacks *names;
    jfieldID       parent, context;
    struct loader *loader; /* by slot; tag = slot + 1 */
    int64_t       *since;  /* by slot, as loader */
    int64_t       *ended;  /* by slot: its job has; the reporter's own */
    uint8_t       *busy;   /* by slot: owners hold memory for it; the reporter's own */
} all;

enum weir_rc loaders_init(JNIEnv *jni, struct stacks *names)
{
    all.names = names;
    all.parent = env_field_of(jni, "java/lang/ClassLoader", "parent", "Ljava/lang/ClassLoader;");
    all.context = env_field_of(jni, "java/lang/Thread", "contextClassLoader", "Ljava/lang/ClassLoader;");
    if (all.parent == NULL || all.context == NULL)
        return WEIR_EJVM;
    all.loader = arena_map(LOADER_SLOTS * sizeof *all.loader);
    all.since = arena_map(LOADER_SLOTS * sizeof *all.since);
    all.ended = arena_map(LOADER_SLOTS * sizeof *all.ended);
    all.busy = arena_map(LOADER_SLOTS);
    bool room = all.loader != NULL && all.since != NULL && all.ended != NULL && all.busy != NULL;
    return room ? loader_slots_init() : WEIR_ENOMEM;
}

/* Dotted name of a class object. */
static void name_of(jclass c, char *out)
{
    char *signature = NULL;
    size_t n = 0;
    if ((*env_ti())->GetClassSignature(env_ti(), c, &signature, NULL) == JVMTI_ERROR_NONE) {
        for (const char *p = signature + 1; *p != '\0' && *p != ';' && n < NAME_CAP - 1; p++)
            out[n++] = *p;
        (*env_ti())->Deallocate(env_ti(), (unsigned char *)signature);
    }
    out[n] = '\0';
    for (char *p = out; *p != '\0'; p++)
        if (*p == '/')
            *p = '.';
}

static bool known_name(const char *name, enum attr_loader *kind)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t n = strlen(known[i].class_name);
        bool open_end = known[i].class_name[n - 1] == '*';
        if (open_end ? strncmp(name, known[i].class_name, n - 1) == 0 : strcmp(name, known[i].class_name) == 0) {
            *kind = known[i].kind;
            return true;
        }
    }
    return false;
}

/* By its own class or a superclass of it; the name of its own class goes to own_name. */
static bool known_class(JNIEnv *jni, jobject loader, enum attr_loader *kind, char *own_name)
{
    char name[NAME_CAP];
    bool found = false;
    jclass c = (*jni)->GetObjectClass(jni, loader);
    for (int depth = 0; c != NULL && !found && depth < MAX_SUPERCLASSES; depth++) {
        name_of(c, depth == 0 ? own_name : name);
        found = known_name(depth == 0 ? own_name : name, kind);
        jclass super = (*jni)->GetSuperclass(jni, c);
        (*jni)->DeleteLocalRef(jni, c);
        c = super;
    }
    if (c != NULL)
        (*jni)->DeleteLocalRef(jni, c);
    return found;
}

/* Neither known itself: a descendant of a user-code, plugin or Flink loader belongs where that one does; one below the
 * application loader only is foreign. */
static enum attr_loader kind_by_ancestors(JNIEnv *jni, jobject loader)
{
    char name[NAME_CAP];
    enum attr_loader kind = ATTR_LOADER_FOREIGN;
    jobject at = (*jni)->GetObjectField(jni, loader, all.parent);
    for (int depth = 0; at != NULL && depth < MAX_ANCESTORS; depth++) {
        enum attr_loader found;
        if (known_class(jni, at, &found, name) &&
            (found == ATTR_LOADER_USER || found == ATTR_LOADER_PLUGIN || found == ATTR_LOADER_FLINK)) {
            kind = found;
            break;
        }
        jobject next = (*jni)->GetObjectField(jni, at, all.parent);
        (*jni)->DeleteLocalRef(jni, at);
        at = next;
    }
    if (at != NULL)
        (*jni)->DeleteLocalRef(jni, at);
    return kind;
}

/* The outermost one: what a job makes below its own loader, be it of one of Flink's classes, is still the job's. Flink's own
 * descend from the application loader. 0: none, or the table has no room. */
static uint32_t user_ancestor(JNIEnv *jni, jobject loader)
{
    uint32_t user = 0;
    jobject at = (*jni)->GetObjectField(jni, loader, all.parent);
    for (int depth = 0; at != NULL && depth < MAX_ANCESTORS; depth++) {
        char name[NAME_CAP];
        enum attr_loader kind;
        if (known_class(jni, at, &kind, name) && kind == ATTR_LOADER_USER)
            user = loaders_of_object(jni, at).tag;
        jobject next = (*jni)->GetObjectField(jni, at, all.parent);
        (*jni)->DeleteLocalRef(jni, at);
        at = next;
    }
    if (at != NULL)
        (*jni)->DeleteLocalRef(jni, at);
    return user;
}

static bool known_by_tag(jobject object, struct loader *out)
{
    jlong tag = 0;
    if ((*env_ti())->GetTag(env_ti(), object, &tag) != JVMTI_ERROR_NONE || tag <= 0 || tag > LOADER_SLOTS)
        return false;
    atomic_thread_fence(memory_order_acquire); /* pairs with the release in meet() */
    *out = all.loader[tag - 1];
    return true;
}

/* Two threads may meet it at once: who comes later takes what is there, as far as it can see it. */
static struct loader meet(JNIEnv *jni, jobject object)
{
    char name[NAME_CAP];
    struct loader fresh = { .kind = ATTR_LOADER_FOREIGN };
    if (!known_class(jni, object, &fresh.kind, name))
        fresh.kind = kind_by_ancestors(jni, object);
    fresh.name = stacks_name(all.names, name, strlen(name));
    if (fresh.kind == ATTR_LOADER_USER)
        fresh.user = user_ancestor(jni, object);
    uint32_t slot;
    struct loader met;
    if (known_by_tag(object, &met))
        return met;
    if (fresh.kind == ATTR_LOADER_REFLECTION || !loader_slots_draw(&slot))
        return fresh;
    fresh.tag = slot + 1;
    if (fresh.kind == ATTR_LOADER_USER && fresh.user == 0)
        fresh.user = fresh.tag;
    all.loader[slot] = fresh;
    all.since[slot] = acct_coarse_ms();
    /* Release: the entry is whole for a thread that reads the tag from the JVM. */
    atomic_thread_fence(memory_order_release);
    (*env_ti())->SetTag(env_ti(), object, (jlong)fresh.tag);
    loader_slots_watch(jni, slot, object);
    return fresh;
}

struct loader loaders_of_object(JNIEnv *jni, jobject object)
{
    struct loader met;
    if (object == NULL)
        return (struct loader){ .kind = ATTR_LOADER_BOOT };
    return known_by_tag(object, &met) ? met : meet(jni, object);
}

bool loaders_is_safety_net(struct loader loader)
{
    static const char end[] = "$SafetyNetWrapperClassLoader";
    const char       *name = stacks_text(all.names, loader.name);
    size_t            n = strlen(name);
    return n >= sizeof end - 1 && strcmp(name + n - (sizeof end - 1), end) == 0;
}

struct loader loaders_of_class(JNIEnv *jni, jclass c)
{
    jobject object = NULL;
    if ((*env_ti())->GetClassLoader(env_ti(), c, &object) != JVMTI_ERROR_NONE)
        return (struct loader){ .kind = ATTR_LOADER_BOOT };
    struct loader loader = loaders_of_object(jni, object);
    if (object != NULL)
        (*jni)->DeleteLocalRef(jni, object);
    return loader;
}

struct loader loaders_of_parent(JNIEnv *jni, jobject object)
{
    jobject parent = (*jni)->GetObjectField(jni, object, all.parent);
    struct loader loader = loaders_of_object(jni, parent);
    if (parent != NULL)
        (*jni)->DeleteLocalRef(jni, parent);
    return loader;
}

enum attr_loader loaders_context(JNIEnv *jni)
{
    jthread thread = NULL;
    if ((*env_ti())->GetCurrentThread(env_ti(), &thread) != JVMTI_ERROR_NONE || thread == NULL)
        return ATTR_LOADER_BOOT;
    jobject object = (*jni)->GetObjectField(jni, thread, all.context);
    enum attr_loader kind = loaders_of_object(jni, object).kind;
    if (object != NULL)
        (*jni)->DeleteLocalRef(jni, object);
    (*jni)->DeleteLocalRef(jni, thread);
    return kind;
}

struct loader loaders_get(uint32_t tag)
{
    return tag > 0 && tag <= LOADER_SLOTS ? all.loader[tag - 1] : (struct loader){ .kind = ATTR_LOADER_BOOT };
}

uint32_t loaders_high(void)
{
    return loader_slots_high();
}

bool loaders_alive(JNIEnv *jni, uint32_t tag)
{
    return tag > 0 && loader_slots_alive(jni, tag - 1);
}

int64_t loaders_since(uint32_t tag)
{
    return tag > 0 && tag <= LOADER_SLOTS ? all.since[tag - 1] : 0;
}

void loaders_end(uint32_t tag, int64_t ended_ms)
{
    if (tag == 0 || tag > LOADER_SLOTS)
        return;
    all.ended[tag - 1] = ended_ms;
    jobs_end(acct_jobs(), tag, ended_ms);
}

int64_t loaders_ended(uint32_t tag)
{
    return tag > 0 && tag <= LOADER_SLOTS ? all.ended[tag - 1] : 0;
}

static void mark_busy(void *unused, const struct owner_view *v)
{
    (void)unused;
    if (v->key.loader_tag > 0 && v->key.loader_tag <= LOADER_SLOTS)
        all.busy[v->key.loader_tag - 1] = 1;
}

/* What code left behind whose loader is gone is still that job's. */
static bool is_forgotten(uint32_t slot)
{
    if (all.busy[slot])
        return false;
    jobs_forget(acct_jobs(), slot + 1);
    all.ended[slot] = 0;
    return true;
}

void loaders_reclaim(JNIEnv *jni)
{
    if (!loader_slots_short())
        return;
    memset(all.busy, 0, LOADER_SLOTS);
    acct_each_owner(mark_busy, NULL);
    loader_slots_reclaim(jni, is_forgotten);
}
