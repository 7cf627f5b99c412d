/* SPDX-License-Identifier: Apache-2.0 */
/* tasks.c: /proc/self/task. A thread may end between any two looks at it. */
#define _GNU_SOURCE /* O_DIRECTORY, SYS_getdents64 */
#include "base/tasks.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sysfs.h"

#define TASKS "/proc/self/task"
enum { PATH_CAP = 64, TEXT_CAP = 512, ENTRIES_CAP = 16 * 1024 };

/* Every task is a directory in it, so the link count is two more. */
bool tasks_count(uint64_t *count)
{
    struct stat st;
    if (stat(TASKS, &st) != 0 || st.st_nlink < 3)
        return false;
    *count = (uint64_t)st.st_nlink - 2;
    return true;
}

struct entry { /* of getdents64; the C library's opendir() would allocate */
    uint64_t       inode;
    int64_t        next;
    unsigned short size;
    unsigned char  type;
    char           name[];
};

size_t tasks_ids(int32_t *ids, size_t max)
{
    _Alignas(struct entry) char data[ENTRIES_CAP];
    size_t count = 0;
    long   got;
    int    fd = open(TASKS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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

static bool read_of(int32_t id, const char *file, char *text, size_t cap)
{
    char path[PATH_CAP];
    snprintf(path, sizeof path, TASKS "/%d/%s", (int)id, file);
    return sysfs_read(path, text, cap, NULL) == WEIR_OK;
}

bool tasks_name(int32_t id, char name[TASKS_NAME])
{
    char text[TEXT_CAP];
    if (!read_of(id, "comm", text, sizeof text))
        return false;
    text[strcspn(text, "\n")] = '\0';
    snprintf(name, TASKS_NAME, "%.*s", TASKS_NAME - 1, text);
    return true;
}

/* "202 0x7f.. 0x189 0x0 0x0 0x0 0xffffffff STACK PC", "-1 STACK PC" when it sleeps elsewhere, "running". */
bool tasks_stack(int32_t id, uintptr_t *at)
{
    char text[TEXT_CAP];
    if (!read_of(id, "syscall", text, sizeof text))
        return false;
    char *pc = strrchr(text, ' ');
    if (pc == NULL)
        return false;
    *pc = '\0';
    const char *stack = strrchr(text, ' ');
    if (stack == NULL)
        return false;
    *at = (uintptr_t)strtoull(stack + 1, NULL, 16);
    return *at != 0;
}
