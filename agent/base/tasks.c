/* SPDX-License-Identifier: Apache-2.0 */
/* tasks.c: /proc/self/task. A thread may end between any two looks at it. */
#include "base/tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/procdir.h"
#include "base/sysfs.h"

#define TASKS "/proc/self/task"
enum { PATH_CAP = 64, TEXT_CAP = 512 };

/* Every task is a directory in it, so the link count is two more. */
bool tasks_count(uint64_t *count)
{
    struct stat st;
    if (stat(TASKS, &st) != 0 || st.st_nlink < 3)
        return false;
    *count = (uint64_t)st.st_nlink - 2;
    return true;
}

size_t tasks_ids(int32_t *ids, size_t max)
{
    return procdir_ids(TASKS, ids, max);
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
