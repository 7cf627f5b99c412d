/* SPDX-License-Identifier: Apache-2.0 */
/* users.c: loaded libraries by a part of their file's name: RocksDB and ForSt unpack themselves under a random directory or
 * with a random suffix. waitid(WNOWAIT) only asks: it reaps nobody. */
#define _GNU_SOURCE /* dl_iterate_phdr */
#include "native/users.h"

#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

#include "base/poison.h"

static int is_user(struct dl_phdr_info *info, size_t size, void *unused)
{
    static const char *const names[] = { "rocksdbjni", "forst", "pemja" };
    const char              *slash = info->dlpi_name != NULL ? strrchr(info->dlpi_name, '/') : NULL;
    (void)size;
    (void)unused;
    for (size_t i = 0; slash != NULL && i < sizeof names / sizeof names[0]; i++)
        if (strstr(slash, names[i]) != NULL)
            return 1;
    return 0;
}

bool users_of_managed(void)
{
    siginfo_t child;
    int       err = errno;
    bool      none = waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
    errno = err;
    return !none || dl_iterate_phdr(is_user, NULL) != 0;
}
