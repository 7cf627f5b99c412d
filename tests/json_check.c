/* SPDX-License-Identifier: Apache-2.0 */
/* json_check.c: recursive descent; each skip_* moves past one thing or returns NULL where the text is not JSON. */
#include "json_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_KEYS = 64, MAX_NESTING = 32 };

static const char *skip_value(const char *p, int depth);

/* One character of UTF-8 by the table of RFC 3629. */
static const char *skip_utf8(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    int                  n = p[0] < 0x80                    ? 0
                             : p[0] >= 0xC2 && p[0] <= 0xDF ? 1
                             : (p[0] & 0xF0) == 0xE0        ? 2
                             : p[0] >= 0xF0 && p[0] <= 0xF4 ? 3
                                                            : -1;
    if (n < 0)
        return NULL;
    for (int i = 1; i <= n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return NULL;
    bool overlong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90);
    bool outside = (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF4 && p[1] > 0x8F);
    return overlong || outside ? NULL : s + n + 1;
}

static const char *skip_string(const char *p)
{
    if (*p++ != '"')
        return NULL;
    while (p != NULL && *p != '"') {
        if ((unsigned char)*p < 0x20)
            return NULL; /* the NUL too */
        if (*p != '\\') {
            p = skip_utf8(p);
        } else if (p[1] == 'u') {
            if (strspn(p + 2, "0123456789abcdefABCDEF") < 4)
                return NULL;
            p += 6;
        } else if (p[1] != '\0' && strchr("\"\\/bfnrt", p[1]) != NULL) {
            p += 2;
        } else {
            return NULL;
        }
    }
    return p == NULL ? NULL : p + 1;
}

static const char *skip_number(const char *p)
{
    if (*p == '-')
        p++;
    size_t digits = strspn(p, "0123456789");
    if (digits == 0 || (digits > 1 && *p == '0'))
        return NULL;
    p += digits;
    if (*p != '.')
        return p;
    size_t fraction = strspn(p + 1, "0123456789"); /* shares; everything else is an integer, without exponent */
    return fraction == 0 ? NULL : p + 1 + fraction;
}

static bool seen_before(const char **keys, const size_t *sizes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sizes[i] == sizes[count] && memcmp(keys[i], keys[count], sizes[i]) == 0)
            return true;
    return false;
}

static const char *skip_object(const char *p, int depth)
{
    const char *keys[MAX_KEYS];
    size_t      sizes[MAX_KEYS];
    if (*++p == '}')
        return p + 1;
    for (size_t n = 0; n < MAX_KEYS; n++) {
        const char *end = skip_string(p);
        if (end == NULL || *end != ':')
            return NULL;
        keys[n] = p;
        sizes[n] = (size_t)(end - p);
        if (seen_before(keys, sizes, n))
            return NULL;
        p = skip_value(end + 1, depth + 1);
        if (p == NULL || (*p != ',' && *p != '}'))
            return NULL;
        if (*p++ == '}')
            return p;
    }
    return NULL;
}

static const char *skip_array(const char *p, int depth)
{
    if (*++p == ']')
        return p + 1;
    for (;;) {
        p = skip_value(p, depth + 1);
        if (p == NULL || (*p != ',' && *p != ']'))
            return NULL;
        if (*p++ == ']')
            return p;
    }
}

static const char *skip_value(const char *p, int depth)
{
    static const char *const words[] = { "true", "false", "null" };
    if (depth > MAX_NESTING)
        return NULL;
    if (*p == '{')
        return skip_object(p, depth);
    if (*p == '[')
        return skip_array(p, depth);
    if (*p == '"')
        return skip_string(p);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strncmp(p, words[i], strlen(words[i])) == 0)
            return p + strlen(words[i]);
    return skip_number(p);
}

bool json_check(const char *text)
{
    const char *end = skip_value(text, 0);
    return end != NULL && (*end == '\0' || (end[0] == '\n' && end[1] == '\0'));
}

/* From an opening bracket to the value that one step of a path names. */
static const char *step_into(const char *p, const char *step, size_t size)
{
    bool object = *p == '{';
    long wanted = object ? -1 : strtol(step, NULL, 10);
    if ((*p != '{' && *p != '[') || p[1] == '}' || p[1] == ']')
        return NULL;
    for (long i = 0;; i++) {
        const char *key = ++p;
        if (object)
            p = skip_string(p) + 1;
        bool hit = object ? (size_t)(p - key) == size + 3 && memcmp(key + 1, step, size) == 0
                          : i == wanted;
        if (hit)
            return p;
        p = skip_value(p, 0);
        if (*p != ',')
            return NULL;
    }
}

const char *json_at(const char *text, const char *path)
{
    static char found[16384];
    const char *p = text;
    while (p != NULL && *path != '\0') {
        size_t size = strcspn(path, "/");
        p = step_into(p, path, size);
        path += size + (path[size] == '/');
    }
    if (p == NULL)
        return "";
    snprintf(found, sizeof found, "%.*s", (int)(skip_value(p, 0) - p), p);
    return found;
}
