/* SPDX-License-Identifier: Apache-2.0 */
/* flinkconf_legacy.c: flink-conf.yaml as Flink up to 1.20 reads it, which is no YAML: a line is cut at the first '#',
 * trimmed, and split at the first ": ". No quotes, no nesting; later lines win. */
#include <string.h>

#include "model/flinkconf.h"

struct span {
    const char *s;
    size_t      n;
};

static struct span trim(struct span t)
{
    while (t.n > 0 && (unsigned char)t.s[0] <= ' ') {
        t.s++;
        t.n--;
    }
    while (t.n > 0 && (unsigned char)t.s[t.n - 1] <= ' ')
        t.n--;
    return t;
}

/* Where ": " starts in t; t.n when nowhere. */
static size_t find_separator(struct span t)
{
    for (size_t i = 0; i + 1 < t.n; i++)
        if (t.s[i] == ':' && t.s[i + 1] == ' ')
            return i;
    return t.n;
}

/* False: a line Flink ignores with a warning. */
static bool load_line(struct flinkconf *c, struct span line, uint32_t number)
{
    const char *comment = memchr(line.s, '#', line.n);
    if (comment != NULL)
        line.n = (size_t)(comment - line.s);
    line = trim(line);
    if (line.n == 0)
        return true;
    size_t at = find_separator(line);
    if (at == line.n)
        return false;
    struct span key = trim((struct span){ line.s, at });
    struct span value = trim((struct span){ line.s + at + 2, line.n - at - 2 });
    if (key.n == 0 || value.n == 0)
        return false;
    enum flinkkey known = flinkkey_find_n(key.s, key.n);
    if (known != FLINKKEY_NONE) {
        flinkconf_set(c, known, FLINKCONF_FILE, value.s, value.n);
        c->values[known].line = number;
    }
    return true;
}

static size_t line_length(const char *s, size_t n)
{
    size_t i = 0;
    while (i < n && s[i] != '\n' && s[i] != '\r')
        i++;
    return i;
}

void flinkconf_load_legacy(struct flinkconf *c, const char *text, size_t len, unsigned *ignored)
{
    unsigned bad = 0;
    uint32_t number = 1;
    for (size_t at = 0; at < len; number++) {
        size_t n = line_length(text + at, len - at);
        if (!load_line(c, (struct span){ text + at, n }, number))
            bad++;
        at += n;
        if (at + 1 < len && text[at] == '\r' && text[at + 1] == '\n')
            at++;
        at++;
    }
    if (ignored != NULL)
        *ignored = bad;
}
