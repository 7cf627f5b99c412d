/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_PROCJVM_H
#define MODEL_PROCJVM_H
/* What the text of /proc/PID/status and /proc/PID/maps says of a process that may be a JVM. Texts come from a kernel of any
 * age, and names in them from anybody. */
#include <stdbool.h>
#include <stdint.h>

enum { PROCJVM_PATH_MAX = 1024, PROCJVM_NAME_MAX = 65, PROCJVM_SIGQUIT = 3 };

struct procjvm_status {
    char    name[PROCJVM_NAME_MAX]; /* as the kernel escapes it */
    char    state;                  /* R S D T t Z X I */
    int64_t pid, nspid; /* nspid: in the innermost namespace; = pid where the kernel does not say */
    uint32_t uid, euid, egid;
    uint64_t caught, pending; /* signals, bit n - 1 */
    uint64_t threads;
};

struct procjvm_maps {
    char jvm[PROCJVM_PATH_MAX];  /* libjvm.so, "" = none */
    char weir[PROCJVM_PATH_MAX]; /* libweir.so, "" = none */
    char libc[PROCJVM_PATH_MAX]; /* glibc's or musl's, "" = none seen */
    bool weir_deleted;           /* no longer the file of that name */
    bool openj9, musl;
};

/* False: a line that must be there is missing or malformed; out is then undefined. */
bool procjvm_status(const char *text, struct procjvm_status *out);
bool procjvm_caught(const struct procjvm_status *s, int signal);
/* One line without its end; a line that names no file, or is malformed, changes nothing. Start from zeroes. */
void procjvm_maps_line(struct procjvm_maps *maps, const char *line);
/* The kernel names files as the reader's root has them; from here on as a process does whose root is `root` (chroot). */
void procjvm_maps_below(struct procjvm_maps *maps, const char *root);

#endif
