/* SPDX-License-Identifier: Apache-2.0 */
/* hook_thread.c: the replaced Thread.start0, on the starting thread, once per platform thread; virtual threads do not pass here.
 * The record and the Thread object's tag are made before the real start, because afterwards the thread may already allocate or
 * have ended; on the new thread the ThreadStart event adds what only it knows, its kernel id and where its stack is.
 * Threads that native code attaches have that event alone. Hidden threads of the JVM (compilers) have none and ours is left
 * out: as in the JVM's own bean, they are not counted among Java's. */
#include "jvm/hook_thread.h"

#include <jvmti.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/guard.h"
#include "core/acct.h"
#include "core/door.h"
#include "jvm/attempts.h"
#include "jvm/deny_thread.h"
#include "jvm/env.h"
#include "jvm/frames.h"
#include "jvm/natives.h"
#include "jvm/threadtag.h"
#include "base/poison.h"

/* WALKS_A_SECOND: take less than 1 % of one CPU, which is what stacks=auto allows; threads that start faster have no creator. */
enum { NAME_CHARS = 256, MORE_REFS = 64, WALKS_A_SECOND = 2000 };

static void(JNICALL *real_start)(JNIEnv *, jobject);
static struct {
    hook_thread_event *on_event;
    jfieldID           name;
    atomic_ullong      limit; /* UINT64_MAX: nothing is refused */
    atomic_bool        walk_all;
    atomic_llong       second; /* coarse time of the walks that are counted */
    atomic_uint        walks;
} me = { .limit = UINT64_MAX };

/* Its record. 4 bytes of the 64 that all our TLS may take. */
static _Thread_local uint32_t own_slot __attribute__((tls_model("initial-exec")));

static bool granted(JNIEnv *jni, const struct owner_key *creator, bool by_user)
{
    uint64_t limit = door_takes() ? atomic_load_explicit(&me.limit, memory_order_relaxed) : UINT64_MAX;
    if (threads_claim(acct_threads(), limit))
        return true;
    if (by_user && !frames_spared(jni, creator)) {
        deny_thread(jni, creator, threads_live(acct_threads()), limit);
        return false;
    }
    return threads_claim(acct_threads(), UINT64_MAX);
}

static bool walk_due(void)
{
    if (atomic_load_explicit(&me.walk_all, memory_order_relaxed))
        return true;
    long long now = acct_coarse_ms();
    if (atomic_exchange_explicit(&me.second, now, memory_order_relaxed) != now)
        atomic_store_explicit(&me.walks, 0, memory_order_relaxed);
    return atomic_fetch_add_explicit(&me.walks, 1, memory_order_relaxed) < WALKS_A_SECOND;
}

/* False: refused, the error is pending. */
static bool begin(JNIEnv *jni, jthread thread, struct threadtag *tag)
{
    struct owner_key creator;
    bool by_user = false;
    if (!walk_due() || !frames_starter(jni, &creator, &by_user))
        creator = (struct owner_key){ .decider = -1 };
    if (!granted(jni, &creator, by_user))
        return false;
    *tag = attempts_on_start(jni, thread, acct_coarse_ms());
    creator.attempt = tag->attempt;
    creator.shared = tag->shared;
    tag->slot = threads_begin(acct_threads(), &creator, false, acct_coarse_ms());
    threadtag_set(thread, *tag);
    return true;
}

/* The exception of the failed start stays pending: it is the caller's. The Thread object may be started again. */
static void undo(jthread thread, struct threadtag tag)
{
    (*env_ti())->SetTag(env_ti(), thread, 0);
    attempts_start_failed(tag, acct_coarse_ms());
    threads_end(acct_threads(), tag.slot);
}

static void JNICALL hook_start(JNIEnv *jni, jobject thread)
{
    struct threadtag tag;
    if (!door_gives()) { /* while idle all goes on: who starts whom cannot be found out later */
        real_start(jni, thread);
        return;
    }
    guard_enter();
    bool start = begin(jni, thread, &tag);
    guard_leave();
    if (!start)
        return;
    real_start(jni, thread);
    if ((*jni)->ExceptionCheck(jni))
        undo(thread, tag);
    else if (tag.task && tag.attempt != 0)
        me.on_event(tag.attempt, false);
}

/* One that no hook has seen start: attached by native code, or older than weir. */
static uint32_t record(jthread thread, struct threadtag tag, bool found, int64_t coarse_ms)
{
    struct owner_key nobody = { .decider = -1, .attempt = tag.attempt, .shared = tag.shared };
    threads_claim(acct_threads(), UINT64_MAX);
    tag.slot = threads_begin(acct_threads(), &nobody, found, coarse_ms);
    threadtag_set(thread, tag);
    return tag.slot;
}

void hook_thread_began(JNIEnv *jni, jobject thread)
{
    (void)jni;
    if (!door_gives())
        return;
    guard_enter();
    struct threadtag tag = threadtag_get(thread);
    attempts_begins(tag);
    own_slot = tag.slot != 0 ? tag.slot : record(thread, tag, false, acct_coarse_ms());
    threads_runs(acct_threads(), own_slot, (int32_t)syscall(SYS_gettid), (uintptr_t)__builtin_frame_address(0));
    guard_leave();
}

void hook_thread_ended(JNIEnv *jni, jobject thread)
{
    if (!door_gives())
        return;
    uint32_t ended = attempts_on_end(jni, acct_coarse_ms());
    if (ended != 0)
        me.on_event(ended, true);
    threads_end(acct_threads(), own_slot != 0 ? own_slot : threadtag_get(thread).slot);
    own_slot = 0;
}

void hook_thread_own(jobject thread)
{
    threadtag_set(thread, (struct threadtag){ .slot = THREADTAG_OWN });
}

void hook_thread_enforce(uint64_t limit, bool walk_all)
{
    atomic_store_explicit(&me.walk_all, walk_all || limit != UINT64_MAX, memory_order_relaxed);
    atomic_store_explicit(&me.limit, limit, memory_order_relaxed);
}

static bool enable(jvmtiEvent event)
{
    return JVM_TRY(SetEventNotificationMode, JVMTI_ENABLE, event, NULL) == WEIR_OK;
}

enum weir_rc hook_thread_install(JNIEnv *jni, hook_thread_event *event, const char **why)
{
    static const struct native_method methods[] = {
        { "start0", "()V", (void *)hook_start, (void **)&real_start },
    };
    jclass c = env_class(jni, "java/lang/Thread");
    me.on_event = event;
    me.name = c != NULL ? (*jni)->GetFieldID(jni, c, "name", "Ljava/lang/String;") : NULL;
    *why = "java.lang.Thread has other fields in this JVM";
    if (env_threw(jni) || me.name == NULL)
        return WEIR_EJVM;
    (*jni)->DeleteGlobalRef(jni, c);
    *why = "the JVM does not tell when a thread starts and ends";
    if (!enable(JVMTI_EVENT_THREAD_START) || !enable(JVMTI_EVENT_THREAD_END))
        return WEIR_EJVM;
    return natives_replace(jni, "java/lang/Thread", methods, 1, why);
}

static void each(JNIEnv *jni, void (*visit)(void *with, JNIEnv *jni, jthread thread), void *with)
{
    jthread *threads = NULL;
    jint count = 0, room = (jint)threads_live(acct_threads()) + MORE_REFS;
    if ((*jni)->PushLocalFrame(jni, room) != JNI_OK) {
        env_threw(jni);
        return;
    }
    if (JVM_TRY(GetAllThreads, &count, &threads) == WEIR_OK) {
        for (jint i = 0; i < count; i++)
            visit(with, jni, threads[i]);
        (*env_ti())->Deallocate(env_ti(), (unsigned char *)threads);
    }
    (*jni)->PopLocalFrame(jni, NULL);
}

static void adopt(void *coarse_ms, JNIEnv *jni, jthread thread)
{
    (void)jni;
    struct threadtag tag = threadtag_get(thread);
    if (tag.slot == 0)
        record(thread, tag, true, *(const int64_t *)coarse_ms);
}

void hook_thread_adopt(JNIEnv *jni, int64_t coarse_ms)
{
    each(jni, adopt, &coarse_ms);
}

struct visitor {
    void (*visit)(void *with, const struct hook_thread_view *);
    void *with;
};

static void show(void *with, JNIEnv *jni, jthread thread)
{
    const struct visitor *v = with;
    char name[NAME_CHARS * 3 + 1] = "";
    struct threadtag tag = threadtag_get(thread);
    jstring text = (*jni)->GetObjectField(jni, thread, me.name);
    if (text != NULL) {
        jsize len = (*jni)->GetStringLength(jni, text);
        (*jni)->GetStringUTFRegion(jni, text, 0, len < NAME_CHARS ? len : NAME_CHARS, name);
        env_threw(jni);
        (*jni)->DeleteLocalRef(jni, text);
    }
    v->visit(v->with, &(struct hook_thread_view){ tag.slot, tag.task || tag.shared ? 0 : tag.attempt, name });
}

void hook_thread_each(JNIEnv *jni, void (*visit)(void *with, const struct hook_thread_view *), void *with)
{
    struct visitor v = { visit, with };
    if (me.name != NULL) /* the hook is in */
        each(jni, show, &v);
}
