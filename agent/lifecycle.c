/* SPDX-License-Identifier: Apache-2.0 */
/* lifecycle.c: OnLoad parses the options and enables VMInit; VMInit does the rest, before the main class runs:
 *   role  -> dormant unless TaskManager, JobManager, or a limit was given by option
 *   limits -> books -> hooks, checked -> what was there before -> reporter -> levels
 * A step that fails costs what it would have counted and is said; it never stops the JVM.
 * VMDeath: the reporter writes its last sheet (at most a second), then the hooks only call through. */
#include "lifecycle.h"

#include <errno.h>
#include <jvmti.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sysfs.h"
#include "core/acct.h"
#include "files.h"
#include "jvm/attempts.h"
#include "jvm/bits.h"
#include "jvm/codesource.h"
#include "jvm/deny.h"
#include "jvm/discover.h"
#include "jvm/ending.h"
#include "jvm/env.h"
#include "jvm/frames.h"
#include "jvm/hook_thread.h"
#include "jvm/hook_throw.h"
#include "jvm/hook_unsafe.h"
#include "jvm/loaders.h"
#include "jvm/nio.h"
#include "jvm/seed.h"
#include "jvm/vmflags.h"
#include "lastwords.h"
#include "bounds.h"
#include "model/component.h"
#include "model/options.h"
#include "model/policy.h"
#include "model/rules.h"
#include "native/hook_exit.h"
#include "native/hook_map.h"
#include "native/twin.h"
#include "reporter.h"

enum { ERROR_CAP = 1024, RULES_FILE_MAX = 64 * 1024, OLDEST_JAVA = 11, VMDEATH_WAIT_MS = 1000 };

static struct {
    struct options         options;
    struct rules           rules;
    struct discover        jvm;
    struct bounds          limits;
    struct policy_limits   policy;
    struct reporter_config reporter;
    char                   dir[OPTIONS_PATH_MAX];
    char                   jvm_version[64];
    bool                   loaded, running, flags_known;
} me;

static bool bits_used(void *thread, uint64_t *bytes)
{
    uint64_t count;
    return bits_read(thread, bytes, &count);
}

static const struct capture_ops capture = { frames_site, frames_whole, frames_thread_name, bits_used };

/* ---- options ---- */

/* rules=FILE into me.rules. False: err has the reason. */
static bool load_rules(struct buf *err)
{
    const char *path = me.options.rules;
    size_t len = 0;
    rules_init(&me.rules);
    if (path[0] == '\0')
        return true;
    char *text = arena_map(RULES_FILE_MAX);
    enum weir_rc rc = text != NULL ? sysfs_read(path, text, RULES_FILE_MAX, &len) : WEIR_ENOMEM;
    if (rc == WEIR_OK)
        rc = rules_parse(&me.rules, text, len, err);
    else
        buf_printf(err, "cannot be read: %s", rc == WEIR_EFULL ? "larger than 64 KiB" : strerror(errno));
    arena_unmap(text, RULES_FILE_MAX);
    return rc == WEIR_OK;
}

/* Messages of the model begin with the tool's name; a log line has it already. */
static const char *without_name(const char *message)
{
    static const char name[] = "weir: ";
    return strncmp(message, name, sizeof name - 1) == 0 ? message + sizeof name - 1 : message;
}

/* False: the agent stays dormant, one line says why. */
static bool take_options(const char *text)
{
    char why[ERROR_CAP], help[16 * 1024];
    struct buf err, out;
    buf_init(&err, why, sizeof why);
    if (options_parse(&me.options, text, &err) != WEIR_OK) {
        log_error("%s; the agent stays dormant", without_name(why));
        return false;
    }
    if (me.options.help) {
        buf_init(&out, help, sizeof help);
        options_help(&out);
        if (write(STDERR_FILENO, out.data, out.len) < 0)
            return false;
        return false;
    }
    if (!load_rules(&err)) {
        log_error("option rules=%s: %s; the agent stays dormant", me.options.rules, without_name(why));
        return false;
    }
    return true;
}

/* With `strict` every file the options name must be usable before the JVM starts. */
static bool strict_files(void)
{
    if (me.options.conf[0] != '\0' && access(me.options.conf, R_OK) != 0) {
        log_error("option conf=%s: %s; strict: the JVM start is refused", me.options.conf, strerror(errno));
        return false;
    }
    if (me.options.dir[0] != '\0' && access(me.options.dir, W_OK | X_OK) != 0) {
        log_error("option dir=%s: %s; strict: the JVM start is refused", me.options.dir, strerror(errno));
        return false;
    }
    return true;
}

/* ---- VMInit ---- */

static bool dormant(void)
{
    if (me.jvm.role != WEIR_ROLE_OTHER)
        return false;
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        if (me.options.limit_set[c])
            return false;
    return true;
}

static void find_directory(void)
{
    char log_file[OPTIONS_PATH_MAX], tmp[OPTIONS_PATH_MAX];
    env_property("log.file", log_file, sizeof log_file);
    char *slash = strrchr(log_file, '/');
    if (slash != NULL)
        *slash = '\0';
    env_property("java.io.tmpdir", tmp, sizeof tmp);
    const char *candidates[] = { me.options.dir, slash != NULL ? log_file : NULL, tmp, "/tmp" };
    if (!files_directory(candidates, 4, me.dir, sizeof me.dir))
        log_warn("no directory can be written to (option dir, the log directory, java.io.tmpdir): no JSON lines");
    else if (me.options.dir[0] != '\0' && strcmp(me.dir, me.options.dir) != 0)
        log_warn("option dir=%s: not a directory this user can write to; %s is used instead", me.options.dir, me.dir);
}

static void note_hook(const char *name, const char *state)
{
    if (me.reporter.hook_count < WEIR_MAX_HOOKS)
        me.reporter.hooks[me.reporter.hook_count++] = (struct weir_hook_state){ name, state };
}

/* Tables and id caches; everything a hook needs before it may be called. */
static enum weir_rc prepare(JNIEnv *jni)
{
    enum weir_rc rc = acct_init(&capture, (uint32_t)me.options.max_live);
    if (rc == WEIR_OK)
        rc = loaders_init(jni, acct_stacks());
    if (rc != WEIR_OK)
        return rc;
    struct frames_config frames = { .stacks = acct_stacks(), .rules = &me.rules, .role = me.jvm.role,
                                    .depth = me.options.depth, .few = !me.options.stacks_all && me.options.mode == WEIR_MODE_ENFORCE,
                                    .runtime_source = me.jvm.runtime_jar, .agent_sources = me.jvm.agents };
    if (codesource_init(jni) != WEIR_OK)
        note_hook("code source", "not readable in this JVM: Flink's own jars and connectors in lib/ cannot be told apart");
    return frames_init(&frames);
}

/* Only where there are tasks: elsewhere nothing would be learnt from a thread's start. */
static void install_thread(JNIEnv *jni)
{
    const char *why = "ok";
    if (me.jvm.role != WEIR_ROLE_TASKMANAGER)
        return;
    bool hooked = false;
    if ((me.options.hooks & OPTVALUE_HOOK_THREAD) == 0)
        why = "off by option hooks: owners have no job or attempt";
    else
        hooked = attempts_init(jni, acct_attempts(), acct_stacks()) == WEIR_OK &&
                 hook_thread_install(jni, acct_attempt_event, &why) == WEIR_OK &&
                 JVM_TRY(SetEventNotificationMode, JVMTI_ENABLE, JVMTI_EVENT_THREAD_END, NULL) == WEIR_OK;
    note_hook("thread", hooked ? "ok" : why);
}

static void install_throw(JNIEnv *jni)
{
    const char *why = "ok";
    bool hooked = false;
    if ((me.options.hooks & OPTVALUE_HOOK_THROW) == 0)
        why = "off by option hooks: an OutOfMemoryError is not explained";
    else
        hooked = hook_throw_install(jni, &why) == WEIR_OK &&
                 JVM_TRY(SetEventNotificationMode, JVMTI_ENABLE, JVMTI_EVENT_RESOURCE_EXHAUSTED, NULL) == WEIR_OK;
    note_hook("throw", hooked ? "ok" : why);
}

/* At VMInit libnio is not there yet. The JVM loads it for the first entry of the class path; we only ask a little earlier. */
static void install_mapped(JNIEnv *jni, bool enforce)
{
    static const char library[] = "libnio.so";
    const char *why = "off by option hooks: mapped files are not counted";
    enum weir_rc rc = WEIR_EINVAL;
    if (enforce && me.options.deny[WEIR_MAPPED])
        hook_map_enforce(deny_or_claim_mapping);
    if ((me.options.hooks & OPTVALUE_HOOK_MAPPED) != 0)
        rc = hook_map_install(library, nio_thread, &why);
    if (rc == WEIR_ENOENT) {
        nio_load(jni);
        rc = hook_map_install(library, nio_thread, &why);
    }
    me.reporter.mapped = rc == WEIR_OK;
    note_hook("mapped", rc == WEIR_OK ? "ok" : why);
    if (rc == WEIR_OK && nio_maps_already(jni))
        note_hook("mapped before weir", "files mapped by a Java agent that started before this one are not counted");
}

static void install_exit(void)
{
    struct hook_exit_flags flags = { false, false };
    const char *why = "off by option hooks: how a JVM ends without shutdown is not said";
    enum weir_rc rc = WEIR_EINVAL;
    vmflags_bool("ExitOnOutOfMemoryError", &flags.exit_on_oom);
    vmflags_bool("CrashOnOutOfMemoryError", &flags.crash_on_oom);
    if ((me.options.hooks & OPTVALUE_HOOK_EXIT) != 0)
        rc = lastwords_install(flags, &why);
    note_hook("exit", rc == WEIR_OK ? "ok" : why);
}

static void install(JNIEnv *jni)
{
    const char *why = "ok";
    uint64_t reserved, count, seeded = 0;
    bool known = bits_init(jni) == WEIR_OK;
    bool hooked = false, enforce = me.options.mode == WEIR_MODE_ENFORCE;
    if (enforce && deny_init(jni, me.options.deny_as_jvm) != WEIR_OK)
        enforce = false;
    acct_enforce(me.options.deny);
    if ((me.options.hooks & OPTVALUE_HOOK_UNSAFE) == 0)
        why = "off by option hooks: direct buffers and Unsafe memory are not counted";
    else
        hooked = hook_unsafe_install(jni, enforce, &why) == WEIR_OK && hook_unsafe_check(jni, &why) == WEIR_OK;
    note_hook("unsafe", hooked ? "ok" : why);
    me.reporter.counting = hooked;
    install_thread(jni);
    install_throw(jni);
    install_mapped(jni, enforce);
    install_exit();
    if (!known)
        note_hook("bits", "java.nio.Bits has other fields in this JVM: the direct pool is not measured");
    if (hooked && known && bits_read(jni, &reserved, &count) && count > 0 && seed_direct(jni, &seeded) != WEIR_OK)
        note_hook("before weir", "this JDK keeps its cleaners elsewhere: direct buffers older than the agent are not counted");
}

static void take_limits(JNIEnv *jni)
{
    uint64_t direct;
    bool known = bits_limit(jni, &direct);
    bounds_compare(&me.limits, &me.jvm, known, direct);
    memcpy(me.policy.limit, me.limits.component, sizeof me.policy.limit);
    me.policy.grace = me.options.grace;
    me.policy.mode = me.options.mode;
    me.policy.role = me.jvm.role;
}

static void start(JNIEnv *jni)
{
    if (!me.flags_known)
        note_hook("vm flags", "libjvm exports no structures: the JVM's own limits are unknown");
    bounds_find(&me.limits, &me.options, &me.jvm);
    find_directory();
    if (prepare(jni) != WEIR_OK) {
        log_error("no memory or class fields for the agent's tables: the agent stays dormant");
        return;
    }
    install(jni);
    take_limits(jni);
    discover_forget(&me.jvm);
    env_property("java.vm.version", me.jvm_version, sizeof me.jvm_version);
    me.jvm_version[strcspn(me.jvm_version, "+-")] = '\0';
    me.reporter.options = &me.options;
    me.reporter.limits = &me.limits;
    me.reporter.role = me.jvm.role;
    me.reporter.jvm = me.jvm_version;
    me.reporter.dir = me.dir;
    me.running = reporter_start(jni, &me.reporter) == WEIR_OK;
    if (me.running)
        acct_open(&me.policy, reporter_wake, clock_wall_ms());
    else
        log_error("the reporter thread cannot be started: bytes are counted, nothing is said");
}

static void JNICALL on_vm_init(jvmtiEnv *ti, JNIEnv *jni, jthread thread)
{
    (void)ti;
    (void)thread;
    me.flags_known = vmflags_init() == WEIR_OK;
    discover_jvm(&me.jvm);
    if (dormant()) {
        discover_forget(&me.jvm);
        return;
    }
    int java = env_java_major();
    if (java < OLDEST_JAVA)
        log_warn("JDK %d is not supported (11 and newer are): the agent stays dormant", java);
    else
        start(jni);
}

static void JNICALL on_thread_end(jvmtiEnv *ti, JNIEnv *jni, jthread thread)
{
    (void)ti;
    (void)thread;
    hook_thread_ended(jni);
}

static void JNICALL on_exhausted(jvmtiEnv *ti, JNIEnv *jni, jint flags, const void *reserved, const char *what)
{
    (void)ti;
    (void)flags;
    (void)reserved;
    /* The VM prints a line of its own, on stdout, for each one it posts (17 and newer): after one that is told, silence
     * until the reporter asks again ten seconds later. */
    if (hook_throw_exhausted(jni, what != NULL ? what : ""))
        hook_throw_quiet();
}

static void JNICALL on_vm_death(jvmtiEnv *ti, JNIEnv *jni)
{
    char by[REPORTER_BY_MAX];
    (void)ti;
    if (me.running) {
        ending_tell(jni, acct_stacks(), by, sizeof by);
        reporter_stop(by, VMDEATH_WAIT_MS);
    }
    hook_unsafe_shut();
    hook_thread_shut();
    hook_throw_shut();
    hook_map_shut();
    hook_exit_shut();
}

static enum weir_rc ask_for_events(void)
{
    jvmtiCapabilities want;
    jvmtiEventCallbacks callbacks;
    memset(&want, 0, sizeof want);
    memset(&callbacks, 0, sizeof callbacks);
    want.can_tag_objects = 1;         /* identity of class loaders and threads */
    want.can_get_source_file_name = 1;
    want.can_get_line_numbers = 1;
    want.can_generate_resource_exhaustion_heap_events = 1;
    want.can_generate_resource_exhaustion_threads_events = 1;
    callbacks.VMInit = on_vm_init;
    callbacks.VMDeath = on_vm_death;
    callbacks.ThreadEnd = on_thread_end;
    callbacks.ResourceExhausted = on_exhausted;
    enum weir_rc rc = JVM_TRY(AddCapabilities, &want);
    if (rc == WEIR_OK)
        rc = JVM_TRY(SetEventCallbacks, &callbacks, sizeof callbacks);
    if (rc == WEIR_OK)
        rc = JVM_TRY(SetEventNotificationMode, JVMTI_ENABLE, JVMTI_EVENT_VM_INIT, NULL);
    if (rc == WEIR_OK)
        rc = JVM_TRY(SetEventNotificationMode, JVMTI_ENABLE, JVMTI_EVENT_VM_DEATH, NULL);
    return rc;
}

/* A copy loaded by another path knows nothing of us: both would replace the same natives, and the first one would count
 * nothing while it says that all is well. */
static bool is_second_copy(void)
{
    char path[OPTIONS_PATH_MAX];
    if (!twin_find("libweir.so", &me, path, sizeof path))
        return false;
    log_warn("another copy of libweir.so is loaded: %s; this one stays dormant", path);
    return true;
}

jint lifecycle_load(JavaVM *vm, const char *options)
{
    if (me.loaded) {
        log_warn("loaded twice by the same command line: the second -agentpath has no effect");
        return JNI_OK;
    }
    me.loaded = true;
    if (is_second_copy())
        return JNI_OK;
    bool fine = take_options(options);
    if (me.options.strict && (!fine || !strict_files()) && !me.options.help)
        return JNI_ERR;
    if (!fine)
        return JNI_OK;
    if (env_init(vm) != WEIR_OK || ask_for_events() != WEIR_OK) {
        log_error("this JVM offers no usable JVMTI (HotSpot of JDK 11 or newer is needed): the agent stays dormant");
        return me.options.strict ? JNI_ERR : JNI_OK;
    }
    return JNI_OK;
}
