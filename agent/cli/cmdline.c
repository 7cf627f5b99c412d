/* SPDX-License-Identifier: Apache-2.0 */
/* cmdline.c: options by a table, and a Flink configuration from where the command line says. */
#include "cli/cmdline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/derive_input.h"
#include "out/out_derive.h"

/* The option a token names; *value: what is glued to it, as in --flink=1.20 or -Dk=v, else NULL. */
static const struct cmdline_option *find_option(const struct cmdline *c, const char *token,
                                                const char **value)
{
    for (int i = 0; i < c->count; i++) {
        const struct cmdline_option *o = &c->options[i];
        size_t                       n = strlen(o->name);
        bool                         letter = o->name[1] != '-';
        *value = NULL;
        if (strcmp(token, o->name) == 0)
            return o;
        if (o->takes == NULL || strncmp(token, o->name, n) != 0 || (!letter && token[n] != '='))
            continue;
        *value = token + n + !letter;
        return o;
    }
    return NULL;
}

static int refuse_token(const struct cmdline *c, const char *token)
{
    fprintf(stderr, "weir %s: unknown option %s; it takes", c->command, token);
    for (int i = 0; i < c->count; i++)
        if (!c->options[i].hidden)
            fprintf(stderr, " %s", c->options[i].name);
    fputs("\n", stderr);
    return WEIR_EXIT_USAGE;
}

int cmdline_parse(const struct cmdline *c, void *request, int argc, char **args)
{
    for (int i = 0; i < argc; i++) {
        const char                  *value = NULL;
        const struct cmdline_option *o = find_option(c, args[i], &value);
        if (o == NULL)
            return refuse_token(c, args[i]);
        if (o->takes != NULL && value == NULL && i + 1 < argc)
            value = args[++i];
        if ((o->takes != NULL && value == NULL) || o->set(request, value) != 0) {
            fprintf(stderr, "weir %s: %s takes %s\n", c->command, o->name, o->takes);
            return WEIR_EXIT_USAGE;
        }
    }
    return WEIR_EXIT_OK;
}

int cmdline_set_version(void *flink, const char *value)
{
    struct cmdline_flink *f = flink;
    f->version_given = true;
    return flink_version_parse(value, &f->version) == WEIR_OK ? 0 : -1;
}

int cmdline_set_conf(void *flink, const char *value)
{
    ((struct cmdline_flink *)flink)->conf = value;
    return 0;
}

int cmdline_add_dynamic(void *flink, const char *value)
{
    struct cmdline_flink *f = flink;
    if (f->dynamics == CMDLINE_MAX_DYNAMIC || *value == '\0' || *value == '=')
        return -1;
    f->dynamic[f->dynamics++] = value;
    return 0;
}

int cmdline_set_json(void *flink, const char *value)
{
    (void)value;
    ((struct cmdline_flink *)flink)->json = true;
    return 0;
}

int cmdline_set_help(void *flink, const char *value)
{
    (void)value;
    ((struct cmdline_flink *)flink)->help = true;
    return 0;
}

/* The one size of Flink 1.9, which 1.10 to 1.20 still take. */
static bool has_legacy_total(const struct flinkconf *conf, enum weir_role role)
{
    bool jm = role == WEIR_ROLE_JOBMANAGER;
    return flinkconf_get(conf, jm ? FLINKKEY_JM_HEAP_SIZE : FLINKKEY_TM_HEAP_SIZE) != NULL ||
           flinkconf_get(conf, jm ? FLINKKEY_JM_HEAP_MB : FLINKKEY_TM_HEAP_MB) != NULL ||
           flinkconf_get(conf, jm ? FLINKKEY_ENV_JM_HEAP : FLINKKEY_ENV_TM_HEAP) != NULL;
}

bool cmdline_has_total(const struct flinkconf *conf, enum weir_role role, struct flink_version version)
{
    if (!flink_version_least(version, 2, 0) && has_legacy_total(conf, role))
        return true;
    if (role == WEIR_ROLE_JOBMANAGER)
        return flinkconf_get(conf, FLINKKEY_JM_HEAP) != NULL ||
               flinkconf_get(conf, FLINKKEY_JM_FLINK) != NULL ||
               flinkconf_get(conf, FLINKKEY_JM_PROCESS) != NULL;
    return flinkconf_get(conf, FLINKKEY_TM_FLINK) != NULL ||
           flinkconf_get(conf, FLINKKEY_TM_PROCESS) != NULL ||
           (flinkconf_get(conf, FLINKKEY_TM_TASK_HEAP) != NULL &&
            flinkconf_option(conf, FLINKKEY_TM_MANAGED_SIZE, NULL) != NULL);
}

static void apply_dynamic(const struct cmdline *c, struct flinkconf *conf,
                          const struct cmdline_flink *f, bool warn)
{
    for (int i = 0; i < f->dynamics; i++)
        if (!flinkconf_set_dynamic(conf, f->dynamic[i]) && warn)
            fprintf(stderr, "weir %s: -D %.*s plays no part in memory, ignored\n", c->command,
                    (int)strcspn(f->dynamic[i], "="), f->dynamic[i]);
}

enum weir_rc cmdline_collect(const struct cmdline *c, const struct cmdline_flink *f,
                             enum weir_role role, struct flinkconf *conf, struct buf *path,
                             struct flinkmodel_error *err)
{
    const char *dir = f->conf;
    flinkconf_init(conf);
    apply_dynamic(c, conf, f, true);
    if (dir == NULL && !cmdline_has_total(conf, role, f->version))
        dir = getenv("FLINK_CONF_DIR");
    flinkconf_init(conf);
    buf_reset(path);
    if (dir != NULL && *dir != '\0') {
        enum weir_rc rc = derive_read_conf(conf, dir, f->version, path, err);
        if (rc != WEIR_OK)
            return rc;
    }
    apply_dynamic(c, conf, f, false);
    flinkconf_set_env(conf, FLINKKEY_ENV_TM_HEAP, getenv("FLINK_TM_HEAP"));
    flinkconf_set_env(conf, FLINKKEY_ENV_JM_HEAP, getenv("FLINK_JM_HEAP"));
    return WEIR_OK;
}

int cmdline_fail(const struct cmdline *c, bool as_json, const struct flinkmodel_error *err)
{
    static char text[8192]; /* a message of control characters, escaped, is six times as long */
    struct buf  b;
    buf_init(&b, text, sizeof text);
    if (as_json) {
        out_derive_error_json(&b, err);
        puts(text);
    }
    buf_reset(&b);
    out_derive_error_text(&b, err);
    fprintf(stderr, "weir %s: %s", c->command, text);
    return WEIR_EXIT_USAGE;
}
