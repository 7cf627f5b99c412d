/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: the option string, its errors, its help. What an option is stands in options_table.c; nothing here knows a
 * key by name but `strict`.
 * A string is taken whole or not at all: the first thing wrong ends it, and only `strict` survives, which decides
 * whether the JVM may start. What a message quotes comes from outside: it is cut and kept on one line. */
#include "model/options.h"

#include <stddef.h>
#include <string.h>

#include "model/component.h"
#include "model/options_table.h"

enum { QUOTED_MAX = 80, REST_MAX = 32 };

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

static const struct option *row_of(const struct entry *e, uint32_t *bit)
{
    const struct option *row;
    for (size_t i = 0; (row = options_row(i)) != NULL; i++) {
        size_t len = strlen(row->key);
        bool   whole = e->key_len == len || (e->key_len > len && options_is_family(row));
        if (whole && memcmp(e->at, row->key, len) == 0) {
            *bit = 1u << i;
            return row;
        }
    }
    return NULL;
}

static void put_quoted(struct buf *err, const char *s, size_t len)
{
    for (size_t i = 0; i < len && i < QUOTED_MAX; i++) {
        char c = (unsigned char)s[i] < 0x20 || s[i] == 0x7f ? '?' : s[i];
        buf_put(err, &c, 1);
    }
    if (len > QUOTED_MAX)
        buf_puts(err, "...");
}

static void put_key(struct buf *out, const struct option *row)
{
    buf_puts(out, row->key);
    if (options_is_family(row))
        buf_puts(out, "COMPONENT");
}

/* Every message: what it is about, then the rest. */
static void say_entry(struct buf *err, const struct entry *e)
{
    buf_puts(err, "weir: option ");
    put_quoted(err, e->at, e->len);
    buf_puts(err, ": ");
}

static void say_unknown(struct buf *err, const struct entry *e)
{
    say_entry(err, e);
    buf_puts(err, "no such option; accepted are ");
    const struct option *row;
    for (size_t i = 0; (row = options_row(i)) != NULL; i++) {
        buf_puts(err, i == 0 ? "" : options_row(i + 1) != NULL ? ", " : " and ");
        put_key(err, row);
    }
}

static void say_problem(struct buf *err, const struct entry *e, const struct option *row, enum option_problem problem)
{
    say_entry(err, e);
    if (problem == OPTION_BAD_COMPONENT) {
        buf_puts(err, "not a component that can be limited; accepted are ");
        component_put_list(err, component_limitable);
        return;
    }
    static const char *const what[] = { [OPTION_NOT_BUILT] = "not built yet; ",
                                        [OPTION_TOO_LONG] = "too long; ",
                                        [OPTION_CONTROL_CHARACTER] = "a control character; " };
    if (problem == OPTION_TWICE) {
        buf_puts(err, "set twice");
        return;
    }
    if (problem < sizeof what / sizeof what[0] && what[problem] != NULL)
        buf_puts(err, what[problem]);
    buf_printf(err, "accepted is %s", row->takes);
}

static bool has_control_character(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
            return true;
    return false;
}

static enum option_problem set_from(struct options *o, const struct option *row, const struct entry *e)
{
    char        rest[REST_MAX] = "", value[OPTIONS_PATH_MAX] = "";
    size_t      stem = strlen(row->key), rest_len = options_is_family(row) ? e->key_len - stem : 0;
    const char *at = e->at + e->key_len + 1;
    size_t      len = e->has_value ? e->len - e->key_len - 1 : 0;
    if (rest_len >= sizeof rest)
        return OPTION_BAD_COMPONENT; /* longer than any id */
    if (len >= sizeof value)
        return OPTION_TOO_LONG;
    if (has_control_character(e->at, e->len))
        return OPTION_CONTROL_CHARACTER;
    memcpy(rest, e->at + stem, rest_len);
    if (len > 0)
        memcpy(value, at, len);
    return row->set(o, row, rest, value);
}

/* False: err says why. seen has a bit per row that was set; families look after their members themselves. */
static bool take(struct options *o, const struct entry *e, uint32_t *seen, struct buf *err)
{
    uint32_t             bit;
    const struct option *row = row_of(e, &bit);
    if (row == NULL) {
        say_unknown(err, e);
        return false;
    }
    if (e->has_value && row->takes == NULL) {
        say_entry(err, e);
        buf_puts(err, "takes no value");
        return false;
    }
    if (!e->has_value && row->takes != NULL) {
        say_entry(err, e);
        buf_printf(err, "needs a value; accepted is %s", row->takes);
        return false;
    }
    bool                again = (*seen & bit) != 0 && !options_is_family(row);
    enum option_problem problem = again ? OPTION_TWICE : set_from(o, row, e);
    if (problem != OPTION_FINE)
        say_problem(err, e, row, problem);
    *seen |= bit;
    return problem == OPTION_FINE;
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

/* Also in a string that is refused: it says what refusal means. */
static bool asks_strict(const char *text)
{
    for (const char *at = text;;) {
        size_t len = strcspn(at, ",");
        if (len == strlen("strict") && memcmp(at, "strict", len) == 0)
            return true;
        if (at[len] == '\0')
            return false;
        at += len + 1;
    }
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

static void put_absent(struct buf *out, const struct option *row, const char *quote)
{
    if (row->initial != NULL)
        buf_printf(out, "%s%s%s", quote, row->initial, quote);
    else
        buf_puts(out, row->absent);
}

void options_help(struct buf *out)
{
    const struct option *row;
    buf_puts(out, "-agentpath:/path/libweir.so=KEY=VALUE,KEY=VALUE,...\n");
    for (size_t i = 0; (row = options_row(i)) != NULL; i++) {
        buf_puts(out, "\n  ");
        put_key(out, row);
        if (row->takes != NULL)
            buf_printf(out, "=  %s", row->takes);
        buf_printf(out, "\n      %s\n      absent: ", row->does);
        put_absent(out, row, "");
        buf_puts(out, "\n");
    }
    buf_puts(out, "\nCOMPONENT is ");
    component_put_list(out, component_limitable);
    buf_puts(out, ".\n");
}

void options_markdown(struct buf *out)
{
    const struct option *row;
    buf_puts(out, "| option | takes | absent | what it does |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; (row = options_row(i)) != NULL; i++) {
        buf_puts(out, "| `");
        put_key(out, row);
        buf_printf(out, "` | %s | ", row->takes == NULL ? "no value" : row->takes);
        put_absent(out, row, "`");
        buf_printf(out, " | %s |\n", row->does);
    }
    buf_puts(out, "\nCOMPONENT is ");
    component_put_list(out, component_limitable);
    buf_puts(out, ".\n");
}

static void put_host(struct buf *out, const char *host)
{
    for (; *host != '\0'; host++) {
        bool plain = (*host >= 'a' && *host <= 'z') || (*host >= 'A' && *host <= 'Z') ||
                     (*host >= '0' && *host <= '9') || *host == '.' || *host == '_' || *host == '-';
        buf_put(out, plain ? host : "_", 1);
    }
}

enum weir_rc options_expand(const char *pattern, const char *host, int64_t pid, const char *start, struct buf *out)
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
