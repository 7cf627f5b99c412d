/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup.c: files of a few lines. Names differ between the versions, what they say does not:
 *            v2                        v1
 *   limit    memory.max                memory.limit_in_bytes     ("max"; LONG_MAX rounded down to a page)
 *   usage    memory.current            memory.usage_in_bytes     (page cache and kernel memory included)
 *   kinds    memory.stat: anon, file   memory.stat: total_rss, total_cache (of the groups below as well; rss, cache: of this one)
 *   kills    memory.events: oom_kill   memory.oom_control: oom_kill
 * What the kernel takes back before it kills is page cache that is no shared memory: `charge` is the usage without it. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/cgroup.h"

#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sysfs.h"

enum { SMALL = 4096, MOUNTS_CAP = 128 * 1024, STAT_CAP = 16 * 1024, KEY_CAP = 64, WORD_CAP = 256, FIELDS = 5 };
#define NO_LIMIT ((uint64_t)INT64_MAX / 2)

/* ---- where ---- */

/* Is `name` one of the words of a list like "cpu,cpuacct"? */
static bool in_list(const char *list, size_t len, const char *name)
{
    size_t want = strlen(name);
    for (const char *end = list + len; list < end;) {
        size_t n = strcspn(list, ",");
        n = n < (size_t)(end - list) ? n : (size_t)(end - list);
        if (n == want && memcmp(list, name, want) == 0)
            return true;
        list += n + 1;
    }
    return false;
}

/* "4:memory:/group", "0::/group". False: neither is there. */
static bool group_of(const char *text, const char *controller, char *group, size_t cap, int *version)
{
    bool found = false;
    while (*text != '\0') {
        size_t      len = strcspn(text, "\n");
        const char *names = memchr(text, ':', len);
        const char *path = names != NULL ? memchr(names + 1, ':', len - (size_t)(names + 1 - text)) : NULL;
        if (path != NULL) {
            bool v2 = path == names + 1, own = !v2 && in_list(names + 1, (size_t)(path - names - 1), controller);
            size_t n = len - (size_t)(path + 1 - text);
            if (n < cap && (own || (v2 && !found))) {
                memcpy(group, path + 1, n);
                group[n] = '\0';
                *version = own ? 1 : 2;
                found = true;
            }
            if (own && n < cap)
                return true;
        }
        text += len + (text[len] == '\n');
    }
    return found;
}

/* Fields 4 and 5 of a line, its file system and that one's options. */
struct mount {
    char root[WORD_CAP], at[WORD_CAP], type[WORD_CAP], options[WORD_CAP];
};

static void copy_word(char *out, const char *begin, size_t len)
{
    snprintf(out, WORD_CAP, "%.*s", (int)(len < WORD_CAP ? len : 0), begin);
}

static bool parse_mount(const char *line, struct mount *m)
{
    size_t len;
    memset(m, 0, sizeof *m);
    for (int field = 1; field <= FIELDS; field++) {
        len = strcspn(line, " \n");
        if (field == 4)
            copy_word(m->root, line, len);
        if (field == FIELDS)
            copy_word(m->at, line, len);
        if (line[len] != ' ')
            return false;
        line += len + 1;
    }
    const char *dash = strstr(line, "- "), *end = strchr(line, '\n');
    if (dash == NULL || (end != NULL && dash > end))
        return false;
    line = dash + 2;
    copy_word(m->type, line, strcspn(line, " \n"));
    for (int skip = 0; skip < 2; skip++) {
        line += strcspn(line, " \n");
        line += *line == ' ';
    }
    copy_word(m->options, line, strcspn(line, " \n"));
    return m->at[0] == '/';
}

/* The group below this mount: what of its name the mount's root does not have. */
static bool join(const struct mount *m, const char *group, struct cgroup_place *out)
{
    size_t root = strcmp(m->root, "/") == 0 ? 0 : strlen(m->root);
    bool   below = strncmp(group, m->root, root) == 0 && (group[root] == '/' || group[root] == '\0');
    const char *rest = below && strstr(group, "..") == NULL ? group + root : "";
    if (strcmp(rest, "/") == 0)
        rest = "";
    out->top = strlen(m->at);
    return (size_t)snprintf(out->dir, sizeof out->dir, "%s%s", m->at, rest) < sizeof out->dir;
}

bool cgroup_find(const char *controller, const char *groups, const char *mounts, struct cgroup_place *place)
{
    char group[CGROUP_PATH];
    int  version = 0;
    if (!group_of(groups, controller, group, sizeof group, &version))
        return false;
    for (const char *line = mounts; *line != '\0';) {
        struct mount m;
        if (parse_mount(line, &m) &&
            ((version == 2 && strcmp(m.type, "cgroup2") == 0) ||
             (version == 1 && strcmp(m.type, "cgroup") == 0 && in_list(m.options, strlen(m.options), controller)))) {
            place->version = version;
            return join(&m, group, place);
        }
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return false;
}

bool cgroup_own(const char *controller, struct cgroup_place *place)
{
    static char mounts[MOUNTS_CAP]; /* the reporter's alone */
    char        groups[SMALL];
    if (sysfs_read("/proc/self/cgroup", groups, sizeof groups, NULL) != WEIR_OK ||
        sysfs_read("/proc/self/mountinfo", mounts, sizeof mounts, NULL) != WEIR_OK ||
        !cgroup_find(controller, groups, mounts, place))
        return false;
    if (access(place->dir, F_OK) != 0)
        place->dir[place->top] = '\0';
    return true;
}

static bool up(char *dir, size_t top)
{
    char *slash = strrchr(dir, '/');
    if (slash == NULL || strlen(dir) <= top || (size_t)(slash - dir) < top)
        return false;
    *slash = '\0';
    return true;
}

/* ---- what ---- */

static bool read_file(const char *dir, const char *file, char *text, size_t cap)
{
    char path[CGROUP_PATH + KEY_CAP];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    return sysfs_read(path, text, cap, NULL) == WEIR_OK;
}

/* A leading decimal number; false for "max", nothing, or what does not fit. */
static bool number(const char *s, uint64_t *out)
{
    char *end;
    if (!isdigit((unsigned char)*s))
        return false;
    errno = 0;
    unsigned long long v = strtoull(s, &end, 10);
    if (errno != 0 || (*end != '\0' && *end != '\n' && *end != ' '))
        return false;
    *out = v;
    return true;
}

static bool number_in(const char *dir, const char *file, uint64_t *out)
{
    char text[KEY_CAP];
    return read_file(dir, file, text, sizeof text) && number(text, out);
}

/* "key N" at the beginning of a line. */
static bool keyed(const char *text, const char *key, uint64_t *out)
{
    size_t len = strlen(key);
    for (const char *line = text; *line != '\0';) {
        if (strncmp(line, key, len) == 0 && line[len] == ' ')
            return number(line + len + 1, out);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return false;
}

/* v1 counts the groups below apart. */
static bool keyed_v1(const char *text, const char *key, uint64_t *out)
{
    char total[KEY_CAP];
    snprintf(total, sizeof total, "total_%s", key);
    return keyed(text, total, out) || keyed(text, key, out);
}

static void read_stat(const char *dir, struct weir_container *c)
{
    static char text[STAT_CAP]; /* the reporter's alone */
    if (!read_file(dir, "memory.stat", text, sizeof text))
        return;
    if (c->version == 2) {
        c->stat_known = keyed(text, "anon", &c->anon) && keyed(text, "file", &c->file);
        keyed(text, "inactive_file", &c->inactive_file);
        keyed(text, "shmem", &c->shmem);
        keyed(text, "kernel", &c->kernel);
        return;
    }
    c->stat_known = keyed_v1(text, "rss", &c->anon) && keyed_v1(text, "cache", &c->file);
    keyed_v1(text, "inactive_file", &c->inactive_file);
    keyed_v1(text, "shmem", &c->shmem);
    c->swap_known = keyed_v1(text, "swap", &c->swap);
    number_in(dir, "memory.kmem.usage_in_bytes", &c->kernel);
}

static void read_events(const char *dir, struct weir_container *c)
{
    char text[SMALL];
    if (c->version == 2)
        c->swap_known = number_in(dir, "memory.swap.current", &c->swap);
    if (read_file(dir, c->version == 2 ? "memory.events" : "memory.oom_control", text, sizeof text))
        c->kills_known = keyed(text, "oom_kill", &c->oom_kills);
}

static bool read_group(const char *dir, int version, struct weir_container *c)
{
    bool v2 = version == 2;
    memset(c, 0, sizeof *c);
    c->version = version;
    c->known = number_in(dir, v2 ? "memory.current" : "memory.usage_in_bytes", &c->usage);
    c->limited = number_in(dir, v2 ? "memory.max" : "memory.limit_in_bytes", &c->limit) && c->limit < NO_LIMIT;
    if (!c->known)
        return false;
    read_stat(dir, c);
    read_events(dir, c);
    uint64_t droppable = c->file > c->shmem ? c->file - c->shmem : 0;
    c->charge = c->usage > droppable ? c->usage - droppable : 0;
    return true;
}

static uint64_t left(const struct weir_container *c)
{
    return c->limit > c->charge ? c->limit - c->charge : 0;
}

void cgroup_memory(const struct cgroup_place *place, struct weir_container *out)
{
    struct weir_container group;
    struct cgroup_place   at = *place;
    bool                  own = true;
    memset(out, 0, sizeof *out);
    do {
        if (!read_group(at.dir, at.version, &group))
            continue;
        group.above = !own;
        if (!out->known || (group.limited && (!out->limited || left(&group) < left(out))))
            *out = group;
        own = false;
    } while (up(at.dir, at.top));
}

/* ---- CPUs ---- */

static double quota(const char *dir, int version)
{
    char     text[KEY_CAP];
    uint64_t of = 0, period = 0;
    if (version == 2) {
        if (!read_file(dir, "cpu.max", text, sizeof text) || !number(text, &of))
            return 0;
        const char *second = strchr(text, ' ');
        if (second == NULL || !number(second + 1, &period))
            return 0;
    } else if (!number_in(dir, "cpu.cfs_quota_us", &of) || !number_in(dir, "cpu.cfs_period_us", &period)) {
        return 0; /* -1: none */
    }
    return period != 0 ? (double)of / (double)period : 0;
}

double cgroup_cpus(const struct cgroup_place *place)
{
    struct cgroup_place at = *place;
    double              least = 0;
    do {
        double q = quota(at.dir, at.version);
        if (q > 0 && (least == 0 || q < least))
            least = q;
    } while (up(at.dir, at.top));
    return least;
}

uint64_t cgroup_cpu_list(const char *text)
{
    uint64_t count = 0;
    while (isdigit((unsigned char)*text)) {
        char         *end;
        unsigned long from = strtoul(text, &end, 10), to = from;
        if (*end == '-')
            to = strtoul(end + 1, &end, 10);
        if (to < from || to - from > UINT16_MAX)
            return 0;
        count += to - from + 1;
        text = *end == ',' ? end + 1 : end;
    }
    return count;
}

uint64_t cgroup_host_cpus(void)
{
    char text[SMALL];
    return sysfs_read("/sys/devices/system/cpu/online", text, sizeof text, NULL) == WEIR_OK ? cgroup_cpu_list(text) : 0;
}

uint64_t cgroup_affine_cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (uint64_t)CPU_COUNT(&set) : 0;
}
