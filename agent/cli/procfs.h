/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PROCFS_H
#define CLI_PROCFS_H
/* Files of another process: /proc/PID/... and what lies below its root directory. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* /proc/PID/NAME with our rights, else, as root that lacks CAP_SYS_PTRACE (docker exec), with those of uid and gid. -1: errno. */
int procfs_open(int64_t pid, const char *name, int flags, uid_t uid, gid_t gid);
/* Path, absolute as that process sees it, below the directory `root`; links inside stay inside, so a container's image cannot
 * point us at the host's files. -1: errno. */
int procfs_open_below(int root, const char *path, int flags);
/* All of fd (closed afterwards) into data, NUL-terminated; what does not fit is cut. -1: errno. */
ssize_t procfs_slurp(int fd, char *data, size_t cap);
/* Milliseconds since the process started, and its start in ticks, which tells it from a later one of the same pid. */
bool procfs_age(int64_t pid, int64_t *age_ms, uint64_t *start_ticks);

#endif
