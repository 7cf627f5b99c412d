/* SPDX-License-Identifier: Apache-2.0 */
/* flinkmodel_derive.c: the way in: one derivation, and when it fails, the search for what would satisfy it. */
#include "model/flinkmodel.h"

#include <string.h>

#include "model/flinkmodel_deriver.h"

/* From 1.11 for the JobManager: before, it has a heap and nothing else. */
static bool has_model(enum weir_role role, struct flink_version v)
{
    return flink_version_supported(v) &&
           (role != WEIR_ROLE_JOBMANAGER || flink_version_least(v, 1, 11));
}

static void fail_version(struct deriver *x, enum weir_role role)
{
    if (!deriver_fail(x, FLINKMODEL_VERSION, FLINKKEY_NONE, ""))
        return;
    buf_puts(&x->message, "Flink ");
    flink_version_put(&x->message, x->version);
    buf_puts(&x->message, role == WEIR_ROLE_JOBMANAGER
                              ? " has no unified JobManager memory model (1.11 to 2.x have)"
                              : " has no unified memory model (1.10 to 2.x have)");
}

static void run(struct deriver *x, enum weir_role role)
{
    x->keys = role == WEIR_ROLE_JOBMANAGER ? &flinkmodel_jm_keys : &flinkmodel_tm_keys;
    memset(x->m, 0, sizeof *x->m);
    memset(x->err, 0, sizeof *x->err);
    x->m->role = role;
    x->m->version = x->version;
    if (!has_model(role, x->version))
        fail_version(x, role);
    else if (role == WEIR_ROLE_JOBMANAGER)
        deriver_jobmanager(x);
    else if (x->where == FLINKMODEL_LOCAL)
        deriver_local(x);
    else
        deriver_taskmanager(x);
    x->m->complete = !x->failed;
}

bool deriver_tries(const struct deriver *failed, enum flinkkey key,
                   const struct flinkconf_value *value, struct flinkmodel *m)
{
    struct flinkmodel       own;
    struct flinkmodel_error err;
    struct deriver          x = { .conf = failed->conf,
                                  .version = failed->version,
                                  .m = m != NULL ? m : &own,
                                  .err = &err,
                                  .where = failed->where,
                                  .trial_key = key,
                                  .trial = value,
                                  .legacy_target = FLINKKEY_NONE };
    run(&x, failed->m->role);
    return !x.failed;
}

enum weir_rc flinkmodel_deployed(const struct flinkconf *c, enum weir_role role,
                                 enum flinkmodel_deployment where, struct flink_version v,
                                 struct flinkmodel *out, struct flinkmodel_error *err)
{
    struct flinkmodel       m;
    struct flinkmodel_error e;
    struct deriver          x = { .conf = c,
                                  .version = v,
                                  .m = &m,
                                  .err = &e,
                                  .where = where,
                                  .trial_key = FLINKKEY_NONE,
                                  .legacy_target = FLINKKEY_NONE };
    run(&x, role);
    if (!x.failed) {
        *out = m;
        return WEIR_OK;
    }
    deriver_hint(&x);
    *err = e;
    return WEIR_EINVAL;
}

enum weir_rc flinkmodel_derive(const struct flinkconf *c, enum weir_role role,
                               struct flink_version v, struct flinkmodel *out,
                               struct flinkmodel_error *err)
{
    return flinkmodel_deployed(c, role, FLINKMODEL_STANDALONE, v, out, err);
}

enum weir_rc flinkmodel_taskmanager(const struct flinkconf *c, struct flink_version v,
                                    struct flinkmodel *out, struct flinkmodel_error *err)
{
    return flinkmodel_derive(c, WEIR_ROLE_TASKMANAGER, v, out, err);
}

enum weir_rc flinkmodel_jobmanager(const struct flinkconf *c, struct flink_version v,
                                   struct flinkmodel *out, struct flinkmodel_error *err)
{
    return flinkmodel_derive(c, WEIR_ROLE_JOBMANAGER, v, out, err);
}
