/* SPDX-License-Identifier: Apache-2.0 */
/* flinkmodel_tm.c: the TaskManager's derivation.
 *   A  task heap and managed size given: total Flink memory is their sum with the rest, or given and network is left
 *   B  total Flink memory given          C  total process memory given: B with what metaspace and overhead leave
 * In B and C task heap is what is left, or, when it is given, network is. The order in which options are read decides
 * which of several mistakes is reported; it is Flink's. */
#include <math.h>

#include "model/flinkmodel_deriver.h"
#include "model/memsize.h"

#define MIB(n) ((uint64_t)(n) << 20)

static const enum weir_component without_network[] = { WEIR_FRAMEWORK_HEAP, WEIR_FRAMEWORK_OFF_HEAP,
                                                       WEIR_TASK_HEAP, WEIR_TASK_OFF_HEAP,
                                                       WEIR_MANAGED };
static const enum weir_component without_task_heap[] = {
    WEIR_FRAMEWORK_HEAP, WEIR_FRAMEWORK_OFF_HEAP, WEIR_TASK_OFF_HEAP, WEIR_MANAGED, WEIR_NETWORK
};
enum { PARTS = 5 };

static uint64_t sum(struct deriver *x, const enum weir_component *parts)
{
    uint64_t total = 0;
    for (int i = 0; i < PARTS; i++)
        total = deriver_add(x, total, x->m->rows[parts[i]].bytes);
    return total;
}

static const char *part_name(enum weir_component c)
{
    switch (c) {
    case WEIR_FRAMEWORK_HEAP: return "framework heap";
    case WEIR_FRAMEWORK_OFF_HEAP: return "framework off-heap";
    case WEIR_TASK_HEAP: return "task heap";
    case WEIR_TASK_OFF_HEAP: return "task off-heap";
    case WEIR_MANAGED: return "managed";
    default: return "network";
    }
}

static void check_sum(struct deriver *x, const enum weir_component *parts, uint64_t total,
                      enum flinkmodel_code code)
{
    uint64_t need = sum(x, parts);
    bool     derived = x->m->flink.how == FLINKMODEL_REMAINDER;
    if (x->failed || need <= total ||
        !deriver_fail(x, code, derived ? x->keys->process : x->keys->flink, "ICE"))
        return;
    for (int i = 0; i < PARTS; i++) {
        buf_puts(&x->message, i == 0 ? "" : i == PARTS - 1 ? " and " : ", ");
        deriver_put_size(x, part_name(parts[i]), x->m->rows[parts[i]].bytes);
    }
    deriver_put_size(
        x, derived ? " exceed the total Flink memory" : " exceed the configured total Flink memory",
        total);
    if (derived)
        deriver_put_size(x, " left by total process memory", x->m->process.bytes);
    x->need = need;
    x->have = total;
}

static struct range network_range(struct deriver *x)
{
    return deriver_range(x, FLINKKEY_TM_NETWORK_MIN, MIB(64), FLINKKEY_TM_NETWORK_MAX,
                         flink_version_least(x->version, 1, 17) ? MEMSIZE_MAX : MIB(1024),
                         FLINKKEY_TM_NETWORK_FRACTION);
}

/* Up to 1.20 a number of buffers counts, when nothing else says how large network memory is. */
static bool uses_buffers(const struct deriver *x)
{
    return !flink_version_least(x->version, 2, 0) &&
           deriver_is_set(x, FLINKKEY_TM_NUMBER_OF_BUFFERS) &&
           !deriver_is_set(x, FLINKKEY_TM_NETWORK_MIN) &&
           !deriver_is_set(x, FLINKKEY_TM_NETWORK_MAX) &&
           !deriver_is_set(x, FLINKKEY_TM_NETWORK_FRACTION);
}

static void check_page_size(struct deriver *x, uint64_t page)
{
    bool fits_int = page <= INT32_MAX;
    bool fine = fits_int && page >= 4096 && (page & (page - 1)) == 0;
    if (!x->failed && !fine &&
        deriver_fail(x, FLINKMODEL_SEG, FLINKKEY_TM_SEGMENT_SIZE, fits_int ? "ICE" : "IAE")) {
        deriver_put_size(x, flinkkey_name(FLINKKEY_TM_SEGMENT_SIZE), page);
        buf_puts(&x->message, " has to be a power of two, from 4096 bytes up to 1 GiB");
    }
}

static struct flinkmodel_row network_of_buffers(struct deriver *x)
{
    struct flinkmodel_row row = { .how = FLINKMODEL_BUFFERS, .key = FLINKKEY_TM_NUMBER_OF_BUFFERS };
    int32_t               buffers = deriver_int(x, FLINKKEY_TM_NUMBER_OF_BUFFERS, 0);
    uint64_t              page = deriver_plain_size(x, FLINKKEY_TM_SEGMENT_SIZE, 32768);
    check_page_size(x, page);
    if (x->failed)
        return row;
    if (buffers < 0 && deriver_fail(x, FLINKMODEL_NEG, FLINKKEY_TM_NUMBER_OF_BUFFERS, "IAE")) {
        buf_printf(&x->message, "%s (%d) makes network memory negative", flinkkey_name(row.key),
                   buffers);
        return row;
    }
    row.bytes = (uint64_t)buffers * page;
    return row;
}

static void check_left_for_network(struct deriver *x, uint64_t network)
{
    struct range r = network_range(x);
    if (x->failed || (network >= r.min && network <= r.max) ||
        !deriver_fail(x, FLINKMODEL_NETRANGE,
                      network < r.min ? FLINKKEY_TM_NETWORK_MIN : FLINKKEY_TM_NETWORK_MAX, "ICE"))
        return;
    deriver_put_size(x, "what total Flink memory", x->m->flink.bytes);
    deriver_put_size(x, " leaves for network", network);
    buf_puts(&x->message, " is not in its range [");
    memsize_put_human(&x->message, r.min);
    buf_puts(&x->message, ", ");
    memsize_put_human(&x->message, r.max);
    buf_puts(&x->message, "]");
    x->have = network;
    x->need = network < r.min ? r.min : r.max;
}

/* Network is what the total leaves; it has to agree with what is configured for it. */
static void network_is_left(struct deriver *x, uint64_t total)
{
    uint64_t taken = sum(x, without_network);
    check_sum(x, without_network, total, FLINKMODEL_SUM_N);
    if (x->failed)
        return;
    uint64_t network = total - taken;
    x->m->rows[WEIR_NETWORK] = deriver_remainder(network, FLINKMODEL_TOTAL_FLINK);
    x->wrappers++;
    if (uses_buffers(x)) {
        uint64_t wanted = network_of_buffers(x).bytes;
        if (!x->failed && wanted != network &&
            deriver_fail(x, FLINKMODEL_NETLEG, FLINKKEY_TM_NUMBER_OF_BUFFERS, "ICE")) {
            deriver_put_size(x, "what total Flink memory leaves for network", network);
            deriver_put_size(x, " is not the configured number of buffers", wanted);
            x->have = network;
            x->need = wanted;
        }
    } else {
        check_left_for_network(x, network);
    }
    x->wrappers--;
}

static void read_fixed_parts(struct deriver *x)
{
    struct flinkmodel_row *rows = x->m->rows;
    rows[WEIR_FRAMEWORK_HEAP] = deriver_size_or(x, FLINKKEY_TM_FRAMEWORK_HEAP, MIB(128));
    rows[WEIR_FRAMEWORK_OFF_HEAP] = deriver_size_or(x, FLINKKEY_TM_FRAMEWORK_OFF_HEAP, MIB(128));
    rows[WEIR_TASK_OFF_HEAP] = deriver_size_or(x, FLINKKEY_TM_TASK_OFF_HEAP, 0);
}

static void from_parts(struct deriver *x)
{
    struct flinkmodel *m = x->m;
    m->rows[WEIR_TASK_HEAP] = deriver_size(x, FLINKKEY_TM_TASK_HEAP);
    m->rows[WEIR_MANAGED] = deriver_size(x, FLINKKEY_TM_MANAGED_SIZE);
    read_fixed_parts(x);
    uint64_t taken = sum(x, without_network);
    if (deriver_is_set(x, x->keys->flink)) {
        m->flink = deriver_size(x, x->keys->flink);
        network_is_left(x, m->flink.bytes);
        return;
    }
    if (x->failed)
        return;
    if (uses_buffers(x)) {
        m->rows[WEIR_NETWORK] = network_of_buffers(x);
    } else {
        struct range r = network_range(x);
        m->rows[WEIR_NETWORK] = deriver_inverse(x, taken, r);
    }
    m->flink = (struct flinkmodel_row){ .how = FLINKMODEL_SUM };
    m->flink.bytes = deriver_add(x, taken, m->rows[WEIR_NETWORK].bytes);
}

static struct flinkmodel_row managed(struct deriver *x, uint64_t total)
{
    if (deriver_is_set(x, FLINKKEY_TM_MANAGED_SIZE))
        return deriver_size(x, FLINKKEY_TM_MANAGED_SIZE);
    struct range r = deriver_open_range(x, FLINKKEY_TM_MANAGED_FRACTION);
    return deriver_fraction(x, total, r, FLINKMODEL_TOTAL_FLINK);
}

static void from_total(struct deriver *x)
{
    struct flinkmodel *m = x->m;
    uint64_t           total = m->flink.bytes;
    read_fixed_parts(x);
    if (deriver_is_set(x, FLINKKEY_TM_TASK_HEAP)) {
        m->rows[WEIR_TASK_HEAP] = deriver_size(x, FLINKKEY_TM_TASK_HEAP);
        m->rows[WEIR_MANAGED] = managed(x, total);
        network_is_left(x, total);
        return;
    }
    m->rows[WEIR_MANAGED] = managed(x, total);
    if (!x->failed && uses_buffers(x)) {
        m->rows[WEIR_NETWORK] = network_of_buffers(x);
    } else {
        struct range r = network_range(x);
        m->rows[WEIR_NETWORK] = deriver_fraction(x, total, r, FLINKMODEL_TOTAL_FLINK);
    }
    check_sum(x, without_task_heap, total, FLINKMODEL_SUM_T);
    uint64_t left = x->failed ? 0 : total - sum(x, without_task_heap);
    m->rows[WEIR_TASK_HEAP] = deriver_remainder(left, FLINKMODEL_TOTAL_FLINK);
}

static void read_cpu(struct deriver *x)
{
    bool          given = deriver_is_set(x, FLINKKEY_TM_CPU_CORES);
    enum flinkkey key = given ? FLINKKEY_TM_CPU_CORES : FLINKKEY_TM_SLOTS;
    double        cores = given ? deriver_double(x, key) : (double)deriver_int(x, key, 1);
    bool          number = isfinite(cores);
    if (!x->failed && (cores <= 0 || !number) &&
        deriver_fail(x, FLINKMODEL_CPU, key, cores <= 0 ? "ICE" : "NFE"))
        buf_printf(&x->message, "%s does not give a positive number of CPU cores",
                   flinkkey_name(key));
    x->m->cpu_cores = cores;
    x->m->slots = deriver_int(x, FLINKKEY_TM_SLOTS, 1);
}

/* Only for those who want to know; a bad one fails no derivation. */
static uint64_t page_size(const struct deriver *x)
{
    uint64_t                      page = 32768;
    const struct flinkconf_value *v = deriver_option(x, FLINKKEY_TM_SEGMENT_SIZE, NULL);
    if (v != NULL && (v->too_long || memsize_parse(v->text, &page, NULL) != WEIR_OK))
        return 0;
    return page;
}

static void fill_flags(struct deriver *x)
{
    struct flinkmodel *m = x->m;
    m->xmx = m->rows[WEIR_FRAMEWORK_HEAP].bytes + m->rows[WEIR_TASK_HEAP].bytes;
    m->has_direct = true;
    m->max_direct = m->rows[WEIR_FRAMEWORK_OFF_HEAP].bytes + m->rows[WEIR_TASK_OFF_HEAP].bytes +
                    m->rows[WEIR_NETWORK].bytes;
    m->has_metaspace = true;
    m->max_metaspace = m->rows[WEIR_JVM_METASPACE].bytes;
    m->page_size = page_size(x);
}

static void fail_no_entry(struct deriver *x)
{
    if (deriver_fail(x, FLINKMODEL_NONE, x->keys->process, "ICE"))
        buf_printf(&x->message, "neither %s, nor %s, nor both %s and %s are configured",
                   flinkkey_name(x->keys->process), flinkkey_name(x->keys->flink),
                   flinkkey_name(FLINKKEY_TM_TASK_HEAP), flinkkey_name(FLINKKEY_TM_MANAGED_SIZE));
}

void deriver_taskmanager(struct deriver *x)
{
    x->wrappers = flink_version_least(x->version, 1, 11) ? 1 : 0;
    bool active = x->where == FLINKMODEL_YARN || x->where == FLINKMODEL_KUBERNETES;
    deriver_legacy_total(x, active ? x->keys->process : x->keys->flink, FLINKKEY_ENV_TM_HEAP,
                         FLINKKEY_TM_HEAP_SIZE, FLINKKEY_TM_HEAP_MB);
    if (deriver_is_set(x, FLINKKEY_TM_TASK_HEAP) && deriver_is_set(x, FLINKKEY_TM_MANAGED_SIZE)) {
        from_parts(x);
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
    if (active && !x->failed && flink_version_least(x->version, 1, 13)) {
        x->totals_forgotten = true;
        deriver_jvm_from_flink(x);
    }
    read_cpu(x);
    fill_flags(x);
}
