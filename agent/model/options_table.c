/* SPDX-License-Identifier: Apache-2.0 */
/* options_table.c: what each option takes, does and means when absent. A new option is a row, and a setter where none of
 * these fits. Only what works is listed: a known value that is not built yet is told apart from a wrong one.
 * Invariant: setters change *options only when they return OPTION_FINE; the initial values go through them too. The one
 *            exception, `declared`, may leave the components before a bad one: options_parse then starts anew. */
#include "model/options_table.h"

#include <string.h>

#include "model/component.h"
#include "model/flinkversion.h"
#include "model/memsize.h"
#include "snapshot.h"

/* ASCII digits to a number; *len is how many there were. False: none, or more than any range here needs. */
static bool digits(const char *s, uint64_t *out, size_t *len)
{
    uint64_t n = 0;
    size_t   i = 0;
    for (; s[i] >= '0' && s[i] <= '9'; i++) {
        if (i == 18)
            return false;
        n = n * 10 + (uint64_t)(s[i] - '0');
    }
    *out = n;
    *len = i;
    return i > 0;
}

static void *field_of(struct options *options, const struct option *row)
{
    return (char *)options + row->field;
}

static bool in_range(const struct option *row, uint64_t n)
{
    return n >= row->min && n <= row->max;
}

static enum option_problem set_mode(struct options *o, const struct option *row, const char *rest, const char *value)
{
    (void)row, (void)rest;
    if (strcmp(value, "enforce") == 0)
        return OPTION_NOT_BUILT;
    if (strcmp(value, "observe") != 0 && strcmp(value, "warn") != 0)
        return OPTION_BAD_VALUE;
    o->mode = value[0] == 'o' ? WEIR_MODE_OBSERVE : WEIR_MODE_WARN;
    return OPTION_FINE;
}

static enum option_problem set_stacks(struct options *o, const struct option *row, const char *rest, const char *value)
{
    (void)row, (void)rest;
    if (strcmp(value, "auto") == 0)
        return OPTION_NOT_BUILT;
    if (strcmp(value, "all") != 0)
        return OPTION_BAD_VALUE;
    o->stacks_all = true;
    return OPTION_FINE;
}

static enum option_problem set_size(struct options *o, const struct option *row, const char *rest, const char *value)
{
    (void)rest;
    uint64_t bytes;
    if (memsize_parse(value, &bytes, NULL) != WEIR_OK || !in_range(row, bytes))
        return OPTION_BAD_VALUE;
    *(uint64_t *)field_of(o, row) = bytes;
    return OPTION_FINE;
}

static enum option_problem set_limit(struct options *o, const struct option *row, const char *rest, const char *value)
{
    (void)row;
    enum weir_component c;
    uint64_t            bytes;
    if (!component_find(rest, strlen(rest), &c) || !component_limitable(c))
        return OPTION_BAD_COMPONENT;
    if (memsize_parse(value, &bytes, NULL) != WEIR_OK)
        return OPTION_BAD_VALUE;
    if (o->limit_set[c])
        return OPTION_TWICE;
    o->limit_set[c] = true;
    o->limit[c] = bytes;
    return OPTION_FINE;
}

static enum option_problem set_declared(struct options *o, const struct option *row, const char *rest, const char *value)
{
    (void)row, (void)rest;
    for (const char *at = value;;) {
        size_t              len = strcspn(at, "+");
        enum weir_component c;
        if (!component_find(at, len, &c) || !component_limitable(c))
            return OPTION_BAD_COMPONENT;
        o->declared[c] = true;
        if (at[len] == '\0')
            return OPTION_FINE;
        at += len + 1;
    }
}

static enum option_problem set_duration(struct options *o, const struct option *row, const char *rest, const char *value)
{
    static const struct {
        char     unit;
        uint64_t ms;
    } units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
    (void)rest;
    uint64_t n, ms = UINT64_MAX; /* in no range */
    size_t   len;
    if (!digits(value, &n, &len))
        return OPTION_BAD_VALUE;
    if (n == 0 && value[len] == '\0')
        ms = 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (value[len] == units[i].unit && value[len + 1] == '\0' && n <= row->max)
            ms = n * units[i].ms;
    if (ms != 0 && !in_range(row, ms))
        return OPTION_BAD_VALUE;
    *(uint64_t *)field_of(o, row) = ms;
    return OPTION_FINE;
}

static enum option_problem set_depth(struct options *o, const struct option *row, const char *rest, const char *value)
{
    (void)rest;
    uint64_t n;
    size_t   len;
    if (!digits(value, &n, &len) || value[len] != '\0' || !in_range(row, n))
        return OPTION_BAD_VALUE;
    o->depth = (uint32_t)n;
    return OPTION_FINE;
}

static enum option_problem set_count(struct options *o, const struct option *row, const char *rest, const char *value)
{
    (void)rest;
    uint64_t n;
    size_t   len;
    if (!digits(value, &n, &len) || value[len] != '\0' || !in_range(row, n))
        return OPTION_BAD_VALUE;
    *(uint64_t *)field_of(o, row) = n;
    return OPTION_FINE;
}

static enum option_problem set_path(struct options *o, const struct option *row, const char *rest, const char *value)
{
    (void)rest;
    if (value[0] == '\0')
        return OPTION_BAD_VALUE;
    memcpy(field_of(o, row), value, strlen(value) + 1); /* options_parse keeps it under OPTIONS_PATH_MAX */
    return OPTION_FINE;
}

/* A pattern is tried once here, so that a bad % is an error at start and not at the first write. */
static enum option_problem set_pattern(struct options *o, const struct option *row, const char *rest, const char *value)
{
    char       name[OPTIONS_PATH_MAX];
    struct buf out;
    buf_init(&out, name, sizeof name);
    if (options_expand(value, "h", 1, "t", &out) == WEIR_EINVAL)
        return OPTION_BAD_VALUE;
    return set_path(o, row, rest, value);
}

static enum option_problem set_version(struct options *o, const struct option *row, const char *rest, const char *value)
{
    struct flink_version v;
    if (strlen(value) >= OPTIONS_VERSION_MAX)
        return OPTION_TOO_LONG;
    if (flink_version_parse(value, &v) != WEIR_OK || !flink_version_supported(v))
        return OPTION_BAD_VALUE;
    return set_path(o, row, rest, value);
}

static enum option_problem set_flag(struct options *o, const struct option *row, const char *rest, const char *value)
{
    (void)rest, (void)value;
    *(bool *)field_of(o, row) = true;
    return OPTION_FINE;
}

#define AT(member) offsetof(struct options, member)
#define SIZE_TEXT "a size: 512k, 64m, 2g"
#define FILE_TEXT "in file names %h is the host, %p the pid, %t the start time, %% a %"
_Static_assert(WEIR_MAX_DEPTH == 64, "the row of depth says 64");

static const struct option table[] = {
    { "mode", set_mode, AT(mode), "warn", NULL, 0, 0, "observe or warn",
      "observe keeps the books and says nothing of limits; warn says which component exceeded its share" },
    { "limit.", set_limit, AT(limit), NULL, "what Flink derives", 0, 0, SIZE_TEXT,
      "bytes the component may hold, in place of what Flink derives; counts as declared" },
    { "declared", set_declared, AT(declared), NULL, "what options, configuration and user properties set", 0, 0,
      "components joined by +", "treat these limits as set by a person: exceeding one is a warning, not a notice" },
    { "conf", set_path, AT(conf), NULL, "--configDir, else $FLINK_CONF_DIR", 0, 0, "a directory or file",
      "Flink's configuration" },
    { "flink", set_version, AT(flink), NULL, "detected", 0, 0, "a version from 1.10 to 2.x: 1.20, 2.0.1",
      "Flink's version, which decides how limits are derived" },
    { "rules", set_path, AT(rules), NULL, "none", 0, 0, "a file",
      "attribution lines, `glob = component`, that come before the built-in ones" },
    { "grace", set_size, AT(grace), "1m", NULL, 0, MEMSIZE_MAX, SIZE_TEXT,
      "how far a declared share may be exceeded before it is a warning" },
    { "dir", set_path, AT(dir), NULL, "that of -Dlog.file, else the temporary directory", 0, 0, "a directory",
      "where files without a leading / go" },
    { "log", set_pattern, AT(log), "stderr", NULL, 0, 0, "stderr or a file", "text lines; " FILE_TEXT },
    { "json", set_pattern, AT(json), "weir-%h-%p-%t.jsonl", NULL, 0, 0, "off or a file",
      "JSON lines, one object per event; " FILE_TEXT },
    { "json-max", set_size, AT(json_max), "64m", NULL, 65536, 1ULL << 40, "a size from 64k to 1t",
      "bytes after which the JSON file is replaced; the one before is kept" },
    { "interval", set_duration, AT(interval_ms), "60s", NULL, 1000, 86400000, "0, or 1s to 1d (s m h d)",
      "time between balance sheets in the JSON file; 0 is on request only" },
    { "stacks", set_stacks, AT(stacks_all), "all", NULL, 0, 0, "all", "which calls are walked for their stack" },
    { "depth", set_depth, AT(depth), "32", NULL, 1, WEIR_MAX_DEPTH, "1 to 64", "frames kept of a stack" },
    { "max-live", set_count, AT(max_live), "4194304", NULL, 1024, 67108864, "1024 to 67108864",
      "live allocations followed at most; what exceeds it is counted as untracked" },
    { "strict", set_flag, AT(strict), NULL, "off", 0, 0, NULL,
      "a bad option string refuses the JVM start, in place of leaving the agent dormant" },
    { "help", set_flag, AT(help), NULL, "off", 0, 0, NULL, "print this on stderr and stay dormant" },
};
enum { ROWS = sizeof table / sizeof table[0] };
_Static_assert(ROWS <= 32, "options.c keeps a bit per row");

const struct option *options_row(size_t i)
{
    return i < ROWS ? &table[i] : NULL;
}

bool options_is_family(const struct option *row)
{
    return row->key[strlen(row->key) - 1] == '.';
}

void options_default(struct options *options)
{
    memset(options, 0, sizeof *options);
    for (size_t i = 0; i < ROWS; i++)
        if (table[i].initial != NULL)
            (void)table[i].set(options, &table[i], "", table[i].initial);
}
