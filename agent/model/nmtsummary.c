/* SPDX-License-Identifier: Apache-2.0 */
/* nmtsummary.c: one line a category: "-      GC (reserved=42296KB, committed=42296KB)", and lines of details below it, of
 * which "(mmap: reserved=37876KB, committed=37876KB)" is looked at. */
#include "model/nmtsummary.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/poison.h"

enum category { CATEGORY_VM, CATEGORY_CODE, CATEGORY_GC, CATEGORY_ELSEWHERE };

static const struct {
    const char   *name;
    enum category category;
} known[] = {
    { "Java Heap", CATEGORY_ELSEWHERE }, { "Class", CATEGORY_ELSEWHERE },
    { "Metaspace", CATEGORY_ELSEWHERE }, { "Thread", CATEGORY_ELSEWHERE },
    { "Other", CATEGORY_ELSEWHERE },     { "Shared class space", CATEGORY_ELSEWHERE },
    { "Code", CATEGORY_CODE },           { "GC", CATEGORY_GC },
    { "GCCardSet", CATEGORY_GC },
};

static enum category category_of(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i].name) == len && memcmp(known[i].name, name, len) == 0)
            return known[i].category;
    return CATEGORY_VM;
}

/* The number behind ", committed=", which ends in KB, in bytes. */
static bool committed_in(const char *line, const char *end, uint64_t *bytes)
{
    static const char label[] = ", committed=";
    const char *at = strstr(line, label);
    char       *rest;
    if (at == NULL || at >= end)
        return false;
    at += strlen(label);
    if (*at < '0' || *at > '9')
        return false;
    uint64_t kib = strtoull(at, &rest, 10);
    if (rest > end || strncmp(rest, "KB", 2) != 0 || kib > UINT64_MAX >> 20)
        return false;
    *bytes = kib << 10;
    return true;
}

static bool take(const char *line, const char *end, struct nmtsummary *out)
{
    uint64_t    bytes;
    const char *name = line + 1;
    while (*name == ' ')
        name++;
    const char *bracket = memchr(name, '(', (size_t)(end - name));
    if (bracket == NULL || bracket < name + 2 || !committed_in(bracket, end, &bytes))
        return false;
    enum category c = category_of(name, (size_t)(bracket - name) - 1);
    out->code += c == CATEGORY_CODE ? bytes : 0;
    out->gc += c == CATEGORY_GC ? bytes : 0;
    out->vm += c == CATEGORY_VM ? bytes : 0;
    return true;
}

/* A detail of the category that the last such line began. */
static void take_detail(const char *line, const char *end, bool own, struct nmtsummary *out)
{
    static const char label[] = "(mmap: reserved=";
    uint64_t          bytes;
    const char       *at = own ? strstr(line, label) : NULL;
    if (at != NULL && at < end && committed_in(at, end, &bytes))
        out->maps += bytes;
}

bool nmtsummary_read(const char *text, struct nmtsummary *out)
{
    bool any = false, own = false;
    memset(out, 0, sizeof *out);
    while (*text != '\0') {
        const char *end = text + strcspn(text, "\n");
        if (text[0] == '-') {
            uint64_t before = out->gc + out->vm;
            any = take(text, end, out) || any;
            own = out->gc + out->vm > before;
        } else {
            take_detail(text, end, own, out);
        }
        text = *end == '\n' ? end + 1 : end;
    }
    return any;
}
