/* SPDX-License-Identifier: Apache-2.0 */
/* reporter.c: a Java agent thread (RunAgentThread; hidden from ThreadMXBean) that sleeps on a semaphore.
 * Every TICK_MS, and when a hook wakes it: say what hooks asked for, judge the rows that only the VM knows, write a sheet when
 * one is due. Only this thread opens files, formats, calls MXBeans.
 * Order at stop: events, exit sheet, stop event, then `done`; VMDeath waits for that. */
#define _GNU_SOURCE /* sem_clockwait */
#include "reporter.h"

#include <errno.h>
#include <jvmti.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "core/acct.h"
#include "govern.h"
#include "handleview.h"
#include "judge.h"
#include "jvm/env.h"
#include "jvm/hook_thread.h"
#include "jvm/hook_throw.h"
#include "jvm/loaders.h"
#include "lastwords.h"
#include "nativelibs.h"
#include "readings.h"
#include "threadview.h"

enum { TICK_MS = 1000, REARM_MS = 10000, RESEED_MS = 3000 };

static struct {
    struct reporter_config config;
    sem_t                  wake, done;
    char                   by[SAY_BY_MAX]; /* written before stopping */
    atomic_bool            stopping;
    atomic_bool            waking; /* a post is under way: one is enough */

    /* below: the reporter thread's own */
    JNIEnv *jni;
    bool    paused, reseeded;
    bool    governing; /* stacks=auto outside enforce */
    int64_t begin_ms, last_tick_ms, last_sheet_ms, last_rearm_ms;
} me;

/* Once, a while after an attach: what was being allocated then has its cleaner now. */
static void reseed(int64_t mono)
{
    struct seed found;
    if (me.reseeded || !me.config.say.hooks->attached || mono - me.begin_ms < RESEED_MS)
        return;
    me.reseeded = true;
    hooks_reseed(me.jni, me.config.say.hooks, &found);
}

static void tick(int64_t mono)
{
    int64_t now = clock_wall_ms();
    me.last_tick_ms = mono;
    me.config.second(me.jni);
    if (me.paused)
        return;
    reseed(mono);
    nativelibs_second(mono);
    govern_measure(mono);
    if (mono - me.last_rearm_ms >= REARM_MS) {
        me.last_rearm_ms = mono;
        hook_throw_rearm();
    }
    lastwords_tick(now);
    loaders_reclaim(me.jni);
    handleview_second(me.jni, now);
    judge_second(now);
    if (me.config.say.options->interval_ms != 0 && mono - me.last_sheet_ms >= (int64_t)me.config.say.options->interval_ms) {
        me.last_sheet_ms = mono;
        say_sheet("interval");
    }
    const struct weir_sheet *sheet = say_to_blackbox();
    readings_keep(sheet, now);
    judge_sheet(sheet, now);
}

/* stacks=auto outside enforce. */
static void regovern(void)
{
    me.governing = !me.config.say.options->stacks_all && me.config.say.options->mode != WEIR_MODE_ENFORCE;
    govern_start(!me.governing, clock_mono_ms());
}

void reporter_reoption(void)
{
    regovern();
    say_reoptioned();
}

void reporter_pause(void)
{
    say_paused();
    me.paused = true;
}

void reporter_resume(void)
{
    me.paused = false;
    say_resumed();
}

/* ---- start and stop ---- */

/* Until the next tick is due, a hook wakes us, or the governor wants to look. */
static void wait_for_work(void)
{
    struct timespec until;
    int64_t         left = me.last_tick_ms + TICK_MS - clock_mono_ms();
    if (me.governing && left > GOVERN_MS)
        left = GOVERN_MS;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (left < 0 ? 0 : left > TICK_MS ? TICK_MS : left) * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    while (sem_clockwait(&me.wake, CLOCK_MONOTONIC, &until) != 0 && errno == EINTR)
        continue;
    atomic_store_explicit(&me.waking, false, memory_order_relaxed);
}

static void JNICALL run(jvmtiEnv *ti, JNIEnv *jni, void *unused)
{
    (void)ti;
    (void)unused;
    const struct say_config *c = &me.config.say;
    struct readings_config readings = { c->limits, c->role, c->hooks->counting, c->hooks->mapped };
    me.jni = jni;
    readings_init(jni, &readings);
    threadview_init(jni, c->options, c->hooks->threads);
    handleview_init(c->limits);
    judge_init(jni, c->options, c->limits, c->role);
    say_start(jni, c);
    me.begin_ms = me.last_sheet_ms = me.last_tick_ms = clock_mono_ms();
    regovern();
    /* Acquire: pairs with reporter_stop(). */
    while (!atomic_load_explicit(&me.stopping, memory_order_acquire)) {
        wait_for_work();
        readings_answer();
        say_events();
        me.config.serve(jni);
        int64_t mono = clock_mono_ms();
        govern_tick(mono);
        if (mono - me.last_tick_ms >= TICK_MS)
            tick(mono);
    }
    say_events();
    say_stop(me.by);
    sem_post(&me.done);
}

static jthread new_thread(JNIEnv *jni)
{
    jclass c = env_class(jni, "java/lang/Thread");
    jmethodID make = c == NULL ? NULL : (*jni)->GetMethodID(jni, c, "<init>", "(Ljava/lang/String;)V");
    jstring name = env_threw(jni) ? NULL : (*jni)->NewStringUTF(jni, "weir reporter");
    jobject thread = env_threw(jni) || make == NULL ? NULL : (*jni)->NewObject(jni, c, make, name);
    bool threw = env_threw(jni);
    if (name != NULL)
        (*jni)->DeleteLocalRef(jni, name);
    if (c != NULL)
        (*jni)->DeleteGlobalRef(jni, c);
    return threw ? NULL : thread;
}

enum weir_rc reporter_start(JNIEnv *jni, const struct reporter_config *config)
{
    me.config = *config;
    if (sem_init(&me.wake, 0, 0) != 0 || sem_init(&me.done, 0, 0) != 0)
        return WEIR_EJVM;
    jthread thread = new_thread(jni);
    if (thread == NULL)
        return WEIR_EJVM;
    hook_thread_own(thread);
    enum weir_rc rc = JVM_TRY(RunAgentThread, thread, run, NULL, JVMTI_THREAD_NORM_PRIORITY);
    (*jni)->DeleteLocalRef(jni, thread);
    return rc;
}

void reporter_wake(void)
{
    if (!atomic_exchange_explicit(&me.waking, true, memory_order_relaxed))
        sem_post(&me.wake);
}

/* False: the time is up. */
static bool wait_done(int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(ms % 1000) * 1000000L;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    int rc;
    while ((rc = sem_clockwait(&me.done, CLOCK_MONOTONIC, &until)) != 0 && errno == EINTR)
        continue;
    return rc == 0;
}

void reporter_stop(const char *by, int max_ms, int oom_ms)
{
    snprintf(me.by, sizeof me.by, "%s", by);
    atomic_store_explicit(&me.stopping, true, memory_order_release);
    sem_post(&me.wake);
    if (!wait_done(max_ms) && say_explains())
        wait_done(oom_ms);
}
