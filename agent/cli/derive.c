/* SPDX-License-Identifier: Apache-2.0 */
/* derive.c: `weir derive`: what Flink's start scripts would derive from a configuration, or why they would refuse it.
 * Order of precedence as in Flink: -D over the file; the environment variables of before 1.10 below both. */
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/derive.h"
#include "out/out_derive.h"

static const char usage[] =
    "usage: weir derive [--role tm|jm] [--flink VERSION] [--conf DIR|FILE] [-D KEY=VALUE]... "
    "[--json]\n"
    "  --role tm|jm      TaskManager (default) or JobManager\n"
    "  --flink VERSION   1.10 to 2.x, as 1.20 or 1.20.4; default: the newest this tool knows\n"
    "  --conf DIR|FILE   Flink's configuration directory, or one file of it\n"
    "  -D KEY=VALUE      overrides the file, as for Flink's own commands; may be repeated\n"
    "  --json            one JSON object instead of the table; also for errors\n"
    "Without --conf and without a -D that sets a total, $FLINK_CONF_DIR is read. Up to Flink 1.20\n"
    "$FLINK_TM_HEAP and $FLINK_JM_HEAP count, as in Flink's scripts. Exit code 2: Flink would "
    "refuse.\n";

enum { MAX_DYNAMIC = 256 };

struct request {
    enum weir_role       role;
    struct flink_version version;
    bool                 version_given, json, batch, help;
    const char          *conf;
    const char          *dynamic[MAX_DYNAMIC];
    int                  dynamics;
};

static int set_role(struct request *r, const char *value)
{
    if (strcmp(value, "tm") == 0 || strcmp(value, "taskmanager") == 0)
        r->role = WEIR_ROLE_TASKMANAGER;
    else if (strcmp(value, "jm") == 0 || strcmp(value, "jobmanager") == 0)
        r->role = WEIR_ROLE_JOBMANAGER;
    else
        return -1;
    return 0;
}

static int set_version(struct request *r, const char *value)
{
    r->version_given = true;
    return flink_version_parse(value, &r->version) == WEIR_OK ? 0 : -1;
}

static int set_conf(struct request *r, const char *value)
{
    r->conf = value;
    return 0;
}

static int add_dynamic(struct request *r, const char *value)
{
    if (r->dynamics == MAX_DYNAMIC || *value == '\0' || *value == '=')
        return -1;
    r->dynamic[r->dynamics++] = value;
    return 0;
}

static int set_json(struct request *r, const char *value)
{
    (void)value;
    r->json = true;
    return 0;
}

static int set_batch(struct request *r, const char *value)
{
    (void)value;
    r->batch = true;
    return 0;
}

static int set_help(struct request *r, const char *value)
{
    (void)value;
    r->help = true;
    return 0;
}

static const struct option {
    const char *name;
    const char *takes;                                /* NULL: no value */
    int (*set)(struct request *r, const char *value); /* not 0: bad value */
    bool hidden;
} options[] = {
    { "--role", "tm or jm", set_role, false },
    { "--flink", "a version such as 1.20 or 2.3.0", set_version, false },
    { "--conf", "a directory or file", set_conf, false },
    { "-D", "KEY=VALUE", add_dynamic, false },
    { "--json", NULL, set_json, false },
    { "--help", NULL, set_help, false },
    { "-h", NULL, set_help, true },
    { "--batch", NULL, set_batch, true },
};
enum { OPTIONS = sizeof options / sizeof options[0] };

/* The option a token names; *value: what is glued to it, as in --flink=1.20 or -Dk=v, else NULL. */
static const struct option *find_option(const char *token, const char **value)
{
    for (int i = 0; i < OPTIONS; i++) {
        size_t n = strlen(options[i].name);
        bool   letter = options[i].name[1] != '-';
        *value = NULL;
        if (strcmp(token, options[i].name) == 0)
            return &options[i];
        if (options[i].takes == NULL || strncmp(token, options[i].name, n) != 0 ||
            (!letter && token[n] != '='))
            continue;
        *value = token + n + !letter;
        return &options[i];
    }
    return NULL;
}

static int refuse_token(const char *token)
{
    fprintf(stderr, "weir derive: unknown option %s; it takes", token);
    for (int i = 0; i < OPTIONS; i++)
        if (!options[i].hidden)
            fprintf(stderr, " %s", options[i].name);
    fputs("\n", stderr);
    return WEIR_EXIT_USAGE;
}

static int parse(struct request *r, int argc, char **args)
{
    for (int i = 0; i < argc; i++) {
        const char          *value = NULL;
        const struct option *o = find_option(args[i], &value);
        if (o == NULL)
            return refuse_token(args[i]);
        if (o->takes != NULL && value == NULL && i + 1 < argc)
            value = args[++i];
        if ((o->takes != NULL && value == NULL) || o->set(r, value) != 0) {
            fprintf(stderr, "weir derive: %s takes %s\n", o->name, o->takes);
            return WEIR_EXIT_USAGE;
        }
    }
    return WEIR_EXIT_OK;
}

static bool has_entry_point(const struct flinkconf *c, enum weir_role role)
{
    if (role == WEIR_ROLE_JOBMANAGER)
        return flinkconf_get(c, FLINKKEY_JM_HEAP) != NULL ||
               flinkconf_get(c, FLINKKEY_JM_FLINK) != NULL ||
               flinkconf_get(c, FLINKKEY_JM_PROCESS) != NULL;
    return flinkconf_get(c, FLINKKEY_TM_FLINK) != NULL ||
           flinkconf_get(c, FLINKKEY_TM_PROCESS) != NULL ||
           (flinkconf_get(c, FLINKKEY_TM_TASK_HEAP) != NULL &&
            flinkconf_option(c, FLINKKEY_TM_MANAGED_SIZE, NULL) != NULL);
}

static void apply_dynamic(struct flinkconf *c, const struct request *r, bool warn)
{
    for (int i = 0; i < r->dynamics; i++)
        if (!flinkconf_set_dynamic(c, r->dynamic[i]) && warn)
            fprintf(stderr, "weir derive: -D %.*s plays no part in memory, ignored\n",
                    (int)strcspn(r->dynamic[i], "="), r->dynamic[i]);
}

/* All sources into conf; path gets the file that was read, "" when none was. */
static enum weir_rc collect(struct flinkconf *conf, const struct request *r, struct buf *path,
                            struct flinkmodel_error *err)
{
    const char *dir = r->conf;
    flinkconf_init(conf);
    apply_dynamic(conf, r, true);
    if (dir == NULL && !has_entry_point(conf, r->role))
        dir = getenv("FLINK_CONF_DIR");
    flinkconf_init(conf);
    buf_reset(path);
    if (dir != NULL && *dir != '\0') {
        enum weir_rc rc = derive_read_conf(conf, dir, r->version, path, err);
        if (rc != WEIR_OK)
            return rc;
    }
    apply_dynamic(conf, r, false);
    flinkconf_set_env(conf, FLINKKEY_ENV_TM_HEAP, getenv("FLINK_TM_HEAP"));
    flinkconf_set_env(conf, FLINKKEY_ENV_JM_HEAP, getenv("FLINK_JM_HEAP"));
    return WEIR_OK;
}

static int print_error(const struct request *r, const struct flinkmodel_error *err)
{
    static char text[8192]; /* a message of control characters, escaped, is six times as long */
    struct buf  b;
    buf_init(&b, text, sizeof text);
    if (r->json) {
        out_derive_error_json(&b, err);
        puts(text);
    }
    buf_reset(&b);
    out_derive_error_text(&b, err);
    fprintf(stderr, "weir derive: %s", text);
    return WEIR_EXIT_USAGE;
}

static void print_model(const struct request *r, const struct flinkmodel *m, const char *path)
{
    static char text[16384];
    struct buf  b;
    buf_init(&b, text, sizeof text);
    if (r->json) {
        out_derive_json(&b, m);
        puts(text);
        return;
    }
    buf_puts(&b, r->role == WEIR_ROLE_JOBMANAGER ? "JobManager" : "TaskManager");
    buf_puts(&b, " of Flink ");
    flink_version_put(&b, r->version);
    buf_puts(&b, r->version_given ? "" : " (assumed, the newest known; --flink names another)");
    if (*path != '\0')
        buf_printf(&b, ", %s", path);
    buf_puts(&b, "\n\n");
    out_derive_text(&b, m);
    fputs(text, stdout);
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
    request.version = FLINK_VERSION_NEWEST;
    int exit_code = parse(&request, argc, args);
    if (exit_code != WEIR_EXIT_OK)
        return exit_code;
    if (request.help) {
        fputs(usage, stdout);
        return WEIR_EXIT_OK;
    }
    if (request.batch)
        return derive_batch(stdin, stdout, request.version);
    if (collect(&conf, &request, &path, &err) != WEIR_OK ||
        flinkmodel_derive(&conf, request.role, request.version, &m, &err) != WEIR_OK)
        return print_error(&request, &err);
    print_model(&request, &m, path.data);
    return WEIR_EXIT_OK;
}
