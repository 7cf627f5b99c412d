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
#include "core/door.h"
#include "bounds.h"
#include "control.h"
#include "files.h"
#include "hooks.h"
#include "jvm/bits.h"
#include "jvm/discover.h"
#include "jvm/ending.h"
#include "jvm/env.h"
#include "jvm/hook_handles.h"
#include "jvm/hook_thread.h"
#include "jvm/hook_throw.h"
#include "jvm/vmflags.h"
#include "model/options.h"
#include "model/policy.h"
#include "model/rules.h"
#include "native/hook_exit.h"
#include "native/twin.h"
#include "out/figure.h"
#include "reply.h"
#include "reporter.h"

enum { ERROR_CAP = 1024, RULES_FILE_MAX = 64 * 1024, OLDEST_JAVA = 11, VMDEATH_WAIT_MS = 1000, VMDEATH_OOM_MS = 1500, ATTACH_OPTIONS_MAX = 1200 };

static struct {
    struct options         options;
    struct rules           rules;
    struct discover        jvm;
    struct bounds          limits;
    struct policy_limits   policy;
    struct hooks           hooks;
    struct reporter_config reporter;
    char                   dir[OPTIONS_PATH_MAX];
    char                   jvm_version[64];
    char                   why[ERROR_CAP]; /* the last refusal, for who attached */
    bool                   loaded, installed, running, flags_known, attached; /* installed: hooks go in once per process */
    bool                   events; /* this JVM's JVMTI is ours to use */
} me;

/* One line, which who attached gets too. */
static void refuse(const char *what, const char *why)
{
    struct buf b;
    buf_init(&b, me.why, sizeof me.why);
    buf_printf(&b, "%s%s%s", what, why[0] != '\0' ? ": " : "", why);
    buf_mark_cut(&b);
    log_error("%s; the agent stays dormant", me.why);
}

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
        refuse(without_name(why), "");
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
        char option[OPTIONS_PATH_MAX + 32];
        snprintf(option, sizeof option, "option rules=%s", me.options.rules);
        refuse(option, without_name(why));
        return false;
    }
    return true;
}

/* Can a file be made where this pattern leads? Only an absolute one names its directory; stderr and off are none. */
static bool strict_output(const char *option, const char *pattern)
{
    char path[OPTIONS_PATH_MAX], *slash;
    snprintf(path, sizeof path, "%s", pattern);
    slash = strrchr(path, '/');
    if (path[0] != '/' || slash == path)
        return true;
    *slash = '\0';
    if (strchr(path, '%') != NULL || access(path, W_OK | X_OK) == 0)
        return true;
    log_error("option %s=%s: %s: %s; strict: the JVM start is refused", option, pattern, path, strerror(errno));
    return false;
}

/* With `strict` every file the options name must be usable before the JVM starts. */
static bool strict_files(void)
{
    if (!strict_output("log", me.options.log) || !strict_output("json", me.options.json) ||
        !strict_output("ledger", me.options.ledger) || !strict_output("last", me.options.last))
        return false;
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
    return me.options.limit_threads == 0;
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

static void describe_jvm(void)
{
    env_property("java.vm.version", me.jvm_version, sizeof me.jvm_version);
    me.jvm_version[strcspn(me.jvm_version, "+-")] = '\0';
    struct say_config say = { &me.options, &me.limits, me.jvm.role, me.jvm_version, me.dir, &me.hooks };
    me.reporter = (struct reporter_config){ say, control_serve, control_tick };
}

static void start(JNIEnv *jni)
{
    struct hooks_setup setup = { &me.options, &me.rules, &me.jvm, me.attached, NULL };
    struct control_config control = { &me.options, &me.limits, &me.policy, &me.hooks, me.dir };
    if (!me.flags_known)
        hooks_note(&me.hooks, "vm flags", "libjvm exports no structures: the JVM's own limits are unknown");
    bounds_find(&me.limits, &me.options, &me.jvm);
    setup.conf = me.limits.conf;
    find_directory();
    door_shut_in_children();
    me.installed = true;
    if (hooks_install(jni, &setup, &me.hooks) != WEIR_OK) {
        refuse("no memory or class fields for the agent's tables", "");
        return;
    }
    take_limits(jni);
    discover_forget(&me.jvm);
    describe_jvm();
    control_init(&control);
    me.running = reporter_start(jni, &me.reporter) == WEIR_OK;
    if (me.running)
        acct_open(&me.policy, reporter_wake, clock_wall_ms());
    if (me.running)
        return;
    hook_thread_enforce(UINT64_MAX, false); /* nothing is denied where nothing can be said */
    refuse("the reporter thread cannot be started: bytes are counted, nothing is said", "");
}

/* False: me.why says why the agent stays dormant, or, where nobody asked for it in this JVM, nothing is to be said. */
static bool init(JNIEnv *jni)
{
    me.flags_known = vmflags_init() == WEIR_OK;
    discover_jvm(&me.jvm);
    int java = env_java_major();
    if (dormant()) {
        discover_forget(&me.jvm);
        snprintf(me.why, sizeof me.why, "no TaskManager or JobManager, and no option limit.COMPONENT=SIZE says what to watch in %s",
                 me.jvm.main_class[0] != '\0' ? me.jvm.main_class : "this JVM");
        return false;
    }
    if (java < OLDEST_JAVA) {
        log_warn("JDK %d is not supported (11 and newer are): the agent stays dormant", java);
        snprintf(me.why, sizeof me.why, "JDK %d is not supported, 11 and newer are", java);
        return false;
    }
    start(jni);
    return me.running;
}

static void JNICALL on_vm_init(jvmtiEnv *ti, JNIEnv *jni, jthread thread)
{
    (void)ti;
    (void)thread;
    init(jni);
}

static void JNICALL on_thread_start(jvmtiEnv *ti, JNIEnv *jni, jthread thread)
{
    (void)ti;
    hook_thread_began(jni, thread);
}

static void JNICALL on_thread_end(jvmtiEnv *ti, JNIEnv *jni, jthread thread)
{
    (void)ti;
    hook_thread_ended(jni, thread);
}

static void JNICALL on_native_bound(jvmtiEnv *ti, JNIEnv *jni, jthread thread, jmethodID method, void *function, void **instead)
{
    (void)ti;
    (void)thread;
    hook_handles_bound(jni, method, function, instead);
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
    char by[SAY_BY_MAX];
    (void)ti;
    if (me.running) {
        ending_tell(jni, acct_stacks(), by, sizeof by);
        reporter_stop(by, VMDEATH_WAIT_MS, VMDEATH_OOM_MS);
    }
    door_set(DOOR_SHUT);
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
    callbacks.ThreadStart = on_thread_start;
    callbacks.ThreadEnd = on_thread_end;
    callbacks.ResourceExhausted = on_exhausted;
    callbacks.NativeMethodBind = on_native_bound;
    enum weir_rc rc = JVM_TRY(AddCapabilities, &want);
    if (rc == WEIR_OK)
        rc = JVM_TRY(SetEventCallbacks, &callbacks, sizeof callbacks);
    if (rc == WEIR_OK && !me.attached)
        rc = JVM_TRY(SetEventNotificationMode, JVMTI_ENABLE, JVMTI_EVENT_VM_INIT, NULL);
    if (rc == WEIR_OK)
        rc = JVM_TRY(SetEventNotificationMode, JVMTI_ENABLE, JVMTI_EVENT_VM_DEATH, NULL);
    return rc;
}

/* A copy loaded by another path knows nothing of us: both would replace the same natives, and the first one would count
 * nothing while it says that all is well. */
static bool is_second_copy(struct buf *why)
{
    char path[OPTIONS_PATH_MAX];
    if (!twin_find("libweir.so", &me, path, sizeof path))
        return false;
    buf_printf(why, "another copy of libweir.so is loaded: %s; this one stays dormant", path);
    return true;
}

jint lifecycle_load(JavaVM *vm, const char *options)
{
    if (me.loaded) {
        log_warn("loaded twice by the same command line: the second -agentpath has no effect");
        return JNI_OK;
    }
    me.loaded = true;
    char       text[OPTIONS_PATH_MAX + 100];
    struct buf why;
    buf_init(&why, text, sizeof text);
    if (is_second_copy(&why)) {
        log_warn("%s", text);
        return JNI_OK;
    }
    bool fine = take_options(options);
    if (me.options.strict && (!fine || !strict_files()) && !me.options.help)
        return JNI_ERR;
    if (!fine)
        return JNI_OK;
    me.events = env_init(vm) == WEIR_OK && ask_for_events() == WEIR_OK;
    if (!me.events) {
        log_error("this JVM offers no usable JVMTI (HotSpot of JDK 11 or newer is needed): the agent stays dormant");
        return me.options.strict ? JNI_ERR : JNI_OK;
    }
    return JNI_OK;
}

/* ---- attach ---- */

static void put_found(struct buf *b, const char *what, uint64_t blocks, uint64_t bytes, const char *noun)
{
    buf_printf(b, "%s ", what);
    figure_count(b, blocks, noun);
    buf_puts(b, " of ");
    figure_bytes(b, bytes);
}

/* What was there before, and what finding it cost the program. */
static void describe_found(struct buf *b)
{
    const struct hooks *h = &me.hooks;
    put_found(b, "found:", h->seed.direct_blocks, h->seed.direct_bytes, "direct buffer");
    put_found(b, " before weir, network", h->seed.network_blocks, h->seed.network_bytes, "buffer");
    put_found(b, ", managed", h->managed_blocks, h->managed_bytes, "page");
    put_found(b, ", mapped", h->seed.mapped_blocks, h->seed.mapped_bytes, "file");
    buf_printf(b, ", %u tasks running", (unsigned)h->tasks);
    if (h->network_seen < h->network_expected)
        buf_printf(b, "; the network pool says %llu segments, %llu of their size are there: they count as before weir",
                   (unsigned long long)h->network_expected, (unsigned long long)h->network_seen);
    if (h->network_seen > h->network_expected)
        buf_printf(b, "; %llu more segments of the network's size are there, which of them is not told",
                   (unsigned long long)(h->network_seen - h->network_expected));
    if (h->freed_more)
        buf_puts(b, "; more was freed meanwhile than could be followed: managed may be too high");
    buf_printf(b, "; pause %.1f ms for the heap, %.1f ms for direct buffers alone", (double)h->walk_us / 1000,
               (double)h->seed.held_us / 1000);
}

/* A load that came before, and stayed dormant, has its events already. */
static bool usable(JavaVM *vm, JNIEnv **jni)
{
    if (!me.events)
        me.events = env_init(vm) == WEIR_OK && ask_for_events() == WEIR_OK;
    return me.events && (*vm)->GetEnv(vm, (void **)jni, JNI_VERSION_1_6) == JNI_OK;
}

static enum weir_attach attach_first(JavaVM *vm, const char *options, struct buf *answer)
{
    JNIEnv *jni = NULL;
    me.why[0] = '\0';
    if (is_second_copy(answer))
        return WEIR_ATTACH_FAILED;
    me.attached = true;
    if (!take_options(options)) {
        buf_puts(answer, me.options.help ? "help was printed to the JVM's stderr" : me.why);
        return WEIR_ATTACH_BAD_OPTIONS;
    }
    if (!usable(vm, &jni)) {
        buf_puts(answer, "this JVM offers no usable JVMTI (HotSpot of JDK 11 or newer is needed), or is still starting: try again in a second");
        return WEIR_ATTACH_UNSUPPORTED;
    }
    if (!env_is_live() || (*jni)->PushLocalFrame(jni, 64) != JNI_OK) {
        buf_puts(answer, "this JVM is still starting: try again in a second");
        return WEIR_ATTACH_FAILED;
    }
    me.loaded = true;
    bool fine = init(jni);
    (*jni)->PopLocalFrame(jni, NULL);
    if (!fine) {
        buf_puts(answer, me.why);
        return dormant() ? WEIR_ATTACH_DORMANT : WEIR_ATTACH_FAILED;
    }
    describe_found(answer);
    log_info("attached; %s", answer->data);
    return WEIR_ATTACH_OK;
}

static enum weir_attach attach(JavaVM *vm, const char *options, struct buf *answer)
{
    if (me.running)
        return control_ask(options, answer);
    if (me.installed) { /* a second time they would take themselves for the originals */
        buf_puts(answer, "weir's hooks are in this JVM, but its reporter thread or its tables could not be made: it cannot be told to say "
                         "anything until the JVM is restarted");
        return WEIR_ATTACH_FAILED;
    }
    if (control_is_command(options)) {
        buf_printf(answer, "weir does not run in this JVM%s", me.loaded ? ": it stayed dormant" : "; load it first");
        return WEIR_ATTACH_NOT_RUNNING;
    }
    return attach_first(vm, options, answer);
}

jint lifecycle_attach(JavaVM *vm, const char *options)
{
    static char text[REPLY_TEXT_MAX]; /* the Attach Listener's alone */
    char        rest[ATTACH_OPTIONS_MAX], path[REPLY_PATH_MAX];
    struct buf  answer;
    buf_init(&answer, text, sizeof text);
    if (!reply_split(options != NULL ? options : "", rest, sizeof rest, path, sizeof path)) {
        log_error("options of an attach: longer than %d bytes", ATTACH_OPTIONS_MAX - 1);
        return WEIR_ATTACH_BAD_OPTIONS;
    }
    enum weir_attach code = attach(vm, rest, &answer);
    if (code != WEIR_ATTACH_OK)
        log_warn("attach: %s", text);
    reply_send(path, code == WEIR_ATTACH_OK, text);
    return (jint)code;
}
