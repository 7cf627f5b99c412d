/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMDLINE_H
#define CLI_CMDLINE_H
/* A command's options, read by a table, and the Flink configuration that several commands are given the same way. */
#include <stdbool.h>

#include "model/flinkconf.h"
#include "model/flinkmodel.h"
#include "model/flinkversion.h"

struct cmdline_option {
    const char *name;  /* --flink takes --flink V and --flink=V; -D takes -D V and -DV */
    const char *takes; /* what its value is; NULL: it has none */
    int (*set)(void *request, const char *value); /* not 0: bad value */
    bool hidden;                                  /* not named when another is unknown */
};

struct cmdline {
    const char                  *command; /* "derive", for messages */
    const struct cmdline_option *options;
    int                          count;
};

/* WEIR_EXIT_OK, or WEIR_EXIT_USAGE with a line on stderr. */
int cmdline_parse(const struct cmdline *c, void *request, int argc, char **args);

enum { CMDLINE_MAX_DYNAMIC = 256 };

/* Where a configuration comes from, and what else each command that reads one takes. The first member of its request, so that
 * the setters below are those of --flink, --conf, -D, --json and --help in its table. */
struct cmdline_flink {
    struct flink_version version;
    bool                 version_given;
    const char          *conf;
    const char          *dynamic[CMDLINE_MAX_DYNAMIC];
    int                  dynamics;
    bool                 json, help;
};

int cmdline_set_version(void *flink, const char *value);
int cmdline_set_conf(void *flink, const char *value);
int cmdline_add_dynamic(void *flink, const char *value);
int cmdline_set_json(void *flink, const char *value);
int cmdline_set_help(void *flink, const char *value);

/* Does conf say how large a process of this role is, to this version? Before 2.0 also by the names of Flink 1.9. */
bool cmdline_has_total(const struct flinkconf *conf, enum weir_role role, struct flink_version version);
/* All sources into conf, in Flink's order of precedence: -D over the file; the environment variables of before 1.10 below
 * both. Without --conf and without a -D that sets a total, $FLINK_CONF_DIR is the directory. path gets the file that was
 * read, "" when none was. WEIR_EINVAL: err says why. */
enum weir_rc cmdline_collect(const struct cmdline *c, const struct cmdline_flink *f,
                             enum weir_role role, struct flinkconf *conf, struct buf *path,
                             struct flinkmodel_error *err);
/* An error on stderr, with --json also as an object on stdout. Returns WEIR_EXIT_USAGE. */
int cmdline_fail(const struct cmdline *c, bool as_json, const struct flinkmodel_error *err);

#endif
