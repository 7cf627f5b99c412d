/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c: the verdicts are the policy's; what they are about is said by say.c. */
#include "judge.h"

#include "core/acct.h"
#include "readings.h"
#include "say.h"
#include "survivors.h"

static struct {
    const struct options *options;
    const struct bounds  *limits;
    enum weir_role        role;
} me;

void judge_init(const struct options *options, const struct bounds *limits, enum weir_role role)
{
    me.options = options;
    me.limits = limits;
    me.role = role;
}

static void budget(int64_t now)
{
    struct policy_verdict v;
    acct_tick(now, &v);
    say_row(&v, me.role == WEIR_ROLE_JOBMANAGER ? WEIR_OFF_HEAP : WEIR_TASK_OFF_HEAP, WEIR_KIND_DIRECT, v.budget_used, 0);
}

static void rows(const struct pools_figures *vm, int64_t now)
{
    const struct weir_limit *heap = &me.limits->pool[WEIR_POOL_HEAP];
    const struct weir_limit *meta = &me.limits->pool[WEIR_POOL_METASPACE];
    enum weir_component heap_row = me.role == WEIR_ROLE_JOBMANAGER ? WEIR_HEAP : WEIR_TASK_HEAP;
    struct policy_verdict v;
    if (me.role == WEIR_ROLE_OTHER)
        return; /* a plain JVM's heap and metaspace are nobody's share */
    if (vm->metaspace.known && meta->set) {
        v = acct_row(WEIR_JVM_METASPACE, vm->metaspace.committed, meta->bytes, now);
        say_row(&v, WEIR_JVM_METASPACE, WEIR_KIND_CLASS, vm->metaspace.committed, meta->bytes);
    }
    if (vm->after_gc_known && heap->set) {
        v = acct_row(heap_row, vm->heap_after_gc, heap->bytes, now);
        say_row(&v, heap_row, WEIR_KIND_HEAP, vm->heap_after_gc, heap->bytes);
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

void judge_second(int64_t now)
{
    budget(now);
    const struct pools_figures *vm = readings_vm();
    rows(vm, now);
    survivors(vm, now);
}
