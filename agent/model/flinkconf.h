/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_FLINKCONF_H
#define MODEL_FLINKCONF_H
/* A Flink configuration: for each known key its raw text, its type and where it came from.
 * A plain value without pointers: copy it, keep it static; it is about 42 KiB, so not on a small stack.
 * Later calls override earlier ones key by key, as Flink does: load the file first, then the program arguments. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/flinkkeys.h"
#include "model/flinkversion.h"
#include "weir.h"

#define FLINKCONF_TEXT_CAP 512 /* a longer value is kept as a prefix that never parses */

/* What the standard YAML parser made of a plain scalar; every other way gives strings. */
enum flinkconf_type { FLINKCONF_STRING, FLINKCONF_INT, FLINKCONF_FLOAT, FLINKCONF_BOOL };

enum flinkconf_source {
    FLINKCONF_UNSET = 0,
    FLINKCONF_FILE,
    FLINKCONF_DYNAMIC,     /* -D key=value after the main class */
    FLINKCONF_ENVIRONMENT, /* FLINK_TM_HEAP, FLINK_JM_HEAP */
    FLINKCONF_OPTION       /* an option of Weir */
};

struct flinkconf_value {
    uint8_t  source; /* enum flinkconf_source; FLINKCONF_UNSET = key absent */
    uint8_t  type;   /* enum flinkconf_type */
    bool     too_long;
    uint8_t  times;                /* how often program arguments gave it, at most 255 */
    uint32_t line;                 /* of the file, from 1; 0 = none */
    char text[FLINKCONF_TEXT_CAP]; /* Java's toString() of the value; a NUL in it is kept as byte 1 */
};

struct flinkconf {
    struct flinkconf_value values[FLINKKEY_COUNT];
};

enum flinkconf_file { FLINKCONF_NO_FILE, FLINKCONF_LEGACY_FILE, FLINKCONF_STANDARD_FILE };

/* All keys absent. */
void flinkconf_init(struct flinkconf *c);

/* flink-conf.yaml. Like Flink's own it never fails: lines that are no key-value pair are ignored; *ignored (may be
 * NULL) counts them. */
void flinkconf_load_legacy(struct flinkconf *c, const char *text, size_t len, unsigned *ignored);
/* config.yaml. WEIR_EINVAL: Flink refuses this file; err has one sentence with the line, c is unchanged.
 * WEIR_ENOMEM: no memory. Calls malloc. */
enum weir_rc flinkconf_load_yaml(struct flinkconf *c, const char *text, size_t len, struct buf *err);

/* One `-D` argument, "key=value"; without '=' the value is "true". False: not a key we know, nothing kept. */
bool flinkconf_set_dynamic(struct flinkconf *c, const char *argument);
/* An environment variable; value NULL = not set, "" counts as set (Flink then fails). */
void flinkconf_set_env(struct flinkconf *c, enum flinkkey key, const char *value);
/* Any key from any source; what flinkconf_set_dynamic and the loaders end in. len bytes of text. */
void flinkconf_set(struct flinkconf *c, enum flinkkey key, enum flinkconf_source source,
                   const char *text, size_t len);

/* Program arguments after the main class, read as Flink's commons-cli does: `-D k=v`, `-Dk=v`, `-D k` = "true",
 * `--configDir X`, `-c X`; the last one wins; reading stops at the first token that is no option of Flink's. configdir
 * (may be NULL) is reset and gets the directory, "" when there is none. Returns how many known keys were set. */
unsigned flinkconf_from_args(struct flinkconf *c, int argc, const char *const *argv,
                             struct buf *configdir);

/* NULL: absent. Only this very key; for an option with a deprecated name see flinkconf_option. */
const struct flinkconf_value *flinkconf_get(const struct flinkconf *c, enum flinkkey key);
/* As Flink reads an option: the key if present, else its deprecated name. *used (may be NULL) says which it was. */
const struct flinkconf_value *flinkconf_option(const struct flinkconf *c, enum flinkkey key,
                                               enum flinkkey *used);
/* A boolean option, `otherwise` when absent or neither true nor false. */
bool flinkconf_bool(const struct flinkconf *c, enum flinkkey key, bool otherwise);

/* Is the value this word (lower case), in any case? As Flink reads true and false. */
bool flinkconf_word(const struct flinkconf_value *v, const char *word);

/* Did a person set this option, as opposed to a value that Flink's scripts worked out and passed on?
 * file: what was loaded from the configuration file and the environment, NULL when it could not be read.
 * args: what the program arguments gave. Declared is
 *   - whatever stands in the file or the environment, also under its deprecated name;
 *   - an argument whose key the scripts never write;
 *   - one the scripts do write, when it is given twice (the scripts write it once, so the other is a person's), is not
 *     of the form "<digits>b" they write, or differs from the default of an option that has a fixed one
 *     (framework.heap, framework.off-heap, task.off-heap, metaspace, the JobManager's off-heap): nothing derives such
 *     a value.
 * What is left is what the scripts derived: not declared. */
bool flinkconf_declared(const struct flinkconf *file, const struct flinkconf *args,
                        enum flinkkey key);

/* Which file Flink of this version reads, given which exist in its configuration directory. */
enum flinkconf_file flinkconf_file_for(struct flink_version v, bool has_flink_conf_yaml,
                                       bool has_config_yaml);
/* The format of a file that a person named: its name's, else the one this version prefers. */
enum flinkconf_file flinkconf_file_of_name(struct flink_version v, const char *name);
/* "flink-conf.yaml", "config.yaml", "" for FLINKCONF_NO_FILE. */
const char *flinkconf_file_name(enum flinkconf_file f);

#endif
