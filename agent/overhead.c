/* SPDX-License-Identifier: Apache-2.0 */
/* overhead.c: NMT's summary is kept for ten seconds. */
#include "overhead.h"

#include "jvm/dcmd.h"
#include "model/nmtsummary.h"

enum { NMT_KEEP_MS = 10000 };

static struct {
    bool              nmt_asked, nmt;
    int64_t           nmt_due_ms;
    struct nmtsummary vm;
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

static void add(struct weir_row *row, enum weir_kind kind, uint64_t bytes)
{
    row->kind_bytes[kind] += bytes;
    row->used += bytes;
}

void overhead_fill(JNIEnv *jni, struct weir_sheet *sheet, const struct pools_figures *vm, int64_t mono_ms)
{
    struct weir_overhead *o = &sheet->overhead;
    struct weir_row      *row = &sheet->rows[WEIR_JVM_OVERHEAD];
    if (vm->code.known) /* before the beans are there, commands are not either */
        read_nmt(jni, mono_ms);
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
                               : "code cache, stacks, agent; without NMT not the collector's structures and the rest of the VM";
}

uint64_t overhead_maps(void)
{
    return me.nmt ? me.vm.maps : 0;
}
