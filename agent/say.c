/* SPDX-License-Identifier: Apache-2.0 */
/* say.c: one event or sheet at a time, into the log, the stream of JSON lines and the black box, with the same numbers in all.
 * All buffers are static: the reporter is the only user. */
#include "say.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "balance.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sysfs.h"
#include "blackbox.h"
#include "core/acct.h"
#include "files.h"
#include "govern.h"
#include "jvm/loader_slots.h"
#include "jvm/vmflags.h"
#include "metaspace.h"
#include "model/diagnose.h"
#include "model/diagnose_container.h"
#include "model/diagnose_threads.h"
#include "model/diagnose_metaspace.h"
#include "model/diagnose_native.h"
#include "model/diagnose_rocksdb.h"
#include "model/diagnose_unused.h"
#include "model/trend.h"
#include "oom.h"
#include "out/figure.h"
#include "out/out.h"
#include "out/out_classes.h"
#include "out/out_sheet.h"
#include "out/parts.h"
#include "outputs.h"
#include "readings.h"
#include "threadview.h"

enum { JSON_CAP = 160 * 1024, TEXT_CAP = 32 * 1024 };

static struct {
    struct say_config     config;
    JNIEnv               *jni;
    char                  host[256], tm[300];
    struct files_stream   json;
    uint64_t              seq;
    struct weir_start     start;
    int64_t               start_mono_ms;
    bool                  advised, retained; /* said */
    struct weir_diagnosis unused; /* of the last sheet that had one */
    bool                  noted;  /* a breach was said and the black box does not have it yet */
    struct weir_sheet     sheet;
    struct trend          native; /* kind native of each row */
    struct weir_breach    breach;
    char                  json_text[JSON_CAP], text[TEXT_CAP];
} me;

static atomic_bool explaining;

bool say_explains(void)
{
    return atomic_load_explicit(&explaining, memory_order_relaxed);
}

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

/* ---- sheets ---- */

static void take_sheet(enum weir_component owners_of)
{
    readings_sheet(&me.sheet, owners_of);
    me.sheet.agent.dropped_events += me.json.lost;
    me.sheet.agent.dropped_stacks += loader_slots_dropped();
    me.sheet.agent.lost_ledger = blackbox_lost();
    govern_cost(&me.sheet.agent);
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

void say_sheet(const char *reason)
{
    threadview_read(clock_wall_ms(), clock_wall_ms());
    if (strcmp(reason, "interval") != 0)
        balance_demand();
    if (strcmp(reason, "exit") != 0)
        metaspace_read(strcmp(reason, "request") == 0 ? METASPACE_NOW : METASPACE_SHEET);
    take_sheet(WEIR_COMPONENT_COUNT);
    advise();
    struct weir_header h = header();
    struct buf b = json_buf();
    out_json_sheet(&b, &h, reason, &me.sheet);
    files_put_line(&me.json, &b);
}

/* What a row holds of kind native, every second: how fast that grew in the last minutes. */
static void watch_native(const struct weir_sheet *sheet, int64_t now_ms)
{
    struct trend_sheet s = { .time_ms = now_ms };
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        s.known[c] = sheet->rows[c].measured;
        s.used[c] = sheet->rows[c].kind_bytes[WEIR_KIND_NATIVE];
    }
    trend_add(&me.native, &s);
}

/* A ledger's sheet has the owners of all components, a breach's those of one. */
const struct weir_sheet *say_to_blackbox(void)
{
    take_sheet(WEIR_COMPONENT_COUNT);
    struct weir_header h = header_unnumbered();
    blackbox_write(&h, &me.sheet);
    watch_native(&me.sheet, h.time_ms);
    me.noted = false;
    return &me.sheet;
}

/* ---- lines ---- */

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

/* What only some breaches of a row have to say. */
static void explain_row(void)
{
    const struct trend    *t = &me.native;
    enum weir_component    c = me.breach.component;
    struct diagnose_growth g = { .span_ms = trend_span_ms(t) };
    g.known = t->count > 1 && t->sheets[0].known[c];
    if (g.known)
        g.bytes = (int64_t)(t->sheets[t->count - 1].used[c] - t->sheets[0].used[c]);
    struct diagnose_flink f = flink();
    if (me.breach.diagnosis_count == 0 && diagnose_rocksdb_over(&me.breach.diagnosis[0], &me.breach.sheet, c, &f))
        me.breach.diagnosis_count = 1;
    if (me.breach.diagnosis_count == 0)
        diagnose_off_heap(&me.breach);
    if (me.breach.diagnosis_count == 0)
        diagnose_native(&me.breach, &g);
}

/* The start of a thread was denied. */
static void say_thread_denied(const struct ring_event *e)
{
    threadview_read(clock_wall_ms(), clock_wall_ms());
    breach_head(&e->verdict, e->component, e->kind);
    readings_at_event(&me.breach.sheet, e->component, e);
    me.breach.denied = me.breach.of_threads = true;
    me.breach.used = e->threads;
    me.breach.limit = (struct weir_limit){ true, true, e->threads_limit, "limit.threads" };
    me.breach.requested = e->requested;
    me.breach.thread = e->thread;
    oom_requester(e, &me.breach.attempt, &me.breach.stack);
    say_breach();
}

/* A line that a hook asked for. */
static void say_event(const struct ring_event *e)
{
    if (e->kind == WEIR_KIND_STACK) {
        say_thread_denied(e);
        return;
    }
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
    explain_row();
    say_breach();
}

/* A line about a row that only the reporter reads, or the budget's slope. */
void say_row(const struct policy_verdict *v, enum weir_component c, enum weir_kind kind, uint64_t used,
             const struct weir_limit *limit)
{
    if (v->level == WEIR_LEVEL_NONE)
        return;
    if (c == WEIR_JVM_METASPACE)
        metaspace_explain();
    take_sheet(c);
    breach_head(v, c, kind);
    me.breach.used = used;
    if (limit != NULL) {
        bool declared = me.breach.limit.declared || limit->declared;
        me.breach.limit = *limit;
        me.breach.limit.declared = declared;
    }
    me.breach.sheet = me.sheet;
    struct diagnose_flink f = flink();
    if (c == WEIR_JVM_METASPACE)
        diagnose_metaspace_level(&me.breach, &f);
    explain_row();
    say_breach();
}

void say_leaked_loaders(const struct policy_verdict *v, const struct weir_survived *survived)
{
    const struct weir_limit *pool = &me.config.limits->pool[WEIR_POOL_METASPACE];
    take_sheet(WEIR_JVM_METASPACE);
    breach_head(v, WEIR_JVM_METASPACE, WEIR_KIND_CLASS);
    me.breach.used = me.sheet.rows[WEIR_JVM_METASPACE].used;
    if (pool->set)
        me.breach.limit = (struct weir_limit){ true, me.breach.limit.declared, pool->bytes, pool->source };
    me.breach.survived = *survived;
    me.breach.sheet = me.sheet;
    diagnose_metaspace_survived(&me.breach);
    say_breach();
}

void say_survived(const struct policy_verdict *v, const struct weir_survived *survived, const struct weir_owner *owners,
                  size_t owner_count)
{
    const struct weir_owner *biggest = &owners[0];
    take_sheet(biggest->component);
    breach_head(v, biggest->component, biggest->kind);
    me.breach.used = me.sheet.rows[biggest->component].used;
    me.breach.survived = *survived;
    me.breach.attempt = biggest->attempt;
    me.breach.stack = biggest->stack;
    me.breach.sheet = me.sheet;
    memcpy(me.breach.sheet.owners, owners, owner_count * sizeof owners[0]);
    me.breach.sheet.owner_count = owner_count;
    diagnose_survived(&me.breach);
    say_breach();
}

void say_handles_left(const struct policy_verdict *v, const struct weir_diagnosis *d)
{
    take_sheet(WEIR_MANAGED);
    breach_head(v, WEIR_MANAGED, WEIR_KIND_NATIVE);
    me.breach.used = me.sheet.rows[WEIR_MANAGED].used;
    me.breach.sheet = me.sheet;
    const struct weir_handle_owner *owner = diagnose_rocksdb_owner(&me.sheet);
    if (owner != NULL && owner->stack != NULL)
        me.breach.stack = *owner->stack;
    me.breach.diagnosis[0] = *d;
    me.breach.diagnosis_count = 1;
    say_breach();
}

void say_threads(const struct policy_verdict *v, uint64_t used, const struct weir_limit *limit)
{
    if (v->level == WEIR_LEVEL_NONE)
        return;
    take_sheet(WEIR_JVM_OVERHEAD);
    breach_head(v, WEIR_JVM_OVERHEAD, WEIR_KIND_STACK);
    me.breach.of_threads = true;
    me.breach.used = used;
    me.breach.limit = *limit;
    me.breach.sheet = me.sheet;
    const struct weir_threads *t = &me.breach.sheet.threads;
    if (t->family_count > 0 && t->families[0].stack != NULL)
        me.breach.stack = *t->families[0].stack;
    diagnose_threads(&me.breach.diagnosis[0], t, false);
    me.breach.diagnosis_count = 1;
    say_breach();
}

/* Whose owners are told: of what is most over its budget, else of what grows most, else of all. */
static enum weir_component culprit(const struct weir_container *c)
{
    int32_t which = c->biggest >= 0 ? c->biggest : c->growing;
    return which >= 0 && which < (int32_t)WEIR_COMPONENT_COUNT && acct_books((enum weir_component)which) ? (enum weir_component)which
                                                                                                        : WEIR_COMPONENT_COUNT;
}

void say_container(const struct policy_verdict *v)
{
    if (v->level == WEIR_LEVEL_NONE)
        return;
    balance_demand();
    take_sheet(culprit(balance_container()));
    const struct weir_container *c = &me.sheet.balance.container;
    breach_head(v, WEIR_JVM_OVERHEAD, WEIR_KIND_NATIVE);
    me.breach.of_container = true;
    me.breach.used = c->charge;
    me.breach.limit = (struct weir_limit){ true, false, c->limit, "cgroup" };
    me.breach.sheet = me.sheet;
    diagnose_container(&me.breach);
    say_breach();
    say_to_blackbox(); /* there may be no next second */
}

void say_retention(void)
{
    const struct weir_diagnosis *d = me.sheet.balance.retention;
    if (d != NULL && !me.retained) {
        log_info("%s", d->text);
        blackbox_note(clock_wall_ms(), "advice", d->text);
    }
    me.retained = d != NULL;
}

static void say_oom(const struct ring_event *e)
{
    atomic_store_explicit(&explaining, true, memory_order_relaxed);
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
    atomic_store_explicit(&explaining, false, memory_order_relaxed);
}

/* JSON only: what a finished attempt left behind is judged later, when a collection had its chance. */
static void say_attempt(const struct ring_event *e)
{
    if (e->type == RING_ATTEMPT_END)
        metaspace_attempt_ended();
    struct weir_attempt_event event = { .ended = e->type == RING_ATTEMPT_END };
    if (!attempts_get(acct_attempts(), acct_stacks(), e->attempt, &event.attempt))
        return;
    struct weir_header h = header();
    struct buf json = json_buf();
    out_json_attempt(&json, &h, &event);
    files_put_line(&me.json, &json);
}

void say_events(void)
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
        say_to_blackbox();
}

/* ---- start and stop ---- */

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

static void start_json(void)
{
    describe_start();
    struct weir_header h = header();
    struct buf json = json_buf();
    out_json_start(&json, &h, &me.start);
    files_put_line(&me.json, &json);
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

void say_start(JNIEnv *jni, const struct say_config *config)
{
    const struct bounds *l = config->limits;
    me.jni = jni;
    me.config = *config;
    identify();
    outputs_init(me.config.options, me.config.dir, me.host);
    outputs_log();
    outputs_json(&me.json);
    start_json();
    struct buf text = text_buf();
    out_text_start(&text, &me.start);
    log_text(LOG_INFO, clock_wall_ms(), text.data);
    for (size_t i = 0; i < l->warning_count; i++)
        log_warn("%s", l->warnings[i]);
    struct ledger_id id = { (int64_t)getpid(), clock_wall_ms() - (clock_mono_ms() - me.start_mono_ms), me.host, WEIR_VERSION };
    outputs_blackbox(&id, &me.start);
    say_to_blackbox(); /* a JVM may not live for a second */
}

void say_stop(const char *by)
{
    static const char reason[] = "vm exit";
    static char whole[SAY_BY_MAX + 64];
    snprintf(whole, sizeof whole, "%s%s%s", reason, by[0] != '\0' ? ": " : "", by);
    struct weir_header last = header_unnumbered();
    say_sheet("exit");
    blackbox_stop(&last, &me.sheet, whole);
    struct weir_header h = header();
    struct buf text = text_buf(), json = json_buf();
    out_json_stop(&json, &h, reason, by);
    files_put_line(&me.json, &json);
    out_text_stop(&text, whole, &me.sheet);
    log_text(LOG_INFO, h.time_ms, text.data);
    files_close_stream(&me.json);
}

/* ---- what commands ask for ---- */

void say_tell_status(struct buf *out)
{
    const struct hooks *h = me.config.hooks;
    say_to_blackbox();
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

void say_tell_sheet(struct buf *out)
{
    say_sheet("request");
    out_sheet_table(out, &me.sheet);
}

void say_tell_report(struct buf *out)
{
    metaspace_read(METASPACE_ALL);
    balance_demand();
    say_to_blackbox();
    const struct ledger_sheet *l = blackbox_sheet();
    out_sheet_who(out, l);
    buf_puts(out, "\n");
    out_sheet_table(out, &l->sheet);
    buf_puts(out, l->sheet.owner_count != 0 ? "\n" : "");
    out_sheet_owners(out, &l->sheet);
    buf_puts(out, "\nmetaspace by class loader");
    out_classes_lines(out, &l->sheet, WEIR_TOP_LOADERS);
    if (me.unused.text[0] != '\0')
        buf_printf(out, "\nadvice %s", me.unused.text);
    for (uint32_t i = 0; i < l->line_count; i++) {
        buf_puts(out, "\nsaid ");
        out_sheet_line(out, &l->lines[i]);
    }
}

void say_reoptioned(void)
{
    describe_start();
    blackbox_describe(&me.start);
}

void say_paused(void)
{
    say_sheet("request");
    struct weir_header h = header();
    struct buf json = json_buf();
    out_json_stop(&json, &h, "request", "");
    files_put_line(&me.json, &json);
}

void say_resumed(void)
{
    start_json();
}
