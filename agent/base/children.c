/* SPDX-License-Identifier: Apache-2.0 */
/* children.c: one look at /proc for (pid, parent) of every process, then those whose line of parents ends here. A process may
 * end between any two looks. Bound: CHILDREN_MAX processes of this machine; more are not seen. */
#include "base/children.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/procdir.h"
#include "base/sysfs.h"

enum { CHILDREN_MAX = 8192, TEXT_CAP = 4096, PATH_CAP = 64, KIB = 1024 };

static struct {
    int32_t pid, parent;
    bool    below;
} all[CHILDREN_MAX]; /* the reporter's alone */

bool children_parse(const char *stat, char name[16], int32_t *parent)
{
    const char *open = strchr(stat, '('), *close = strrchr(stat, ')');
    char       *end;
    if (open == NULL || close == NULL || close < open || close[1] != ' ' || close[2] == '\0' || close[3] != ' ')
        return false;
    long p = strtol(close + 4, &end, 10);
    if (end == close + 4 || p < 0 || p > INT32_MAX)
        return false;
    snprintf(name, 16, "%.*s", (int)(close - open - 1 < 15 ? close - open - 1 : 15), open + 1);
    *parent = (int32_t)p;
    return true;
}

static bool read_of(int32_t pid, const char *file, char *text, size_t cap)
{
    char path[PATH_CAP];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    return sysfs_read(path, text, cap, NULL) == WEIR_OK;
}

static size_t list(void)
{
    static int32_t pids[CHILDREN_MAX];
    char    text[TEXT_CAP], name[16];
    size_t  count = 0, seen = procdir_ids("/proc", pids, CHILDREN_MAX);
    int32_t parent;
    for (size_t i = 0; i < seen && i < CHILDREN_MAX; i++) {
        if (!read_of(pids[i], "stat", text, sizeof text) || !children_parse(text, name, &parent))
            continue;
        all[count].pid = pids[i];
        all[count].parent = parent;
        all[count++].below = false;
    }
    return count;
}

/* A parent may come after its child, as pids start over: until nothing changes. */
static void mark(size_t count)
{
    static int32_t below[CHILDREN_MAX + 1];
    size_t         found = 1;
    below[0] = (int32_t)getpid();
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < count; i++)
            for (size_t k = 0; k < found && !all[i].below; k++)
                if (all[i].parent == below[k]) {
                    below[found++] = all[i].pid;
                    all[i].below = changed = true;
                }
    }
}

static bool describe(int32_t pid, struct weir_child *c)
{
    char    text[TEXT_CAP];
    int32_t parent;
    memset(c, 0, sizeof *c);
    c->pid = pid;
    if (!read_of(pid, "stat", text, sizeof text) || !children_parse(text, c->name, &parent) ||
        !read_of(pid, "statm", text, sizeof text))
        return false;
    const char *second = strchr(text, ' ');
    c->rss = second != NULL ? strtoull(second + 1, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
    return true;
}

/* Denied for another user's process. */
static void read_pss(struct weir_child *c)
{
    char        text[TEXT_CAP];
    const char *at = read_of(c->pid, "smaps_rollup", text, sizeof text) ? strstr(text, "\nPss:") : NULL;
    c->pss_known = at != NULL;
    c->pss = at != NULL ? strtoull(at + strlen("\nPss:"), NULL, 10) * KIB : 0;
}

static void insert(struct weir_child top[WEIR_TOP_CHILDREN], size_t *shown, const struct weir_child *c)
{
    size_t at = *shown;
    while (at > 0 && top[at - 1].rss < c->rss)
        at--;
    if (at == WEIR_TOP_CHILDREN)
        return;
    size_t behind = (*shown < WEIR_TOP_CHILDREN ? *shown : WEIR_TOP_CHILDREN - 1) - at;
    memmove(&top[at + 1], &top[at], behind * sizeof *top);
    top[at] = *c;
    *shown += *shown < WEIR_TOP_CHILDREN;
}

void children_read(struct weir_child top[WEIR_TOP_CHILDREN], size_t *shown, uint64_t *count, uint64_t *rss)
{
    size_t            processes = list();
    struct weir_child c;
    *shown = 0;
    *count = *rss = 0;
    mark(processes);
    for (size_t i = 0; i < processes; i++) {
        if (!all[i].below || !describe(all[i].pid, &c))
            continue;
        ++*count;
        *rss += c.rss;
        insert(top, shown, &c);
    }
    for (size_t i = 0; i < *shown; i++)
        read_pss(&top[i]);
}
