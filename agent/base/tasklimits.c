/* SPDX-License-Identifier: Apache-2.0 */
/* tasklimits.c: the same comparisons as the kernel's copy_process() and mmap() make, from outside.
 *   pids.max       of the own group and every one above it, each with its own use
 *   ulimit -u      RLIMIT_NPROC counts the threads of the real user in all processes; not for root of the first user
 *                  namespace, nor with CAP_SYS_RESOURCE or CAP_SYS_ADMIN there
 *   threads-max    of the whole machine, as is pid_max, whose numbers each thread takes one of
 *   max_map_count  a thread takes two: its stack and its guard */
#include "base/tasklimits.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/sysfs.h"

enum { TEXT_CAP = 4096, PATH_CAP = 1200, MAPPINGS_A_THREAD = 2, CAP_SYS_ADMIN_BIT = 21, CAP_SYS_RESOURCE_BIT = 24 };

struct list {
    struct tasklimit *out;
    size_t            count;
};

static void add(struct list *l, struct tasklimit t)
{
    if (l->count == TASKLIMITS_MAX)
        return;
    if (t.left == 0 && t.limit > t.used)
        t.left = t.limit - t.used;
    l->out[l->count++] = t;
}

static bool number_in(const char *path, uint64_t *n)
{
    char  text[64], *end;
    if (sysfs_read(path, text, sizeof text, NULL) != WEIR_OK)
        return false;
    *n = strtoull(text, &end, 10);
    return end != text;
}

/* ---- pids.max ---- */

static bool group_file(const char *group, const char *file, char path[PATH_CAP])
{
    return (size_t)snprintf(path, PATH_CAP, "%s/%s", group, file) < PATH_CAP;
}

/* "max 12": how often a fork failed for it. Also of the groups below, on newer kernels. */
static uint64_t refused_in(const char *group)
{
    char path[PATH_CAP], text[256];
    if (!group_file(group, "pids.events", path) || sysfs_read(path, text, sizeof text, NULL) != WEIR_OK)
        return 0;
    const char *max = strstr(text, "max ");
    return max != NULL ? strtoull(max + strlen("max "), NULL, 10) : 0;
}

static bool read_group(const char *group, struct tasklimit *t)
{
    char path[PATH_CAP];
    *t = (struct tasklimit){ .name = "pids.max" };
    if (!group_file(group, "pids.max", path) || !number_in(path, &t->limit))
        return false; /* "max", or no such controller here */
    if (!group_file(group, "pids.current", path) || !number_in(path, &t->used))
        return false;
    t->left = t->limit > t->used ? t->limit - t->used : 0;
    t->refused = refused_in(group);
    return true;
}

static void add_pids(struct list *l)
{
    char             group[SYSFS_GROUP_MAX];
    struct tasklimit t, nearest = { .name = NULL };
    if (!sysfs_cgroup_of("pids", group, sizeof group))
        return;
    do {
        if (read_group(group, &t) && (nearest.name == NULL || t.left < nearest.left))
            nearest = t;
    } while (sysfs_cgroup_up(group));
    if (nearest.name != NULL)
        add(l, nearest);
}

/* ---- ulimit -u ---- */

/* Capabilities count in the first user namespace only, which maps everything to itself. */
static bool in_first_namespace(void)
{
    char text[128];
    unsigned long long inside, outside, count;
    return sysfs_read("/proc/self/uid_map", text, sizeof text, NULL) != WEIR_OK ||
           (sscanf(text, "%llu %llu %llu", &inside, &outside, &count) == 3 && inside == 0 && outside == 0 &&
            count == 4294967295ULL); /* NOLINT(cert-err34-c): the kernel's own numbers */
}

static bool line_of(const char *text, const char *key, const char **value)
{
    const char *at = strstr(text, key);
    if (at == NULL)
        return false;
    *value = at + strlen(key);
    return true;
}

static bool is_exempt(void)
{
    char        text[TEXT_CAP];
    const char *caps;
    if (!in_first_namespace())
        return false;
    if (getuid() == 0)
        return true;
    if (sysfs_read("/proc/self/status", text, sizeof text, NULL) != WEIR_OK || !line_of(text, "\nCapEff:", &caps))
        return false;
    uint64_t held = strtoull(caps, NULL, 16);
    return ((held >> CAP_SYS_ADMIN_BIT | held >> CAP_SYS_RESOURCE_BIT) & 1) != 0;
}

/* Threads of this user's processes, as far as they can be seen from this container. */
static uint64_t threads_of_user(uid_t user)
{
    char           path[64], text[TEXT_CAP];
    const char    *uid, *threads;
    uint64_t       sum = 0;
    struct dirent *e;
    DIR           *dir = opendir("/proc");
    if (dir == NULL)
        return 0;
    while ((e = readdir(dir)) != NULL) {
        long pid = strtol(e->d_name, NULL, 10);
        if (pid <= 0)
            continue;
        snprintf(path, sizeof path, "/proc/%ld/status", pid);
        if (sysfs_read(path, text, sizeof text, NULL) == WEIR_OK && line_of(text, "\nUid:", &uid) &&
            line_of(text, "\nThreads:", &threads) && strtoul(uid, NULL, 10) == user)
            sum += strtoull(threads, NULL, 10);
    }
    closedir(dir);
    return sum;
}

static void add_user(struct list *l)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NPROC, &r) != 0 || r.rlim_cur == RLIM_INFINITY || is_exempt())
        return;
    add(l, (struct tasklimit){ .name = "ulimit -u", .limit = r.rlim_cur, .used = threads_of_user(getuid()), .at_least = true });
}

/* ---- the machine's ---- */

/* "0.20 0.18 0.12 1/80 11206": the number after the stroke is of all threads there are. */
static bool threads_of_machine(uint64_t *count)
{
    char text[128];
    if (sysfs_read("/proc/loadavg", text, sizeof text, NULL) != WEIR_OK)
        return false;
    const char *stroke = strchr(text, '/');
    *count = stroke != NULL ? strtoull(stroke + 1, NULL, 10) : 0;
    return *count != 0;
}

static void add_machine(struct list *l)
{
    uint64_t used, limit;
    if (!threads_of_machine(&used))
        return;
    if (number_in("/proc/sys/kernel/threads-max", &limit))
        add(l, (struct tasklimit){ .name = "threads-max", .used = used, .limit = limit, .at_least = true });
    if (number_in("/proc/sys/kernel/pid_max", &limit))
        add(l, (struct tasklimit){ .name = "pid_max", .used = used, .limit = limit, .at_least = true });
}

static void add_mappings(struct list *l, uint64_t mappings)
{
    struct tasklimit t = { .name = "max_map_count", .used = mappings };
    if (mappings == 0 || !number_in("/proc/sys/vm/max_map_count", &t.limit))
        return;
    t.left = t.limit > mappings ? (t.limit - mappings) / MAPPINGS_A_THREAD : 0;
    if (l->count < TASKLIMITS_MAX)
        l->out[l->count++] = t;
}

static int least_left_first(const void *a, const void *b)
{
    const struct tasklimit *x = a, *y = b;
    return (x->left > y->left) - (x->left < y->left);
}

size_t tasklimits_read(uint64_t mappings, bool slowly, struct tasklimit out[TASKLIMITS_MAX])
{
    struct list l = { out, 0 };
    add_pids(&l);
    if (slowly)
        add_user(&l);
    add_machine(&l);
    add_mappings(&l, mappings);
    qsort(out, l.count, sizeof *out, least_left_first);
    return l.count;
}
