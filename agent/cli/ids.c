/* SPDX-License-Identifier: Apache-2.0 */
/* ids.c: effective ids only: the saved ones stay root's, so that ids_back() works. The group goes first and comes back last,
 * because only root may change it. */
#include "cli/ids.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

bool ids_become(uid_t uid, gid_t gid)
{
    if (geteuid() == uid && getegid() == gid)
        return true;
    gid_t old = getegid();
    if (setegid(gid) != 0)
        return false;
    if (geteuid() == uid || seteuid(uid) == 0)
        return true;
    int e = errno;
    (void)!setegid(old);
    errno = e;
    return false;
}

/* The real ids are those of the start: nobody installs this program set-uid. */
void ids_back(void)
{
    (void)!seteuid(getuid());
    (void)!setegid(getgid());
}

const char *ids_user(uid_t uid)
{
    static char          number[16];
    const struct passwd *entry = getpwuid(uid);
    if (entry != NULL)
        return entry->pw_name;
    snprintf(number, sizeof number, "%u", (unsigned)uid);
    return number;
}
