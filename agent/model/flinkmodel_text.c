/* SPDX-License-Identifier: Apache-2.0 */
/* flinkmodel_text.c: a derivation in words: how a number was found, JVM flags, dynamic properties. */
#include "model/flinkmodel.h"
#include "model/javanum.h"

#define NAME(sym, name) name,
static const char *const code_names[FLINKMODEL_CODE_COUNT] = { FLINKMODEL_CODES(NAME) };
#undef NAME

const char *flinkmodel_code_name(enum flinkmodel_code code)
{
    return code < FLINKMODEL_CODE_COUNT ? code_names[code] : "";
}

static void put_mebibytes(struct buf *b, uint64_t bytes)
{
    uint64_t tenths = (bytes >> 20) * 10 + ((bytes & 0xfffff) * 10 + 0x80000) / 0x100000;
    buf_printf(b, "%llu.%llu MiB", (unsigned long long)(tenths / 10),
               (unsigned long long)(tenths % 10));
}

static const char *total_name(enum flinkmodel_total t)
{
    return t == FLINKMODEL_TOTAL_PROCESS ? "total process memory" : "total Flink memory";
}

static void put_part(struct buf *b, const struct flinkmodel_row *row)
{
    static const char *const clamps[] = { "", ", raised to the minimum", ", cut to the maximum" };
    javanum_put_fraction(b, row->fraction);
    if (row->how == FLINKMODEL_FRACTION)
        buf_printf(b, " of %s", total_name(row->of));
    else
        buf_puts(b, " of the total it is part of");
    if (row->clamp != FLINKMODEL_FREE) {
        buf_puts(b, " = ");
        put_mebibytes(b, row->unclamped);
    }
    buf_puts(b, clamps[row->clamp]);
}

void flinkmodel_put_how(struct buf *b, const struct flinkmodel_row *row)
{
    switch (row->how) {
    case FLINKMODEL_ABSENT: buf_puts(b, "not known"); break;
    case FLINKMODEL_CONFIGURED: buf_puts(b, flinkkey_name(row->key)); break;
    case FLINKMODEL_DEFAULT: buf_puts(b, "default"); break;
    case FLINKMODEL_FRACTION:
    case FLINKMODEL_INVERSE: put_part(b, row); break;
    case FLINKMODEL_REMAINDER:
        buf_printf(b, "what the others leave of %s", total_name(row->of));
        break;
    case FLINKMODEL_SUM: buf_puts(b, "sum of its parts"); break;
    case FLINKMODEL_BUFFERS: buf_printf(b, "pages of %s", flinkkey_name(row->key)); break;
    case FLINKMODEL_ARGUMENT: buf_printf(b, "argument -D %s", flinkkey_name(row->key)); break;
    }
}

void flinkmodel_put_flags(struct buf *b, const struct flinkmodel *m)
{
    buf_printf(b, "-Xmx%llu -Xms%llu", (unsigned long long)m->xmx, (unsigned long long)m->xmx);
    if (m->has_direct)
        buf_printf(b, " -XX:MaxDirectMemorySize=%llu", (unsigned long long)m->max_direct);
    if (m->has_metaspace)
        buf_printf(b, " -XX:MaxMetaspaceSize=%llu", (unsigned long long)m->max_metaspace);
}

static const struct {
    enum weir_role      role;
    int                 since; /* minor of 1.x */
    enum flinkkey       key;
    enum weir_component comp;
} arguments[] = {
    { WEIR_ROLE_TASKMANAGER, 10, FLINKKEY_TM_FRAMEWORK_HEAP, WEIR_FRAMEWORK_HEAP },
    { WEIR_ROLE_TASKMANAGER, 10, FLINKKEY_TM_TASK_HEAP, WEIR_TASK_HEAP },
    { WEIR_ROLE_TASKMANAGER, 10, FLINKKEY_TM_MANAGED_SIZE, WEIR_MANAGED },
    { WEIR_ROLE_TASKMANAGER, 10, FLINKKEY_TM_FRAMEWORK_OFF_HEAP, WEIR_FRAMEWORK_OFF_HEAP },
    { WEIR_ROLE_TASKMANAGER, 10, FLINKKEY_TM_TASK_OFF_HEAP, WEIR_TASK_OFF_HEAP },
    { WEIR_ROLE_TASKMANAGER, 10, FLINKKEY_TM_NETWORK_MIN, WEIR_NETWORK },
    { WEIR_ROLE_TASKMANAGER, 10, FLINKKEY_TM_NETWORK_MAX, WEIR_NETWORK },
    { WEIR_ROLE_TASKMANAGER, 12, FLINKKEY_TM_METASPACE, WEIR_JVM_METASPACE },
    { WEIR_ROLE_TASKMANAGER, 12, FLINKKEY_TM_OVERHEAD_MIN, WEIR_JVM_OVERHEAD },
    { WEIR_ROLE_TASKMANAGER, 12, FLINKKEY_TM_OVERHEAD_MAX, WEIR_JVM_OVERHEAD },
    { WEIR_ROLE_JOBMANAGER, 12, FLINKKEY_JM_HEAP, WEIR_HEAP },
    { WEIR_ROLE_JOBMANAGER, 12, FLINKKEY_JM_OFF_HEAP, WEIR_OFF_HEAP },
    { WEIR_ROLE_JOBMANAGER, 12, FLINKKEY_JM_METASPACE, WEIR_JVM_METASPACE },
    { WEIR_ROLE_JOBMANAGER, 12, FLINKKEY_JM_OVERHEAD_MIN, WEIR_JVM_OVERHEAD },
    { WEIR_ROLE_JOBMANAGER, 12, FLINKKEY_JM_OVERHEAD_MAX, WEIR_JVM_OVERHEAD },
};

/* Flink cuts cores to eight decimals. */
static double cut_cores(double cores)
{
    struct javanum_decimal d = javanum_shortest(cores);
    if (d.exponent >= -8)
        return cores;
    for (; d.exponent < -8; d.exponent++)
        d.digits /= 10;
    return (double)d.digits / 1e8;
}

void flinkmodel_put_dynamic(struct buf *b, const struct flinkmodel *m)
{
    const char *separator = "";
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
        if (arguments[i].role != m->role || !flink_version_least(m->version, 1, arguments[i].since))
            continue;
        buf_printf(b, "%s-D %s=%llub", separator, flinkkey_name(arguments[i].key),
                   (unsigned long long)m->rows[arguments[i].comp].bytes);
        separator = " ";
    }
    if (m->role != WEIR_ROLE_TASKMANAGER)
        return;
    buf_printf(b, " -D %s=", flinkkey_name(FLINKKEY_TM_CPU_CORES));
    javanum_put_double(b, cut_cores(m->cpu_cores));
    if (flink_version_least(m->version, 1, 13))
        buf_printf(b, " -D %s=%d -D external-resources=none", flinkkey_name(FLINKKEY_TM_SLOTS),
                   m->slots);
}
