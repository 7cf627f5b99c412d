/* SPDX-License-Identifier: Apache-2.0 */
/* hooks.c: tables first, then thread (so that owners have their attempt), unsafe, throw, mapped, class, exit, native; then what was there
 * before. When weir is attached, tasks run already: their threads are told before anything is booked. */
#include "hooks.h"

#include <stdint.h>
#include <stdlib.h>

#include <jvmti.h>

#include "base/clock.h"
#include "core/acct.h"
#include "core/tombs.h"
#include "jvm/attempts.h"
#include "jvm/bits.h"
#include "jvm/codesource.h"
#include "jvm/deny.h"
#include "jvm/deny_thread.h"
#include "jvm/env.h"
#include "jvm/frames.h"
#include "jvm/frames_native.h"
#include "jvm/hook_class.h"
#include "jvm/hook_handles.h"
#include "jvm/hook_thread.h"
#include "jvm/hook_throw.h"
#include "jvm/hook_unsafe.h"
#include "jvm/hook_zlib.h"
#include "jvm/loaders.h"
#include "jvm/nativestate.h"
#include "jvm/nio.h"
#include "jvm/segments.h"
#include "jvm/vmflags.h"
#include "jvm/wrappers.h"
#include "lastwords.h"
#include "native/demangle.h"
#include "native/hook_dlsym.h"
#include "native/hook_exit.h"
#include "native/hook_map.h"
#include "native/unwind.h"
#include "nativelibs.h"
#include "base/poison.h"

static bool bits_used(void *thread, uint64_t *bytes)
{
    uint64_t count;
    return bits_read(thread, bytes, &count);
}

static const struct capture_ops capture = { frames_site, frames_whole, frames_thread_name, bits_used, frames_native };

void hooks_note(struct hooks *hooks, const char *name, const char *state)
{
    if (hooks->count < WEIR_MAX_HOOKS)
        hooks->state[hooks->count++] = (struct weir_hook_state){ name, state };
}

/* Tables and id caches; everything a hook needs before it may be called. */
static enum weir_rc prepare(JNIEnv *jni, const struct hooks_setup *setup, struct hooks *hooks)
{
    enum weir_rc rc = acct_init(&capture, (uint32_t)setup->options->max_live);
    if (rc == WEIR_OK)
        rc = loaders_init(jni, acct_stacks());
    if (rc != WEIR_OK)
        return rc;
    struct frames_config frames = { .stacks = acct_stacks(), .rules = setup->rules, .role = setup->jvm->role,
                                    .depth = setup->options->depth, .runtime_source = setup->jvm->runtime_jar, .agent_sources = setup->jvm->agents };
    if (codesource_init(jni) != WEIR_OK)
        hooks_note(hooks, "code source", "not readable in this JVM: Flink's own jars and connectors in lib/ cannot be told apart");
    return frames_init(&frames);
}

/* What the hooks in native libraries ask for, before the first of them is in. */
static void prepare_native(JNIEnv *jni, struct hooks *hooks)
{
    const char  *why = "ok", *java = "ok";
    enum weir_rc rc = unwind_init(acct_stacks(), NULL, &why);
    stacks_demangler(acct_stacks(), demangle);
    if (frames_native_init(jni, acct_stacks(), unwind_here, &java) != WEIR_OK && rc == WEIR_OK)
        why = java;
    uintptr_t from, to;
    wrappers_code(&from, &to);
    unwind_omit(from, to);
    hooks_note(hooks, "native stacks", why);
}

/* Attempts only where there are tasks: elsewhere nothing would be learnt from a thread's starter. */
static void install_thread(JNIEnv *jni, const struct hooks_setup *setup, struct hooks *hooks)
{
    const char *why = "off by option hooks: threads are not counted, owners have no job or attempt";
    bool tasks = setup->jvm->role == WEIR_ROLE_TASKMANAGER;
    if ((setup->options->hooks & OPTVALUE_HOOK_THREAD) != 0) {
        why = "ok";
        hooks->threads = (!tasks || attempts_init(jni, acct_attempts(), acct_jobs(), acct_stacks()) == WEIR_OK) &&
                         hook_thread_install(jni, acct_attempt_event, &why) == WEIR_OK;
    }
    if (hooks->threads && setup->attached && tasks)
        hooks->tasks = attempts_adopt(jni, clock_wall_ms());
    if (hooks->threads)
        hook_thread_adopt(jni, clock_wall_ms());
    hooks_note(hooks, "thread", hooks->threads ? "ok" : why);
}

static void install_throw(JNIEnv *jni, const struct hooks_setup *setup, struct hooks *hooks)
{
    const char *why = "ok";
    bool hooked = false;
    if ((setup->options->hooks & OPTVALUE_HOOK_THROW) == 0)
        why = "off by option hooks: an OutOfMemoryError is not explained";
    else
        hooked = hook_throw_install(jni, &why) == WEIR_OK &&
                 JVM_TRY(SetEventNotificationMode, JVMTI_ENABLE, JVMTI_EVENT_RESOURCE_EXHAUSTED, NULL) == WEIR_OK;
    hooks_note(hooks, "throw", hooked ? "ok" : why);
}

/* At VMInit libnio is not there yet. The JVM loads it for the first entry of the class path; we only ask a little earlier. */
static void install_mapped(JNIEnv *jni, const struct hooks_setup *setup, struct hooks *hooks)
{
    static const char library[] = "libnio.so";
    const char *why = "off by option hooks: mapped files are not counted";
    enum weir_rc rc = WEIR_EINVAL;
    if ((setup->options->hooks & OPTVALUE_HOOK_MAPPED) != 0)
        rc = hook_map_install(library, nio_thread, &why);
    if (rc == WEIR_ENOENT) {
        nio_load(jni);
        rc = hook_map_install(library, nio_thread, &why);
    }
    hooks->mapped = rc == WEIR_OK;
    hooks_note(hooks, "mapped", rc == WEIR_OK ? "ok" : why);
}

static void install_exit(const struct hooks_setup *setup, struct hooks *hooks)
{
    struct hook_exit_flags flags = { false, false };
    const char *why = "off by option hooks: how a JVM ends without shutdown is not said";
    enum weir_rc rc = WEIR_EINVAL;
    vmflags_bool("ExitOnOutOfMemoryError", &flags.exit_on_oom);
    vmflags_bool("CrashOnOutOfMemoryError", &flags.crash_on_oom);
    if ((setup->options->hooks & OPTVALUE_HOOK_EXIT) != 0)
        rc = lastwords_install(flags, &why);
    hooks_note(hooks, "exit", rc == WEIR_OK ? "ok" : why);
}

static void install_unsafe(JNIEnv *jni, const struct hooks_setup *setup, struct hooks *hooks)
{
    const char *why = "off by option hooks: direct buffers and Unsafe memory are not counted";
    if ((setup->options->hooks & OPTVALUE_HOOK_UNSAFE) != 0)
        hooks->counting = hook_unsafe_install(jni, &why) == WEIR_OK && hook_unsafe_check(jni, &why) == WEIR_OK;
    hooks_note(hooks, "unsafe", hooks->counting ? "ok" : why);
}

static void install_class(JNIEnv *jni, const struct hooks_setup *setup, struct hooks *hooks)
{
    const char *why = "off by option hooks: definitions of classes are not counted, and never denied";
    if ((setup->options->hooks & OPTVALUE_HOOK_CLASS) != 0 && hook_class_install(jni, &why) == WEIR_OK)
        hook_class_check(jni, &why);
    hooks_note(hooks, "class", why);
}

static void install_zlib(JNIEnv *jni, const struct hooks_setup *setup, struct hooks *hooks)
{
    const char *why = "off by option hooks: what Deflater and Inflater take is not counted";
    if ((setup->options->hooks & OPTVALUE_HOOK_ZLIB) != 0)
        hook_zlib_install(jni, &why);
    hooks_note(hooks, "zlib", why);
}

/* Foreign functions are the JDK's own from 22 on. */
static void install_ffm(JNIEnv *jni, const struct hooks_setup *setup, struct hooks *hooks)
{
    enum { FIRST_JAVA = 22 };
    const char *why = "off by option hooks: what foreign functions take by malloc is not counted";
    if (env_java_major() < FIRST_JAVA)
        return;
    if ((setup->options->hooks & OPTVALUE_HOOK_FFM) != 0 && nativestate_init(jni, &why) == WEIR_OK &&
        hook_dlsym_install("libjvm.so", nativestate_thread, &why) == WEIR_OK)
        why = setup->attached ? "ok, but functions that were looked up before weir came are not seen: Netty's malloc, if it was used" : "ok";
    hooks_note(hooks, "ffm", why);
}

static void install_handles(JNIEnv *jni, const struct hooks_setup *setup, struct hooks *hooks)
{
    const char *why = "off by option hooks: RocksDB's native objects are not counted";
    if ((setup->options->hooks & OPTVALUE_HOOK_HANDLES) != 0)
        hooks->handles = hook_handles_install(jni, acct_stacks(), setup->attached, &why) == WEIR_OK;
    hooks_note(hooks, "handles", why);
}

static void install_native(const struct hooks_setup *setup, struct hooks *hooks)
{
    const char *state = "off by option hooks: memory of native libraries is not counted";
    if ((setup->options->hooks & OPTVALUE_HOOK_NATIVE) != 0)
        nativelibs_install(setup->options, setup->jvm->role, setup->conf, &state);
    hooks_note(hooks, "native", state);
}

/* Flink's segments that live already. The direct ones are handed on, to be found again among the JDK's cleaners. */
static void seed_segments(JNIEnv *jni, struct hooks *hooks, struct segments *segments)
{
    if (segments_find(jni, segments) != WEIR_OK)
        return;
    for (size_t i = 0; i < segments->managed_count; i++)
        if (acct_seed(segments->managed[i].addr, segments->managed[i].bytes, WEIR_MANAGED, WEIR_KIND_UNSAFE)) {
            hooks->managed_blocks++;
            hooks->managed_bytes += segments->managed[i].bytes;
        }
    hooks->network_expected = segments->expected;
    hooks->network_seen = segments->seen;
    hooks->walk_us = segments->walk_us;
}

static void seed(JNIEnv *jni, const struct hooks_setup *setup, struct hooks *hooks)
{
    struct segments segments = { .network_count = 0 };
    bool walk = setup->attached && setup->options->seed && setup->jvm->role == WEIR_ROLE_TASKMANAGER && tombs_open();
    if (walk)
        seed_segments(jni, hooks, &segments);
    hooks->seeded = seed_cleaners(jni, &segments, hooks->mapped, &hooks->seed) == WEIR_OK;
    hooks->freed_more = walk && tombs_full();
    tombs_close();
    segments_drop(&segments);
    if (!hooks->seeded)
        hooks_note(hooks, "before weir", "this JDK keeps its cleaners elsewhere: direct buffers older than the agent are not counted");
}

enum weir_rc hooks_install(JNIEnv *jni, const struct hooks_setup *setup, struct hooks *hooks)
{
    enum weir_rc rc = prepare(jni, setup, hooks);
    if (rc != WEIR_OK)
        return rc;
    bool bits = bits_init(jni) == WEIR_OK;
    hooks->attached = setup->attached;
    prepare_native(jni, hooks);
    install_thread(jni, setup, hooks);
    hooks_remode(jni, setup->options);
    install_unsafe(jni, setup, hooks);
    install_throw(jni, setup, hooks);
    install_mapped(jni, setup, hooks);
    install_class(jni, setup, hooks);
    install_handles(jni, setup, hooks);
    install_zlib(jni, setup, hooks);
    install_ffm(jni, setup, hooks);
    install_exit(setup, hooks);
    install_native(setup, hooks);
    if (!bits)
        hooks_note(hooks, "bits", "java.nio.Bits has other fields in this JVM: the direct pool is not measured");
    if (hooks->counting && setup->options->seed)
        seed(jni, setup, hooks);
    return WEIR_OK;
}

bool hooks_remode(JNIEnv *jni, const struct options *options)
{
    bool wanted = options->mode == WEIR_MODE_ENFORCE;
    bool enforce = wanted && deny_init(jni, options->deny_as_jvm) == WEIR_OK;
    acct_enforce(options->deny);
    frames_few(enforce && !options->stacks_all);
    hook_map_enforce(enforce && options->deny[WEIR_MAPPED] ? deny_or_claim_mapping : NULL);
    hook_unsafe_enforce(enforce);
    bool threads = enforce && options->limit_threads != 0 && options->deny[OPTVALUE_DENY_THREADS] &&
                   deny_thread_init(jni, options->deny_as_jvm) == WEIR_OK;
    hook_thread_enforce(threads ? options->limit_threads : UINT64_MAX, options->stacks_all);
    hook_class_enforce(enforce && options->deny[WEIR_JVM_METASPACE]);
    nativelibs_enforce(enforce && options->deny[OPTVALUE_DENY_NATIVE]);
    return enforce == wanted;
}

void hooks_reseed(JNIEnv *jni, const struct hooks *hooks, struct seed *found)
{
    *found = (struct seed){ .held_us = 0 };
    if (hooks->seeded)
        seed_cleaners(jni, NULL, hooks->mapped, found);
}
