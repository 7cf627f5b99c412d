/* SPDX-License-Identifier: Apache-2.0 */
/* pinclasses.c: three rounds over the loaded classes: number them and find the targets among their loaders; say whose each class
 * is; say which refer to nothing that leads on, and which are references of java.lang.ref.
 * A class belongs to a target when its loader is one, or descends from one by the field `parent`.
 * Bound: the classes of the moment; one that is loaded later is unknown, its objects are followed as any. */
#include "jvm/pinclasses.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "core/acct.h"
#include "jvm/env.h"
#include "jvm/loader_slots.h"
#include "jvm/loaders.h"
#include "jvm/pinfields.h"
#include "model/rules.h"
#include "base/poison.h"

enum { MAX_ANCESTORS = 32, UNKNOWN = -1 };

struct reading {
    JNIEnv                  *jni;
    struct pinclasses       *p;
    struct pinbook          *book;
    const struct pins_query *query;
    jclass                  *classes; /* local references; class number = index + 1 */
    jint                     count;
    jfieldID                 parent;
    jclass                   reference;
    int16_t                  target_of[LOADER_SLOTS + 1]; /* by tag of a loader; UNKNOWN, or 0 none */
    jobject                  object[PIN_TARGETS];         /* by target; local references */
    uint32_t                 own[PIN_TARGETS], below[PIN_TARGETS]; /* classes: its own, its children's */
    int16_t                  own_of[LOADER_SLOTS + 1]; /* by tag: the target that is this very loader; 0 none */
};

/* ---- targets ---- */

static void add_target(struct reading *r, uint32_t tag, jobject loader)
{
    struct pinbook *b = r->book;
    if (b->target_count == PIN_TARGETS) {
        r->p->left_out++;
        return;
    }
    r->object[b->target_count] = (*r->jni)->NewLocalRef(r->jni, loader);
    r->p->loader[b->target_count++] = tag;
    if (tag <= LOADER_SLOTS)
        r->target_of[tag] = r->own_of[tag] = (int16_t)b->target_count;
    (*r->p->ti)->SetTag(r->p->ti, loader, PIN_TAG(PIN_LOADER, b->target_count));
}

static void targets_by_tag(struct reading *r)
{
    for (size_t i = 0; i < r->query->count; i++) {
        jlong    tag = (jlong)r->query->loaders[i];
        jobject *found = NULL;
        jint     count = 0;
        if (tag != 0 && (*env_ti())->GetObjectsWithTags(env_ti(), 1, &tag, &count, &found, NULL) == JVMTI_ERROR_NONE && count > 0)
            add_target(r, (uint32_t)tag, found[0]);
        (*env_ti())->Deallocate(env_ti(), (unsigned char *)found);
    }
}

/* Each loader once: the first of its classes settles it. */
static void targets_by_name(struct reading *r)
{
    for (jint i = 0; i < r->count; i++) {
        jobject loader = NULL;
        if ((*env_ti())->GetClassLoader(env_ti(), r->classes[i], &loader) != JVMTI_ERROR_NONE || loader == NULL)
            continue;
        struct loader l = loaders_of_object(r->jni, loader);
        if (l.tag != 0 && r->target_of[l.tag] == UNKNOWN) {
            r->target_of[l.tag] = 0;
            if (rules_glob(r->query->glob, stacks_text(acct_stacks(), l.name)))
                add_target(r, l.tag, loader);
        }
        (*r->jni)->DeleteLocalRef(r->jni, loader);
    }
    for (size_t i = 0; i <= LOADER_SLOTS; i++)
        if (r->target_of[i] == 0)
            r->target_of[i] = UNKNOWN; /* a child of a target, maybe */
}

/* ---- whose a class is ---- */

static int16_t target_of_loader(struct reading *r, jobject loader)
{
    jobject  at = (*r->jni)->NewLocalRef(r->jni, loader);
    int16_t  target = 0;
    uint32_t own = 0;
    for (int depth = 0; at != NULL && depth < MAX_ANCESTORS && target == 0; depth++) {
        uint32_t tag = loaders_of_object(r->jni, at).tag;
        own = depth == 0 ? tag : own;
        if (tag != 0 && r->target_of[tag] != UNKNOWN) {
            target = r->target_of[tag];
            break;
        }
        jobject next = (*r->jni)->GetObjectField(r->jni, at, r->parent);
        (*r->jni)->DeleteLocalRef(r->jni, at);
        at = next;
    }
    if (at != NULL)
        (*r->jni)->DeleteLocalRef(r->jni, at);
    if (own != 0)
        r->target_of[own] = target;
    return target;
}

static void own_classes(struct reading *r)
{
    for (jint i = 0; i < r->count; i++) {
        jobject loader = NULL;
        if ((*env_ti())->GetClassLoader(env_ti(), r->classes[i], &loader) != JVMTI_ERROR_NONE || loader == NULL)
            continue;
        int16_t  target = target_of_loader(r, loader);
        uint32_t tag = loaders_of_object(r->jni, loader).tag;
        r->book->classes[i + 1].target = target;
        if (target > 0 && tag != 0 && r->own_of[tag] == target)
            r->own[target - 1]++;
        else if (target > 0)
            r->below[target - 1]++;
        (*r->jni)->DeleteLocalRef(r->jni, loader);
    }
}

/* Flink's safety nets define nothing themselves and let the loader behind them go: who holds such a one holds no classes, not even
 * those that hang below. Without these there is nothing to look for. */
static void drop_empty(struct reading *r)
{
    int16_t         number[PIN_TARGETS + 1] = { 0 }; /* the new ones */
    struct pinbook *b = r->book;
    uint32_t        left = 0;
    for (uint32_t i = 0; i < b->target_count; i++) {
        if (r->own[i] + r->below[i] != 0) {
            r->p->loader[left++] = r->p->loader[i];
            number[i + 1] = (int16_t)left;
        }
        (*r->p->ti)->SetTag(r->p->ti, r->object[i], r->own[i] != 0 ? PIN_TAG(PIN_LOADER, number[i + 1]) : 0);
    }
    b->target_count = left;
    for (uint32_t i = 1; i < b->class_count; i++)
        b->classes[i].target = number[b->classes[i].target];
}

/* ---- what a class's objects refer to ---- */

static uint32_t number_of(struct reading *r, jclass c)
{
    jlong tag = 0;
    (*r->p->ti)->GetTag(r->p->ti, c, &tag);
    return pin_tag_of(tag) == PIN_CLASS ? pin_tag_number(tag) : 0;
}

/* java.lang.ref.Reference itself, or SoftReference: what its subclasses are. */
static uint8_t kind_of_reference(jclass c)
{
    char   *signature = NULL;
    uint8_t kind = 0;
    if ((*env_ti())->GetClassSignature(env_ti(), c, &signature, NULL) == JVMTI_ERROR_NONE)
        kind = strcmp(signature, "Ljava/lang/ref/Reference;") == 0       ? PIN_WEAK
               : strcmp(signature, "Ljava/lang/ref/SoftReference;") == 0 ? PIN_WEAK | PIN_SOFT
                                                                         : 0;
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)signature);
    return kind;
}

enum { TOLD = 128 }; /* flags: this class's own are there */

static uint8_t flags_of(struct reading *r, jclass c, int depth)
{
    uint32_t n = number_of(r, c);
    if (n == 0 || depth > 64)
        return 0;
    struct pin_class *k = &r->book->classes[n];
    if ((k->flags & TOLD) != 0)
        return k->flags;
    jclass  super = (*r->jni)->GetSuperclass(r->jni, c);
    uint8_t above = super != NULL ? flags_of(r, super, depth + 1) : PIN_LEAF;
    if (super != NULL)
        (*r->jni)->DeleteLocalRef(r->jni, super);
    k->flags = TOLD | (above & (PIN_WEAK | PIN_SOFT)) | kind_of_reference(c);
    if ((k->flags & PIN_WEAK) != 0)
        k->referent = pinfields_number(r->jni, c, r->reference, "referent");
    else if ((above & PIN_LEAF) != 0 && !pinfields_lead_on(c))
        k->flags |= PIN_LEAF;
    return k->flags;
}

/* ---- threads ---- */

static void tag_threads(struct reading *r)
{
    jthread *threads = NULL, own = NULL;
    jint     count = 0;
    if (JVM_TRY(GetAllThreads, &count, &threads) != WEIR_OK || JVM_TRY(GetCurrentThread, &own) != WEIR_OK)
        count = 0;
    for (jint i = 0; i < count; i++) {
        (*r->p->ti)->SetTag(r->p->ti, threads[i], PIN_TAG(PIN_THREAD, i + 1));
        if ((*r->jni)->IsSameObject(r->jni, threads[i], own))
            r->book->own_thread = (uint32_t)i + 1;
        (*r->jni)->DeleteLocalRef(r->jni, threads[i]);
    }
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)threads);
}

/* ---- all of it ---- */

static bool find_ids(struct reading *r)
{
    JNIEnv *jni = r->jni;
    jclass  loader = (*jni)->FindClass(jni, "java/lang/ClassLoader");
    r->parent = env_threw(jni) ? NULL : (*jni)->GetFieldID(jni, loader, "parent", "Ljava/lang/ClassLoader;");
    r->reference = env_threw(jni) ? NULL : (*jni)->FindClass(jni, "java/lang/ref/Reference");
    return !env_threw(jni) && r->parent != NULL && r->reference != NULL;
}

static enum weir_rc read_all(struct reading *r)
{
    if (!find_ids(r) || JVM_TRY(GetLoadedClasses, &r->count, &r->classes) != WEIR_OK)
        return WEIR_EJVM;
    r->book->class_count = (uint32_t)r->count + 1;
    r->book->classes = arena_map(r->book->class_count * sizeof *r->book->classes);
    enum weir_rc rc = r->book->classes != NULL ? WEIR_OK : WEIR_ENOMEM;
    if (rc == WEIR_OK) {
        memset(r->target_of, 0xff, sizeof r->target_of);
        if (r->query->glob != NULL)
            targets_by_name(r);
        else
            targets_by_tag(r);
        rc = r->book->target_count != 0 ? WEIR_OK : WEIR_ENOENT;
    }
    if (rc == WEIR_OK) {
        for (jint i = 0; i < r->count; i++)
            (*r->p->ti)->SetTag(r->p->ti, r->classes[i], PIN_TAG(PIN_CLASS, i + 1));
        own_classes(r);
        drop_empty(r);
        for (jint i = 0; i < r->count; i++)
            flags_of(r, r->classes[i], 0);
        tag_threads(r);
        rc = r->book->target_count != 0 ? WEIR_OK : WEIR_ENOENT;
    }
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)r->classes);
    return rc;
}

static enum weir_rc open_environment(struct pinclasses *p)
{
    jvmtiCapabilities want;
    void             *ti = NULL;
    memset(&want, 0, sizeof want);
    want.can_tag_objects = 1;
    if ((*env_vm())->GetEnv(env_vm(), &ti, JVMTI_VERSION_1_2) != JNI_OK)
        return WEIR_EJVM;
    p->ti = ti;
    if ((*p->ti)->AddCapabilities(p->ti, &want) == JVMTI_ERROR_NONE)
        return WEIR_OK;
    (*p->ti)->DisposeEnvironment(p->ti);
    return WEIR_EJVM;
}

enum weir_rc pinclasses_begin(JNIEnv *jni, const struct pins_query *query, struct pinclasses *p, struct pinbook *book)
{
    static struct reading r; /* the reporter's */
    memset(p, 0, sizeof *p);
    memset(&r, 0, sizeof r);
    r.jni = jni;
    r.p = p;
    r.book = book;
    r.query = query;
    if (open_environment(p) != WEIR_OK)
        return WEIR_EJVM;
    enum weir_rc rc = WEIR_ENOMEM;
    if ((*jni)->PushLocalFrame(jni, 1024) == JNI_OK) {
        rc = read_all(&r);
        (*jni)->PopLocalFrame(jni, NULL); /* nothing of ours may hold what is searched for */
    } else {
        env_threw(jni);
    }
    if (rc != WEIR_OK)
        pinclasses_end(p, book);
    return rc;
}

void pinclasses_end(struct pinclasses *p, struct pinbook *book)
{
    (*p->ti)->DisposeEnvironment(p->ti);
    arena_unmap(book->classes, book->class_count * sizeof *book->classes);
    book->classes = NULL;
}
