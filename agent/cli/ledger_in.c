/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_in.c: see ledger_in.h.
 * The ledger of a process is found by what it is, not by its name, which `ledger=` may have chosen: a regular file of a
 * ledger's size, open in the process, that begins as one. /proc/PID/fd/N opens it past mount namespaces, and what it is
 * opened to is a description of our own: our lock and offset are not the agent's.
 * A lock that we get is given back at once: a JVM that starts takes a ledger that somebody holds for one in use. */
#include "cli/ledger_in.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/ids.h"
#include "out/out_ledger.h"
#include "weir.h"

enum { TRIES = 3, PATH_CAP = 64, REASON_CAP = 256 };

/* ---- reading ---- */

/* The whole file, as far as a ledger goes. -1: errno. */
static ssize_t load(int fd, unsigned char *bytes, size_t cap)
{
    size_t len = 0;
    while (len < cap) {
        ssize_t r = pread(fd, bytes + len, cap - len, (off_t)len);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -1;
        if (r == 0)
            break;
        len += (size_t)r;
    }
    return (ssize_t)len;
}

bool ledger_in_read(int fd, struct ledger_in *in, struct buf *why)
{
    for (int i = 0; i < TRIES; i++) {
        ssize_t len = load(fd, in->bytes, sizeof in->bytes);
        buf_reset(why);
        if (len < 0) {
            buf_puts(why, strerror(errno));
            return false;
        }
        if (out_ledger_read(in->bytes, (size_t)len, &in->file, why) == WEIR_OK && in->file.damage[0] == '\0')
            return true;
    }
    return why->len == 0;
}

bool ledger_in_alive(int fd)
{
    if (flock(fd, LOCK_SH | LOCK_NB) != 0)
        return errno == EWOULDBLOCK;
    (void)flock(fd, LOCK_UN);
    return false;
}

/* ---- opening ---- */

int ledger_in_open(const char *path, struct buf *why)
{
    struct stat st;
    int         fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0) {
        buf_puts(why, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        buf_puts(why, S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
    } else {
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

/* One of a process's descriptors; -1 if it is no ledger, denied: or may not be looked at. Most are sockets, and nothing but
 * stat touches those. */
static int open_if_ledger(int dir, const char *name, int64_t *modified_ns, bool *denied)
{
    struct stat      st;
    unsigned char    head[LEDGER_HEAD_SIZE];
    struct ledger_id id;
    uint32_t         size;
    char             reason[REASON_CAP];
    struct buf       why;
    buf_init(&why, reason, sizeof reason);
    int  fd = -1;
    bool seen = fstatat(dir, name, &st, 0) == 0;
    if (seen && (!S_ISREG(st.st_mode) || st.st_size != LEDGER_SIZE))
        return -1;
    if (seen)
        fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        *denied |= errno == EACCES || errno == EPERM;
        return -1;
    }
    if (load(fd, head, sizeof head) == (ssize_t)sizeof head &&
        out_ledger_identify(head, sizeof head, &id, &size, &why) == WEIR_OK) {
        *modified_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
        return fd;
    }
    close(fd);
    return -1;
}

/* The one written last, should there be several. */
static int newest_in(DIR *d, bool *denied)
{
    int     best = -1;
    int64_t best_time = 0, time = 0;
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        int fd = e->d_name[0] == '.' ? -1 : open_if_ledger(dirfd(d), e->d_name, &time, denied);
        if (fd < 0)
            continue;
        if (best >= 0 && time <= best_time) {
            close(fd);
            continue;
        }
        if (best >= 0)
            close(best);
        best = fd;
        best_time = time;
    }
    return best;
}

/* -1: why. */
static int find_in(const char *process, struct buf *why)
{
    char path[PATH_CAP + 4];
    bool denied = false;
    buf_reset(why);
    snprintf(path, sizeof path, "%s/fd", process);
    DIR *d = opendir(path);
    int  error = errno;
    int  fd = d != NULL ? newest_in(d, &denied) : -1;
    if (d != NULL)
        closedir(d);
    else if (error != EACCES && error != EPERM)
        buf_puts(why, error == ENOENT ? "no such process" : strerror(error));
    else
        denied = true;
    if (fd < 0 && denied)
        buf_puts(why, "its open files cannot be seen: run it as the JVM's own user or as root");
    else if (fd < 0 && why->len == 0)
        buf_puts(why, "has no ledger of weir open: no weir is in it, or ledger=off");
    return fd;
}

int ledger_in_of_pid(long pid, struct buf *why)
{
    char        path[PATH_CAP];
    struct stat st;
    snprintf(path, sizeof path, "/proc/%ld", pid);
    int fd = find_in(path, why);
    /* root in a container may lack CAP_SYS_PTRACE; what the JVM's own user may see, root sees as him */
    if (fd < 0 && geteuid() == 0 && stat(path, &st) == 0 && st.st_uid != 0 && ids_become(st.st_uid, st.st_gid)) {
        fd = find_in(path, why);
        ids_back();
    }
    return fd;
}
