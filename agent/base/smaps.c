/* SPDX-License-Identifier: Apache-2.0 */
/* smaps.c: a mapping is a line like those of /proc/self/maps and the lines "Name:   N kB" below it; it is told when the next one
 * begins. A line that is neither is passed over, a number that does not fit counts as 0. */
#include "base/smaps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/filelines.h"

enum { NAME_CAP = 512, KIB = 1024 };

struct pass {
    struct smaps_mapping now;
    bool                 any; /* `now` is one */
    char                 name[NAME_CAP];
    smaps_visit         *visit;
    void                *with;
};

static void finish(struct pass *p)
{
    if (p->any)
        p->visit(p->with, &p->now);
    p->any = false;
}

/* The word after the next blanks; *at moves behind it. */
static const char *word(const char **at, size_t *len)
{
    const char *begin = *at + strspn(*at, " ");
    *len = strcspn(begin, " ");
    *at = begin + *len;
    return begin;
}

static bool parse_range(const char *line, uintptr_t *from, uintptr_t *to, const char **rest)
{
    char *end;
    if (strspn(line, "0123456789abcdef") == 0)
        return false;
    *from = (uintptr_t)strtoull(line, &end, 16);
    if (*end != '-')
        return false;
    *to = (uintptr_t)strtoull(end + 1, &end, 16);
    *rest = end;
    return *end == ' ' && *to > *from;
}

/* "7f12a000-7f12b000 rw-p 00000000 00:00 0        [heap]" */
static bool begin(struct pass *p, const char *line)
{
    uintptr_t   from, to;
    size_t      len;
    const char *at;
    if (!parse_range(line, &from, &to, &at))
        return false;
    const char *rights = word(&at, &len);
    if (len != 4)
        return false;
    finish(p);
    p->now = (struct smaps_mapping){ .from = from, .to = to, .readable = rights[0] == 'r', .writable = rights[1] == 'w',
                                     .executable = rights[2] == 'x', .shared = rights[3] == 's', .name = p->name };
    word(&at, &len); /* offset */
    word(&at, &len); /* device */
    const char *inode = word(&at, &len);
    p->now.file = strtoull(inode, NULL, 10) != 0;
    snprintf(p->name, sizeof p->name, "%s", at + strspn(at, " "));
    p->any = true;
    return true;
}

static void take_field(struct pass *p, const char *line)
{
    static const struct {
        const char *label;
        size_t      at;
    } fields[] = {
        { "Rss:", offsetof(struct smaps_mapping, rss) },
        { "Anonymous:", offsetof(struct smaps_mapping, anonymous) },
        { "Swap:", offsetof(struct smaps_mapping, swapped) },
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        size_t len = strlen(fields[i].label);
        if (strncmp(line, fields[i].label, len) != 0)
            continue;
        const char *number = line + len + strspn(line + len, " \t");
        uint64_t    kib = *number >= '0' && *number <= '9' ? strtoull(number, NULL, 10) : 0;
        *(uint64_t *)(void *)((char *)&p->now + fields[i].at) = kib < UINT64_MAX / KIB / KIB ? kib * KIB : 0;
        return;
    }
}

static void take_line(void *pass, char *line)
{
    struct pass *p = pass;
    if (!begin(p, line) && p->any)
        take_field(p, line);
}

enum weir_rc smaps_each_of(const char *path, smaps_visit *visit, void *with)
{
    static struct pass pass;
    pass = (struct pass){ .visit = visit, .with = with };
    enum weir_rc rc = filelines_each(path, take_line, &pass);
    finish(&pass);
    return rc;
}

enum weir_rc smaps_each(smaps_visit *visit, void *with)
{
    return smaps_each_of("/proc/self/smaps", visit, with);
}
