/* SPDX-License-Identifier: Apache-2.0 */
/* balance.c: one pass over /proc/self/smaps sorts every mapping into an area of model/balance.h, and glibc's arenas are known by
 * the head of their heaps. What it takes grows with the process: a reading is kept a thousand times as long as it took, so that
 * it costs a thousandth of one CPU; one that is demanded, twenty times as long. Figures of one sheet are of one moment, which
 * read_ms names; the cgroup's are read each time.
 * Bound: AREAS heaps of arenas; what further ones hold is in the residual. */
#include "balance.h"

#include <string.h>
#include <unistd.h>

#include "balance_blocks.h"
#include "base/cgroup.h"
#include "base/children.h"
#include "base/clock.h"
#include "base/resident.h"
#include "base/smaps.h"
#include "jvm/vmflags.h"
#include "model/balance.h"
#include "model/container.h"
#include "model/diagnose_container.h"
#include "native/allocator.h"

enum { KEEP_TIMES = 1000, DEMANDED_TIMES = 20, AREAS = 2048, ARENAS = 1024, ZEROED_MAX = 1 << 20, DEAR_US = 10000 };

static struct {
    struct balance_input in;
    struct weir_balance  last;
    int64_t              read_us, cost_us;
    bool                 demanded, begun;
    bool                 asked_group, memory_group, cpu_group;
    struct cgroup_place  memory, cpu;
    struct container     container;
    enum weir_role       role;
    struct retention     retention;
    struct weir_diagnosis retained;
    /* of one pass: */
    uintptr_t          heap_from, heap_to, library_end;
    struct blocks_area areas[AREAS];
    uintptr_t          arenas[ARENAS];
    size_t             area_count, arena_count;
    uint64_t           chunks; /* bytes of glibc's large blocks that were found */
} me;

void balance_init(enum weir_role role)
{
    me.role = role;
}

const struct weir_container *balance_container(void)
{
    return &me.last.container;
}

void balance_demand(void)
{
    me.demanded = true;
}

/* Mapped files are none of the allocator's; what is undecided has no kind yet. */
void balance_booked(const struct weir_sheet *sheet)
{
    static const enum weir_kind kinds[] = { WEIR_KIND_DIRECT, WEIR_KIND_UNSAFE, WEIR_KIND_FFM, WEIR_KIND_NATIVE };
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        uint64_t bytes = c == WEIR_UNDECIDED ? sheet->rows[c].used : 0;
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0] && c != WEIR_UNDECIDED; k++)
            bytes += sheet->rows[c].kind_bytes[kinds[k]];
        me.in.booked[c] = bytes;
    }
}

/* ---- mappings ---- */

static void note_arena(uintptr_t arena)
{
    for (size_t i = 0; i < me.arena_count; i++)
        if (me.arenas[i] == arena)
            return;
    if (me.arena_count < ARENAS)
        me.arenas[me.arena_count++] = arena;
}

static uint64_t resident_of(uintptr_t at, size_t bytes)
{
    uint64_t resident;
    resident_bytes((void *)at, bytes, &resident); /* NOLINT(performance-no-int-to-ptr): read from /proc */
    return resident;
}

static void note_area(uintptr_t at, size_t bytes)
{
    me.areas[me.area_count++] = (struct blocks_area){ at, at + bytes };
}

/* Heaps of arenas that this mapping holds, one after the other where the kernel joined them; resident bytes of them. */
static uint64_t take_arenas(const struct smaps_mapping *m)
{
    uint64_t  sum = 0;
    uintptr_t arena, at = (m->from + ALLOCATOR_HEAP_ALIGN - 1) & ~(ALLOCATOR_HEAP_ALIGN - 1);
    for (size_t bytes; at < m->to && me.area_count < AREAS; at += ALLOCATOR_HEAP_ALIGN) {
        if (!allocator_glibc_heap(at, &bytes, &arena) || bytes > m->to - at)
            continue;
        sum += resident_of(at, bytes);
        note_area(at, bytes);
        note_arena(arena);
    }
    return sum;
}

/* Large blocks that this mapping begins with. A page that was never touched is not looked into, since that would make it one. */
static uint64_t take_chunks(const struct smaps_mapping *m)
{
    size_t    page = (size_t)sysconf(_SC_PAGESIZE);
    uint64_t  sum = 0;
    uintptr_t at = m->from;
    for (size_t bytes; at < m->to && me.area_count < AREAS; at += bytes) {
        if (resident_of(at, page) == 0 || !allocator_glibc_chunk(at, &bytes) || bytes > m->to - at)
            break;
        sum += resident_of(at, bytes);
        note_area(at, bytes);
        me.chunks += bytes;
    }
    return sum;
}

static uint64_t take_glibc(const struct smaps_mapping *m)
{
    uint64_t sum = take_arenas(m);
    if (sum == 0)
        sum = take_chunks(m);
    return sum < m->rss ? sum : m->rss;
}

static enum balance_map sort_file(const struct smaps_mapping *m)
{
    if (strstr(m->name, "java_heap") != NULL) /* ZGC's, in shared memory */
        return BALANCE_MAP_JAVA_HEAP;
    return strstr(m->name, ".so") != NULL ? BALANCE_MAP_LIBRARIES : BALANCE_MAP_FILES;
}

static enum balance_map sort_anonymous(const struct smaps_mapping *m)
{
    if (m->from >= me.heap_from && m->from < me.heap_to)
        return BALANCE_MAP_JAVA_HEAP;
    if (m->executable)
        return BALANCE_MAP_CODE;
    if (m->from == me.library_end && m->writable && m->name[0] == '\0' && m->to - m->from <= ZEROED_MAX)
        return BALANCE_MAP_LIBRARIES; /* what it has that is zero at first; unless the kernel joined more to it */
    return BALANCE_MAP_OTHER;
}

static void take_mapping(void *with, const struct smaps_mapping *m)
{
    (void)with;
    enum balance_map area = m->file ? sort_file(m) : sort_anonymous(m);
    me.library_end = m->file && area == BALANCE_MAP_LIBRARIES ? m->to : 0;
    uint64_t arenas = 0;
    if (strcmp(m->name, "[heap]") == 0) {
        arenas = m->rss;
        if (me.area_count < AREAS)
            note_area(m->from, m->to - m->from);
    } else if (area == BALANCE_MAP_OTHER && m->readable && m->writable && allocator_kind() == WEIR_ALLOCATOR_GLIBC) {
        arenas = take_glibc(m);
    }
    me.in.map[BALANCE_MAP_MALLOC] += arenas;
    me.in.map[area] += m->rss - arenas;
    me.in.swapped += m->swapped;
}

static bool read_mappings(void)
{
    void  *heap;
    size_t bytes;
    memset(me.in.map, 0, sizeof me.in.map);
    me.in.swapped = me.chunks = 0;
    me.area_count = me.arena_count = 0;
    me.heap_from = me.heap_to = me.library_end = 0;
    if (vmflags_heap(&heap, &bytes)) {
        me.heap_from = (uintptr_t)heap;
        me.heap_to = me.heap_from + bytes;
    }
    return smaps_each(take_mapping, NULL) == WEIR_OK;
}

/* ---- the sheet ---- */

/* glibc walks its free lists under the lock of each arena, 5 ms for ten thousand blocks: such an answer is kept even when a new
 * one is demanded. */
static void read_allocator(void)
{
    struct weir_allocator *a = &me.in.allocator;
    int64_t                now = clock_wall_ms();
    uint64_t               large;
    me.in.retention = me.last.allocator.retention;
    me.in.allocator_old = a->cost_us >= DEAR_US && now >= a->read_ms && (uint64_t)(now - a->read_ms) < a->cost_us * KEEP_TIMES / 1000;
    if (me.in.allocator_old)
        return;
    allocator_read(a, &large);
    a->read_ms = now;
    me.in.apart = large > me.chunks ? large - me.chunks : 0;
    if (a->kind == WEIR_ALLOCATOR_GLIBC && !allocator_heads()) {
        a->resident_known = a->known;
        a->resident = a->held;
    } else if (a->kind == WEIR_ALLOCATOR_GLIBC && a->arenas == 0) {
        a->arenas = me.arena_count + 1; /* the main one, which has the break */
    }
}

static void read_blocks(void)
{
    struct blocks_found found;
    blocks_find(me.areas, me.area_count, &found);
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        me.in.booked[c] -= found.mapped[c] < me.in.booked[c] ? found.mapped[c] : me.in.booked[c];
    memcpy(me.in.mapped, found.mapped_resident, sizeof me.in.mapped);
    memcpy(me.in.untouched, found.untouched, sizeof me.in.untouched);
    memcpy(me.in.untouched_apart, found.apart, sizeof me.in.untouched_apart);
    me.in.sampled = found.sampled;
}

static void read_cpus(struct weir_container *c)
{
    double affine = (double)cgroup_affine_cpus(), quota = me.cpu_group ? cgroup_cpus(&me.cpu) : 0;
    c->host_cpus = cgroup_host_cpus();
    c->cpus = quota > 0 && (affine == 0 || quota < affine) ? quota : affine;
}

static void read_container(struct weir_container *c)
{
    double   cpus = c->cpus;
    uint64_t host = c->host_cpus;
    if (!me.asked_group) {
        me.asked_group = true;
        me.memory_group = cgroup_own("memory", &me.memory);
        me.cpu_group = cgroup_own("cpu", &me.cpu);
    }
    memset(c, 0, sizeof *c);
    if (me.memory_group)
        cgroup_memory(&me.memory, c);
    c->cpus = cpus;
    c->host_cpus = host;
}

static void read_all(const struct weir_sheet *sheet, const struct pools_figures *vm)
{
    struct weir_balance *b = &me.last;
    b->known = read_mappings();
    uint64_t tables = balance_tables(vmflags_gc(), me.heap_to - me.heap_from);
    if (tables != 0 && (me.in.vm_maps == 0 || tables < me.in.vm_maps)) /* G1 commits 32 MiB for a stack of marks that stays empty */
        me.in.vm_maps = tables;
    read_allocator();
    read_blocks();
    me.in.metaspace_known = vm->metaspace.known;
    me.in.metaspace = vm->metaspace.committed;
    me.in.stacks_known = sheet->threads.known && sheet->threads.stacks_ms >= 0;
    me.in.stacks = sheet->threads.resident;
    me.in.agent = sheet->agent.bytes;
    balance_sum(&me.in, b);
    children_read(b->children, &b->child_shown, &b->child_count, &b->child_rss);
    read_cpus(&b->container);
    b->read_ms = clock_wall_ms();
}

static bool due(int64_t now_us)
{
    int64_t age = now_us - me.read_us;
    bool    is = me.last.read_ms == 0 ? me.begun : age >= me.cost_us * (me.demanded ? DEMANDED_TIMES : KEEP_TIMES);
    me.begun = true; /* the first sheet comes with the JVM's start, which is not to wait */
    me.demanded = me.demanded && !is;
    return is;
}

void balance_fill(struct weir_sheet *sheet, const struct pools_figures *vm, bool nmt, uint64_t nmt_maps)
{
    int64_t now = clock_mono_us();
    me.in.vm_maps = nmt ? nmt_maps : 0;
    read_container(&me.last.container);
    if (due(now)) {
        int64_t begin = clock_own_us();
        read_all(sheet, vm);
        me.read_us = clock_mono_us();
        me.cost_us = clock_own_us() - begin;
        me.last.cost_us = (uint64_t)me.cost_us;
    }
    int64_t wall = clock_wall_ms();
    me.last.age_ms = wall > me.last.read_ms ? wall - me.last.read_ms : 0;
    container_outlook(&me.container, sheet, &me.last, wall);
    me.last.retention = diagnose_retention(&me.retention, &me.retained, &me.last, me.role) ? &me.retained : NULL;
    sheet->balance = me.last;
}
