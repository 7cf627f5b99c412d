/* SPDX-License-Identifier: Apache-2.0 */
/* out_json.c: the JSON lines of DESIGN.md 7; keys and their order are a contract with others' scripts.
 * Unknown is never 0: a row nobody counts has "used":null and a note, a limit that is not set is null, and what no part
 * of the agent measures yet has no key at all. Bytes are integers, times ISO 8601 in UTC. */
#include <string.h>

#include "out/json.h"
#include "out/out.h"
#include "out/json_parts.h"
#include "out/out_balance.h"
#include "out/out_definitions.h"
#include "out/out_handles.h"
#include "out/out_netty.h"
#include "out/out_native.h"
#include "out/out_threads.h"
#include "out/out_classes.h"
#include "out/parts.h"

#include "base/poison.h"

/* The kinds that some hook counts. A kind joins when its hook does; until then its 0 would be a lie. */
static const enum weir_kind counted_kinds[] = { WEIR_KIND_DIRECT, WEIR_KIND_UNSAFE, WEIR_KIND_FFM, WEIR_KIND_MAPPED };
enum { LOADERS_SAID = 32, LOADERS_ASKED = 256 }; /* class loaders in an event; in a sheet that was asked for */
enum { COUNTED_KINDS = sizeof(counted_kinds) / sizeof(counted_kinds[0]) };

static const char *reason_word(enum weir_reason reason)
{
    switch (reason) {
    case WEIR_REASON_SHARE: return "share";
    case WEIR_REASON_BUDGET: return "budget";
    case WEIR_REASON_ROW: return "row";
    case WEIR_REASON_SLOPE: return "slope";
    case WEIR_REASON_SURVIVED: return "survived";
    case WEIR_REASON_CONTAINER: return "container";
    case WEIR_REASON_THREADS_LEFT: return "threads-left";
    case WEIR_REASON_HANDLES_LEFT: return "handles-left";
    }
    return "?";
}

static struct json begin_event(struct buf *b, const char *event, const struct weir_header *h)
{
    struct json j = json_on(b);
    json_object(&j, NULL);
    json_string(&j, "event", event);
    json_string_begin(&j, "time");
    parts_time(b, h->time_ms);
    json_string_end(&j);
    json_string(&j, "host", h->host);
    json_signed(&j, "pid", h->pid);
    json_string(&j, "tm", h->tm);
    json_unsigned(&j, "seq", h->seq);
    json_signed(&j, "uptime_ms", h->uptime_ms);
    return j;
}

static void end_event(struct json *j)
{
    json_object_end(j);
    buf_put(j->buf, "\n", 1);
}

/* A number from 0 on; what this Flink does not tell is negative. */
static void put_known_signed(struct json *j, const char *key, int32_t n)
{
    if (n >= 0)
        json_signed(j, key, n);
    else
        json_null(j, key);
}

/* Who works: nothing where no attempt is known. */
static void put_attempt(struct json *j, const struct weir_attempt *attempt)
{
    if (!attempt->known)
        return;
    json_job_id(j, attempt->job_id);
    json_string_or_null(j, "job_name", attempt->job_name);
    json_string_or_null(j, "vertex", attempt->vertex);
    put_known_signed(j, "subtask", attempt->subtask);
    put_known_signed(j, "attempt", attempt->attempt);
    json_string(j, "state", out_attempt_state(attempt->state));
}

static void put_owners(struct json *j, const struct weir_sheet *sheet)
{
    json_array(j, "owners");
    for (size_t i = 0; i < sheet->owner_count && i < WEIR_TOP_OWNERS; i++) {
        const struct weir_owner *o = &sheet->owners[i];
        json_object(j, NULL);
        json_string(j, "component", out_component(o->component));
        json_string(j, "kind", out_kind(o->kind));
        json_unsigned(j, "bytes", o->bytes);
        json_unsigned(j, "count", o->count);
        if (o->estimated != 0)
            json_unsigned(j, "estimated", o->estimated);
        json_string_or_null(j, "source", o->stack.source);
        json_string_or_null(j, "loader", o->loader);
        put_attempt(j, &o->attempt);
        json_signed(j, "age_ms", o->age_ms);
        json_stack(j, &o->stack);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_peak(struct json *j, uint64_t peak, int64_t time_ms)
{
    json_unsigned(j, "peak", peak);
    json_time(j, "peak_time", time_ms);
}

/* Pools of which something is known. */
static void put_pools(struct json *j, const struct weir_sheet *sheet)
{
    json_object(j, "pools");
    for (int i = 0; i < WEIR_POOL_COUNT; i++) {
        const struct weir_pool_row *pool = &sheet->pools[i];
        if (!pool->measured && !pool->limit.set)
            continue;
        json_object(j, out_pool((enum weir_pool)i));
        json_known(j, "used", pool->measured, pool->used);
        if (pool->measured)
            put_peak(j, pool->peak, pool->peak_time_ms);
        if (pool->committed_known)
            json_unsigned(j, "committed", pool->committed);
        if (pool->after_gc_known)
            json_unsigned(j, "after_gc", pool->after_gc);
        json_known(j, "limit", pool->limit.set, pool->limit.bytes);
        json_object_end(j);
    }
    json_object_end(j);
}

/* One object per way; an entry without changes behind another one belongs to its way (model/advice.h). */
static void put_advice(struct json *j, const struct weir_diagnosis *d)
{
    json_array(j, "advice");
    for (size_t i = 0; i < d->advice_count && i < WEIR_MAX_ADVICE;) {
        const char *changes = d->advice[i].changes;
        json_object(j, NULL);
        do {
            json_string(j, d->advice[i].key, d->advice[i].value);
            i++;
        } while (i < d->advice_count && i < WEIR_MAX_ADVICE && d->advice[i].changes[0] == '\0');
        if (changes[0] != '\0')
            json_string(j, "changes", changes);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_diagnoses(struct json *j, const struct weir_diagnosis *diagnoses, size_t count)
{
    json_array(j, "diagnosis");
    for (size_t i = 0; i < count; i++) {
        const struct weir_diagnosis *d = &diagnoses[i];
        json_object(j, NULL);
        json_string(j, "id", d->id);
        json_string(j, "text", d->text);
        put_advice(j, d);
        json_object_end(j);
    }
    json_array_end(j);
}

/* --- start ------------------------------------------------------------------------------------------------------- */

static void put_limits(struct json *j, const struct weir_start *start)
{
    json_object(j, "limits");
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++) {
        const struct weir_limit *limit = &start->limits[i];
        if (!limit->set || !parts_has_row(start->role, (enum weir_component)i))
            continue;
        json_object(j, out_component((enum weir_component)i));
        json_unsigned(j, "bytes", limit->bytes);
        json_string(j, "source", limit->source);
        json_bool(j, "declared", limit->declared);
        json_object_end(j);
    }
    json_object_end(j);
}

static void put_pool_limits(struct json *j, const struct weir_start *start)
{
    json_object(j, "pools");
    for (int i = 0; i < WEIR_POOL_COUNT; i++) {
        if (!start->pools[i].set)
            continue;
        json_object(j, out_pool((enum weir_pool)i));
        json_unsigned(j, "limit", start->pools[i].bytes);
        json_string(j, "source", start->pools[i].source);
        json_object_end(j);
    }
    json_object_end(j);
}

void out_json_start(struct buf *b, const struct weir_header *h, const struct weir_start *start)
{
    struct json j = begin_event(b, "start", h);
    json_string(&j, "version", start->version);
    json_string(&j, "jvm", start->jvm);
    json_string(&j, "gc", start->gc);
    json_string(&j, "role", out_role(start->role));
    json_string_or_null(&j, "flink", start->flink);
    json_string(&j, "mode", out_mode(start->mode));
    put_limits(&j, start);
    put_pool_limits(&j, start);
    json_object(&j, "hooks");
    for (size_t i = 0; i < start->hook_count && i < WEIR_MAX_HOOKS; i++)
        json_string(&j, start->hooks[i].name, start->hooks[i].state);
    json_object_end(&j);
    json_array(&j, "warnings");
    for (size_t i = 0; i < start->warning_count && i < WEIR_MAX_WARNINGS; i++)
        json_string(&j, NULL, start->warnings[i]);
    json_array_end(&j);
    end_event(&j);
}

/* --- sheet ------------------------------------------------------------------------------------------------------- */

static void put_by_kind(struct json *j, const struct weir_row *row)
{
    json_object(j, "by_kind");
    for (int k = 0; k < WEIR_KIND_COUNT; k++)
        if (row->kind_bytes[k] != 0 || row->kind_blocks[k] != 0)
            json_unsigned(j, out_kind((enum weir_kind)k), row->kind_bytes[k]);
    json_object_end(j);
}

static void put_row(struct json *j, enum weir_component component, const struct weir_row *row)
{
    json_object(j, out_component(component));
    json_known(j, "limit", row->limit.set, row->limit.bytes);
    json_known(j, "used", row->measured, row->used);
    if (row->measured) {
        put_peak(j, row->peak, row->peak_time_ms);
        /* bytes without a block: the figure is the VM's, which has no blocks (heap, metaspace) */
        json_known(j, "blocks", row->used == 0 || row->blocks != 0, row->blocks);
        put_by_kind(j, row);
    }
    if (row->estimated != 0)
        json_unsigned(j, "estimated", row->estimated);
    if (row->note[0] != '\0')
        json_string(j, "note", row->note);
    else if (!row->measured)
        json_string(j, "note", "not measured");
    json_object_end(j);
}

static void put_kinds(struct json *j, const struct weir_sheet *sheet)
{
    json_object(j, "kinds");
    for (int k = 0; k < COUNTED_KINDS; k++) {
        uint64_t bytes = 0, blocks = 0;
        if (counted_kinds[k] == WEIR_KIND_MAPPED && !sheet->rows[WEIR_MAPPED].measured)
            continue; /* its hook, and no other, can be off by itself */
        for (int i = 0; i < WEIR_COMPONENT_COUNT; i++) {
            bytes += sheet->rows[i].kind_bytes[counted_kinds[k]];
            blocks += sheet->rows[i].kind_blocks[counted_kinds[k]];
        }
        json_object(j, out_kind(counted_kinds[k]));
        json_unsigned(j, "bytes", bytes);
        json_unsigned(j, "blocks", blocks);
        json_object_end(j);
    }
    json_object_end(j);
    const struct weir_row *before = &sheet->rows[WEIR_BEFORE_WEIR];
    if (!before->present)
        return;
    json_object(j, "before_weir");
    json_known(j, "bytes", before->measured, before->used);
    json_known(j, "blocks", before->measured, before->blocks);
    json_object_end(j);
}

static void put_process(struct json *j, const struct weir_process *process)
{
    json_object(j, "process");
    json_known(j, "rss", process->rss_known, process->rss);
    json_known(j, "cgroup", process->cgroup_known, process->cgroup);
    json_known(j, "cgroup_limit", process->cgroup_limit_known, process->cgroup_limit);
    json_known(j, "residual", process->residual_known, process->residual);
    json_object_end(j);
}

static void put_overhead(struct json *j, const struct weir_overhead *overhead)
{
    json_object(j, "overhead");
    json_known(j, "code", overhead->code_known, overhead->code);
    json_known(j, "gc", overhead->nmt, overhead->gc);
    json_known(j, "vm", overhead->nmt, overhead->vm);
    json_unsigned(j, "agent", overhead->agent);
    json_object_end(j);
}

static void put_agent(struct json *j, const struct weir_agent_cost *agent)
{
    json_object(j, "agent");
    json_unsigned(j, "bytes", agent->bytes);
    json_millionths(j, "walk_share", agent->walk_ppm);
    json_unsigned(j, "walk_mean", agent->walk_mean);
    json_object(j, "dropped");
    json_unsigned(j, "events", agent->dropped_events);
    json_unsigned(j, "stacks", agent->dropped_stacks);
    json_unsigned(j, "ledger", agent->lost_ledger);
    json_object_end(j);
    json_unsigned(j, "untracked", agent->untracked_bytes);
    json_unsigned(j, "stale", agent->stale);
    json_unsigned(j, "unknown_frees", agent->unknown_frees);
    json_object_end(j);
}

void out_json_sheet(struct buf *b, const struct weir_header *h, const char *reason,
                    const struct weir_sheet *sheet)
{
    struct json j = begin_event(b, "sheet", h);
    json_string(&j, "reason", reason);
    json_object(&j, "components");
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++)
        if (sheet->rows[i].present)
            put_row(&j, (enum weir_component)i, &sheet->rows[i]);
    json_object_end(&j);
    put_kinds(&j, sheet);
    put_pools(&j, sheet);
    put_process(&j, &sheet->process);
    put_overhead(&j, &sheet->overhead);
    out_balance_json(&j, sheet);
    put_agent(&j, &sheet->agent);
    put_owners(&j, sheet);
    out_threads_json(&j, &sheet->threads);
    out_definitions_json(&j, &sheet->definitions);
    out_handles_json(&j, &sheet->handles);
    out_netty_json(&j, &sheet->netty);
    out_native_json(&j, &sheet->native);
    out_classes_json(&j, sheet, strcmp(reason, "request") == 0 ? LOADERS_ASKED : WEIR_TOP_LOADERS);
    if (sheet->unused_managed_ms != 0)
        json_unsigned(&j, "unused_managed_ms", sheet->unused_managed_ms);
    if (sheet->advice != NULL)
        put_diagnoses(&j, sheet->advice, 1);
    else if (sheet->balance.retention != NULL)
        put_diagnoses(&j, sheet->balance.retention, 1);
    end_event(&j);
}

/* --- breach ------------------------------------------------------------------------------------------------------ */

static void put_headroom(struct json *j, const struct weir_breach *breach)
{
    bool     budgets = parts_is_budgets(breach);
    uint64_t used = budgets ? breach->budget_used : breach->used;
    uint64_t limit = budgets ? breach->budget_limit : breach->limit.bytes;
    json_known(j, "headroom", budgets || breach->limit.set, limit > used ? limit - used : 0);
}

static void put_components(struct json *j, const struct weir_sheet *sheet)
{
    json_object(j, "components");
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++)
        if (sheet->rows[i].present)
            json_known(j, out_component((enum weir_component)i), sheet->rows[i].measured,
                      sheet->rows[i].used);
    json_object_end(j);
}

static void put_budget(struct json *j, const struct weir_breach *breach)
{
    if (!parts_is_budgets(breach))
        return;
    json_object(j, "budget");
    json_unsigned(j, "used", breach->budget_used);
    json_unsigned(j, "limit", breach->budget_limit);
    json_object_end(j);
}

static void put_survived(struct json *j, const struct weir_breach *breach)
{
    const struct weir_survived *s = &breach->survived;
    if (breach->reason != WEIR_REASON_SURVIVED)
        return;
    json_object(j, "survived");
    json_job_id(j, s->job.job_id);
    json_string_or_null(j, "job_name", s->job.job_name);
    json_unsigned(j, "bytes", s->bytes);
    json_unsigned(j, "blocks", s->blocks);
    json_unsigned(j, "full_gcs", s->collections);
    json_unsigned(j, "attempts_ended", s->attempt_count);
    json_array(j, "attempts");
    for (size_t i = 0; i < s->number_count; i++)
        json_signed(j, NULL, s->numbers[i]);
    json_array_end(j);
    json_unsigned(j, "other_jobs", s->other_jobs);
    json_unsigned(j, "other_bytes", s->other_bytes);
    json_object_end(j);
    put_diagnoses(j, breach->diagnosis, breach->diagnosis_count);
}

static void put_classes(struct json *j, const struct weir_breach *breach)
{
    if (breach->component != WEIR_JVM_METASPACE)
        return;
    out_classes_json(j, &breach->sheet, LOADERS_SAID);
    if (breach->reason != WEIR_REASON_SURVIVED) /* said with it */
        put_diagnoses(j, breach->diagnosis, breach->diagnosis_count);
}

static void put_container(struct json *j, const struct weir_breach *breach)
{
    if (!breach->of_container)
        return;
    json_string_or_null(j, "limit_source", breach->limit.source);
    put_process(j, &breach->sheet.process);
    out_balance_json(j, &breach->sheet);
}

void out_json_breach(struct buf *b, const struct weir_header *h, const struct weir_breach *breach)
{
    struct json j = begin_event(b, "breach", h);
    json_string(&j, "level", out_level(breach->level));
    json_string(&j, "reason", reason_word(breach->reason));
    json_string(&j, "component", breach->of_threads ? "threads" : breach->of_container ? "process" : out_component(breach->component));
    json_string(&j, "kind", out_kind(breach->kind));
    json_unsigned(&j, "used", breach->used);
    json_known(&j, "limit", breach->limit.set, breach->limit.bytes);
    json_bool(&j, "declared", breach->limit.set && breach->limit.declared);
    put_headroom(&j, breach);
    json_unsigned(&j, "requested", breach->requested);
    json_string(&j, "action", breach->denied ? "deny" : "warn");
    json_string_or_null(&j, "thread", breach->thread);
    put_attempt(&j, &breach->attempt);
    json_unsigned(&j, "suppressed", breach->suppressed);
    json_stack(&j, &breach->stack);
    json_string_or_null(&j, "source", breach->stack.source);
    put_pools(&j, &breach->sheet);
    put_components(&j, &breach->sheet);
    put_owners(&j, &breach->sheet);
    put_budget(&j, breach);
    put_survived(&j, breach);
    if (breach->of_threads) {
        json_string_or_null(&j, "limit_source", breach->limit.source);
        out_threads_json(&j, &breach->sheet.threads);
        put_diagnoses(&j, breach->diagnosis, breach->diagnosis_count);
    } else if (breach->diagnosis_count != 0 && breach->reason != WEIR_REASON_SURVIVED && breach->component != WEIR_JVM_METASPACE) {
        put_diagnoses(&j, breach->diagnosis, breach->diagnosis_count);
    }
    put_classes(&j, breach);
    put_container(&j, breach);
    end_event(&j);
}

/* --- OutOfMemoryError -------------------------------------------------------------------------------------------- */

static void put_jobs(struct json *j, const struct weir_oom *oom)
{
    json_array(j, "jobs");
    for (size_t i = 0; i < oom->job_count && i < WEIR_TOP_JOBS; i++) {
        const struct weir_job *job = &oom->jobs[i];
        json_object(j, NULL);
        json_job_id(j, job->job_id);
        json_string_or_null(j, "job_name", job->job_name);
        json_unsigned(j, "running", job->running);
        json_unsigned(j, "ended", job->ended);
        json_unsigned(j, "proven", job->proven);
        json_unsigned(j, "attempts_ended", job->attempts_ended);
        json_object_end(j);
    }
    json_array_end(j);
}

/* Threads that ended attempts left; whose, where they are of one job. */
static void put_held(struct json *j, const struct weir_oom *oom)
{
    json_array(j, "held");
    for (size_t i = 0; i < oom->held_count && i < WEIR_TOP_HELD; i++) {
        const struct weir_held *f = &oom->held[i];
        json_object(j, NULL);
        json_string(j, "threads", f->family);
        json_unsigned(j, "count", f->threads);
        json_unsigned(j, "jobs", f->job_count);
        if (f->job_count == 1) {
            json_job_id(j, f->jobs[0]);
            json_string_or_null(j, "job_name", f->job_name);
            json_array(j, "attempts");
            for (size_t n = 0; n < f->number_count; n++)
                json_signed(j, NULL, f->numbers[n]);
            json_array_end(j);
        }
        json_bool(j, "more", f->more);
        json_object_end(j);
    }
    json_array_end(j);
    json_unsigned(j, "held_others", oom->held_others);
}

void out_json_oom(struct buf *b, const struct weir_header *h, const struct weir_oom *oom)
{
    struct json j = begin_event(b, "oom", h);
    json_string(&j, "pool", out_oom_pool(oom->pool));
    json_string(&j, "class", oom->class_name);
    json_string_or_null(&j, "message", oom->message);
    json_string_or_null(&j, "thread", oom->thread);
    put_attempt(&j, &oom->attempt);
    json_known(&j, "requested", oom->requested != 0, oom->requested);
    if (oom->before_ms != 0) {
        json_object(&j, "direct_before");
        json_unsigned(&j, "used", oom->before_used);
        json_signed(&j, "ms_ago", oom->before_ms);
        json_object_end(&j);
    }
    if (oom->netty_known) {
        json_object(&j, "netty");
        json_unsigned(&j, "used", oom->netty_used);
        json_unsigned(&j, "max", oom->netty_max);
        json_object_end(&j);
    }
    json_unsigned(&j, "number", oom->number);
    json_unsigned(&j, "suppressed", oom->suppressed);
    json_stack(&j, &oom->stack);
    json_string_or_null(&j, "source", oom->stack.source);
    put_pools(&j, &oom->sheet);
    put_components(&j, &oom->sheet);
    put_owners(&j, &oom->sheet);
    put_jobs(&j, oom);
    put_held(&j, oom);
    if (oom->pool == WEIR_OOM_THREADS)
        out_threads_json(&j, &oom->sheet.threads);
    if (oom->pool == WEIR_OOM_METASPACE)
        out_classes_json(&j, &oom->sheet, LOADERS_SAID);
    put_diagnoses(&j, oom->diagnosis,
                  oom->diagnosis_count < WEIR_MAX_DIAGNOSES ? oom->diagnosis_count : WEIR_MAX_DIAGNOSES);
    end_event(&j);
}

void out_json_attempt(struct buf *b, const struct weir_header *h, const struct weir_attempt_event *event)
{
    struct json j = begin_event(b, "attempt", h);
    json_string(&j, "phase", event->ended ? "end" : "start");
    put_attempt(&j, &event->attempt);
    json_unsigned(&j, "bytes", event->attempt.bytes);
    json_unsigned(&j, "blocks", event->attempt.blocks);
    json_unsigned(&j, "threads", event->attempt.threads);
    end_event(&j);
}

void out_json_stop(struct buf *b, const struct weir_header *h, const char *reason, const char *by)
{
    struct json j = begin_event(b, "stop", h);
    json_string(&j, "reason", reason);
    if (by[0] != '\0')
        json_string(&j, "by", by);
    end_event(&j);
}
