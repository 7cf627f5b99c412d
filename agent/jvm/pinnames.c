/* SPDX-License-Identifier: Apache-2.0 */
/* pinnames.c: the objects of all paths are asked for by their tags, once; names are those of their classes and fields.
 * Nothing is executed and no value read but names of threads. All references are local and dropped at the end.
 * The VM compares each tag it has with each it is asked for, and nothing can stop it meanwhile: so a few at a time (ASKED).
 * Bound: TAGS objects, STEPS of a path from either end; what is beyond is `...`. */
#include "jvm/pinnames.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "jvm/codesource.h"
#include "jvm/env.h"
#include "jvm/loaders.h"
#include "jvm/pinfields.h"
#include "model/pingroup.h"
#include "base/poison.h"

enum { TAGS = 8192, ASKED = 128, LINKS = 256, STEPS = 9, NAME = 256 };

struct link { /* one reference of a path, the one into the target first */
    int64_t      up;
    int32_t      index;
    enum pin_how how;
};

struct path {
    const struct pin_hit *hit;
    struct link           link[LINKS];
    int                   links;
    bool                  rooted;
    uint32_t              thread; /* root on a thread's stack */
};

struct telling {
    JNIEnv                  *jni;
    const struct pinclasses *p;
    const struct pinbook    *book;
    jlong                    tag[TAGS]; /* wanted */
    jint                     tags;
    jint                     count;
    struct known {
        jlong   tag;
        jobject object;
    } known[TAGS]; /* found; by tag */
    jclass                   thread_class;
    struct path              path;
    struct pin_found         found[PIN_HITS];
    struct pingroup          group;
};

/* ---- paths ---- */

static void read_path(const struct pinbook *b, const struct pin_hit *hit, struct path *p)
{
    struct link at = { hit->up, hit->index, (enum pin_how)hit->how };
    p->hit = hit;
    p->links = 0;
    p->thread = hit->thread;
    for (;;) {
        p->link[p->links++] = at;
        if (pin_tag_of(at.up) != PIN_NODE || at.how >= PIN_ROOT || p->links == LINKS)
            break;
        const struct pin_node *n = &b->nodes[pin_tag_number(at.up)];
        at = (struct link){ n->up, n->index, (enum pin_how)n->how };
        if (n->up == 0 && n->how < PIN_ROOT)
            break;
        p->thread = n->how == PIN_ROOT_STACK ? n->first : p->thread;
    }
    p->rooted = pinbook_is_rooted(b, hit->up, (enum pin_how)hit->how) && p->links < LINKS;
}

/* ---- objects by tag ---- */

static void want(struct telling *t, int64_t tag)
{
    if (tag == 0 || t->tags == TAGS || pin_tag_number(tag) == 0)
        return;
    for (jint i = 0; i < t->tags; i++)
        if (t->tag[i] == tag)
            return;
    t->tag[t->tags++] = tag;
}

static void want_path(struct telling *t, const struct pin_hit *hit)
{
    read_path(t->book, hit, &t->path);
    for (int i = 0; i < t->path.links; i++)
        if (i < STEPS || t->path.links - i <= STEPS)
            want(t, t->path.link[i].up);
    want(t, PIN_TAG(PIN_THREAD, t->path.thread));
    want(t, hit->end);
    want(t, PIN_TAG(PIN_CLASS, hit->end_class));
}

static int by_tag(const void *a, const void *b)
{
    jlong x = ((const struct known *)a)->tag, y = ((const struct known *)b)->tag;
    return (x > y) - (x < y);
}

static bool fetch_some(struct telling *t, const jlong *tags, jint count)
{
    jobject *objects = NULL;
    jlong   *of = NULL;
    jint     found = 0;
    bool     fine = (*t->p->ti)->GetObjectsWithTags(t->p->ti, count, tags, &found, &objects, &of) == JVMTI_ERROR_NONE;
    for (jint i = 0; fine && i < found && t->count < TAGS; i++)
        t->known[t->count++] = (struct known){ of[i], objects[i] };
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)objects);
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)of);
    return fine;
}

static bool fetch(struct telling *t)
{
    for (uint32_t i = 0; i < t->book->target_count; i++)
        for (uint32_t k = 0; k < t->book->target[i].hits; k++)
            want_path(t, &t->book->target[i].hit[k]);
    for (jint i = 0; i < t->tags; i += ASKED)
        if (!fetch_some(t, t->tag + i, t->tags - i < ASKED ? t->tags - i : ASKED))
            return false;
    qsort(t->known, (size_t)t->count, sizeof t->known[0], by_tag);
    return true;
}

/* NULL: gone meanwhile, or not asked for. */
static jobject object_of(const struct telling *t, int64_t tag)
{
    struct known        key = { tag, NULL };
    const struct known *found = bsearch(&key, t->known, (size_t)t->count, sizeof key, by_tag);
    return found != NULL ? found->object : NULL;
}

/* ---- names ---- */

/* Dotted; an array as its element with brackets. */
static void class_name(jclass c, char *out, size_t cap)
{
    char      *signature = NULL;
    struct buf b;
    buf_init(&b, out, cap);
    if ((*env_ti())->GetClassSignature(env_ti(), c, &signature, NULL) != JVMTI_ERROR_NONE) {
        buf_puts(&b, "?");
        return;
    }
    const char *p = signature;
    while (*p == '[')
        p++;
    size_t arrays = (size_t)(p - signature);
    for (p += *p == 'L'; *p != '\0' && *p != ';'; p++) {
        char c1 = *p == '/' ? '.' : *p;
        buf_put(&b, &c1, 1);
    }
    for (; arrays > 0; arrays--)
        buf_puts(&b, "[]");
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)signature);
}

static void class_of_object(JNIEnv *jni, jobject o, char *out, size_t cap)
{
    jclass c = (*jni)->GetObjectClass(jni, o);
    class_name(c, out, cap);
    (*jni)->DeleteLocalRef(jni, c);
}

static const char *simple(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL ? dot + 1 : name;
}

static void thread_name(const struct telling *t, jobject thread, struct buf *b)
{
    jvmtiThreadInfo info;
    memset(&info, 0, sizeof info);
    if (thread == NULL || (*env_ti())->GetThreadInfo(env_ti(), thread, &info) != JVMTI_ERROR_NONE || info.name == NULL) {
        buf_puts(b, "a thread that has ended");
        return;
    }
    buf_printf(b, "thread \"%s\"", info.name);
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)info.name);
    if (info.thread_group != NULL)
        (*t->jni)->DeleteLocalRef(t->jni, info.thread_group);
    if (info.context_class_loader != NULL)
        (*t->jni)->DeleteLocalRef(t->jni, info.context_class_loader);
}

static void field_name(const struct telling *t, jobject holder, bool is_class, int32_t index, char *out, size_t cap)
{
    jclass c = is_class ? holder : (*t->jni)->GetObjectClass(t->jni, holder);
    pinfields_name(t->jni, c, index, out, cap);
    if (!is_class)
        (*t->jni)->DeleteLocalRef(t->jni, c);
}

/* ---- the text of a path ---- */

static void put_root(const struct telling *t, const struct link *l, uint32_t thread, struct buf *b)
{
    char    name[NAME], field[NAME];
    jobject o = object_of(t, l->how >= PIN_ROOT ? PIN_TAG(PIN_THREAD, thread) : l->up);
    if (l->how == PIN_ROOT_JNI || l->how == PIN_ROOT_VM) {
        buf_puts(b, l->how == PIN_ROOT_JNI ? "JNI global" : "the VM");
    } else if (l->how >= PIN_ROOT) {
        thread_name(t, o, b);
        buf_puts(b, l->how == PIN_ROOT_STACK ? ", its stack" : "");
    } else if (o == NULL) {
        buf_puts(b, "...");
    } else if (pin_tag_of(l->up) == PIN_CLASS) {
        class_name(o, name, sizeof name);
        field_name(t, o, true, l->how == PIN_STATIC ? l->index : -1, field, sizeof field);
        buf_printf(b, l->how == PIN_STATIC ? "static %s.%s" : "class %s", name, field);
    } else if (pin_tag_of(l->up) == PIN_THREAD) {
        thread_name(t, o, b);
        field_name(t, o, false, l->index, field, sizeof field);
        buf_printf(b, ".%s", field);
    } else {
        class_of_object(t->jni, o, name, sizeof name);
        buf_printf(b, "loader %s", name);
    }
}

static void put_step(const struct telling *t, const struct link *l, struct buf *b)
{
    char    name[NAME], field[NAME];
    jobject o = object_of(t, l->up);
    if (o == NULL) {
        buf_puts(b, " -> ?");
        return;
    }
    class_of_object(t->jni, o, name, sizeof name);
    if (l->how == PIN_ELEMENT && b->len != 0) {
        buf_puts(b, "[]");
        return;
    }
    bool is_class = strcmp(name, "java.lang.Class") == 0;
    if (is_class && l->how == PIN_STATIC)
        class_name(o, name, sizeof name);
    field_name(t, o, is_class && l->how == PIN_STATIC, l->how == PIN_INTERNAL ? -1 : l->index, field, sizeof field);
    buf_printf(b, l->how == PIN_INTERNAL ? " -> %s" : " -> %s.%s", simple(name), field);
}

static void put_end(const struct telling *t, const struct pin_hit *hit, struct buf *b)
{
    char    name[NAME];
    jobject c = object_of(t, hit->end != 0 && pin_tag_of(hit->end) == PIN_CLASS ? hit->end : PIN_TAG(PIN_CLASS, hit->end_class));
    if (c == NULL)
        return;
    class_name(c, name, sizeof name);
    buf_printf(b, pin_tag_of(hit->end) == PIN_CLASS ? "class %s" : "%s", name);
}

static void put_path(const struct telling *t, struct buf *b)
{
    const struct path *p = &t->path;
    int                last = p->links - 1;
    if (p->rooted)
        put_root(t, &p->link[last], p->thread, b);
    else
        buf_puts(b, "...");
    for (int i = p->rooted ? last - 1 : last; i >= 0; i--) {
        if (i >= STEPS && last - i >= STEPS) {
            buf_printf(b, " -> ... %d more", i - STEPS + 1);
            i = STEPS;
            continue;
        }
        put_step(t, &p->link[i], b);
    }
    buf_puts(b, " -> ");
    put_end(t, p->hit, b);
}

/* ---- what kind of holder it is ---- */

static void source_of(const struct telling *t, jclass c, char *out, size_t cap)
{
    jobject    loader = NULL;
    struct buf b;
    buf_init(&b, out, cap);
    codesource_name(t->jni, c, out, cap);
    b.len = strlen(out);
    if ((*env_ti())->GetClassLoader(env_ti(), c, &loader) != JVMTI_ERROR_NONE || loader == NULL)
        return;
    struct loader l = loaders_of_object(t->jni, loader);
    char          name[NAME];
    class_of_object(t->jni, loader, name, sizeof name);
    (*t->jni)->DeleteLocalRef(t->jni, loader);
    if (l.kind != ATTR_LOADER_APP && l.kind != ATTR_LOADER_PLATFORM)
        buf_printf(&b, "%sof loader %s", out[0] != '\0' ? ", " : "", name);
}

/* The first thread object on the way, from the root. */
static jobject thread_on(const struct telling *t)
{
    for (int i = t->path.links - 1; i >= 0; i--) {
        jobject o = object_of(t, t->path.link[i].up);
        if (o != NULL && pin_tag_of(t->path.link[i].up) == PIN_NODE && (*t->jni)->IsInstanceOf(t->jni, o, t->thread_class))
            return o;
    }
    return NULL;
}

static void tell_static(const struct telling *t, const struct link *root, struct pin_found *f)
{
    char       name[NAME], field[NAME];
    struct buf what;
    jobject    c = object_of(t, root->up), thread = thread_on(t);
    buf_init(&what, f->pin.what, sizeof f->pin.what);
    put_root(t, root, 0, &what);
    if (c == NULL)
        return;
    class_name(c, name, sizeof name);
    field_name(t, c, true, root->index, field, sizeof field);
    source_of(t, c, f->pin.source, sizeof f->pin.source);
    f->pin.bounded = strcmp(name, "org.apache.flink.table.runtime.generated.CompileUtils") == 0;
    if (t->book->classes[pin_tag_number(root->up)].target != 0)
        f->pin.kind = WEIR_PIN_LOADER;
    if (strcmp(name, "java.lang.ApplicationShutdownHooks") != 0)
        return;
    f->pin.kind = WEIR_PIN_SHUTDOWN_HOOK;
    buf_reset(&what);
    buf_puts(&what, "shutdown hook ");
    if (thread != NULL)
        thread_name(t, thread, &what);
    else
        put_end(t, t->path.hit, &what);
}

/* The value that a ThreadLocal has: behind the map's entry; the end, if the entry is the last. */
static void put_value(const struct telling *t, struct buf *b)
{
    char name[NAME];
    for (int i = t->path.links - 1; i >= 0; i--) {
        jobject o = object_of(t, t->path.link[i].up);
        if (o == NULL)
            continue;
        class_of_object(t->jni, o, name, sizeof name);
        if (strcmp(name, "java.lang.ThreadLocal$ThreadLocalMap$Entry") != 0)
            continue;
        jobject value = i > 0 ? object_of(t, t->path.link[i - 1].up) : NULL;
        buf_puts(b, ", value ");
        if (value == NULL) {
            put_end(t, t->path.hit, b);
            return;
        }
        class_of_object(t->jni, value, name, sizeof name);
        buf_puts(b, name);
        return;
    }
}

static void tell_thread(const struct telling *t, const struct link *root, struct pin_found *f)
{
    char       field[NAME] = "";
    struct buf what;
    jobject    thread = object_of(t, f->thread != 0 ? PIN_TAG(PIN_THREAD, f->thread) : 0);
    buf_init(&what, f->pin.what, sizeof f->pin.what);
    if (root->how == PIN_FIELD && thread != NULL)
        field_name(t, thread, false, root->index, field, sizeof field);
    f->pin.kind = WEIR_PIN_THREAD;
    f->runs = root->how == PIN_ROOT_STACK ? 1 : root->how >= PIN_ROOT || strcmp(field, "target") == 0 || strcmp(field, "holder") == 0 ? 2 : 0;
    if (strcmp(field, "contextClassLoader") == 0) {
        f->pin.kind = WEIR_PIN_CONTEXT_LOADER;
        buf_puts(&what, "context class loader of ");
    } else if (strcmp(field, "threadLocals") == 0 || strcmp(field, "inheritableThreadLocals") == 0) {
        f->pin.kind = WEIR_PIN_THREAD_LOCAL;
        buf_puts(&what, "ThreadLocal of ");
    }
    thread_name(t, thread, &what);
    if (f->pin.kind == WEIR_PIN_THREAD_LOCAL)
        put_value(t, &what);
}

static void tell(struct telling *t, const struct pin_hit *hit, struct pin_found *f)
{
    struct buf path, what;
    memset(f, 0, sizeof *f);
    read_path(t->book, hit, &t->path);
    buf_init(&path, f->pin.path, sizeof f->pin.path);
    buf_init(&what, f->pin.what, sizeof f->pin.what);
    put_path(t, &path);
    buf_mark_cut(&path);
    f->pin.soft = hit->soft;
    f->pin.cut = !t->path.rooted;
    const struct link *root = &t->path.link[t->path.links - 1];
    f->pin.kind = root->how == PIN_ROOT_JNI ? WEIR_PIN_JNI_GLOBAL : pin_tag_of(root->up) == PIN_LOADER ? WEIR_PIN_LOADER : WEIR_PIN_VM;
    if (f->pin.cut) {
        buf_puts(&what, "path not followed further");
    } else if (root->how == PIN_ROOT_STACK || root->how == PIN_ROOT_THREAD) {
        f->thread = t->path.thread;
        tell_thread(t, root, f);
    } else if (root->how < PIN_ROOT && pin_tag_of(root->up) == PIN_THREAD) {
        f->thread = pin_tag_number(root->up);
        tell_thread(t, root, f);
    } else if (root->how < PIN_ROOT && pin_tag_of(root->up) == PIN_CLASS) {
        f->pin.kind = WEIR_PIN_STATIC;
        tell_static(t, root, f);
    } else {
        put_root(t, root, 0, &what);
        buf_puts(&what, root->how >= PIN_ROOT ? " to " : "");
        if (root->how >= PIN_ROOT)
            put_end(t, hit, &what);
    }
}

static void tell_all(struct telling *t, struct weir_pins *out)
{
    for (uint32_t i = 0; i < t->book->target_count; i++) {
        const struct pin_target *target = &t->book->target[i];
        for (uint32_t k = 0; k < target->hits; k++)
            tell(t, &target->hit[k], &t->found[k]);
        pingroup_add(&t->group, i, t->found, pingroup_reduce(t->found, target->hits));
    }
    pingroup_sort(out);
}

enum weir_rc pinnames_tell(JNIEnv *jni, const struct pinclasses *p, const struct pinbook *book, struct weir_pins *out)
{
    struct telling *t = arena_map(sizeof *t);
    enum weir_rc    rc = WEIR_EJVM;
    if (t == NULL || (*jni)->PushLocalFrame(jni, 1024) != JNI_OK) {
        env_threw(jni);
        arena_unmap(t, t != NULL ? sizeof *t : 0);
        return WEIR_ENOMEM;
    }
    t->jni = jni;
    t->p = p;
    t->book = book;
    t->group.pins = out;
    t->thread_class = (*jni)->FindClass(jni, "java/lang/Thread");
    if (!env_threw(jni) && fetch(t)) {
        tell_all(t, out);
        rc = WEIR_OK;
    }
    (*jni)->PopLocalFrame(jni, NULL);
    arena_unmap(t, sizeof *t);
    return rc;
}
