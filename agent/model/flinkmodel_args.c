/* SPDX-License-Identifier: Apache-2.0 */
/* flinkmodel_args.c: the limits of a process that already runs. Its scripts derived them and passed them on as
 * `-D key=<bytes>b`: every part, network and overhead with min = max, and never a total. */
#include <stdio.h>
#include <string.h>

#include "model/flinkmodel.h"
#include "model/memsize.h"

static const struct part {
    enum weir_role      role;
    enum weir_component comp;
    enum flinkkey       key, twin; /* twin: the max of a min */
} parts[] = {
    { WEIR_ROLE_TASKMANAGER, WEIR_FRAMEWORK_HEAP, FLINKKEY_TM_FRAMEWORK_HEAP, FLINKKEY_NONE },
    { WEIR_ROLE_TASKMANAGER, WEIR_TASK_HEAP, FLINKKEY_TM_TASK_HEAP, FLINKKEY_NONE },
    { WEIR_ROLE_TASKMANAGER, WEIR_MANAGED, FLINKKEY_TM_MANAGED_SIZE, FLINKKEY_NONE },
    { WEIR_ROLE_TASKMANAGER, WEIR_FRAMEWORK_OFF_HEAP, FLINKKEY_TM_FRAMEWORK_OFF_HEAP,
      FLINKKEY_NONE },
    { WEIR_ROLE_TASKMANAGER, WEIR_TASK_OFF_HEAP, FLINKKEY_TM_TASK_OFF_HEAP, FLINKKEY_NONE },
    { WEIR_ROLE_TASKMANAGER, WEIR_NETWORK, FLINKKEY_TM_NETWORK_MIN, FLINKKEY_TM_NETWORK_MAX },
    { WEIR_ROLE_TASKMANAGER, WEIR_JVM_METASPACE, FLINKKEY_TM_METASPACE, FLINKKEY_NONE },
    { WEIR_ROLE_TASKMANAGER, WEIR_JVM_OVERHEAD, FLINKKEY_TM_OVERHEAD_MIN, FLINKKEY_TM_OVERHEAD_MAX },
    { WEIR_ROLE_JOBMANAGER, WEIR_HEAP, FLINKKEY_JM_HEAP, FLINKKEY_NONE },
    { WEIR_ROLE_JOBMANAGER, WEIR_OFF_HEAP, FLINKKEY_JM_OFF_HEAP, FLINKKEY_NONE },
    { WEIR_ROLE_JOBMANAGER, WEIR_JVM_METASPACE, FLINKKEY_JM_METASPACE, FLINKKEY_NONE },
    { WEIR_ROLE_JOBMANAGER, WEIR_JVM_OVERHEAD, FLINKKEY_JM_OVERHEAD_MIN, FLINKKEY_JM_OVERHEAD_MAX },
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static enum weir_rc refuse(struct flinkmodel_error *err, enum flinkmodel_code code,
                           enum flinkkey key, const char *what)
{
    memset(err, 0, sizeof *err);
    err->code = code;
    snprintf(err->key, sizeof err->key, "%s", flinkkey_name(key));
    snprintf(err->message, sizeof err->message, "argument -D %s %s", flinkkey_name(key), what);
    return WEIR_EINVAL;
}

/* WEIR_ENOENT: not given. */
static enum weir_rc read_argument(const struct flinkconf *args, enum flinkkey key, uint64_t *bytes,
                                  struct flinkmodel_error *err)
{
    enum memsize_error            why = MEMSIZE_DIGITS;
    const struct flinkconf_value *v = flinkconf_get(args, key);
    if (v == NULL)
        return WEIR_ENOENT;
    if (v->too_long || memsize_parse(v->text, bytes, &why) != WEIR_OK)
        return refuse(err, FLINKMODEL_READ, key, memsize_why(why));
    return WEIR_OK;
}

static enum weir_rc read_part(const struct flinkconf *args, const struct part *p,
                              struct flinkmodel_row *row, struct flinkmodel_error *err)
{
    uint64_t     bytes = 0, twin = 0;
    enum weir_rc rc = read_argument(args, p->key, &bytes, err);
    if (rc == WEIR_OK && p->twin != FLINKKEY_NONE) {
        rc = read_argument(args, p->twin, &twin, err);
        if (rc == WEIR_OK && twin != bytes && p->comp == WEIR_NETWORK)
            return refuse(err, FLINKMODEL_NETRANGE, p->twin,
                          "differs from the minimum: no TaskManager runs so");
        if (rc == WEIR_OK && twin != bytes)
            rc = WEIR_ENOENT; /* a range that a person passed, not a limit */
    }
    if (rc == WEIR_OK)
        *row = (struct flinkmodel_row){ .how = FLINKMODEL_ARGUMENT, .key = p->key, .bytes = bytes };
    return rc;
}

static bool known(const struct flinkmodel *m, enum weir_component c)
{
    return m->rows[c].how != FLINKMODEL_ABSENT;
}

/* Sums bytes of the role's rows up to, not including, metaspace. */
static bool sum_flink(struct flinkmodel *m)
{
    uint64_t total = 0;
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].role != m->role || parts[i].comp == WEIR_JVM_METASPACE ||
            parts[i].comp == WEIR_JVM_OVERHEAD)
            continue;
        if (!known(m, parts[i].comp) || total > MEMSIZE_MAX - m->rows[parts[i].comp].bytes)
            return false;
        total += m->rows[parts[i].comp].bytes;
    }
    m->flink = (struct flinkmodel_row){ .how = FLINKMODEL_SUM, .bytes = total };
    return true;
}

static void fill_totals(struct flinkmodel *m)
{
    uint64_t metaspace = m->rows[WEIR_JVM_METASPACE].bytes,
             overhead = m->rows[WEIR_JVM_OVERHEAD].bytes;
    if (!sum_flink(m) || !known(m, WEIR_JVM_METASPACE) || !known(m, WEIR_JVM_OVERHEAD))
        return;
    if (metaspace > MEMSIZE_MAX - m->flink.bytes ||
        overhead > MEMSIZE_MAX - m->flink.bytes - metaspace)
        return;
    m->process = (struct flinkmodel_row){ .how = FLINKMODEL_SUM,
                                          .bytes = m->flink.bytes + metaspace + overhead };
    m->complete = true;
}

static void fill_flags(const struct flinkconf *args, struct flinkmodel *m)
{
    const struct flinkmodel_row *r = m->rows;
    bool                         direct =
        known(m, WEIR_FRAMEWORK_OFF_HEAP) && known(m, WEIR_TASK_OFF_HEAP) && known(m, WEIR_NETWORK);
    if (m->role == WEIR_ROLE_TASKMANAGER) {
        m->xmx = r[WEIR_FRAMEWORK_HEAP].bytes + r[WEIR_TASK_HEAP].bytes;
        m->has_direct = direct;
        m->max_direct =
            r[WEIR_FRAMEWORK_OFF_HEAP].bytes + r[WEIR_TASK_OFF_HEAP].bytes + r[WEIR_NETWORK].bytes;
    } else {
        m->xmx = r[WEIR_HEAP].bytes;
        m->has_direct =
            flinkconf_bool(args, FLINKKEY_JM_DIRECT_LIMIT, false) && known(m, WEIR_OFF_HEAP);
        m->max_direct = r[WEIR_OFF_HEAP].bytes;
    }
    m->has_metaspace = known(m, WEIR_JVM_METASPACE);
    m->max_metaspace = r[WEIR_JVM_METASPACE].bytes;
}

enum weir_rc flinkmodel_from_derived_args(const struct flinkconf *args, enum weir_role role,
                                          struct flink_version v, struct flinkmodel *out,
                                          struct flinkmodel_error *err)
{
    struct flinkmodel m = { .role = role, .version = v, .slots = 1 };
    int               found = 0;
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].role != role)
            continue;
        enum weir_rc rc = read_part(args, &parts[i], &m.rows[parts[i].comp], err);
        if (rc == WEIR_EINVAL)
            return rc;
        found += rc == WEIR_OK;
    }
    if (found == 0)
        return WEIR_ENOENT;
    fill_totals(&m);
    fill_flags(args, &m);
    *out = m;
    return WEIR_OK;
}

/* The options that say how large a component is; FLINKKEY_NONE ends a list. */
static const struct {
    enum weir_role      role;
    enum weir_component comp;
    enum flinkkey       keys[4];
} choices[] = {
    { WEIR_ROLE_TASKMANAGER, WEIR_FRAMEWORK_HEAP, { FLINKKEY_TM_FRAMEWORK_HEAP, FLINKKEY_NONE } },
    { WEIR_ROLE_TASKMANAGER, WEIR_TASK_HEAP, { FLINKKEY_TM_TASK_HEAP, FLINKKEY_NONE } },
    { WEIR_ROLE_TASKMANAGER,
      WEIR_MANAGED,
      { FLINKKEY_TM_MANAGED_SIZE, FLINKKEY_TM_MANAGED_FRACTION, FLINKKEY_NONE } },
    { WEIR_ROLE_TASKMANAGER,
      WEIR_FRAMEWORK_OFF_HEAP,
      { FLINKKEY_TM_FRAMEWORK_OFF_HEAP, FLINKKEY_NONE } },
    { WEIR_ROLE_TASKMANAGER, WEIR_TASK_OFF_HEAP, { FLINKKEY_TM_TASK_OFF_HEAP, FLINKKEY_NONE } },
    { WEIR_ROLE_TASKMANAGER,
      WEIR_NETWORK,
      { FLINKKEY_TM_NETWORK_MIN, FLINKKEY_TM_NETWORK_MAX, FLINKKEY_TM_NETWORK_FRACTION,
        FLINKKEY_TM_NUMBER_OF_BUFFERS } },
    { WEIR_ROLE_TASKMANAGER, WEIR_JVM_METASPACE, { FLINKKEY_TM_METASPACE, FLINKKEY_NONE } },
    { WEIR_ROLE_TASKMANAGER,
      WEIR_JVM_OVERHEAD,
      { FLINKKEY_TM_OVERHEAD_MIN, FLINKKEY_TM_OVERHEAD_MAX, FLINKKEY_TM_OVERHEAD_FRACTION,
        FLINKKEY_NONE } },
    { WEIR_ROLE_JOBMANAGER,
      WEIR_HEAP,
      { FLINKKEY_JM_HEAP, FLINKKEY_JM_HEAP_SIZE, FLINKKEY_JM_HEAP_MB, FLINKKEY_ENV_JM_HEAP } },
    { WEIR_ROLE_JOBMANAGER, WEIR_OFF_HEAP, { FLINKKEY_JM_OFF_HEAP, FLINKKEY_NONE } },
    { WEIR_ROLE_JOBMANAGER, WEIR_JVM_METASPACE, { FLINKKEY_JM_METASPACE, FLINKKEY_NONE } },
    { WEIR_ROLE_JOBMANAGER,
      WEIR_JVM_OVERHEAD,
      { FLINKKEY_JM_OVERHEAD_MIN, FLINKKEY_JM_OVERHEAD_MAX, FLINKKEY_JM_OVERHEAD_FRACTION,
        FLINKKEY_NONE } },
};

bool flinkmodel_declared(const struct flinkconf *file, const struct flinkconf *args,
                         enum weir_role role, enum weir_component comp)
{
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        if (choices[i].role != role || choices[i].comp != comp)
            continue;
        for (int k = 0; k < 4 && choices[i].keys[k] != FLINKKEY_NONE; k++)
            if (flinkconf_declared(file, args, choices[i].keys[k]))
                return true;
    }
    return false;
}
