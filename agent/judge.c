/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c: the verdicts are the policy's; what they are about is said by say.c. */
#include "judge.h"

#include <string.h>

#include "balance.h"
#include "core/acct.h"
#include "model/container.h"
#include "model/diagnose_rocksdb.h"
#include "model/diagnose_threads.h"
#include "metaspace.h"
#include "readings.h"
#include "say.h"
#include "survivors.h"
#include "threadview.h"

static struct {
    const struct options *options;
    const struct bounds  *limits;
    enum weir_role        role;
    struct policy_gauge   kernel, option; /* limits of threads */
    struct policy_gauge   container;
    struct policy_slot    left[4];        /* threads of ended attempts */
    struct policy_slot    rocksdb[4];     /* what RocksDB does not get back */
} me;

/* A pool that is being shut down has so long until its threads count as left. */
enum { ENDING_MS = 10000 };

void judge_init(JNIEnv *jni, const struct options *options, const struct bounds *limits, enum weir_role role)
{
    metaspace_init(jni, options);
    me.options = options;
    me.limits = limits;
    me.role = role;
}

static void budget(int64_t now)
{
    struct policy_verdict v;
    acct_tick(now, &v);
    say_row(&v, me.role == WEIR_ROLE_JOBMANAGER ? WEIR_OFF_HEAP : WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, v.budget_used, NULL);
}

/* What bounds a row that the VM bounds: its own flag, or a smaller limit that the options name. */
static struct weir_limit smaller(const struct weir_limit *pool, uint64_t option, bool set)
{
    struct weir_limit own = { .set = true, .declared = true, .bytes = option, .source = "option" };
    return set && (!pool->set || option < pool->bytes) ? own : *pool;
}

static struct weir_limit metaspace_limit(void)
{
    return smaller(&me.limits->pool[WEIR_POOL_METASPACE], me.options->limit[WEIR_JVM_METASPACE],
                   me.options->limit_set[WEIR_JVM_METASPACE]);
}

/* A TaskManager's two rows are one heap: an option for one of them goes with what Flink derives for the other. */
static struct weir_limit heap_limit(void)
{
    const struct weir_limit *pool = &me.limits->pool[WEIR_POOL_HEAP], *task = &me.limits->component[WEIR_TASK_HEAP],
                            *framework = &me.limits->component[WEIR_FRAMEWORK_HEAP];
    const bool *option = me.options->limit_set;
    if (me.role == WEIR_ROLE_JOBMANAGER)
        return smaller(pool, me.options->limit[WEIR_HEAP], option[WEIR_HEAP]);
    return smaller(pool, task->bytes + framework->bytes,
                   (option[WEIR_TASK_HEAP] || option[WEIR_FRAMEWORK_HEAP]) && task->set && framework->set);
}

static void rows(const struct pools_figures *vm, int64_t now)
{
    enum weir_component heap_row = me.role == WEIR_ROLE_JOBMANAGER ? WEIR_HEAP : WEIR_TASK_HEAP;
    struct weir_limit heap = heap_limit(), meta = metaspace_limit();
    struct policy_verdict v;
    if (me.role == WEIR_ROLE_OTHER)
        return; /* a plain JVM's heap and metaspace are nobody's share */
    if (vm->metaspace.known && meta.set) {
        v = acct_row(WEIR_JVM_METASPACE, vm->metaspace.committed, meta.bytes, now);
        say_row(&v, WEIR_JVM_METASPACE, WEIR_KIND_CLASS, vm->metaspace.committed, &meta);
    }
    if (vm->after_gc_known && heap.set) {
        v = acct_row(heap_row, vm->heap_after_gc, heap.bytes, now);
        say_row(&v, heap_row, WEIR_KIND_HEAP, vm->heap_after_gc, &heap);
    }
}

/* No hook sees it grow: a share that only the reporter reads. */
static void overhead(int64_t now)
{
    uint64_t used;
    if (me.role == WEIR_ROLE_OTHER || !readings_overhead(&used))
        return;
    struct policy_verdict v = acct_share(WEIR_JVM_OVERHEAD, used, now);
    say_row(&v, WEIR_JVM_OVERHEAD, WEIR_KIND_NATIVE, used, NULL);
}

/* Nor here: what native libraries took of a share is summed when it is asked for. */
static void native(int64_t now)
{
    static const enum weir_component shares[] = { WEIR_MANAGED, WEIR_FRAMEWORK_OFF_HEAP, WEIR_TASK_OFF_HEAP, WEIR_OFF_HEAP };
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        if (acct_native_used(shares[i]) == 0)
            continue;
        uint64_t used = acct_used(shares[i]);
        struct policy_verdict v = acct_share(shares[i], used, now);
        say_row(&v, shares[i], WEIR_KIND_NATIVE, used, 0);
    }
}

static void survivors(const struct pools_figures *vm, int64_t now)
{
    static struct weir_owner owners[WEIR_TOP_OWNERS]; /* large */
    struct weir_survived survived;
    size_t count;
    if (me.options->mode == WEIR_MODE_OBSERVE || me.role != WEIR_ROLE_TASKMANAGER)
        return;
    struct policy_verdict v = survivors_judge(vm, now, &survived, owners, &count);
    if (v.level != WEIR_LEVEL_NONE)
        say_survived(&v, &survived, owners, count);
}

/* A limit's level, with the whole read for the line. */
static void threads_limit(struct policy_gauge *gauge, const struct weir_thread_limit *l, int64_t now)
{
    struct policy_verdict v = policy_gauge(gauge, l->used, l->limit, now);
    struct weir_limit     limit = { true, strcmp(l->name, "limit.threads") == 0, l->limit, l->name };
    if (v.level == WEIR_LEVEL_NONE)
        return;
    uint64_t used = l->used; /* the reading below overwrites it */
    threadview_read(now, now);
    say_threads(&v, used, &limit);
}

/* Against a real limit only. */
static void container(int64_t now)
{
    const struct weir_container *c = balance_container();
    say_retention();
    if (!c->known || !c->limited || c->limit == 0)
        return;
    struct policy_verdict v = policy_container(&me.container, c->charge, container_demand(c), c->limit, now);
    say_container(&v);
}

void judge_sheet(const struct weir_sheet *sheet, int64_t now)
{
    struct weir_diagnosis d;
    uint64_t              left = 0;
    if (me.options->mode == WEIR_MODE_OBSERVE)
        return;
    bool                  any = diagnose_rocksdb_leak(&d, sheet, &left);
    struct policy_verdict v = policy_left(me.rocksdb, any ? left : 0, DIAGNOSIS_WORTH_SAYING, now);
    v.reason = WEIR_REASON_HANDLES_LEFT;
    if (any && v.level != WEIR_LEVEL_NONE)
        say_handles_left(&v, &d);
    container(now);
}

/* Of ended attempts, once they had the time to end too. */
static void threads_left(int64_t now)
{
    static const struct weir_limit none = { .set = false, .source = "" };
    const struct weir_threads *t = threadview_figures(now);
    bool     enough = attempts_ended_threads(acct_attempts(), now - ENDING_MS) >= DIAGNOSE_THREADS_LEFT;
    uint64_t left = enough && diagnose_threads_leak(t) ? t->families[0].ended : 0;
    struct policy_verdict v = policy_left(me.left, left, DIAGNOSE_THREADS_LEFT, now);
    say_threads(&v, left, &none);
}

static void threads(int64_t now)
{
    threadview_second(now);
    if (me.options->mode == WEIR_MODE_OBSERVE)
        return;
    const struct weir_threads *t = threadview_figures(now);
    const struct weir_thread_limit *kernel = NULL, *option = NULL;
    for (size_t i = 0; i < t->limit_count; i++) {
        const struct weir_thread_limit *l = &t->limits[i];
        if (strcmp(l->name, "limit.threads") == 0)
            option = l;
        else if (kernel == NULL)
            kernel = l;
    }
    struct weir_thread_limit nearest = { .limit = 0 }, own = { .limit = 0 }; /* copies: a reading changes the list */
    if (kernel != NULL)
        nearest = *kernel;
    if (option != NULL)
        own = *option;
    if (nearest.limit != 0)
        threads_limit(&me.kernel, &nearest, now);
    if (own.limit != 0)
        threads_limit(&me.option, &own, now);
    threads_left(now);
}

static void leaked_loaders(const struct pools_figures *vm, int64_t now)
{
    struct weir_survived survived;
    metaspace_second(vm, now);
    if (me.options->mode == WEIR_MODE_OBSERVE || me.role == WEIR_ROLE_OTHER)
        return;
    struct policy_verdict v = metaspace_judge(now, &survived);
    if (v.level != WEIR_LEVEL_NONE)
        say_leaked_loaders(&v, &survived);
}

void judge_second(int64_t now)
{
    budget(now);
    const struct pools_figures *vm = readings_vm();
    leaked_loaders(vm, now);
    rows(vm, now);
    overhead(now);
    native(now);
    survivors(vm, now);
    threads(now);
}
