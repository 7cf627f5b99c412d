/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs.c: small readers of /proc and /sys. Everything is parsed from a fixed buffer; nothing is trusted. */
#include "base/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

enum { SMALL = 4096, PATH_CAP = 1024 };
#define CGROUP_ROOT "/sys/fs/cgroup"

enum weir_rc sysfs_read(const char *path, char *data, size_t cap, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return WEIR_ENOENT;
    enum weir_rc rc = WEIR_EIO;
    size_t n = 0;
    struct stat st;
    if (fstat(fd, &st) != 0)
        goto out;
    if (!S_ISREG(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
        goto out;
    }
    for (;;) {
        ssize_t r = read(fd, data + n, cap - n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            goto out;
        if (r == 0)
            break;
        n += (size_t)r;
        if (n == cap) {
            rc = WEIR_EFULL;
            goto out;
        }
    }
    data[n] = '\0';
    if (len != NULL)
        *len = n;
    rc = WEIR_OK;
out:;
    int e = errno;
    close(fd);
    errno = e;
    return rc;
}

/* A leading decimal number; false for "max", nothing, or what does not fit. */
static bool number(const char *s, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(s, &end, 10);
    if (end == s || errno != 0 || *s == '-')
        return false;
    *out = v;
    return true;
}

bool sysfs_rss(uint64_t *bytes)
{
    char text[SMALL];
    uint64_t pages;
    if (sysfs_read("/proc/self/statm", text, sizeof text, NULL) != WEIR_OK)
        return false;
    const char *second = strchr(text, ' ');
    if (second == NULL || !number(second + 1, &pages))
        return false;
    *bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return true;
}

bool sysfs_start_ms(int64_t *mono_ms)
{
    char text[SMALL];
    uint64_t ticks;
    if (sysfs_read("/proc/self/stat", text, sizeof text, NULL) != WEIR_OK)
        return false;
    const char *p = strrchr(text, ')'); /* the name in parentheses may hold anything */
    for (int field = 2; p != NULL && field < 22; field++)
        p = strchr(p + 1, ' ');
    if (p == NULL || !number(p + 1, &ticks))
        return false;
    *mono_ms = (int64_t)(ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK));
    return true;
}

/* Path of this process's group of a controller below CGROUP_ROOT; v2 says so. */
static bool cgroup_path(const char *controller, char *path, size_t cap, bool *v2)
{
    char text[SMALL];
    if (sysfs_read("/proc/self/cgroup", text, sizeof text, NULL) != WEIR_OK)
        return false;
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        char *names = strchr(line, ':');
        char *group = names != NULL ? strchr(names + 1, ':') : NULL;
        if (group == NULL)
            continue;
        *group++ = '\0';
        *v2 = names[1] == '\0' && access(CGROUP_ROOT "/cgroup.controllers", F_OK) == 0;
        if (*v2 || strcmp(names + 1, controller) == 0)
            return (size_t)snprintf(path, cap, "%s%s%s%s", CGROUP_ROOT, *v2 ? "" : "/", *v2 ? "" : controller,
                                    strcmp(group, "/") == 0 ? "" : group) < cap;
    }
    return false;
}

bool sysfs_cgroup_of(const char *controller, char *group, size_t cap)
{
    bool v2;
    return cgroup_path(controller, group, cap, &v2);
}

bool sysfs_cgroup_up(char *group)
{
    char *slash = strrchr(group, '/');
    if (slash == NULL || strlen(group) <= strlen(CGROUP_ROOT))
        return false;
    *slash = '\0';
    return true;
}
