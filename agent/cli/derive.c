/* SPDX-License-Identifier: Apache-2.0 */
/* derive.c: `weir derive`: what Flink's start scripts would derive from a configuration, or why they would refuse it. */
#include <string.h>

#include "cli/cmdline.h"
#include "cli/command.h"
#include "cli/derive.h"
#include "cli/derive_slot.h"
#include "out/figure.h"
#include "out/out_derive.h"
#include "out/out_flink19.h"

static const char usage[] =
    "usage: weir derive [--role tm|jm] [--flink VERSION] [--conf DIR|FILE] [-D KEY=VALUE]...\n"
    "                   [--deployment WHERE] [--slot CONSUMERS] [--json]\n"
    "  --role tm|jm      TaskManager (default) or JobManager\n"
    "  --flink VERSION   1.9 to 2.x, as 1.20 or 1.20.4; default: the newest this tool knows\n"
    "  --conf DIR|FILE   Flink's configuration directory, or one file of it\n"
    "  -D KEY=VALUE      overrides the file, as for Flink's own commands; may be repeated\n"
    "  --deployment WHERE  who starts the process: standalone (default: the start scripts), yarn,\n"
    "                    kubernetes (native), local (MiniCluster)\n"
    "  --slot CONSUMERS  what one slot of the TaskManager has, and how these share its managed "
    "memory:\n"
    "                    any of operator,rocksdb,forst,python, or none\n"
    "  --json            one JSON object instead of the table; also for errors\n"
    "Without --conf and without a -D that sets a total, $FLINK_CONF_DIR is read. Up to Flink 1.20\n"
    "$FLINK_TM_HEAP and $FLINK_JM_HEAP count, as in Flink's scripts. Exit code 2: Flink would "
    "refuse.\n";

struct request {
    struct cmdline_flink       flink; /* first: cmdline.h */
    enum weir_role             role;
    enum flinkmodel_deployment where;
    bool                       where_given;
    uint64_t                   container, container_limit; /* yarn and kubernetes */
    bool                       batch, slot_given;
    struct out_slot            slot;
};

static int set_role(void *request, const char *value)
{
    struct request *r = request;
    if (strcmp(value, "tm") == 0 || strcmp(value, "taskmanager") == 0)
        r->role = WEIR_ROLE_TASKMANAGER;
    else if (strcmp(value, "jm") == 0 || strcmp(value, "jobmanager") == 0)
        r->role = WEIR_ROLE_JOBMANAGER;
    else
        return -1;
    return 0;
}

static int set_deployment(void *request, const char *value)
{
    struct request *r = request;
    r->where_given = true;
    r->where = flinkmodel_deployment_find(value);
    return r->where != FLINKMODEL_DEPLOYMENT_COUNT ? 0 : -1;
}

static int set_slot(void *request, const char *value)
{
    struct request *r = request;
    r->slot_given = true;
    return derive_slot_parse(value, &r->slot) ? 0 : -1;
}

static int set_batch(void *request, const char *value)
{
    (void)value;
    ((struct request *)request)->batch = true;
    return 0;
}

static const struct cmdline_option options[] = {
    { "--role", "tm or jm", set_role, false },
    { "--flink", "a version such as 1.20 or 2.3.0", cmdline_set_version, false },
    { "--conf", "a directory or file", cmdline_set_conf, false },
    { "-D", "KEY=VALUE", cmdline_add_dynamic, false },
    { "--deployment", "standalone, yarn, kubernetes or local", set_deployment, false },
    { "--slot", "any of operator,rocksdb,forst,python (one state backend), or none", set_slot,
      false },
    { "--json", NULL, cmdline_set_json, false },
    { "--help", NULL, cmdline_set_help, false },
    { "-h", NULL, cmdline_set_help, true },
    { "--batch", NULL, set_batch, true },
};
static const struct cmdline line = { "derive", options, sizeof options / sizeof options[0] };

static void json_container(struct json *j, const struct request *r)
{
    json_object(j, "container");
    json_unsigned(j, "request", r->container);
    json_unsigned(j, "limit", r->container_limit);
    json_object_end(j);
}

static void put_container(struct buf *b, const struct request *r)
{
    buf_puts(b, "container\n  asked for with ");
    figure_bytes(b, r->container);
    if (r->container_limit != r->container) {
        buf_puts(b, ", limit ");
        figure_bytes(b, r->container_limit);
    }
    buf_puts(b, "\n");
}

static void put_head(struct buf *b, const struct request *r, const char *path)
{
    buf_puts(b, r->role == WEIR_ROLE_JOBMANAGER ? "JobManager" : "TaskManager");
    buf_puts(b, " of Flink ");
    flink_version_put(b, r->flink.version);
    buf_puts(b, r->flink.version_given ? "" : " (assumed, the newest known; --flink names another)");
    if (*path != '\0')
        buf_printf(b, ", %s", path);
    buf_puts(b, "\n\n");
}

static void print_model(const struct request *r, const struct flinkmodel *m, const char *path)
{
    static char text[16384];
    struct buf  b;
    buf_init(&b, text, sizeof text);
    if (r->flink.json) {
        struct json j = out_derive_json_begin(&b, m);
        if (r->where_given)
            json_string(&j, "deployment", flinkmodel_deployment_name(r->where));
        if (r->container != 0)
            json_container(&j, r);
        if (r->slot_given)
            out_slot_json(&j, &r->slot);
        out_derive_json_end(&j);
        puts(text);
        return;
    }
    put_head(&b, r, path);
    out_derive_text(&b, m);
    if (r->container != 0)
        put_container(&b, r);
    if (r->slot_given)
        out_slot_text(&b, &r->slot);
    fputs(text, stdout);
}

static enum weir_rc find_container(struct request *r, const struct flinkconf *conf,
                                   const struct flinkmodel *m, struct flinkmodel_error *err)
{
    if (r->where != FLINKMODEL_YARN && r->where != FLINKMODEL_KUBERNETES)
        return WEIR_OK;
    if (flinkmodel_container(conf, r->where, m, &r->container, &r->container_limit) == WEIR_OK)
        return WEIR_OK;
    memset(err, 0, sizeof *err);
    err->code = FLINKMODEL_VALUE;
    snprintf(err->key, sizeof err->key, "%s", flinkkey_name(FLINKKEY_K8S_LIMIT_FACTOR));
    snprintf(err->message, sizeof err->message, "%s has to be a number, at least 1", err->key);
    return WEIR_EINVAL;
}

/* Options that exclude each other; NULL: none. */
static const char *conflict(const struct request *r)
{
    if (r->slot_given && flink19_has(r->role, r->flink.version))
        return "--slot is of Flink 1.10 and newer";
    if (r->role == WEIR_ROLE_TASKMANAGER)
        return NULL;
    if (r->slot_given)
        return "--slot is of a TaskManager";
    return r->where == FLINKMODEL_LOCAL ? "local execution has no JobManager process" : NULL;
}

/* Versions before the unified model. */
static int derive_19(const struct request *r, const struct flinkconf *conf, const char *path)
{
    static char             text[4096];
    struct buf              b;
    struct flink19          m;
    struct flinkmodel_error err;
    if (flink19_derive(conf, r->role, r->where, r->flink.version, &m, &err) != WEIR_OK)
        return cmdline_fail(&line, r->flink.json, &err);
    buf_init(&b, text, sizeof text);
    if (r->flink.json) {
        out_flink19_json(&b, &m);
        buf_puts(&b, "\n");
    } else {
        put_head(&b, r, path);
        out_flink19_text(&b, &m);
    }
    fputs(text, stdout);
    return WEIR_EXIT_OK;
}

int command_derive(int argc, char **args)
{
    static struct flinkconf conf;
    static struct request   request = { .role = WEIR_ROLE_TASKMANAGER };
    struct flinkmodel       m;
    struct flinkmodel_error err;
    char                    text[4096];
    struct buf              path;
    buf_init(&path, text, sizeof text);
    request.flink.version = FLINK_VERSION_NEWEST;
    int exit_code = cmdline_parse(&line, &request, argc, args);
    if (exit_code != WEIR_EXIT_OK)
        return exit_code;
    if (request.flink.help) {
        fputs(usage, stdout);
        return WEIR_EXIT_OK;
    }
    if (request.batch)
        return derive_batch(stdin, stdout, request.flink.version);
    if (conflict(&request) != NULL) {
        fprintf(stderr, "weir derive: %s\n", conflict(&request));
        return WEIR_EXIT_USAGE;
    }
    if (cmdline_collect(&line, &request.flink, request.role, &conf, &path, &err) != WEIR_OK)
        return cmdline_fail(&line, request.flink.json, &err);
    if (flink19_has(request.role, request.flink.version))
        return derive_19(&request, &conf, path.data);
    if (flinkmodel_deployed(&conf, request.role, request.where, request.flink.version, &m, &err) !=
            WEIR_OK ||
        find_container(&request, &conf, &m, &err) != WEIR_OK ||
        (request.slot_given && derive_slot(&conf, &m, &request.slot, &err) != WEIR_OK))
        return cmdline_fail(&line, request.flink.json, &err);
    print_model(&request, &m, path.data);
    return WEIR_EXIT_OK;
}
