/* SPDX-License-Identifier: Apache-2.0 */
/* derive_batch.c: many derivations in one process, for the comparison with Flink's own classes (scripts/oracle.sh).
 * A line is a case, its fields end in tabs:
 *   tm|jm  none|legacy|standard  TEXT  TM-ENV  JM-ENV  ARGUMENT...
 * TEXT is a configuration file, an ENV `-` (not set) or `=value`, each ARGUMENT one program argument; in fields \n \r \t
 * \0 \\ stand for themselves. The answer is a line:
 *   ok JSON <tab> JVM-FLAGS <tab> DYNAMIC-PROPERTIES
 *   error CODE KEY EXCEPTIONS          KEY and EXCEPTIONS may be `-`; KEY is given where Flink's message names one */
#include <stdlib.h>
#include <string.h>

#include "cli/derive.h"
#include "cli/derive_input.h"
#include "out/out_derive.h"

enum { MAX_FIELDS = 128 };

struct field {
    char  *s;
    size_t n;
};

/* In place; the text never grows. */
static size_t unescape(char *s)
{
    static const char from[] = "nrt0\\", to[] = "\n\r\t\0\\";
    char             *out = s;
    for (const char *p = s; *p != '\0'; p++) {
        const char *known = *p == '\\' && p[1] != '\0' ? strchr(from, p[1]) : NULL;
        *out++ = known != NULL ? to[known - from] : *p;
        p += known != NULL;
    }
    *out = '\0';
    return (size_t)(out - s);
}

static int split(char *line, struct field *fields)
{
    int count = 0;
    line[strcspn(line, "\n")] = '\0';
    while (line != NULL && count < MAX_FIELDS) {
        char *end = strchr(line, '\t');
        if (end != NULL)
            *end++ = '\0';
        fields[count].s = line;
        fields[count++].n = unescape(line);
        line = end;
    }
    return count;
}

static bool names_key(enum flinkmodel_code code)
{
    return code == FLINKMODEL_READ || code == FLINKMODEL_FLOAT || code == FLINKMODEL_VALUE ||
           code == FLINKMODEL_RANGE;
}

static enum weir_rc answer(struct flinkconf *conf, int count, const struct field *f,
                           struct flink_version v, struct flinkmodel *m,
                           struct flinkmodel_error *err)
{
    const char         *args[MAX_FIELDS];
    enum flinkconf_file format =
        strcmp(f[1].s, "legacy") == 0 ? FLINKCONF_LEGACY_FILE : FLINKCONF_STANDARD_FILE;
    flinkconf_init(conf);
    if (strcmp(f[1].s, "none") != 0) {
        enum weir_rc rc = derive_load(conf, format, f[2].s, f[2].n, "file", err);
        if (rc != WEIR_OK)
            return rc;
    }
    for (int i = 5; i < count; i++)
        args[i - 5] = f[i].s;
    (void)flinkconf_from_args(conf, count - 5, args, NULL);
    flinkconf_set_env(conf, FLINKKEY_ENV_TM_HEAP, f[3].s[0] == '=' ? f[3].s + 1 : NULL);
    flinkconf_set_env(conf, FLINKKEY_ENV_JM_HEAP, f[4].s[0] == '=' ? f[4].s + 1 : NULL);
    return flinkmodel_derive(
        conf, strcmp(f[0].s, "jm") == 0 ? WEIR_ROLE_JOBMANAGER : WEIR_ROLE_TASKMANAGER, v, m, err);
}

static void print_answer(FILE *out, const struct flinkmodel *m)
{
    static char text[16384];
    struct buf  b;
    buf_init(&b, text, sizeof text);
    out_derive_json(&b, m);
    buf_puts(&b, "\t");
    flinkmodel_put_flags(&b, m);
    buf_puts(&b, "\t");
    flinkmodel_put_dynamic(&b, m);
    fprintf(out, "ok %s\n", text);
}

int derive_batch(FILE *in, FILE *out, struct flink_version v)
{
    static struct flinkconf conf;
    struct field            fields[MAX_FIELDS];
    struct flinkmodel       m;
    struct flinkmodel_error err;
    char                   *line = NULL;
    size_t                  cap = 0;
    int                     exit_code = WEIR_EXIT_OK;
    while (exit_code == WEIR_EXIT_OK && getline(&line, &cap, in) > 0) {
        int count = split(line, fields);
        if (count < 5) {
            fprintf(stderr, "weir derive --batch: a line of %d fields, at least 5 are needed\n",
                    count);
            exit_code = WEIR_EXIT_USAGE;
        } else if (answer(&conf, count, fields, v, &m, &err) == WEIR_OK) {
            print_answer(out, &m);
        } else {
            fprintf(out, "error %s %s %s\n", flinkmodel_code_name(err.code),
                    names_key(err.code) ? err.key : "-",
                    err.classes[0] != '\0' ? err.classes : "-");
        }
    }
    free(line);
    return exit_code;
}
