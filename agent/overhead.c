/* SPDX-License-Identifier: Apache-2.0 */
/* overhead.c: figures that cost something are kept for a while: NMT's summary ten seconds, the resident part of the Java heap a
 * thousand times as long as it took to count it. */
#include "overhead.h"

#include "base/clock.h"
#include "base/resident.h"
#include "jvm/dcmd.h"
#include "jvm/vmflags.h"
#include "model/nmtsummary.h"

enum { NMT_KEEP_MS = 10000, HEAP_KEEP_TIMES = 1000 };

static struct {
    bool              nmt_asked, nmt;
    int64_t           nmt_due_ms, heap_due_ms;
    struct nmtsummary vm;
    bool              heap_known;
    uint64_t          heap; /* resident */
} me;

/* A VM that does not track is not asked again. */
static void read_nmt(JNIEnv *jni, int64_t mono_ms)
{
    size_t len;
    if ((me.nmt_asked && !me.nmt) || mono_ms < me.nmt_due_ms)
        return;
    char *text = dcmd_run(jni, "VM.native_memory summary", &len);
    me.nmt = text != NULL && nmtsummary_read(text, &me.vm);
    dcmd_drop(text, len);
    me.nmt_asked = true;
    me.nmt_due_ms = mono_ms + NMT_KEEP_MS;
}

static void read_heap(int64_t mono_ms)
{
    void  *from;
    size_t bytes;
    if (mono_ms < me.heap_due_ms)
        return;
    me.heap_known = vmflags_heap(&from, &bytes) && resident_bytes(from, bytes, &me.heap);
    me.heap_due_ms = mono_ms + (clock_mono_ms() - mono_ms + 1) * HEAP_KEEP_TIMES; /* a part of a millisecond is one */
}

static void add(struct weir_row *row, enum weir_kind kind, uint64_t bytes)
{
    row->kind_bytes[kind] += bytes;
    row->used += bytes;
}

/* Rows that hold memory of the process; mapped files are resident only where they were touched. */
static uint64_t accounted(const struct weir_sheet *s)
{
    uint64_t sum = me.heap_known ? me.heap : s->pools[WEIR_POOL_HEAP].committed;
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        if (c != WEIR_HEAP && c != WEIR_FRAMEWORK_HEAP && c != WEIR_TASK_HEAP && c != WEIR_MAPPED && s->rows[c].measured)
            sum += s->rows[c].used;
    return sum;
}

void overhead_fill(JNIEnv *jni, struct weir_sheet *sheet, const struct pools_figures *vm, int64_t mono_ms)
{
    struct weir_overhead *o = &sheet->overhead;
    struct weir_row      *row = &sheet->rows[WEIR_JVM_OVERHEAD];
    struct weir_process  *process = &sheet->process;
    if (vm->code.known) /* before the beans are there, commands are not either */
        read_nmt(jni, mono_ms);
    read_heap(mono_ms);
    *o = (struct weir_overhead){ .code_known = vm->code.known, .code = vm->code.committed, .nmt = me.nmt, .agent = sheet->agent.bytes };
    if (me.nmt) {
        o->gc = me.vm.gc;
        o->vm = me.vm.vm + (me.vm.code > o->code ? me.vm.code - o->code : 0);
    }
    add(row, WEIR_KIND_CODE, o->code);
    add(row, WEIR_KIND_NATIVE, o->gc + o->vm + o->agent);
    row->measured = o->code_known;
    row->note = !row->measured ? "not measured"
                : o->nmt       ? "code cache, stacks, agent, and by NMT the collector and the rest of the VM"
                               : "code cache, stacks, agent; the collector's structures and the rest of the VM are in the residual: NMT is off";
    uint64_t known = accounted(sheet);
    process->residual_known = process->rss_known && row->measured && sheet->pools[WEIR_POOL_HEAP].committed_known;
    process->residual = process->rss > known ? process->rss - known : 0;
}
