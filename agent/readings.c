/* SPDX-License-Identifier: Apache-2.0 */
/* readings.c: rows and pools that no hook counts, read from the VM's beans, java.nio.Bits, /proc and the cgroup; and the whole
 * sheet put together. The beans are found at the first readings_vm(), not at start: it takes tens of milliseconds. */
#include "readings.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sysfs.h"
#include "core/acct.h"
#include "jvm/bits.h"
#include "jvm/deny_class.h"
#include "jvm/hook_class.h"
#include "model/component.h"
#include "model/history.h"
#include "model/unused.h"
#include "native/hook_map.h"
#include "native/users.h"
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
    uint64_t               peak[WEIR_COMPONENT_COUNT]; /* of rows read once a second */
    int64_t                peak_ms[WEIR_COMPONENT_COUNT];
} me;

void readings_init(JNIEnv *jni, const struct readings_config *config)
{
    me.jni = jni;
    me.config = *config;
}

void readings_forget_peaks(void)
{
    memset(me.peak, 0, sizeof me.peak);
    memset(me.peak_ms, 0, sizeof me.peak_ms);
}

static void polled_row(struct weir_sheet *out, enum weir_component c, bool known, uint64_t used, int64_t now)
{
    struct weir_row *row = &out->rows[c];
    row->measured = known;
    if (!known) {
        row->note = "not measured";
        return;
    }
    if (used > me.peak[c]) {
        me.peak[c] = used;
        me.peak_ms[c] = now;
    }
    row->used = used;
    row->peak = me.peak[c];
    row->peak_time_ms = me.peak_ms[c];
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

static void pools(struct weir_sheet *out)
{
    uint64_t count;
    struct weir_pool_row *p = out->pools;
    for (int i = 0; i < WEIR_POOL_COUNT; i++)
        p[i].limit = me.config.limits->pool[i];
    p[WEIR_POOL_HEAP].measured = me.vm.heap.known;
    p[WEIR_POOL_HEAP].used = me.vm.heap.used;
    p[WEIR_POOL_METASPACE].measured = me.vm.metaspace.known;
    p[WEIR_POOL_METASPACE].used = me.vm.metaspace.committed;
    if (!threadview_pool(&p[WEIR_POOL_THREADS])) {
        p[WEIR_POOL_THREADS].measured = me.vm.threads_known;
        p[WEIR_POOL_THREADS].used = me.vm.threads;
    }
    p[WEIR_POOL_DIRECT].measured = bits_read(me.jni, &p[WEIR_POOL_DIRECT].used, &count);
    p[WEIR_POOL_PROCESS].measured = sysfs_rss(&p[WEIR_POOL_PROCESS].used);
}

static void process(struct weir_sheet *out)
{
    struct weir_process *p = &out->process;
    p->rss_known = sysfs_rss(&p->rss);
    p->cgroup_known = sysfs_cgroup_used(&p->cgroup);
    p->cgroup_limit_known = sysfs_cgroup_limit(&p->cgroup_limit);
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

/* Flink counts the stacks of threads to the JVM's overhead, as what is resident of them. */
static void add_stacks(struct weir_sheet *out, int64_t now)
{
    struct weir_row *overhead = &out->rows[WEIR_JVM_OVERHEAD];
    out->threads = *threadview_figures(now);
    const struct weir_threads *t = &out->threads;
    bool known = t->known && t->stacks_ms >= 0;
    if (known) {
        overhead->kind_bytes[WEIR_KIND_STACK] = t->resident;
        overhead->kind_blocks[WEIR_KIND_STACK] = t->tasks - t->not_found;
        overhead->blocks += t->tasks - t->not_found;
    }
    uint64_t booked = overhead->used;
    polled_row(out, WEIR_JVM_OVERHEAD, known || booked != 0, booked + (known ? t->resident : 0), now);
    if (overhead->measured)
        overhead->note = known ? "thread stacks, resident, and what rules= books here: the rest is not measured"
                               : "only what rules= books here: the rest is not measured";
}

void readings_sheet(struct weir_sheet *out, enum weir_component owners_of)
{
    int64_t now = clock_wall_ms();
    memset(out, 0, sizeof *out);
    own_rows(out);
    read_vm();
    acct_snapshot(out, owners_of, now);
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
    add_stacks(out, now);
    out->unused_managed_ms = unused_ms(&me.managed);
    hook_class_snapshot(&out->definitions);
    out->definitions.loaded_known = me.vm.loaded_known;
    out->definitions.loaded = me.vm.loaded;
    pools(out);
    process(out);
}

void readings_at_event(struct weir_sheet *out, enum weir_component owners_of, const struct ring_event *event)
{
    readings_sheet(out, owners_of);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        if (acct_books((enum weir_component)c))
            out->rows[c].used = event->used[c] + out->rows[c].kind_bytes[WEIR_KIND_STACK];
    if (event->direct_known)
        out->pools[WEIR_POOL_DIRECT].used = event->direct_used;
}
