/* SPDX-License-Identifier: Apache-2.0 */
/* oomsum.c: who holds how much of the direct pool.
 * pool.used = network (whole) + direct bytes of the budget's rows + what nobody is known for (taken before weir came, or
 * not decided). The direct bytes again: of running attempts, of ended ones, of Flink itself; and those of task.off-heap
 * that no attempt is known for count as unknown, too, also where the thread that took them is known (shared). What the jobs hold may include memory that the pool does not bound
 * (Unsafe); it is taken off what is proven, except where an owner shows that its bytes are direct. */
#include "model/oomsum.h"

#include <string.h>

#include "base/poison.h"

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static bool in_budget(enum weir_component c)
{
    return c == WEIR_FRAMEWORK_OFF_HEAP || c == WEIR_TASK_OFF_HEAP || c == WEIR_OFF_HEAP;
}

bool oomsum_is_budgets(const struct weir_owner *owner)
{
    return owner->kind == WEIR_KIND_DIRECT && in_budget(owner->component);
}

bool oomsum_is_ended(const struct weir_owner *owner)
{
    return owner->attempt.known && owner->attempt.end_ms != 0;
}

bool oomsum_is_nio_cache(const struct weir_owner *owner)
{
    for (int i = 0; i < owner->stack.count && i < WEIR_MAX_DEPTH; i++)
        if (strcmp(owner->stack.frames[i].class_name, "sun.nio.ch.Util") == 0 &&
            strcmp(owner->stack.frames[i].method, "getTemporaryDirectBuffer") == 0)
            return owner->kind == WEIR_KIND_DIRECT;
    return false;
}

uint64_t oomsum_not_direct(const struct weir_row *row)
{
    uint64_t bytes = 0;
    for (int k = 0; k < WEIR_KIND_COUNT; k++)
        bytes += k == WEIR_KIND_DIRECT ? 0 : row->kind_bytes[k];
    return row->present && row->measured ? smaller(bytes, row->used) : 0;
}

static uint64_t direct(const struct weir_row *row)
{
    return row->present && row->measured ? row->used - oomsum_not_direct(row) : 0;
}

static bool flinks_share(const struct weir_row *row)
{
    return row->present && row->limit.set && strcmp(row->limit.source, "option") != 0;
}

static void add_pool(struct oomsum *s, const struct weir_oom *oom)
{
    const struct weir_row      *rows = oom->sheet.rows;
    const struct weir_pool_row *pool = &oom->sheet.pools[WEIR_POOL_DIRECT];
    const struct weir_row      *network = &rows[WEIR_NETWORK];
    s->pool_known = pool->measured && pool->limit.set;
    s->used = pool->used;
    s->limit = pool->limit.bytes;
    s->left = less(s->limit, s->used);
    s->lacking_known = s->pool_known && oom->requested != 0;
    s->lacking = less(oom->requested, s->left);
    if (network->present)
        s->network = larger(network->measured ? network->used : 0,
                            network->limit.set ? network->limit.bytes : 0);
    s->room = less(s->limit, s->network);
    s->beside = less(s->used, s->network);
    if (s->jobmanager) { /* the flag is Flink's only where its switch is on */
        s->implied_known =
            flinks_share(&rows[WEIR_OFF_HEAP]) && strcmp(pool->limit.source, "jvm flag") == 0;
        s->implied = rows[WEIR_OFF_HEAP].limit.bytes;
    } else {
        s->implied_known = flinks_share(network) && flinks_share(&rows[WEIR_FRAMEWORK_OFF_HEAP]) &&
                           flinks_share(&rows[WEIR_TASK_OFF_HEAP]);
        s->implied = network->limit.bytes + rows[WEIR_FRAMEWORK_OFF_HEAP].limit.bytes +
                     rows[WEIR_TASK_OFF_HEAP].limit.bytes;
    }
}

bool oomsum_is_shared(const struct weir_owner *o)
{
    return o->attempt.known && o->attempt.state == WEIR_ATTEMPT_SHARED;
}

static uint64_t shared_by_owners(const struct weir_oom *oom)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < oom->sheet.owner_count && i < WEIR_TOP_OWNERS; i++)
        if (oomsum_is_budgets(&oom->sheet.owners[i]) && oomsum_is_shared(&oom->sheet.owners[i]))
            bytes += oom->sheet.owners[i].bytes;
    return bytes;
}

/* Of the top owners only: direct bytes for certain, of attempts that ended before a full collection began. */
static uint64_t proven_by_owners(const struct weir_oom *oom)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < oom->sheet.owner_count && i < WEIR_TOP_OWNERS; i++) {
        const struct weir_owner *o = &oom->sheet.owners[i];
        if (oom->gc_known && oomsum_is_budgets(o) && oomsum_is_ended(o) && !oomsum_is_shared(o) &&
            o->attempt.end_ms <= oom->gc_after_ms)
            bytes += o->bytes;
    }
    return bytes;
}

struct oomsum oomsum_of(const struct weir_oom *oom)
{
    const struct weir_row *rows = oom->sheet.rows;
    const struct weir_row *framework = &rows[WEIR_FRAMEWORK_OFF_HEAP],
                          *task = &rows[WEIR_TASK_OFF_HEAP], *off_heap = &rows[WEIR_OFF_HEAP];
    struct oomsum s = { .jobmanager = off_heap->present };
    uint64_t      running = 0, ended = 0, proven = 0;
    add_pool(&s, oom);
    s.direct = direct(framework) + direct(task) + direct(off_heap);
    s.uncounted = oomsum_not_direct(framework) + oomsum_not_direct(task) + oomsum_not_direct(off_heap);
    for (size_t i = 0; i < oom->job_count && i < WEIR_TOP_JOBS; i++) {
        running += oom->jobs[i].running;
        ended += oom->jobs[i].ended;
        proven += oom->jobs[i].proven;
        s.attempts += oom->jobs[i].attempts_ended;
        if (oom->jobs[i].proven != 0) {
            s.leaking += oom->jobs[i].ended;
            s.leaking_attempts += oom->jobs[i].attempts_ended;
        }
    }
    s.leaking = smaller(s.leaking, s.direct);
    s.ended = smaller(ended, s.direct);
    proven = oom->gc_known ? larger(less(proven, s.uncounted), smaller(proven, proven_by_owners(oom))) : 0;
    s.proven = smaller(proven, s.ended);
    s.running = smaller(running, s.direct - s.ended);
    s.shared = smaller(shared_by_owners(oom), less(s.direct, s.running + s.ended));
    s.unknown = less(s.used, s.network + s.direct) + less(direct(task), running + ended);
    return s;
}
