/* SPDX-License-Identifier: Apache-2.0 */
/* hook_throw.c: the real function first, always its result; then, for an OutOfMemoryError, the stack into an event.
 * The error's text is not set yet at this point (the constructor stores it after fillInStackTrace), so a reference waits
 * for the reporter, in one of TICKETS slots. A strong one, for a moment: a program that drops the error and tries again
 * makes java.nio.Bits collect, and a weak one would be empty before its text was read. A constructor that passes here
 * twice (a subclass that fills in again) is noted once: the slot's object is compared.
 * Rate: after an error is noted the next of its kind (acct.h) within ten seconds only counts. */
#define _GNU_SOURCE /* RTLD_NOLOAD */
#include "jvm/hook_throw.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>

#include "base/guard.h"
#include "core/acct.h"
#include "core/door.h"
#include "jvm/env.h"
#include "jvm/frames.h"
#include "jvm/natives.h"
#include "base/poison.h"

enum { TICKETS = 16, TEXT_CHARS = 512, WALKS = 1000 };

static jobject(JNICALL *real_fill)(JNIEnv *, jobject, jint);
static struct {
    jclass      out_of_memory, bits;
    jfieldID    message;
    jmethodID   start; /* Thread.start0; its class is never unloaded */
    atomic_bool quiet;
    atomic_uint next;
    atomic_llong walks_ms; /* the second in which so many errors were walked */
    atomic_uint walks, last_walked;
    /* A slot belongs to whoever moves `taken` from false to true, then to the reporter, who gives it back. */
    struct {
        atomic_bool taken;
        jobject     error; /* global */
    } slot[TICKETS];
} me;

/* The next OutOfMemoryError of this thread is told already: as a denial, or by the event that comes before it. */
static _Thread_local bool denied __attribute__((tls_model("initial-exec")));

void hook_throw_denied(void)
{
    denied = true;
}

static bool draw_slot(uint32_t *ticket)
{
    for (int tried = 0; tried < TICKETS; tried++) {
        uint32_t i = atomic_fetch_add_explicit(&me.next, 1, memory_order_relaxed) % TICKETS;
        bool free_slot = false;
        if (atomic_compare_exchange_strong_explicit(&me.slot[i].taken, &free_slot, true, memory_order_acquire,
                                                    memory_order_relaxed)) {
            *ticket = i;
            return true;
        }
    }
    return false;
}

static void class_of(jclass c, char *out, size_t cap)
{
    char *signature = NULL;
    size_t n = 0;
    if ((*env_ti())->GetClassSignature(env_ti(), c, &signature, NULL) == JVMTI_ERROR_NONE)
        for (const char *p = signature + 1; *p != '\0' && *p != ';' && n + 1 < cap; p++)
            out[n++] = *p == '/' ? '.' : *p;
    out[n] = '\0';
    (*env_ti())->Deallocate(env_ti(), (unsigned char *)signature);
}

/* io.netty.util.internal.OutOfDirectMemoryError, under whatever package it was moved to. */
static bool is_nettys(jclass c)
{
    static const char ending[] = ".OutOfDirectMemoryError";
    char name[256];
    class_of(c, name, sizeof name);
    size_t n = strlen(name), e = sizeof ending - 1;
    return n > e && strcmp(name + n - e, ending) == 0;
}

/* A program may make errors as fast as it can: of those whose kind only their stack tells, no more than WALKS are
 * walked in a second, which takes a millisecond. */
static bool may_walk(void)
{
    long long now = acct_coarse_ms();
    if (atomic_exchange_explicit(&me.walks_ms, now, memory_order_relaxed) != now)
        atomic_store_explicit(&me.walks, 0, memory_order_relaxed);
    return atomic_fetch_add_explicit(&me.walks, 1, memory_order_relaxed) < WALKS;
}

/* False: not told apart, since there were too many in this second; counted with the one before, since they come in storms. */
static bool kind_of(JNIEnv *jni, jobject error, enum acct_oom_kind *kind)
{
    jclass c = (*jni)->GetObjectClass(jni, error);
    bool plain = (*jni)->IsSameObject(jni, c, me.out_of_memory), netty = !plain && is_nettys(c);
    (*jni)->DeleteLocalRef(jni, c);
    *kind = netty ? ACCT_OOM_NETTY : ACCT_OOM_OTHER;
    if (!plain)
        return true;
    if (!may_walk()) {
        acct_oom_suppress((enum acct_oom_kind)atomic_load_explicit(&me.last_walked, memory_order_relaxed));
        return false;
    }
    enum frames_maker maker = frames_maker(jni, me.bits, me.start);
    *kind = maker == FRAMES_OF_CLASS ? ACCT_OOM_DIRECT : maker == FRAMES_OF_METHOD ? ACCT_OOM_THREADS : ACCT_OOM_OTHER;
    atomic_store_explicit(&me.last_walked, *kind, memory_order_relaxed);
    return true;
}

static void note(JNIEnv *jni, jobject error)
{
    enum acct_oom_kind kind;
    struct owner_key key;
    uint32_t ticket;
    if (!kind_of(jni, error, &kind))
        return;
    if (!draw_slot(&ticket)) {
        acct_oom_suppress(kind);
        return;
    }
    if (!acct_oom_due(kind) || !frames_thrown(jni, &key)) {
        hook_throw_drop(jni, ticket + 1);
        return;
    }
    me.slot[ticket].error = (*jni)->NewGlobalRef(jni, error);
    env_threw(jni);
    if (!acct_oom(jni, &key, kind, ticket + 1))
        hook_throw_drop(jni, ticket + 1);
}

static jobject JNICALL hook_fill(JNIEnv *jni, jobject error, jint dummy)
{
    jobject result = real_fill(jni, error, dummy);
    if (!door_takes() || !(*jni)->IsInstanceOf(jni, error, me.out_of_memory))
        return result;
    if (guard_enter() && !denied && !(*jni)->ExceptionCheck(jni))
        note(jni, error);
    denied = false;
    guard_leave();
    return result;
}

bool hook_throw_exhausted(JNIEnv *jni, const char *what)
{
    struct owner_key key;
    enum acct_oom_kind kind = strstr(what, "thread") != NULL        ? ACCT_OOM_THREADS
                              : strstr(what, "etaspace") != NULL    ? ACCT_OOM_METASPACE
                              : strstr(what, "class space") != NULL ? ACCT_OOM_CLASS_SPACE
                                                                    : ACCT_OOM_HEAP;
    bool told = false;
    if (!door_takes())
        return false;
    if (guard_enter() && acct_oom_due(kind) && frames_thrown(jni, &key))
        told = acct_oom(jni, &key, kind, 0);
    denied = denied || kind == ACCT_OOM_THREADS; /* the others come without a constructor */
    guard_leave();
    return told;
}

void hook_throw_quiet(void)
{
    (*env_ti())->SetEventNotificationMode(env_ti(), JVMTI_DISABLE, JVMTI_EVENT_RESOURCE_EXHAUSTED, NULL);
    atomic_store_explicit(&me.quiet, true, memory_order_relaxed);
}

void hook_throw_rearm(void)
{
    if (!atomic_exchange_explicit(&me.quiet, false, memory_order_relaxed))
        return;
    (*env_ti())->SetEventNotificationMode(env_ti(), JVMTI_ENABLE, JVMTI_EVENT_RESOURCE_EXHAUSTED, NULL);
}

enum weir_rc hook_throw_install(JNIEnv *jni, const char **why)
{
    static const struct native_method methods[] = {
        { "fillInStackTrace", "(I)Ljava/lang/Throwable;", (void *)hook_fill, (void **)&real_fill },
    };
    void *libjava = dlopen("libjava.so", RTLD_LAZY | RTLD_NOLOAD);
    void *f = libjava != NULL ? dlsym(libjava, "Java_java_lang_Throwable_fillInStackTrace") : NULL;
    memcpy(&real_fill, &f, sizeof f); /* ISO C has no cast from object to function pointer */
    *why = "libjava exports no Throwable.fillInStackTrace: an OutOfMemoryError is not explained";
    me.out_of_memory = env_class(jni, "java/lang/OutOfMemoryError");
    me.bits = env_class(jni, "java/nio/Bits"); /* without it direct ones are told among the others */
    jclass throwable = env_class(jni, "java/lang/Throwable"), thread = env_class(jni, "java/lang/Thread");
    if (real_fill == NULL || me.out_of_memory == NULL || throwable == NULL)
        return WEIR_EJVM;
    me.message = (*jni)->GetFieldID(jni, throwable, "detailMessage", "Ljava/lang/String;");
    env_threw(jni);
    me.start = thread != NULL ? (*jni)->GetMethodID(jni, thread, "start0", "()V") : NULL;
    env_threw(jni);
    (*jni)->DeleteGlobalRef(jni, throwable);
    if (thread != NULL)
        (*jni)->DeleteGlobalRef(jni, thread);
    return natives_register(jni, "java/lang/Throwable", methods, 1, why);
}

static void text_of(JNIEnv *jni, jobject error, char *out, size_t cap)
{
    char text[TEXT_CHARS * 3 + 1];
    jstring s = me.message != NULL ? (*jni)->GetObjectField(jni, error, me.message) : NULL;
    if (s == NULL)
        return;
    jsize len = (*jni)->GetStringLength(jni, s);
    (*jni)->GetStringUTFRegion(jni, s, 0, len < TEXT_CHARS ? len : TEXT_CHARS, text);
    if (!env_threw(jni) && strlen(text) < cap)
        memcpy(out, text, strlen(text) + 1);
    (*jni)->DeleteLocalRef(jni, s);
}

bool hook_throw_peek(JNIEnv *jni, uint32_t ticket, char *class_name, size_t class_cap, char *message, size_t cap)
{
    class_name[0] = message[0] = '\0';
    if (ticket == 0 || ticket > TICKETS || me.slot[ticket - 1].error == NULL)
        return false;
    jobject error = (*jni)->NewLocalRef(jni, me.slot[ticket - 1].error);
    if (error == NULL)
        return false;
    jclass c = (*jni)->GetObjectClass(jni, error);
    class_of(c, class_name, class_cap);
    text_of(jni, error, message, cap);
    (*jni)->DeleteLocalRef(jni, c);
    (*jni)->DeleteLocalRef(jni, error);
    return message[0] != '\0';
}

void hook_throw_drop(JNIEnv *jni, uint32_t ticket)
{
    if (ticket == 0 || ticket > TICKETS)
        return;
    if (me.slot[ticket - 1].error != NULL)
        (*jni)->DeleteGlobalRef(jni, me.slot[ticket - 1].error);
    me.slot[ticket - 1].error = NULL;
    /* Release: the slot is empty before the next one draws it. */
    atomic_store_explicit(&me.slot[ticket - 1].taken, false, memory_order_release);
}
