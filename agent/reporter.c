/* SPDX-License-Identifier: Apache-2.0 */
/* reporter.c: a Java agent thread (RunAgentThread; hidden from ThreadMXBean) that sleeps on a semaphore.
 * Every TICK_MS, and when a hook wakes it: drain events, judge the rows that only the VM knows, write a sheet when one is
 * due. Only this thread opens files, formats, calls MXBeans. All buffers are static: it is the only user.
 * Order at stop: events, exit sheet, stop event, then `done`; VMDeath waits for that. */
#define _GNU_SOURCE /* sem_clockwait */
#include "reporter.h"

#include <errno.h>
#include <jvmti.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sysfs.h"
#include "blackbox.h"
#include "core/acct.h"
#include "files.h"
#include "govern.h"
#include "jvm/env.h"
#include "jvm/hook_throw.h"
#include "jvm/loader_slots.h"
#include "jvm/loaders.h"
#include "jvm/vmflags.h"
#include "lastwords.h"
#include "model/diagnose.h"
#include "model/diagnose_unused.h"
#include "oom.h"
#include "out/figure.h"
#include "out/out.h"
#include "out/out_sheet.h"
#include "out/parts.h"
#include "readings.h"
#include "survivors.h"

enum { TICK_MS = 1000, REARM_MS = 10000, RESEED_MS = 3000, JSON_CAP = 160 * 1024, TEXT_CAP = 32 * 1024, KEPT_FILES = 3 };

static struct {
    struct reporter_config config;
    sem_t                  wake, done;
    char                   by[REPORTER_BY_MAX]; /* written before stopping */
    atomic_bool            stopping;
    atomic_bool            waking; /* a post is under way: one is enough */

    /* below: the reporter thread's own */
    JNIEnv               *jni;
    char                  host[256], tm[300];
    struct files_stream   json;
    uint64_t              seq;
    struct weir_start     start;
    bool                  paused, reseeded;
    int64_t               begin_ms;
    bool                  governing; /* stacks=auto outside enforce */
    int64_t               start_mono_ms, last_tick_ms, last_sheet_ms, last_rearm_ms;
    bool                  advised;
    struct weir_diagnosis unused; /* of the last sheet that had one */
    bool                  noted; /* a breach was said and the black box does not have it yet */
    struct pools_figures  vm; /* of the last tick */
    struct weir_agent_cost cost; /* what walking cost until the last tick */
    struct weir_sheet     sheet;
    struct weir_breach    breach;
    size_t                survivor_count;
    struct weir_owner     survivors[WEIR_TOP_OWNERS];
    char                  json_text[JSON_CAP], text[TEXT_CAP];
} me;

/* Of what does not stand in the stream of JSON lines: carries the number that its next one will have. */
static struct weir_header header_unnumbered(void)
{
    return (struct weir_header){ me.host, me.tm, (int64_t)getpid(), clock_wall_ms(),
                                 clock_mono_ms() - me.start_mono_ms, me.seq };
}

static struct weir_header header(void)
{
    struct weir_header h = header_unnumbered();
    me.seq++;
    return h;
}

static struct buf json_buf(void)
{
    struct buf b;
    buf_init(&b, me.json_text, sizeof me.json_text);
    return b;
}

static struct buf text_buf(void)
{
    struct buf b;
    buf_init(&b, me.text, sizeof me.text);
    return b;
}

/* ---- events ---- */

static void take_sheet(enum weir_component owners_of)
{
    readings_sheet(&me.sheet, owners_of);
    me.sheet.agent.dropped_events += me.json.lost;
    me.sheet.agent.dropped_stacks += loader_slots_dropped();
    me.sheet.agent.lost_ledger = blackbox_lost();
    me.sheet.agent.walk_ppm = me.cost.walk_ppm;
    me.sheet.agent.walk_mean = me.cost.walk_mean;
}

static struct diagnose_flink flink(void)
{
    return (struct diagnose_flink){ me.config.limits->conf, me.config.limits->version, me.config.role };
}

/* Advice is no alarm: in the sheets, and once a line of INFO. */
static void advise(void)
{
    struct diagnose_flink     f = flink();
    const struct weir_advice *a = me.unused.advice;
    if (!diagnose_unused(&me.unused, &me.sheet, &f, DIAGNOSE_UNUSED_MS))
        return;
    me.sheet.advice = &me.unused;
    if (!me.advised && me.config.options->mode != WEIR_MODE_OBSERVE)
        log_info("%s (%s: %s gives: %s)", me.unused.text, a->key, a->value, a->changes);
    me.advised = true;
}

static void write_sheet(const char *reason)
{
    take_sheet(WEIR_COMPONENT_COUNT);
    advise();
    struct weir_header h = header();
    struct buf b = json_buf();
    out_json_sheet(&b, &h, reason, &me.sheet);
    files_put_line(&me.json, &b);
}

static enum log_level level_of(enum weir_level level)
{
    return level == WEIR_LEVEL_CRITICAL ? LOG_ERROR : level == WEIR_LEVEL_WARN ? LOG_WARN : LOG_INFO;
}

static void note(const struct weir_header *h, const char *what, const struct buf *text)
{
    blackbox_note(h->time_ms, what, text->data);
    me.noted = true;
}

/* me.breach is filled except for what take_sheet() knows. */
static void say_breach(void)
{
    struct weir_header h = header();
    struct buf text = text_buf(), json = json_buf();
    out_json_breach(&json, &h, &me.breach);
    files_put_line(&me.json, &json);
    out_text_breach(&text, &me.breach);
    log_text(level_of(me.breach.level), h.time_ms, text.data);
    note(&h, me.breach.denied ? "deny" : out_level(me.breach.level), &text);
}

/* A ledger's sheet has the owners of all components, a breach's those of one. */
static void write_blackbox(void)
{
    take_sheet(WEIR_COMPONENT_COUNT);
    struct weir_header h = header_unnumbered();
    blackbox_write(&h, &me.sheet);
    me.noted = false;
}

static void breach_head(const struct policy_verdict *v, enum weir_component c, enum weir_kind kind)
{
    memset(&me.breach, 0, sizeof me.breach);
    me.breach.level = v->level;
    me.breach.reason = v->reason;
    me.breach.suppressed = v->suppressed;
    me.breach.budget_used = v->budget_used;
    me.breach.budget_limit = v->budget_limit;
    me.breach.component = c;
    me.breach.kind = kind;
    me.breach.limit = me.config.limits->component[c];
    me.breach.thread = "";
    me.breach.stack.source = "";
    me.breach.stack.decider = -1;
}

/* A line that a hook asked for. */
static void say_event(const struct ring_event *e)
{
    breach_head(&e->verdict, e->component, e->kind);
    readings_at_event(&me.breach.sheet, e->component, e);
    me.breach.denied = e->type == RING_DENIAL;
    me.breach.used = e->used[e->component];
    me.breach.requested = e->requested;
    me.breach.thread = e->thread;
    oom_requester(e, &me.breach.attempt, &me.breach.stack);
    /* java.nio.Bits had counted the request already; the printed figure excludes it as `used` does */
    uint64_t *direct = &me.breach.sheet.pools[WEIR_POOL_DIRECT].used;
    if (e->direct_known && e->kind == WEIR_KIND_DIRECT)
        *direct = *direct > e->requested ? *direct - e->requested : 0;
    say_breach();
}

/* A line about a row that only the reporter reads, or the budget's slope. */
static void say_row(const struct policy_verdict *v, enum weir_component c, enum weir_kind kind, uint64_t used,
                    uint64_t limit)
{
    if (v->level == WEIR_LEVEL_NONE)
        return;
    take_sheet(c);
    breach_head(v, c, kind);
    me.breach.used = used;
    if (limit != 0)
        me.breach.limit = (struct weir_limit){ true, me.breach.limit.declared, limit, "jvm flag" };
    me.breach.sheet = me.sheet;
    say_breach();
}

/* ---- an OutOfMemoryError ---- */

static void say_oom(const struct ring_event *e)
{
    struct weir_oom *oom = oom_describe(me.jni, e, me.config.options->mode != WEIR_MODE_OBSERVE);
    struct diagnose_flink f = flink();
    diagnose_oom(oom, &f);
    struct weir_header h = header();
    struct buf text = text_buf(), json = json_buf();
    out_json_oom(&json, &h, oom);
    files_put_line(&me.json, &json);
    out_text_oom(&text, oom);
    log_text(LOG_ERROR, h.time_ms, text.data);
    note(&h, "oom", &text);
}

/* JSON only: what a finished attempt left behind is judged later, when a collection had its chance. */
static void say_attempt(const struct ring_event *e)
{
    struct weir_attempt_event event = { .ended = e->type == RING_ATTEMPT_END };
    if (!attempts_get(acct_attempts(), acct_stacks(), e->attempt, &event.attempt))
        return;
    struct weir_header h = header();
    struct buf json = json_buf();
    out_json_attempt(&json, &h, &event);
    files_put_line(&me.json, &json);
}

static void drain(void)
{
    struct ring_event e;
    while (acct_take_event(&e)) {
        if (e.type == RING_BREACH || e.type == RING_DENIAL)
            say_event(&e);
        else if (e.type == RING_OOM)
            say_oom(&e);
        else
            say_attempt(&e);
    }
    if (me.noted)
        write_blackbox();
}

static void judge_rows(int64_t now)
{
    const struct weir_limit *heap = &me.config.limits->pool[WEIR_POOL_HEAP];
    const struct weir_limit *meta = &me.config.limits->pool[WEIR_POOL_METASPACE];
    enum weir_component heap_row = me.config.role == WEIR_ROLE_JOBMANAGER ? WEIR_HEAP : WEIR_TASK_HEAP;
    struct policy_verdict v;
    if (me.config.role == WEIR_ROLE_OTHER)
        return; /* a plain JVM's heap and metaspace are nobody's share */
    if (me.vm.metaspace.known && meta->set) {
        v = acct_row(WEIR_JVM_METASPACE, me.vm.metaspace.committed, meta->bytes, now);
        say_row(&v, WEIR_JVM_METASPACE, WEIR_KIND_CLASS, me.vm.metaspace.committed, meta->bytes);
    }
    if (me.vm.after_gc_known && heap->set) {
        v = acct_row(heap_row, me.vm.heap_after_gc, heap->bytes, now);
        say_row(&v, heap_row, WEIR_KIND_HEAP, me.vm.heap_after_gc, heap->bytes);
    }
}

/* Once, a while after an attach: what was being allocated then has its cleaner now. */
static void reseed(int64_t mono)
{
    struct seed found;
    if (me.reseeded || !me.config.hooks->attached || mono - me.begin_ms < RESEED_MS)
        return;
    me.reseeded = true;
    hooks_reseed(me.jni, me.config.hooks, &found);
}

/* About the biggest owner: its component, its stack, its attempt. */
static void judge_survivors(int64_t now)
{
    struct weir_survived survived;
    if (me.config.options->mode == WEIR_MODE_OBSERVE || me.config.role != WEIR_ROLE_TASKMANAGER)
        return;
    struct policy_verdict v = survivors_judge(&me.vm, now, &survived, me.survivors, &me.survivor_count);
    if (v.level == WEIR_LEVEL_NONE)
        return;
    const struct weir_owner *biggest = &me.survivors[0];
    take_sheet(biggest->component);
    breach_head(&v, biggest->component, biggest->kind);
    me.breach.used = me.sheet.rows[biggest->component].used;
    me.breach.survived = survived;
    me.breach.attempt = biggest->attempt;
    me.breach.stack = biggest->stack;
    me.breach.sheet = me.sheet;
    memcpy(me.breach.sheet.owners, me.survivors, me.survivor_count * sizeof me.survivors[0]);
    me.breach.sheet.owner_count = me.survivor_count;
    diagnose_survived(&me.breach);
    say_breach();
}

static void tick(int64_t mono)
{
    struct policy_verdict budget;
    int64_t now = clock_wall_ms();
    me.last_tick_ms = mono;
    me.config.second(me.jni);
    if (me.paused)
        return;
    reseed(mono);
    govern_cost(mono, &me.cost);
    if (mono - me.last_rearm_ms >= REARM_MS) {
        me.last_rearm_ms = mono;
        hook_throw_rearm();
    }
    lastwords_tick(now);
    acct_tick(now, &budget);
    loaders_reclaim(me.jni);
    say_row(&budget, me.config.role == WEIR_ROLE_JOBMANAGER ? WEIR_OFF_HEAP : WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT,
            budget.budget_used, 0);
    me.vm = *readings_vm();
    judge_rows(now);
    judge_survivors(now);
    if (me.config.options->interval_ms != 0 && mono - me.last_sheet_ms >= (int64_t)me.config.options->interval_ms) {
        me.last_sheet_ms = mono;
        write_sheet("interval");
    }
    write_blackbox();
    readings_keep(&me.sheet, now);
}

/* ---- the start event ---- */

static void describe_start(void)
{
    const struct bounds *l = me.config.limits;
    me.start = (struct weir_start){ .version = WEIR_VERSION, .jvm = me.config.jvm, .gc = vmflags_gc(), .flink = l->flink,
                                 .role = me.config.role, .mode = me.config.options->mode };
    memcpy(me.start.limits, l->component, sizeof me.start.limits);
    memcpy(me.start.pools, l->pool, sizeof me.start.pools);
    me.start.hook_count = me.config.hooks->count;
    memcpy(me.start.hooks, me.config.hooks->state, sizeof me.start.hooks);
    me.start.warning_count = l->warning_count;
    memcpy(me.start.warnings, l->warnings, sizeof me.start.warnings);
}

static void say_start_json(void)
{
    describe_start();
    struct weir_header h = header();
    struct buf json = json_buf();
    out_json_start(&json, &h, &me.start);
    files_put_line(&me.json, &json);
}

/* ---- what commands ask for ---- */

void reporter_tell_status(struct buf *out)
{
    const struct hooks *h = me.config.hooks;
    write_blackbox();
    out_sheet_who(out, blackbox_sheet());
    for (size_t i = 0; i < h->count; i++)
        buf_printf(out, "\nhook %s: %s", h->state[i].name, h->state[i].state);
    if (me.json.path[0] != '\0')
        buf_printf(out, "\njson %s", me.json.path);
    buf_puts(out, "\nagent ");
    figure_bytes(out, me.sheet.agent.bytes);
    buf_printf(out, ", walking stacks takes %.2f %% of one CPU (an estimate)", (double)me.sheet.agent.walk_ppm / 10000);
    parts_losses(out, &me.sheet.agent);
}

void reporter_tell_sheet(struct buf *out)
{
    write_sheet("request");
    out_sheet_table(out, &me.sheet);
}

void reporter_tell_report(struct buf *out)
{
    write_blackbox();
    const struct ledger_sheet *l = blackbox_sheet();
    out_sheet_who(out, l);
    buf_puts(out, "\n");
    out_sheet_table(out, &l->sheet);
    buf_puts(out, l->sheet.owner_count != 0 ? "\n" : "");
    out_sheet_owners(out, &l->sheet);
    if (me.unused.text[0] != '\0')
        buf_printf(out, "\nadvice %s", me.unused.text);
    for (uint32_t i = 0; i < l->line_count; i++) {
        buf_puts(out, "\nsaid ");
        out_sheet_line(out, &l->lines[i]);
    }
}

void reporter_forget_peaks(void)
{
    readings_forget_peaks();
}

/* stacks=auto outside enforce. */
static void regovern(void)
{
    me.governing = !me.config.options->stacks_all && me.config.options->mode != WEIR_MODE_ENFORCE;
    govern_start(!me.governing, clock_mono_ms());
}

void reporter_reoption(void)
{
    regovern();
    describe_start();
    blackbox_describe(&me.start);
}

void reporter_pause(void)
{
    write_sheet("request");
    me.paused = true;
    struct weir_header h = header();
    struct buf json = json_buf();
    out_json_stop(&json, &h, "request", "");
    files_put_line(&me.json, &json);
}

void reporter_resume(void)
{
    me.paused = false;
    say_start_json();
}

/* ---- start and stop ---- */

/* dir/NAME from a pattern; one that begins with a slash stands for itself. False, with a line said, when it cannot be used. */
static bool expand(const char *option, const char *pattern, char *out, size_t cap)
{
    char stamp_text[32];
    struct buf stamp, path;
    buf_init(&stamp, stamp_text, sizeof stamp_text);
    clock_stamp(&stamp, clock_wall_ms());
    buf_init(&path, out, cap);
    if (pattern[0] != '/')
        buf_printf(&path, "%s/", me.config.dir);
    char name[OPTIONS_PATH_MAX + 512];
    struct buf expanded;
    buf_init(&expanded, name, sizeof name);
    enum weir_rc rc = options_expand(pattern, me.host, (int64_t)getpid(), stamp_text, &expanded);
    buf_puts(&path, name);
    if (rc == WEIR_OK && !path.cut)
        return true;
    log_warn("option %s=%s: not a usable file pattern (%%h host, %%p pid, %%t start time, %%%%)", option, pattern);
    return false;
}

static void open_log(void)
{
    char path[2048], used[2048];
    const char *log = me.config.options->log;
    if (strcmp(log, "stderr") == 0 || !expand("log", log, path, sizeof path))
        return;
    int fd = files_create(path, used, sizeof used);
    if (fd < 0)
        log_warn("option log=%s: %s cannot be made: %s; lines go to stderr", log, path, strerror(errno));
    else
        log_to(fd);
}

static void open_json(void)
{
    char path[1024];
    me.json.fd = -1;
    if (strcmp(me.config.options->json, "off") == 0)
        return;
    if (me.config.dir[0] == '\0' && me.config.options->json[0] != '/')
        return; /* lifecycle said why */
    if (!expand("json", me.config.options->json, path, sizeof path))
        return;
    if (me.config.dir[0] != '\0')
        files_prune(me.config.dir, me.host, ".jsonl", KEPT_FILES - 1);
    files_open_stream(&me.json, path, me.config.options->json_max);
    if (me.json.fd < 0)
        log_warn("option json: %s cannot be made: %s; no JSON lines are written", path, strerror(errno));
}

/* Also says what an earlier JVM left: after our own start. */
static void open_blackbox(const struct weir_start *start)
{
    static char path[2048], last[2048];
    const struct options *o = me.config.options;
    bool                  off = strcmp(o->ledger, "off") == 0 || (me.config.dir[0] == '\0' && o->ledger[0] != '/');
    struct blackbox_setup setup = { .path = "", .last = "", .last_off = strcmp(o->last, "off") == 0, .start = start };
    setup.id = (struct ledger_id){ (int64_t)getpid(), clock_wall_ms() - (clock_mono_ms() - me.start_mono_ms), me.host,
                                   WEIR_VERSION };
    if (!off && expand("ledger", o->ledger, path, sizeof path))
        setup.path = path;
    if (!setup.last_off && o->last[0] != '\0')
        setup.last_off = !expand("last", o->last, last, sizeof last);
    setup.last = last;
    blackbox_open(&setup);
    write_blackbox(); /* a JVM may not live for a second */
}

static void identify(void)
{
    const char *id = me.config.limits->resource_id;
    if (gethostname(me.host, sizeof me.host - 1) != 0)
        snprintf(me.host, sizeof me.host, "unknown");
    if (id[0] != '\0')
        snprintf(me.tm, sizeof me.tm, "%s", id);
    else
        snprintf(me.tm, sizeof me.tm, "%s:%ld", me.host, (long)getpid());
    if (!sysfs_start_ms(&me.start_mono_ms))
        me.start_mono_ms = clock_mono_ms();
}

static void say_start(void)
{
    const struct bounds *l = me.config.limits;
    say_start_json();
    struct buf text = text_buf();
    out_text_start(&text, &me.start);
    log_text(LOG_INFO, clock_wall_ms(), text.data);
    for (size_t i = 0; i < l->warning_count; i++)
        log_warn("%s", l->warnings[i]);
    open_blackbox(&me.start);
}

static void say_stop(const char *reason)
{
    static char whole[REPORTER_BY_MAX + 64];
    snprintf(whole, sizeof whole, "%s%s%s", reason, me.by[0] != '\0' ? ": " : "", me.by);
    struct weir_header last = header_unnumbered();
    write_sheet("exit");
    blackbox_stop(&last, &me.sheet, whole);
    struct weir_header h = header();
    struct buf text = text_buf(), json = json_buf();
    out_json_stop(&json, &h, reason, me.by);
    files_put_line(&me.json, &json);
    out_text_stop(&text, whole, &me.sheet);
    log_text(LOG_INFO, h.time_ms, text.data);
    files_close_stream(&me.json);
}

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
    struct readings_config readings = { me.config.limits, me.config.role, me.config.hooks->counting, me.config.hooks->mapped };
    me.jni = jni;
    readings_init(jni, &readings);
    identify();
    open_log();
    open_json();
    say_start();
    me.begin_ms = me.last_sheet_ms = me.last_tick_ms = clock_mono_ms();
    regovern();
    /* Acquire: pairs with reporter_stop(). */
    while (!atomic_load_explicit(&me.stopping, memory_order_acquire)) {
        wait_for_work();
        drain();
        me.config.serve(jni);
        int64_t mono = clock_mono_ms();
        govern_tick(mono);
        if (mono - me.last_tick_ms >= TICK_MS)
            tick(mono);
    }
    drain();
    say_stop("vm exit");
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
    enum weir_rc rc = JVM_TRY(RunAgentThread, thread, run, NULL, JVMTI_THREAD_NORM_PRIORITY);
    (*jni)->DeleteLocalRef(jni, thread);
    return rc;
}

void reporter_wake(void)
{
    if (!atomic_exchange_explicit(&me.waking, true, memory_order_relaxed))
        sem_post(&me.wake);
}

void reporter_stop(const char *by, int max_ms)
{
    struct timespec until;
    snprintf(me.by, sizeof me.by, "%s", by);
    atomic_store_explicit(&me.stopping, true, memory_order_release);
    sem_post(&me.wake);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += max_ms / 1000;
    until.tv_nsec += (long)(max_ms % 1000) * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    while (sem_clockwait(&me.done, CLOCK_MONOTONIC, &until) != 0 && errno == EINTR)
        continue;
}
