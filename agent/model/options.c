/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: the option string through one table. A row names an option's parser and field, and its texts make errors,
 * help and the README's section. A new option is a row; only what works is listed. Defaults are values of the table and
 * pass through the same parsers.
 * A string is taken whole or not at all: the first thing wrong ends it, and only `strict` survives, which decides
 * whether the JVM may start. What a message quotes comes from outside: it is cut and kept on one line. */
#include "model/options.h"

#include <stddef.h>
#include <string.h>

#include "model/component.h"
#include "model/memsize.h"
#include "model/optvalue.h"
#include "snapshot.h"

enum { QUOTED_MAX = 80 };

struct option {
    const char     *key; /* "limit." stands for each limitable component behind it */
    optvalue_parse *parse;
    size_t          field;    /* offset in struct options */
    const char     *initial;  /* what an absent option means, as a value, or NULL */
    const char     *absent;   /* else the same in words */
    uint64_t        min, max; /* bytes, milliseconds, a count, or the room of a text */
    const char     *takes;    /* "accepted is ..." */
    const char     *does;
};

/* A pattern is tried once here, so that a bad % is an error at start and not at the first write. */
static enum optvalue_problem file_name(void *field, const char *value, uint64_t min, uint64_t max)
{
    char       name[OPTIONS_PATH_MAX];
    struct buf out;
    buf_init(&out, name, sizeof name);
    if (options_expand(value, "h", 1, "t", &out) == WEIR_EINVAL)
        return OPTVALUE_BAD;
    return optvalue_text(field, value, min, max);
}

#define AT(member) offsetof(struct options, member)
#define FLAG_TEXT  "true, false or no value"
#define SIZE_TEXT  "a size: 512k, 64m, 2g"
#define FILE_TEXT  "in file names %h is the host, %p the pid, %t the start time, %% a %"
_Static_assert(WEIR_MAX_DEPTH == 64, "the row of depth says 64");

/* clang-format off */
static const struct option table[] = {
    { "mode", optvalue_mode, AT(mode), "warn", NULL, 0, 0, "observe, warn or enforce",
      "observe keeps the books and says nothing of limits; warn says which component exceeded its share; enforce also "
      "denies what would exceed it, with an OutOfMemoryError: for load tests" },
    { "limit.threads", optvalue_count, AT(limit_threads), NULL, "none", 1, 10000000, "a count",
      "Java threads that may live at a time, virtual ones not counted; enforce refuses the start of a further one where "
      "code of the user, a connector or a library decided it" },
    { "limit.", optvalue_size, AT(limit), NULL, "what Flink derives", 0, MEMSIZE_MAX, SIZE_TEXT,
      "bytes the component may hold, in place of what Flink derives; counts as declared" },
    { "declared", optvalue_components, AT(declared), NULL, "what options, configuration and user properties set", 0, 0,
      "components joined by +", "treat these limits as set by a person: exceeding one is a warning, not a notice" },
    { "deny", optvalue_deny, AT(deny), "task.off-heap+jvm-metaspace+threads", NULL, 0, 0,
      "none, or some of managed framework.off-heap task.off-heap network off-heap jvm-metaspace mapped threads native joined by +",
      "what mode=enforce denies beyond its limit, declared or not; of jvm-metaspace the classes that user code defines" },
    { "deny-native", optvalue_text, AT(deny_native), "zstd+lz4", NULL, 0, OPTIONS_NATIVE_MAX, "parts of file names joined by +",
      "with deny=native: libraries whose malloc fails (NULL, ENOMEM) beyond the limit of their component; not their operator new, but for "
      "its nothrow form. Those of the initial list are known to survive it" },
    { "deny-as", optvalue_deny_as, AT(deny_as_jvm), "weir", NULL, 0, 0, "weir or jvm",
      "the error's wording: ours, or the VM's, which Flink takes for its own" },
    { "conf", optvalue_text, AT(conf), NULL, "--configDir, else $FLINK_CONF_DIR", 0, OPTIONS_PATH_MAX,
      "a directory or file", "Flink's configuration" },
    { "flink", optvalue_version, AT(flink), NULL, "detected", 0, OPTIONS_VERSION_MAX,
      "a version from 1.10 to 2.x: 1.20, 2.0.1", "Flink's version, which decides how limits are derived" },
    { "rules", optvalue_text, AT(rules), NULL, "none", 0, OPTIONS_PATH_MAX, "a file",
      "attribution lines, `glob = component`, that come before the built-in ones" },
    { "grace", optvalue_size, AT(grace), "1m", NULL, 0, MEMSIZE_MAX, SIZE_TEXT,
      "how far a declared share may be exceeded before it is a warning" },
    { "dir", optvalue_text, AT(dir), NULL, "that of -Dlog.file, else the temporary directory", 0, OPTIONS_PATH_MAX,
      "a directory", "where files without a leading / go" },
    { "log", file_name, AT(log), "stderr", NULL, 0, OPTIONS_PATH_MAX, "stderr or a file",
      "text lines; " FILE_TEXT },
    { "json", file_name, AT(json), "weir-%h-%p-%t.jsonl", NULL, 0, OPTIONS_PATH_MAX, "off or a file",
      "JSON lines, one object per event; " FILE_TEXT },
    { "json-max", optvalue_size, AT(json_max), "64m", NULL, 65536, 1ULL << 40, "a size from 64k to 1t",
      "bytes of JSON lines kept, in two files: the present one and, named .1, the one before" },
    { "ledger", file_name, AT(ledger), "weir-%h-%p-%t.ledger", NULL, 0, OPTIONS_PATH_MAX, "off or a file",
      "the black box, written every second, read by `weir read`; " FILE_TEXT },
    { "last", file_name, AT(last), NULL, "/dev/termination-log where it is there to be written", 0, OPTIONS_PATH_MAX,
      "off or a file", "a digest of at most 4,000 bytes, rewritten every 10 s and after each breach; " FILE_TEXT },
    { "interval", optvalue_duration, AT(interval_ms), "60s", NULL, 1000, 86400000, "0, or 1s to 1d (s m h d)",
      "time between balance sheets in the JSON file; 0 is on request only" },
    { "hooks", optvalue_hooks, AT(hooks), "all", NULL, 0, 0, "all, none, or some of unsafe thread throw mapped exit class handles zlib ffm native joined by +",
      "which JVM functions are replaced: without unsafe no bytes are counted, without thread no Java threads, and owners have no job, without "
      "throw an OutOfMemoryError is not explained, without mapped no mapped file is counted, without "
      "exit nothing is said of a JVM that ends without shutdown, without class no definition is counted or denied, without "
      "handles no native object of RocksDB is counted, without zlib no Deflater or Inflater, without ffm no malloc that Java code calls itself, without "
      "native no memory of native libraries" },
    { "stacks", optvalue_stacks, AT(stacks_all), "auto", NULL, 0, 0, "auto or all",
      "which calls are walked for their stack: auto leaves some out while walking would take more than 1 % of one CPU, their "
      "bytes stand in the row undecided; in enforce both walk all, auto no farther than the 8 frames that mostly decide" },
    { "native", optvalue_text, AT(native), NULL, "RocksDB, ForSt, snappy, zstd, lz4, brotli, Python and every JNI library from outside the JDK",
      0, OPTIONS_NATIVE_MAX, "off, or parts of file names joined by +",
      "native libraries whose memory is counted, by replacing their calls of malloc, operator new and mmap; libstdc++ goes with them" },
    { "seed", optvalue_yes_no, AT(seed), "yes", NULL, 0, 0, "yes or no",
      "on attach, find the buffers, mapped files, managed pages and tasks that are there already; stops a TaskManager for a walk "
      "over its heap, about 6 ns per object" },
    { "depth", optvalue_count32, AT(depth), "32", NULL, 1, WEIR_MAX_DEPTH, "1 to 64", "frames kept of a stack" },
    { "max-live", optvalue_count, AT(max_live), "4194304", NULL, 1024, 67108864, "1024 to 67108864",
      "live allocations followed at most; what exceeds it is counted as untracked" },
    { "strict", optvalue_flag, AT(strict), NULL, "off", 0, 0, FLAG_TEXT,
      "a bad option, or a named file that cannot be used, refuses the JVM start, in place of leaving the agent dormant" },
    { "help", optvalue_flag, AT(help), NULL, "off", 0, 0, FLAG_TEXT, "print this on stderr and stay dormant" },
};
/* clang-format on */

enum { ROWS = sizeof table / sizeof table[0] };
_Static_assert(ROWS <= 32, "options_parse keeps a bit per row");

/* Its keys end in a component's id; its field is an array by component. */
static bool is_family(const struct option *row)
{
    return row->key[strlen(row->key) - 1] == '.';
}

/* May stand without a value. */
static bool is_flag(const struct option *row)
{
    return row->parse == optvalue_flag;
}

static enum optvalue_problem set(struct options *o, const struct option *row, const char *value)
{
    return row->parse((char *)o + row->field, value, row->min, row->max);
}

void options_default(struct options *options)
{
    memset(options, 0, sizeof *options);
    for (size_t i = 0; i < ROWS; i++)
        if (table[i].initial != NULL)
            (void)set(options, &table[i], table[i].initial);
}

/* One entry of the string: key, and value where there is a '='. */
struct entry {
    const char *at;
    size_t      len, key_len;
    bool        has_value;
};

static struct entry entry_at(const char *at)
{
    struct entry e = { .at = at, .len = strcspn(at, ",") };
    const char  *eq = memchr(at, '=', e.len);
    e.has_value = eq != NULL;
    e.key_len = eq == NULL ? e.len : (size_t)(eq - at);
    return e;
}

static const struct option *row_of(const struct entry *e)
{
    for (size_t i = 0; i < ROWS; i++) {
        size_t len = strlen(table[i].key);
        bool   whole = e->key_len == len || (e->key_len > len && is_family(&table[i]));
        if (whole && memcmp(e->at, table[i].key, len) == 0)
            return &table[i];
    }
    return NULL;
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static void put_quoted(struct buf *err, const char *s, size_t len)
{
    for (size_t i = 0; i < len && i < QUOTED_MAX; i++)
        buf_put(err, is_control(s[i]) ? "?" : s + i, 1);
    if (len > QUOTED_MAX)
        buf_puts(err, "...");
}

static void put_key(struct buf *out, const struct option *row)
{
    buf_puts(out, row->key);
    if (is_family(row))
        buf_puts(out, "COMPONENT");
}

static void say_unknown(struct buf *err)
{
    buf_puts(err, "no such option; accepted are ");
    for (size_t i = 0; i < ROWS; i++) {
        buf_puts(err, i == 0 ? "" : i + 1 < ROWS ? ", " : " and ");
        put_key(err, &table[i]);
    }
}

static void say_problem(struct buf *err, const struct option *row, enum optvalue_problem problem)
{
    switch (problem) {
    case OPTVALUE_TWICE: buf_puts(err, "set twice"); return;
    case OPTVALUE_BAD_COMPONENT:
        buf_puts(err, "not a component that can be limited; accepted are ");
        component_put_list(err, component_limitable);
        return;
    case OPTVALUE_TOO_LONG: buf_puts(err, "too long; "); break;
    case OPTVALUE_CONTROL_CHARACTER: buf_puts(err, "a control character; "); break;
    default: break;
    }
    buf_printf(err, "accepted is %s", row->takes);
}

static enum optvalue_problem set_limit(struct options *o, const struct option *row,
                                       const struct entry *e, const char *value)
{
    size_t              stem = strlen(row->key);
    enum weir_component c;
    if (!component_find(e->at + stem, e->key_len - stem, &c) || !component_limitable(c))
        return OPTVALUE_BAD_COMPONENT;
    if (o->limit_set[c])
        return OPTVALUE_TWICE;
    o->limit_set[c] = true;
    return row->parse(&o->limit[c], value, row->min, row->max);
}

static enum optvalue_problem set_from(struct options *o, const struct option *row,
                                      const struct entry *e)
{
    char   value[OPTIONS_PATH_MAX] = "";
    size_t len = e->has_value ? e->len - e->key_len - 1 : 0;
    if (len >= sizeof value)
        return OPTVALUE_TOO_LONG;
    for (size_t i = 0; i < e->len; i++)
        if (is_control(e->at[i]))
            return OPTVALUE_CONTROL_CHARACTER;
    if (len > 0)
        memcpy(value, e->at + e->key_len + 1, len);
    if (is_family(row))
        return set_limit(o, row, e, value);
    return set(o, row, e->has_value ? value : "true");
}

/* False: err says why. seen has a bit per row that was set; a limit is told apart by its component. */
static bool take(struct options *o, const struct entry *e, uint32_t *seen, struct buf *err)
{
    const struct option  *row = row_of(e);
    uint32_t              bit = row == NULL || is_family(row) ? 0 : 1u << (row - table);
    enum optvalue_problem problem = OPTVALUE_BAD;
    if (row != NULL && (e->has_value || is_flag(row))) {
        problem = *seen & bit ? OPTVALUE_TWICE : set_from(o, row, e);
        *seen |= bit;
    }
    if (problem == OPTVALUE_FINE)
        return true;
    buf_puts(err, "weir: option ");
    put_quoted(err, e->at, e->len);
    buf_puts(err, ": ");
    if (row == NULL) {
        say_unknown(err);
    } else {
        buf_puts(err, e->has_value || is_flag(row) ? "" : "needs a value; ");
        say_problem(err, row, problem);
    }
    return false;
}

/* What a running agent can take up; the rest decides how it was built. */
static bool is_changeable(const struct option *row)
{
    static const char *const keys[] = { "mode", "limit.", "limit.threads", "declared", "deny", "deny-as", "grace", "interval", "stacks" };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(row->key, keys[i]) == 0)
            return true;
    return false;
}

static bool may_change(const struct entry *e, struct buf *err)
{
    const struct option *row = row_of(e);
    if (row == NULL || is_changeable(row))
        return true; /* take() has words for the unknown */
    buf_puts(err, "weir: option ");
    put_quoted(err, e->at, e->len);
    buf_puts(err, ": cannot be changed while the JVM runs; accepted are mode, limit.COMPONENT, limit.threads, declared, deny, deny-as, grace, "
                  "interval and stacks");
    return false;
}

static void say_empty(struct buf *err, const char *text, const char *at)
{
    size_t where = (size_t)(at - text), shown = where < QUOTED_MAX ? where : QUOTED_MAX;
    buf_printf(err, "weir: options: nothing between commas at character %zu", where + 1);
    if (where > 0) {
        buf_puts(err, shown < where ? ", after ..." : ", after ");
        put_quoted(err, at - shown, shown);
    }
}

static bool is_entry(const char *at, size_t len, const char *text)
{
    return len == strlen(text) && memcmp(at, text, len) == 0;
}

/* Also in a string that is refused: it says what refusal means. */
static bool asks_strict(const char *text)
{
    for (const char *at = text;;) {
        size_t len = strcspn(at, ",");
        if (is_entry(at, len, "strict") || is_entry(at, len, "strict=true"))
            return true;
        if (at[len] == '\0')
            return false;
        at += len + 1;
    }
}

/* A limit may be given anew, once per string. */
static void keep_limits(struct options *to, const struct options *from)
{
    for (int c = 0; c < WEIR_COMPONENT_COUNT; c++)
        if (!to->limit_set[c]) {
            to->limit_set[c] = from->limit_set[c];
            to->limit[c] = from->limit[c];
        }
}

enum weir_rc options_change(struct options *options, const char *text, struct buf *err)
{
    static struct options changed; /* the reporter's alone; too large for a stack */
    uint32_t              seen = 0;
    changed = *options;
    memset(changed.limit_set, 0, sizeof changed.limit_set);
    for (const char *at = text;; at++) {
        struct entry e = entry_at(at);
        if (e.len == 0)
            say_empty(err, text, at);
        if (e.len == 0 || !may_change(&e, err) || !take(&changed, &e, &seen, err))
            return WEIR_EINVAL;
        at += e.len;
        if (*at == '\0')
            break;
    }
    keep_limits(&changed, options);
    *options = changed;
    return WEIR_OK;
}

enum weir_rc options_parse(struct options *options, const char *text, struct buf *err)
{
    uint32_t seen = 0;
    options_default(options);
    if (text == NULL || text[0] == '\0')
        return WEIR_OK;
    for (const char *at = text;; at++) {
        struct entry e = entry_at(at);
        if (e.len == 0)
            say_empty(err, text, at);
        if (e.len == 0 || !take(options, &e, &seen, err)) {
            options_default(options);
            options->strict = asks_strict(text);
            return WEIR_EINVAL;
        }
        at += e.len;
        if (*at == '\0')
            return WEIR_OK;
    }
}

static void put_components(struct buf *out)
{
    buf_puts(out, "\nCOMPONENT is ");
    component_put_list(out, component_limitable);
    buf_puts(out, ".\n");
}

void options_help(struct buf *out)
{
    char       key[32];
    struct buf name;
    buf_puts(out, "-agentpath:/path/libweir.so=KEY=VALUE,KEY=VALUE,...\n");
    for (const struct option *row = table; row < table + ROWS; row++) {
        buf_init(&name, key, sizeof key);
        put_key(&name, row);
        buf_printf(out, "\n  %-17s %s\n", key, row->takes);
        buf_printf(out, "      %s\n      absent: %s\n", row->does,
                   row->initial != NULL ? row->initial : row->absent);
    }
    put_components(out);
}

void options_markdown(struct buf *out)
{
    buf_puts(out, "| option | takes | absent | what it does |\n| --- | --- | --- | --- |\n");
    for (const struct option *row = table; row < table + ROWS; row++) {
        const char *quote = row->initial != NULL ? "`" : "";
        buf_puts(out, "| `");
        put_key(out, row);
        buf_printf(out, "` | %s | %s%s%s | %s |\n", row->takes,
                   quote, row->initial != NULL ? row->initial : row->absent, quote, row->does);
    }
    put_components(out);
}

static void put_host(struct buf *out, const char *host)
{
    for (; *host != '\0'; host++) {
        bool plain = (*host >= 'a' && *host <= 'z') || (*host >= 'A' && *host <= 'Z') ||
                     (*host >= '0' && *host <= '9') || *host == '.' || *host == '_' || *host == '-';
        buf_put(out, plain ? host : "_", 1);
    }
}

enum weir_rc options_expand(const char *pattern, const char *host, int64_t pid, const char *start,
                            struct buf *out)
{
    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p != '%') {
            buf_put(out, p, 1);
            continue;
        }
        switch (*++p) {
        case 'h': put_host(out, host); break;
        case 'p': buf_printf(out, "%lld", (long long)pid); break;
        case 't': buf_puts(out, start); break;
        case '%': buf_puts(out, "%"); break;
        default: return WEIR_EINVAL;
        }
    }
    return out->cut ? WEIR_EFULL : WEIR_OK;
}
