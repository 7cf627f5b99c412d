/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c: the user's attribution file, kept as a short ordered list of globs.
 * Only components that an allocation can be booked to are accepted. A file may serve a TaskManager and a JobManager
 * alike: a line whose component the JVM's role does not have is kept, and passed over by attribute_decide().
 * A comment starts at a '#' that opens the line or follows a blank; the component follows the last '=', so that a jar's
 * name may hold one.
 * Bound: RULES_MAX lines of RULES_GLOB_MAX - 1 bytes; one more is an error, never a silent cut. */
#include "model/rules.h"

#include <string.h>

#include "model/component.h"

#include "base/poison.h"

/* A piece of the text; not NUL-terminated. */
struct span {
    const char *at;
    size_t      len;
};

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s)
{
    while (s.len > 0 && blank(s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && blank(s.at[s.len - 1]))
        s.len--;
    return s;
}

static struct span without_comment(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] == '#' && (i == 0 || blank(s.at[i - 1])))
            s.len = i;
    return trim(s);
}

/* The offending text may hold anything: it is shown short, on one line. */
static void put_quoted(struct buf *err, struct span s)
{
    enum { SHOWN = 60 };
    buf_puts(err, "\"");
    for (size_t i = 0; i < s.len && i < SHOWN; i++) {
        char c = (unsigned char)s.at[i] < 0x20 || s.at[i] == 0x7f ? '?' : s.at[i];
        buf_put(err, &c, 1);
    }
    buf_puts(err, s.len > SHOWN ? "...\"" : "\"");
}

static enum weir_rc refuse(struct buf *err, size_t number, struct span line, const char *what)
{
    buf_printf(err, "weir: rules line %zu: ", number);
    put_quoted(err, line);
    buf_printf(err, ": %s; accepted is `glob = component`, the glob at most %d characters long",
               what, RULES_GLOB_MAX - 1);
    buf_puts(err, " (* and ? match), the component ");
    component_put_list(err, component_bookable);
    return WEIR_EINVAL;
}

static enum weir_rc add_line(struct rules *rules, size_t number, struct span line, struct buf *err)
{
    if (memchr(line.at, '\0', line.len) != NULL)
        return refuse(err, number, line, "a NUL byte");
    size_t eq = line.len;
    while (eq > 0 && line.at[eq - 1] != '=')
        eq--;
    if (eq == 0)
        return refuse(err, number, line, "no '='");
    struct span         glob = trim((struct span){ line.at, eq - 1 });
    struct span         id = trim((struct span){ line.at + eq, line.len - eq });
    enum weir_component component;
    if (glob.len == 0)
        return refuse(err, number, line, "no glob");
    if (glob.len >= RULES_GLOB_MAX)
        return refuse(err, number, line, "the glob is too long");
    if (!component_find(id.at, id.len, &component) || !component_bookable(component))
        return refuse(err, number, line, "not a component of allocations");
    if (rules->count == RULES_MAX) {
        buf_printf(err, "weir: rules line %zu: more than %d rules", number, RULES_MAX);
        return WEIR_EINVAL;
    }
    memcpy(rules->line[rules->count].glob, glob.at, glob.len);
    rules->line[rules->count].glob[glob.len] = '\0';
    rules->line[rules->count++].component = (uint8_t)component;
    return WEIR_OK;
}

void rules_init(struct rules *rules)
{
    rules->count = 0;
}

enum weir_rc rules_parse(struct rules *rules, const char *text, size_t len, struct buf *err)
{
    rules_init(rules);
    for (size_t number = 1, at = 0; at < len; number++) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t      n = end == NULL ? len - at : (size_t)(end - (text + at));
        struct span line = without_comment((struct span){ text + at, n });
        at += n + 1;
        if (line.len == 0)
            continue;
        enum weir_rc rc = add_line(rules, number, line, err);
        if (rc != WEIR_OK) {
            rules_init(rules);
            return rc;
        }
    }
    return WEIR_OK;
}

bool rules_match(const struct rules *rules, const char *class_name, const char *source,
                 enum weir_component *component)
{
    for (size_t i = 0; rules != NULL && i < rules->count; i++) {
        const char *glob = rules->line[i].glob;
        if (rules_glob(glob, class_name) || (source[0] != '\0' && rules_glob(glob, source))) {
            *component = (enum weir_component)rules->line[i].component;
            return true;
        }
    }
    return false;
}

/* Only the last '*' needs to be retried: what an earlier one would take, the last can take as well. */
bool rules_glob(const char *glob, const char *text)
{
    const char *star = NULL, *retry = NULL;
    while (*text != '\0') {
        if (*glob == '*') {
            star = ++glob;
            retry = text;
        } else if (*glob == *text || *glob == '?') {
            glob++;
            text++;
        } else if (star != NULL) {
            glob = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*glob == '*')
        glob++;
    return *glob == '\0';
}
