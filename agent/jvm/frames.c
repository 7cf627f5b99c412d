/* SPDX-License-Identifier: Apache-2.0 */
/* frames.c: GetStackTrace, then each (method, bci) through a cache.
 * The cache is direct-mapped: a collision only means resolving again. An entry may outlive its class: a jmethodID value is
 * never used again (measured on JDK 8 to 25), and the entry holds interned ids, nothing of the class. Frames are resolved
 * while they are on the stack, which keeps their class alive (JDK-8268364 on 11 and 17).
 * Depth: one walk of `depth` frames; only if none of them decides, a second one of DEEP frames, judged but not kept. In
 * enforce, where every call is walked, FEW frames come first: a third of the cost of 25, and mostly enough to decide. */
#include "jvm/frames.h"

#include <jvmti.h>
#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/lock.h"
#include "jvm/attempts.h"
#include "jvm/codesource.h"
#include "jvm/env.h"
#include "jvm/loaders.h"
#include "model/attribute.h"
#include "snapshot.h"
#include "base/poison.h"

enum { CACHE = 1 << 13, CACHE_LOCKS = 64, FEW = 8, DEEP = 512, NAME_CAP = 512, SOURCE_CAP = 256 };
/* fillInStackTrace twice, four constructors, the thrower, and some for subclasses */
enum { THROW_DEPTH = 9 };

struct judged {
    jmethodID         method;
    jlocation         bci;
    uint32_t          frame, source, loader, loader_tag;
    struct attr_trait trait;
    bool              makes_error; /* a constructor or fillInStackTrace: on top of a throw it says nothing */
};

struct cache {
    struct lock   lock[CACHE_LOCKS];
    struct judged entry[CACHE];
};

static struct {
    struct frames_config config;
    struct cache        *cache;
    atomic_bool          few;
    struct counts {
        atomic_ullong walks, frames;
    } calls, above; /* above: those of native libraries */
} me;

enum weir_rc frames_init(const struct frames_config *config)
{
    me.config = *config;
    me.cache = arena_map(sizeof *me.cache);
    if (me.cache == NULL)
        return WEIR_ENOMEM;
    for (int i = 0; i < CACHE_LOCKS; i++)
        lock_init(&me.cache->lock[i], LOCK_RANK_FRAMES);
    return WEIR_OK;
}

void frames_few(bool few)
{
    atomic_store_explicit(&me.few, few, memory_order_relaxed);
}

/* The JDK numbers the classes it generates: in a name that begins so every run of digits is dropped. */
static void drop_digits_after(char *name, const char *prefix)
{
    size_t n = strlen(prefix);
    if (strncmp(name, prefix, n) != 0)
        return;
    char *to = name + n;
    for (const char *from = to; *from != '\0'; from++)
        if (*from < '0' || *from > '9')
            *to++ = *from;
    *to = '\0';
}

/* "Lcom/example/Foo$$Lambda.0x00007f;" to com.example.Foo$$Lambda: what differs per class of generated code is cut, so that a
 * resubmitted job meets its own names and the tables stay small. */
static void class_name(const char *signature, char *out)
{
    size_t n = 0;
    for (const char *p = signature + 1; *p != '\0' && *p != ';' && n < NAME_CAP - 1; p++) {
        if ((*p == '.' || *p == '/' || *p == '+') && p[1] == '0' && p[2] == 'x')
            break;
        out[n++] = *p == '/' ? '.' : *p;
    }
    out[n] = '\0';
    char *lambda = strstr(out, "$$Lambda");
    if (lambda != NULL)
        lambda[strlen("$$Lambda")] = '\0';
    drop_digits_after(out, "jdk.internal.reflect.Generated");
    drop_digits_after(out, "jdk.proxy");
    drop_digits_after(out, "com.sun.proxy.$Proxy");
}

static int32_t line_of(jmethodID method, jlocation bci)
{
    jvmtiLineNumberEntry *table = NULL;
    jint count = 0;
    int32_t line = 0;
    jlocation best = -1;
    if (bci < 0)
        return -1;
    if ((*env_ti())->GetLineNumberTable(env_ti(), method, &count, &table) != JVMTI_ERROR_NONE)
        return 0;
    for (jint i = 0; i < count; i++)
        if (table[i].start_location <= bci && table[i].start_location > best) {
            best = table[i].start_location;
            line = table[i].line_number;
        }
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)table);
    return line;
}

static bool is_agent_source(const char *source)
{
    for (const char *const *s = me.config.agent_sources; s != NULL && *s != NULL; s++)
        if (strcmp(*s, source) == 0)
            return true;
    return false;
}

static uint32_t text_id(const char *s)
{
    return s == NULL ? 0 : stacks_name(me.config.stacks, s, strlen(s));
}

static void judge(JNIEnv *jni, jclass c, const char *class_text, const char *method_text, struct judged *out)
{
    char source[SOURCE_CAP] = "";
    struct loader loader = loaders_of_class(jni, c);
    if (loader.kind != ATTR_LOADER_BOOT)
        codesource_name(jni, c, source, sizeof source);
    struct attr_frame frame = {
        .class_name = class_text,
        .method = method_text,
        .source = source,
        .loader = loader.kind,
        .runtime_source = source[0] != '\0' && strcmp(source, me.config.runtime_source) == 0,
        .agent_source = is_agent_source(source),
    };
    out->trait = attribute_frame(&frame, me.config.rules);
    out->source = source[0] != '\0' ? text_id(source) : 0;
    out->loader = loader.name;
    out->loader_tag = loader.user != 0 ? loader.user : loader.tag;
}

/* At first sight of (method, bci), on the thread whose frame it is. */
static void resolve(JNIEnv *jni, struct judged *out)
{
    jvmtiEnv *ti = env_ti();
    char *method = NULL, *signature = NULL, *file = NULL;
    char class_text[NAME_CAP] = "";
    jclass c = NULL;
    if ((*ti)->GetMethodDeclaringClass(ti, out->method, &c) != JVMTI_ERROR_NONE || c == NULL)
        return; /* all ids 0: an unknown, transparent frame */
    (*ti)->GetMethodName(ti, out->method, &method, NULL, NULL);
    (*ti)->GetClassSignature(ti, c, &signature, NULL);
    (*ti)->GetSourceFileName(ti, c, &file);
    if (signature != NULL)
        class_name(signature, class_text);
    out->makes_error = method != NULL && (strcmp(method, "<init>") == 0 || strcmp(method, "fillInStackTrace") == 0);
    judge(jni, c, class_text, method != NULL ? method : "", out);
    out->frame = stacks_frame(me.config.stacks, text_id(class_text), text_id(method), text_id(file),
                              line_of(out->method, out->bci));
    (*ti)->Deallocate(ti, (unsigned char *)method);
    (*ti)->Deallocate(ti, (unsigned char *)signature);
    (*ti)->Deallocate(ti, (unsigned char *)file);
    (*jni)->DeleteLocalRef(jni, c);
}

static struct judged look_up(JNIEnv *jni, const jvmtiFrameInfo *frame)
{
    uint64_t hash = hash_u64((uint64_t)(uintptr_t)frame->method * 31 + (uint64_t)frame->location);
    struct judged *slot = &me.cache->entry[hash % CACHE];
    struct lock *lock = &me.cache->lock[hash % CACHE_LOCKS];
    lock_take(lock);
    struct judged j = *slot;
    lock_drop(lock);
    if (j.method == frame->method && j.bci == frame->location)
        return j;
    memset(&j, 0, sizeof j);
    j.method = frame->method;
    j.bci = frame->location;
    resolve(jni, &j);
    lock_take(lock);
    *slot = j;
    lock_drop(lock);
    return j;
}

/* The current thread's frames, innermost first; 0 when it cannot be walked. The thread is named, never NULL: with NULL
 * JDK 21 holds up the mount and unmount of all virtual threads for the walk (0.6 us became 50 us beside 2,000 of them). */
static jint stack_of_current(JNIEnv *jni, jint depth, jvmtiFrameInfo *frames, struct counts *counts)
{
    jthread thread = NULL;
    jint count = 0;
    if ((*env_ti())->GetCurrentThread(env_ti(), &thread) != JVMTI_ERROR_NONE || thread == NULL)
        return 0;
    if ((*env_ti())->GetStackTrace(env_ti(), thread, 0, depth, frames, &count) != JVMTI_ERROR_NONE)
        count = 0;
    atomic_fetch_add_explicit(&counts->walks, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counts->frames, (unsigned long long)count, memory_order_relaxed);
    (*jni)->DeleteLocalRef(jni, thread);
    return count;
}

static struct attr_decision decide(JNIEnv *jni, const struct attr_trait *traits, size_t count)
{
    struct attr_context context = { .role = me.config.role };
    struct attr_decision d = attribute_decide(traits, count, context);
    /* The context loader matters only where no frame decided, or one that depends on the thread did. */
    if (d.decider < 0 || d.component == WEIR_FRAMEWORK_OFF_HEAP) {
        context.user_context_loader = loaders_context(jni) == ATTR_LOADER_USER;
        d = attribute_decide(traits, count, context);
    }
    return d;
}

/* The stack is deeper than what is kept and the kept frames leave the decision open: judge more of it. */
static struct attr_decision decide_deeper(JNIEnv *jni, int kept, struct judged *decider, struct counts *counts)
{
    jvmtiFrameInfo frames[DEEP];
    struct attr_trait traits[DEEP];
    jint count = stack_of_current(jni, DEEP, frames, counts);
    for (jint i = 0; i < count; i++)
        traits[i] = look_up(jni, &frames[i]).trait;
    struct attr_decision d = decide(jni, traits, (size_t)count);
    if (d.decider >= 0)
        *decider = look_up(jni, &frames[d.decider]);
    if (d.decider >= kept)
        d.decider = -1;
    return d;
}

/* What a reader sees: without the JDK's plumbing, the deciding frame's index moved accordingly; how many of them. */
static size_t keep_frames(const struct judged *judged, int count, int16_t *decider, uint32_t *ids)
{
    size_t kept = 0;
    int16_t moved = -1;
    for (int i = 0; i < count; i++) {
        if ((judged[i].trait.marks & ATTR_MARK_HIDE) != 0 && i != *decider)
            continue;
        if (i == *decider)
            moved = (int16_t)kept;
        ids[kept++] = judged[i].frame;
    }
    *decider = moved;
    return kept;
}

/* The current stack, resolved; 0 frames when it cannot be walked. A throw's begins where the error was asked for. */
static int walk(JNIEnv *jni, bool thrown, uint32_t depth, struct judged *judged, struct counts *counts)
{
    jvmtiFrameInfo frames[WEIR_MAX_DEPTH];
    jint count = stack_of_current(jni, (jint)depth, frames, counts);
    int kept = 0;
    for (jint i = 0; i < count; i++) {
        judged[kept] = look_up(jni, &frames[i]);
        if (!(thrown && kept == 0 && judged[kept].makes_error))
            kept++;
    }
    return kept;
}

/* A walked and decided stack that is not interned yet. */
struct site {
    struct attr_decision decision; /* its decider is the frame's index among all that were walked */
    struct judged        decider;  /* frame 0: none */
    int16_t              kept_decider;
    size_t               count;
    uint32_t             ids[WEIR_MAX_DEPTH];
};

/* False: no walk was possible, or more frames than `depth` could still decide otherwise. */
static bool find_site(JNIEnv *jni, bool thrown, uint32_t depth, struct site *s, struct counts *counts)
{
    struct judged judged[WEIR_MAX_DEPTH];
    struct attr_trait traits[WEIR_MAX_DEPTH];
    int count = walk(jni, thrown, depth, judged, counts);
    if (count == 0)
        return false;
    for (int i = 0; i < count; i++)
        traits[i] = judged[i].trait;
    s->decider = (struct judged){ .frame = 0 };
    s->decision = decide(jni, traits, (size_t)count);
    bool cut = s->decision.open && !thrown && count == (int)depth;
    if (cut && depth < me.config.depth)
        return false;
    if (cut)
        s->decision = decide_deeper(jni, count, &s->decider, counts);
    else if (s->decision.decider >= 0)
        s->decider = judged[s->decision.decider];
    s->kept_decider = (int16_t)s->decision.decider;
    s->count = keep_frames(judged, count, &s->kept_decider, s->ids);
    return true;
}

/* by_user: NULL, or see frames.h. */
static bool site_by(JNIEnv *jni, bool thrown, uint32_t depth, struct owner_key *out, bool *by_user)
{
    struct site s;
    if (!find_site(jni, thrown, depth, &s, &me.calls))
        return false;
    struct attempts_thread thread = attempts_current(jni);
    /* What Flink's own code takes is Flink's, whichever task came first: the read buffers of batch shuffles stay
     * for the next job. A throw's victim is still the attempt. */
    if (s.decision.component == WEIR_FRAMEWORK_OFF_HEAP && !thrown)
        thread = (struct attempts_thread){ .id = 0 };
    thread = attempts_in_code_of(thread, s.decider.loader_tag);
    memset(out, 0, sizeof *out);
    out->stack = stacks_put(me.config.stacks, s.ids, s.count);
    out->decider = s.kept_decider;
    out->source = s.decider.source;
    out->loader = s.decider.loader;
    out->loader_tag = s.decider.loader_tag;
    out->attempt = thread.id;
    out->shared = thread.shared;
    out->component = (uint8_t)s.decision.component;
    out->kind = (uint8_t)s.decision.kind;
    if (by_user != NULL)
        *by_user = s.decider.frame != 0 &&
                   (attribute_is_application(s.decider.trait) || s.decision.component == WEIR_TASK_OFF_HEAP);
    return true;
}

static bool site(JNIEnv *jni, bool thrown, uint32_t depth, struct owner_key *out)
{
    return site_by(jni, thrown, depth, out, NULL);
}

static void count_of(const struct counts *c, uint64_t *walks, uint64_t *frames)
{
    *walks = atomic_load_explicit(&c->walks, memory_order_relaxed);
    *frames = atomic_load_explicit(&c->frames, memory_order_relaxed);
}

void frames_count(uint64_t *walks, uint64_t *frames)
{
    count_of(&me.calls, walks, frames);
}

void frames_count_above(uint64_t *walks, uint64_t *frames)
{
    count_of(&me.above, walks, frames);
}

bool frames_site(void *env, struct owner_key *out)
{
    if (atomic_load_explicit(&me.few, memory_order_relaxed) && me.config.depth > FEW && site(env, false, FEW, out))
        return true;
    return site(env, false, me.config.depth, out);
}

void frames_whole(void *env, struct owner_key *key)
{
    struct owner_key whole;
    if (!atomic_load_explicit(&me.few, memory_order_relaxed) || !site(env, false, me.config.depth, &whole))
        return;
    key->stack = whole.stack;
    key->decider = whole.decider;
}

bool frames_thrown(void *env, struct owner_key *out)
{
    return site(env, true, me.config.depth, out);
}

bool frames_starter(void *env, struct owner_key *out, bool *by_user)
{
    return site_by(env, false, me.config.depth, out, by_user);
}

/* Where no frame says it, the thread does: of an attempt or with the user's context loader. */
static enum weir_component component_above(const struct site *s, struct attempts_thread thread)
{
    bool task = thread.id != 0 && !thread.shared;
    if (s->decider.frame != 0 || s->decision.component != WEIR_FRAMEWORK_OFF_HEAP)
        return s->decision.component;
    return task ? WEIR_TASK_OFF_HEAP : WEIR_COMPONENT_COUNT;
}

bool frames_above(void *env, uint32_t *ids, size_t count, struct frames_above *out)
{
    JNIEnv     *jni = env;
    struct site s;
    size_t      room = WEIR_MAX_DEPTH - count;
    if (!find_site(jni, false, me.config.depth, &s, &me.above))
        return false;
    struct attempts_thread thread = attempts_in_code_of(attempts_current(jni), s.decider.loader_tag);
    s.count = s.count < room ? s.count : room;
    memcpy(ids + count, s.ids, s.count * sizeof *ids);
    *out = (struct frames_above){
        .count = s.count,
        .decider = (int16_t)(s.kept_decider >= 0 && (size_t)s.kept_decider < s.count ? s.kept_decider + (int)count : -1),
        .loader = s.decider.loader,
        .loader_tag = s.decider.loader_tag,
        .attempt = thread.id,
        .shared = thread.shared,
        .component = (uint8_t)component_above(&s, thread),
    };
    return true;
}

static bool is_of(JNIEnv *jni, jmethodID method, jclass wanted)
{
    jclass c = NULL;
    if (wanted == NULL || (*env_ti())->GetMethodDeclaringClass(env_ti(), method, &c) != JVMTI_ERROR_NONE)
        return false;
    bool same = (*jni)->IsSameObject(jni, c, wanted);
    (*jni)->DeleteLocalRef(jni, c);
    return same;
}

enum frames_maker frames_maker(void *env, jclass c, jmethodID method)
{
    JNIEnv        *jni = env;
    jvmtiFrameInfo frames[THROW_DEPTH];
    for (jint i = stack_of_current(jni, THROW_DEPTH, frames, &me.calls) - 1; i > 0; i--) {
        if (frames[i].method == method)
            return FRAMES_OF_METHOD;
        if (is_of(jni, frames[i].method, c))
            return FRAMES_OF_CLASS;
    }
    return FRAMES_OF_OTHERS;
}

/* The JVM's own threads, whatever runs on them. Flink's (RPC, Netty, canceler) need no list: without a frame of the user, a
 * connector or a library on their stack they are spared like any other, and Task's cancel is marked (attribute.c). */
static bool spared_thread(JNIEnv *jni)
{
    static const char *const names[] = {
        "Reference Handler", "Finalizer", "Common-Cleaner", "Cleaner-", "Attach Listener", "Signal Dispatcher",
    };
    char name[128];
    frames_thread_name(jni, name, sizeof name);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

bool frames_spared(void *env, const struct owner_key *key)
{
    JNIEnv *jni = env;
    jvmtiFrameInfo frames[DEEP];
    jint count = stack_of_current(jni, DEEP, frames, &me.calls);
    int java = env_java_major();
    uint8_t marks = 0;
    bool decided = false;
    for (jint i = 0; i < count; i++) {
        struct attr_trait t = look_up(jni, &frames[i]).trait;
        marks |= t.marks;
        decided = decided || attribute_is_application(t);
    }
    if (!decided || (marks & ATTR_MARK_SPARE) != 0)
        return true;
    return (key->kind == WEIR_KIND_FFM && java >= 21 && java <= 24) || spared_thread(jni);
}

bool frames_user_defines(void *env, enum attr_loader definer)
{
    JNIEnv           *jni = env;
    jvmtiFrameInfo    frames[DEEP];
    struct attr_trait traits[DEEP];
    jint              count = stack_of_current(jni, DEEP, frames, &me.calls);
    for (jint i = 0; i < count; i++)
        traits[i] = look_up(jni, &frames[i]).trait;
    return attribute_decides_class(traits, (size_t)count, definer) && !spared_thread(jni);
}

void frames_thread_name(void *env, char *name, size_t cap)
{
    JNIEnv *jni = env;
    jvmtiThreadInfo info;
    jthread thread = NULL;
    name[0] = '\0';
    memset(&info, 0, sizeof info);
    if ((*env_ti())->GetCurrentThread(env_ti(), &thread) != JVMTI_ERROR_NONE || thread == NULL)
        return;
    jvmtiError error = (*env_ti())->GetThreadInfo(env_ti(), thread, &info);
    (*jni)->DeleteLocalRef(jni, thread);
    if (error != JVMTI_ERROR_NONE)
        return;
    if (info.name != NULL) {
        size_t n = strlen(info.name);
        n = n < cap ? n : cap - 1;
        memcpy(name, info.name, n);
        name[n] = '\0';
    }
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)info.name);
    if (info.thread_group != NULL)
        (*jni)->DeleteLocalRef(jni, info.thread_group);
    if (info.context_class_loader != NULL)
        (*jni)->DeleteLocalRef(jni, info.context_class_loader);
}
