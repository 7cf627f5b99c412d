/* SPDX-License-Identifier: Apache-2.0 */
/* procdir.c: getdents64 itself, since the C library's opendir() allocates. */
#define _GNU_SOURCE /* O_DIRECTORY, SYS_getdents64 */
#include "base/procdir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENTRIES_CAP = 16 * 1024 };

struct entry {
    uint64_t       inode;
    int64_t        next;
    unsigned short size;
    unsigned char  type;
    char           name[];
};

size_t procdir_ids(const char *path, int32_t *ids, size_t max)
{
    _Alignas(struct entry) char data[ENTRIES_CAP];
    size_t count = 0;
    long   got;
    int    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    while ((got = syscall(SYS_getdents64, fd, data, sizeof data)) > 0)
        for (long at = 0; at < got;) {
            const struct entry *e = (const struct entry *)(const void *)(data + at);
            int32_t             id = e->name[0] == '.' ? 0 : (int32_t)strtol(e->name, NULL, 10);
            if (id > 0 && count++ < max)
                ids[count - 1] = id;
            at += e->size;
        }
    close(fd);
    return count;
}
