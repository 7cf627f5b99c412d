/* SPDX-License-Identifier: Apache-2.0 */
/* procfs.c: descriptors of /proc files, opened once and read later with whatever rights we then have. Nothing here follows a
 * link out of the other process's root: openat2 where the kernel has it (5.6), else no link in the last part is followed. */
#include "cli/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/ids.h"

int procfs_open(int64_t pid, const char *name, int flags, uid_t uid, gid_t gid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%lld/%s", (long long)pid, name);
    int fd = open(path, flags | O_CLOEXEC);
    if (fd >= 0 || errno != EACCES || geteuid() != 0 || !ids_become(uid, gid))
        return fd;
    fd = open(path, flags | O_CLOEXEC);
    int e = errno;
    ids_back();
    errno = e;
    return fd;
}

int procfs_open_below(int root, const char *path, int flags)
{
    struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC),
                            .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
    long            fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return (int)fd;
    path += strspn(path, "/");
    return openat(root, *path != '\0' ? path : ".", flags | O_CLOEXEC | O_NOFOLLOW);
}

ssize_t procfs_slurp(int fd, char *data, size_t cap)
{
    size_t len = 0;
    while (len < cap - 1) {
        ssize_t r = read(fd, data + len, cap - 1 - len);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0) {
            int e = errno;
            close(fd);
            errno = e;
            return -1;
        }
        if (r == 0)
            break;
        len += (size_t)r;
    }
    close(fd);
    data[len] = '\0';
    return (ssize_t)len;
}

bool procfs_age(int64_t pid, int64_t *age_ms, uint64_t *start_ticks)
{
    char text[2048];
    int  fd = procfs_open(pid, "stat", O_RDONLY, 0, 0);
    if (fd < 0 || procfs_slurp(fd, text, sizeof text) <= 0)
        return false;
    const char *p = strrchr(text, ')'); /* the name in parentheses may hold anything */
    for (int field = 2; p != NULL && field < 22; field++)
        p = strchr(p + 1, ' ');
    if (p == NULL)
        return false;
    *start_ticks = strtoull(p + 1, NULL, 10);
    *age_ms = clock_mono_ms() - (int64_t)(*start_ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK));
    return true;
}
