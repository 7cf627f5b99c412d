/* SPDX-License-Identifier: Apache-2.0 */
/* flinkconf_args.c: program arguments of Flink's main classes, as commons-cli's DefaultParser reads them for Flink:
 * an option takes following tokens as its values until it has enough or a token looks like an option; `-D` has two
 * values that one token may carry as "key=value"; the first token that is neither option nor value ends the options
 * (what follows belongs to the user's program). Superset of the options of all Flink main classes. */
#include <string.h>

#include "model/flinkconf.h"

enum { UNLIMITED = 1 << 20 };

static const struct option {
    const char *letter; /* may be longer than one, as commons-cli allows */
    const char *word;
    int         values;
} options[] = {
    { "D", NULL, 2 },           { "c", "configDir", 1 },     { "h", "host", 1 },
    { "r", "webui-port", 1 },   { "x", "executionMode", 1 }, { "j", "job-classname", 1 },
    { "jid", "job-id", 1 },     { "s", "fromSavepoint", 1 }, { "n", "allowNonRestoredState", 0 },
    { "rm", "restoreMode", 1 }, { "cm", "claimMode", 1 },    { "jars", "jars", UNLIMITED },
};
#define DYNAMIC    (&options[0])
#define CONFIG_DIR (&options[1])

struct span {
    const char *s;
    size_t      n;
};

struct reader {
    struct flinkconf    *conf;
    struct buf          *configdir;
    const struct option *open; /* takes the next tokens as values; NULL = none */
    int                  missing;
    struct span          key; /* first value of an open -D */
    unsigned             known;
};

static struct span span_of(const char *s)
{
    return (struct span){ s, strlen(s) };
}

static bool span_is(struct span t, const char *word)
{
    return word != NULL && strlen(word) == t.n && memcmp(t.s, word, t.n) == 0;
}

/* The part of t before '='. */
static struct span before_equals(struct span t)
{
    const char *equals = memchr(t.s, '=', t.n);
    return equals != NULL ? (struct span){ t.s, (size_t)(equals - t.s) } : t;
}

static const struct option *find_named(struct span name)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (span_is(name, options[i].letter) || span_is(name, options[i].word))
            return &options[i];
    return NULL;
}

/* "-Dk=v" and "-cDIR": the value is glued to a single letter. */
static const struct option *find_glued(struct span token)
{
    for (size_t i = 0; token.n > 2 && i < sizeof options / sizeof options[0]; i++)
        if (options[i].letter[1] == '\0' && options[i].letter[0] == token.s[1] &&
            options[i].values > 0)
            return &options[i];
    return NULL;
}

static bool looks_like_option(struct span token)
{
    if (token.n < 2 || token.s[0] != '-')
        return false;
    size_t      dashes = token.s[1] == '-' ? 2 : 1;
    struct span name = before_equals((struct span){ token.s + dashes, token.n - dashes });
    return find_named(name) != NULL || (dashes == 1 && find_glued(token) != NULL);
}

static void set_dynamic(struct reader *r, struct span key, struct span value)
{
    enum flinkkey known = flinkkey_find_n(key.s, key.n);
    if (known == FLINKKEY_NONE)
        return;
    flinkconf_set(r->conf, known, FLINKCONF_DYNAMIC, value.s, value.n);
    r->known++;
}

/* Ends the open option; a -D that got a key only means "true". */
static void close_option(struct reader *r)
{
    if (r->open == DYNAMIC && r->missing == 1)
        set_dynamic(r, r->key, span_of("true"));
    r->open = NULL;
}

static struct span unquoted(struct span t)
{
    bool quoted = t.n > 1 && t.s[0] == '"' && t.s[t.n - 1] == '"';
    if (quoted && memchr(t.s + 1, '"', t.n - 2) == NULL)
        return (struct span){ t.s + 1, t.n - 2 };
    return t;
}

static void add_dynamic_value(struct reader *r, struct span value)
{
    struct span key = before_equals(value);
    if (r->missing == 1) {
        set_dynamic(r, r->key, value);
        r->missing = 0;
    } else if (key.n < value.n) {
        set_dynamic(r, key, (struct span){ value.s + key.n + 1, value.n - key.n - 1 });
        r->missing = 0;
    } else {
        r->key = value;
        r->missing = 1;
    }
}

static void add_value(struct reader *r, struct span value)
{
    if (r->open == DYNAMIC) {
        add_dynamic_value(r, value);
        return;
    }
    if (r->open == CONFIG_DIR && r->configdir != NULL) {
        buf_reset(r->configdir);
        buf_put(r->configdir, value.s, value.n);
    }
    r->missing--;
}

static void open_option(struct reader *r, const struct option *o)
{
    close_option(r);
    r->open = o;
    r->missing = o->values;
}

/* False: the token is no option, reading stops. */
static bool read_option(struct reader *r, struct span token)
{
    if (token.n < 2 || token.s[0] != '-' || span_is(token, "--"))
        return false;
    size_t               dashes = token.s[1] == '-' ? 2 : 1;
    struct span          name = { token.s + dashes, token.n - dashes };
    struct span          bare = before_equals(name);
    const struct option *o = find_named(bare);
    if (o != NULL) {
        open_option(r, o);
        if (bare.n == name.n)
            return true;
        add_value(r, (struct span){ bare.s + bare.n + 1, name.n - bare.n - 1 });
    } else {
        o = dashes == 1 ? find_glued(token) : NULL;
        if (o == NULL)
            return false;
        open_option(r, o);
        add_value(r, (struct span){ token.s + 2, token.n - 2 });
    }
    close_option(r); /* what stands glued to an option takes no further token */
    return true;
}

unsigned flinkconf_from_args(struct flinkconf *c, int argc, const char *const *argv,
                             struct buf *configdir)
{
    struct reader r = { .conf = c, .configdir = configdir };
    if (configdir != NULL)
        buf_reset(configdir);
    for (int i = 0; i < argc; i++) {
        struct span token = span_of(argv[i]);
        bool        is_value =
            r.open != NULL && r.missing > 0 && !span_is(token, "--") && !looks_like_option(token);
        if (is_value)
            add_value(&r, unquoted(token));
        else if (!read_option(&r, token))
            break;
    }
    close_option(&r);
    return r.known;
}
