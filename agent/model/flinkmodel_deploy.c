/* SPDX-License-Identifier: Apache-2.0 */
/* flinkmodel_deploy.c: what depends on who starts the process: local execution, which sizes none, and the containers an
 * active ResourceManager asks for. */
#include <string.h>

#include "model/flinkmodel_deriver.h"
#include "model/javanum.h"
#include "model/memsize.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define TIB    ((uint64_t)1 << 40)

enum {
    LOCAL_FORGETS = 20
}; /* minor of 1.x: up to 1.19 a configured value of an unused row stays */

#define NAME(sym, id) id,
static const char *const names[FLINKMODEL_DEPLOYMENT_COUNT] = { FLINKMODEL_DEPLOYMENTS(NAME) };
#undef NAME

const char *flinkmodel_deployment_name(enum flinkmodel_deployment where)
{
    return names[where];
}

enum flinkmodel_deployment flinkmodel_deployment_find(const char *name)
{
    for (int i = 0; i < FLINKMODEL_DEPLOYMENT_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (enum flinkmodel_deployment)i;
    return FLINKMODEL_DEPLOYMENT_COUNT;
}

enum weir_rc flinkmodel_container(const struct flinkconf *c, enum flinkmodel_deployment where,
                                  const struct flinkmodel *m, uint64_t *request, uint64_t *limit)
{
    const struct flinkconf_value *v = flinkconf_get(c, FLINKKEY_K8S_LIMIT_FACTOR);
    uint64_t                      mebibytes = m->process.bytes >> 20;
    double                        factor = 1;
    if (where == FLINKMODEL_KUBERNETES && m->role == WEIR_ROLE_TASKMANAGER && v != NULL &&
        (v->too_long || javanum_parse_double(v->text, &factor) != WEIR_OK || !(factor >= 1) ||
         factor > 1000))
        return WEIR_EINVAL;
    *request = mebibytes << 20;
    *limit = (uint64_t)((double)mebibytes * factor) << 20;
    return WEIR_OK;
}

/* One of min and max stands for both; they may not differ. */
static struct flinkmodel_row network(struct deriver *x)
{
    bool has_min = deriver_is_set(x, FLINKKEY_TM_NETWORK_MIN);
    bool has_max = deriver_is_set(x, FLINKKEY_TM_NETWORK_MAX);
    if (!has_min)
        return deriver_size_or(x, FLINKKEY_TM_NETWORK_MAX, MIB(64));
    struct flinkmodel_row row = deriver_size(x, FLINKKEY_TM_NETWORK_MIN);
    uint64_t max = has_max ? deriver_size(x, FLINKKEY_TM_NETWORK_MAX).bytes : row.bytes;
    if (max != row.bytes && deriver_fail(x, FLINKMODEL_RANGE, FLINKKEY_TM_NETWORK_MIN, "ICE")) {
        deriver_put_size(x, flinkkey_name(FLINKKEY_TM_NETWORK_MIN), row.bytes);
        deriver_put_size(x, " has to be equal to the max", max);
        buf_puts(&x->message, " in local execution");
    }
    return row;
}

static struct flinkmodel_row fixed(enum flinkkey key, uint64_t bytes)
{
    return (struct flinkmodel_row){ .how = FLINKMODEL_DEFAULT, .key = key, .bytes = bytes };
}

/* Rows that bound nothing here. Since LOCAL_FORGETS what is configured for them is forgotten too. */
static void unused_rows(struct deriver *x)
{
    static const struct {
        enum weir_component component;
        enum flinkkey       key;
        uint64_t            bytes;
    } rows[] = {
        { WEIR_FRAMEWORK_HEAP, FLINKKEY_TM_FRAMEWORK_HEAP, MIB(128) },
        { WEIR_FRAMEWORK_OFF_HEAP, FLINKKEY_TM_FRAMEWORK_OFF_HEAP, MIB(128) },
        { WEIR_JVM_METASPACE, FLINKKEY_TM_METASPACE, MIB(256) },
        { WEIR_JVM_OVERHEAD, FLINKKEY_TM_OVERHEAD_MAX, MIB(1024) },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool jvm =
            rows[i].component == WEIR_JVM_METASPACE || rows[i].component == WEIR_JVM_OVERHEAD;
        if (jvm && !flink_version_least(x->version, 1, 12))
            continue;
        x->m->rows[rows[i].component] = flink_version_least(x->version, 1, LOCAL_FORGETS)
                                            ? fixed(rows[i].key, rows[i].bytes)
                                            : deriver_size_or(x, rows[i].key, rows[i].bytes);
    }
}

void deriver_local(struct deriver *x)
{
    struct flinkmodel_row        *rows = x->m->rows;
    uint64_t                      any = flink_version_least(x->version, 1, 12) ? TIB : MEMSIZE_MAX;
    uint64_t                      page = 32768;
    const struct flinkconf_value *v = deriver_option(x, FLINKKEY_TM_SEGMENT_SIZE, NULL);
    rows[WEIR_TASK_HEAP] = deriver_size_or(x, FLINKKEY_TM_TASK_HEAP, any);
    rows[WEIR_TASK_OFF_HEAP] = deriver_size_or(x, FLINKKEY_TM_TASK_OFF_HEAP, any);
    rows[WEIR_NETWORK] = network(x);
    rows[WEIR_MANAGED] = deriver_size_or(x, FLINKKEY_TM_MANAGED_SIZE, MIB(128));
    unused_rows(x);
    x->m->cpu_cores = 1000000;
    if (deriver_is_set(x, FLINKKEY_TM_CPU_CORES))
        x->m->cpu_cores = deriver_double(x, FLINKKEY_TM_CPU_CORES);
    x->m->slots = deriver_int(x, FLINKKEY_TM_SLOTS, 1);
    if (v == NULL || (!v->too_long && memsize_parse(v->text, &page, NULL) == WEIR_OK))
        x->m->page_size = page;
}
