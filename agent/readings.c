/* SPDX-License-Identifier: Apache-2.0 */
/* readings.c: rows and pools that no hook counts, read from the VM's beans, java.nio.Bits, /proc and the cgroup; and the whole
 * sheet put together. The beans are found at the first readings_vm(), not at start: it takes tens of milliseconds. */
#include "readings.h"

#include <string.h>

#include "balance.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sysfs.h"
#include "classes.h"
#include "core/acct.h"
#include "handleview.h"
#include "jvm/bits.h"
#include "jvm/dcmd.h"
#include "jvm/deny_class.h"
#include "jvm/hook_class.h"
#include "model/component.h"
#include "model/history.h"
#include "model/unused.h"
#include "native/hook_map.h"
#include "native/users.h"
#include "nettyview.h"
#include "nativelibs.h"
#include "overhead.h"
#include "threadview.h"

static struct {
    struct readings_config config;
    JNIEnv                *jni;
    bool                   beans_asked;
    struct pools_figures   vm;
    int64_t                vm_read_ms;  /* when vm was read */
    int64_t                gc_after_ms; /* a full collection began after this; 0 none seen */
    struct unused          managed;
    struct history         direct;
    bool                   overhead_known;
    uint64_t               overhead; /* of the last sheet */
    struct peak {
        uint64_t used;
        int64_t  ms;
    } row_peak[WEIR_COMPONENT_COUNT], pool_peak[WEIR_POOL_COUNT]; /* of what is read once a second */
} me;

void readings_init(JNIEnv *jni, const struct readings_config *config)
{
    me.jni = jni;
    me.config = *config;
    balance_init(config->role);
}

void readings_forget_peaks(void)
{
    memset(me.row_peak, 0, sizeof me.row_peak);
    memset(me.pool_peak, 0, sizeof me.pool_peak);
}

static void raise(struct peak *peak, uint64_t used, int64_t now)
{
    if (used > peak->used)
        *peak = (struct peak){ used, now };
}

static void polled_row(struct weir_sheet *out, enum weir_component c, bool known, uint64_t used, int64_t now)
{
    struct weir_row *row = &out->rows[c];
    row->measured = known;
    if (!known) {
        row->note = "not measured";
        return;
    }
    raise(&me.row_peak[c], used, now);
    row->used = used;
    row->peak = me.row_peak[c].used;
    row->peak_time_ms = me.row_peak[c].ms;
    row->note = "read once a second";
}

static void vm_rows(struct weir_sheet *out, int64_t now)
{
    polled_row(out, WEIR_JVM_METASPACE, me.vm.metaspace.known, me.vm.metaspace.committed, now);
    out->rows[WEIR_JVM_METASPACE].kind_bytes[WEIR_KIND_CLASS] = out->rows[WEIR_JVM_METASPACE].used;
    polled_row(out, WEIR_HEAP, me.vm.heap.known, me.vm.heap.used, now);
    out->rows[WEIR_HEAP].kind_bytes[WEIR_KIND_HEAP] = out->rows[WEIR_HEAP].used;
    out->rows[WEIR_FRAMEWORK_HEAP].note = "one Java heap with task.heap: see pools.heap";
    out->rows[WEIR_TASK_HEAP].note = "one Java heap with framework.heap: see pools.heap";
}

static struct weir_metaspace metaspace_of(const struct pools_usage *u)
{
    return (struct weir_metaspace){ u->known, u->used, u->committed, u->has_max, u->max };
}

static void pool_peak(struct weir_pool_row *pool, struct peak *peak, int64_t now)
{
    raise(peak, pool->measured ? pool->used : 0, now);
    pool->peak = peak->used;
    pool->peak_time_ms = peak->ms;
}

static void pools(struct weir_sheet *out, int64_t now)
{
    uint64_t count;
    struct weir_pool_row *p = out->pools;
    for (int i = 0; i < WEIR_POOL_COUNT; i++)
        p[i].limit = me.config.limits->pool[i];
    p[WEIR_POOL_HEAP].measured = me.vm.heap.known;
    p[WEIR_POOL_HEAP].used = me.vm.heap.used;
    p[WEIR_POOL_HEAP].committed_known = me.vm.heap.known;
    p[WEIR_POOL_HEAP].committed = me.vm.heap.committed;
    p[WEIR_POOL_HEAP].after_gc_known = me.vm.after_gc_known;
    p[WEIR_POOL_HEAP].after_gc = me.vm.heap_after_gc;
    p[WEIR_POOL_METASPACE].measured = me.vm.metaspace.known;
    p[WEIR_POOL_METASPACE].used = me.vm.metaspace.committed;
    if (!threadview_pool(&p[WEIR_POOL_THREADS])) {
        p[WEIR_POOL_THREADS].measured = me.vm.threads_known;
        p[WEIR_POOL_THREADS].used = me.vm.threads;
    }
    p[WEIR_POOL_DIRECT].measured = bits_read(me.jni, &p[WEIR_POOL_DIRECT].used, &count);
    p[WEIR_POOL_PROCESS].measured = sysfs_rss(&p[WEIR_POOL_PROCESS].used);
    for (int i = 0; i < WEIR_POOL_COUNT; i++)
        if (i != WEIR_POOL_PROCESS)
            pool_peak(&p[i], &me.pool_peak[i], now);
}

static void process(struct weir_sheet *out)
{
    struct weir_process *p = &out->process;
    p->rss_known = sysfs_rss(&p->rss);
}

/* The beans, and whether a full collection came since they were read last: it then began after that reading, or was under
 * way; the reading before is the time we can vouch for. */
static void read_vm(void)
{
    struct pools_figures before = me.vm;
    int64_t before_ms = me.vm_read_ms;
    if (!me.beans_asked)
        return;
    me.vm_read_ms = clock_wall_ms();
    struct deny_class_reading begun = deny_class_begin();
    pools_read(me.jni, &me.vm);
    deny_class_read(begun, me.vm.metaspace.known, me.vm.metaspace.committed, me.vm.metaspace.used);
    if (before.full_gcs_known && me.vm.full_gcs_known && me.vm.full_gcs > before.full_gcs)
        me.gc_after_ms = before_ms;
}

const struct pools_figures *readings_vm(void)
{
    if (!me.beans_asked) {
        me.beans_asked = true;
        if (pools_init(me.jni) != WEIR_OK)
            log_info("no java.management in this JVM: heap, metaspace and threads are not measured");
        dcmd_init(me.jni);
    }
    read_vm();
    return &me.vm;
}

void readings_answer(void)
{
    if (deny_class_waits())
        readings_vm();
}

static void note_running(void *running, uint32_t id)
{
    bool *any = running;
    *any = *any || attempts_running(acct_attempts(), id);
}

void readings_keep(const struct weir_sheet *sheet, int64_t now_ms)
{
    const struct weir_row *row = &sheet->rows[WEIR_MANAGED];
    bool                   running = false;
    if (sheet->pools[WEIR_POOL_DIRECT].measured)
        history_feed(&me.direct, sheet->pools[WEIR_POOL_DIRECT].used, now_ms);
    if (me.config.role != WEIR_ROLE_TASKMANAGER || me.managed.taken)
        return;
    attempts_each(acct_attempts(), note_running, &running);
    bool taken = !row->measured || row->peak != 0 || (running && users_of_managed());
    unused_feed(&me.managed, running, taken, now_ms);
}

bool readings_overhead(uint64_t *used)
{
    *used = me.overhead;
    return me.overhead_known;
}

bool readings_before(uint64_t *used, int64_t *ago_ms)
{
    return history_oldest(&me.direct, clock_wall_ms(), used, ago_ms);
}

int64_t readings_gc_after(void)
{
    return me.gc_after_ms;
}

static void own_rows(struct weir_sheet *out)
{
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        struct weir_row *row = &out->rows[c];
        row->present = component_in_role((enum weir_component)c, me.config.role);
        row->limit = me.config.limits->component[c];
        row->note = "";
    }
}

/* Flink counts the stacks of threads to the JVM's overhead: what is resident of them. */
static void add_stacks(struct weir_sheet *out, int64_t now)
{
    struct weir_row *row = &out->rows[WEIR_JVM_OVERHEAD];
    out->threads = *threadview_figures(now);
    const struct weir_threads *t = &out->threads;
    if (!t->known || t->stacks_ms < 0)
        return;
    row->kind_bytes[WEIR_KIND_STACK] = t->resident;
    row->kind_blocks[WEIR_KIND_STACK] = t->tasks - t->not_found;
    row->blocks += t->tasks - t->not_found;
    row->used += t->resident;
}

/* What of the process's memory no line of the balance has. */
static void balance(struct weir_sheet *out, int64_t now)
{
    struct weir_process *p = &out->process;
    balance_fill(out, &me.vm, out->overhead.nmt, overhead_maps());
    p->residual_known = out->balance.known && out->overhead.code_known;
    p->residual = out->balance.residual > 0 ? (uint64_t)out->balance.residual : 0;
    p->cgroup_known = out->balance.container.known;
    p->cgroup = out->balance.container.usage;
    p->cgroup_limit_known = out->balance.container.limited;
    p->cgroup_limit = out->balance.container.limit;
    struct weir_pool_row *pool = &out->pools[WEIR_POOL_PROCESS];
    if (out->balance.container.limited) { /* that is what the limit bounds */
        pool->used = out->balance.container.charge;
        pool->measured = true;
    }
    pool_peak(pool, &me.pool_peak[WEIR_POOL_PROCESS], now);
}

/* Beside what hooks book there. */
static void overhead(struct weir_sheet *out, int64_t now)
{
    struct weir_row *row = &out->rows[WEIR_JVM_OVERHEAD];
    add_stacks(out, now);
    overhead_fill(me.jni, out, &me.vm, clock_mono_ms());
    me.overhead_known = row->measured;
    me.overhead = row->used;
    uint64_t beside = row->used - row->kind_bytes[WEIR_KIND_STACK]; /* code cache, collector, agent, what rules= book */
    out->threads.share_known = row->measured && row->limit.set;
    out->threads.share = row->limit.bytes > beside ? row->limit.bytes - beside : 0;
    raise(&me.row_peak[WEIR_JVM_OVERHEAD], row->measured ? row->used : 0, now);
    row->peak = me.row_peak[WEIR_JVM_OVERHEAD].used;
    row->peak_time_ms = me.row_peak[WEIR_JVM_OVERHEAD].ms;
}

void readings_sheet(struct weir_sheet *out, enum weir_component owners_of)
{
    int64_t now = clock_wall_ms();
    memset(out, 0, sizeof *out);
    own_rows(out);
    read_vm();
    acct_snapshot(out, owners_of, now);
    balance_booked(out);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        if (c == WEIR_MAPPED ? me.config.mapped : me.config.counting)
            continue;
        out->rows[c].measured = false;
        out->rows[c].note = "not measured: the hook is not in";
    }
    if (out->rows[WEIR_UNDECIDED].measured && out->rows[WEIR_UNDECIDED].used != 0)
        out->rows[WEIR_UNDECIDED].note = "calls not walked; its peak is read once a second";
    vm_rows(out, now);
    if (me.config.mapped && !hook_map_intact())
        out->rows[WEIR_MAPPED].note = "another agent changed libnio's imports after this one: may be incomplete";
    nativelibs_snapshot(&out->native);
    out->unused_managed_ms = unused_ms(&me.managed);
    hook_class_snapshot(&out->definitions);
    out->handles = *handleview_figures();
    out->netty = nettyview_read();
    out->definitions.loaded_known = me.vm.loaded_known;
    out->definitions.loaded = me.vm.loaded;
    out->metaspace = metaspace_of(&me.vm.metaspace);
    out->class_space = metaspace_of(&me.vm.class_space);
    out->classes = classes_last();
    pools(out, now);
    process(out);
    overhead(out, now);
    balance(out, now);
}

void readings_at_event(struct weir_sheet *out, enum weir_component owners_of, const struct ring_event *event)
{
    readings_sheet(out, owners_of);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        if (acct_books((enum weir_component)c) && c != WEIR_JVM_OVERHEAD) /* most of that is read, not booked */
            out->rows[c].used = event->used[c];
    if (event->direct_known)
        out->pools[WEIR_POOL_DIRECT].used = event->direct_used;
}
