/* SPDX-License-Identifier: Apache-2.0 */
/* flinkmodel_jm.c: the JobManager's derivation, the same since 1.11: heap, or total Flink memory, or total process
 * memory, with off-heap as given (128m) and heap as what is left. */
#include "model/flinkmodel_deriver.h"

#define OFF_HEAP_DEFAULT ((uint64_t)128 << 20)

static void check_both_given(struct deriver *x, uint64_t heap, uint64_t off, uint64_t total)
{
    uint64_t both = deriver_add(x, heap, off);
    if (x->failed || both == total || !deriver_fail(x, FLINKMODEL_JMSUM, x->keys->flink, "ICE"))
        return;
    deriver_put_size(x, "JVM heap", heap);
    deriver_put_size(x, " and off-heap", off);
    deriver_put_size(x, " are together not the configured total Flink memory", total);
    x->need = both;
    x->have = total;
}

static void from_heap(struct deriver *x)
{
    struct flinkmodel_row *heap = &x->m->rows[WEIR_HEAP], *off = &x->m->rows[WEIR_OFF_HEAP];
    *heap = deriver_size(x, FLINKKEY_JM_HEAP);
    *off = deriver_size_or(x, FLINKKEY_JM_OFF_HEAP, OFF_HEAP_DEFAULT);
    if (!deriver_is_set(x, x->keys->flink)) {
        x->m->flink = (struct flinkmodel_row){ .how = FLINKMODEL_SUM };
        x->m->flink.bytes = deriver_add(x, heap->bytes, off->bytes);
        return;
    }
    x->m->flink = deriver_size(x, x->keys->flink);
    uint64_t total = x->m->flink.bytes;
    if (deriver_is_set(x, FLINKKEY_JM_OFF_HEAP)) {
        check_both_given(x, heap->bytes, off->bytes, total);
        return;
    }
    if (!x->failed && total < heap->bytes &&
        deriver_fail(x, FLINKMODEL_JMHEAP, FLINKKEY_JM_HEAP, "ICE")) {
        deriver_put_size(x, "the configured JVM heap", heap->bytes);
        deriver_put_size(x, " exceeds the configured total Flink memory", total);
        x->need = heap->bytes;
        x->have = total;
    }
    *off = deriver_remainder(x->failed ? 0 : total - heap->bytes, FLINKMODEL_TOTAL_FLINK);
}

static void from_total(struct deriver *x)
{
    uint64_t              total = x->m->flink.bytes;
    struct flinkmodel_row off = deriver_size_or(x, FLINKKEY_JM_OFF_HEAP, OFF_HEAP_DEFAULT);
    x->m->rows[WEIR_OFF_HEAP] = off;
    if (!x->failed && total <= off.bytes &&
        deriver_fail(x, FLINKMODEL_JMOFF, FLINKKEY_JM_OFF_HEAP, "ICE")) {
        deriver_put_size(x, "total Flink memory", total);
        deriver_put_size(x, " leaves no heap beside off-heap", off.bytes);
        x->need = off.bytes;
        x->have = total;
    }
    x->m->rows[WEIR_HEAP] =
        deriver_remainder(x->failed ? 0 : total - off.bytes, FLINKMODEL_TOTAL_FLINK);
}

static void fill_flags(struct deriver *x)
{
    struct flinkmodel *m = x->m;
    m->xmx = m->rows[WEIR_HEAP].bytes;
    m->max_direct = m->rows[WEIR_OFF_HEAP].bytes;
    m->has_metaspace = true;
    m->max_metaspace = m->rows[WEIR_JVM_METASPACE].bytes;
    m->has_direct = deriver_bool(x, FLINKKEY_JM_DIRECT_LIMIT, false);
}

static void fail_no_entry(struct deriver *x)
{
    if (deriver_fail(x, FLINKMODEL_NONE, x->keys->process, "ICE"))
        buf_printf(&x->message, "neither %s, nor %s, nor %s is configured",
                   flinkkey_name(x->keys->process), flinkkey_name(x->keys->flink),
                   flinkkey_name(FLINKKEY_JM_HEAP));
}

void deriver_jobmanager(struct deriver *x)
{
    x->wrappers = flink_version_least(x->version, 2, 0) ? 0 : 1;
    /* On Kubernetes the start scripts run in the JobManager's pod since 1.13. */
    bool client = x->where == FLINKMODEL_YARN ||
                  (x->where == FLINKMODEL_KUBERNETES && !flink_version_least(x->version, 1, 13));
    deriver_legacy_total(x, client ? x->keys->process : FLINKKEY_JM_HEAP, FLINKKEY_ENV_JM_HEAP,
                         FLINKKEY_JM_HEAP_SIZE, FLINKKEY_JM_HEAP_MB);
    if (deriver_is_set(x, FLINKKEY_JM_HEAP)) {
        from_heap(x);
        deriver_jvm_from_flink(x);
    } else if (deriver_is_set(x, x->keys->flink)) {
        x->m->flink = deriver_size(x, x->keys->flink);
        from_total(x);
        deriver_jvm_from_flink(x);
    } else if (deriver_is_set(x, x->keys->process)) {
        deriver_jvm_from_process(x);
        from_total(x);
    } else {
        fail_no_entry(x);
    }
    fill_flags(x);
}
