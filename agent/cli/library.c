/* SPDX-License-Identifier: Apache-2.0 */
/* library.c: everything the dynamic linker would stumble over is found here first, because a JVM's own message names neither
 * the namespace nor the cure. Files of a container are read as its own user would, and a copy never replaces a file: it may
 * be mapped into a running JVM. */
#include "cli/library.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/ids.h"
#include "cli/procfs.h"
#include "model/elfid.h"

enum { FILE_MAX = 64 * 1024 * 1024, NOEXEC = 8 /* ST_NOEXEC, a name of GNU's */ };
#define NAME "libweir.so"
#define COPY "/tmp" /* where the message advises to copy to, in the JVM's own root */

struct bytes {
    unsigned char *data;
    size_t         len;
};

/* Takes fd. False: errno, or no regular file of a sane size. The caller frees data. */
static bool load(int fd, struct bytes *out)
{
    struct stat st;
    *out = (struct bytes){ NULL, 0 };
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > FILE_MAX ||
        (out->data = malloc((size_t)st.st_size + 1)) == NULL) {
        close(fd);
        return false;
    }
    ssize_t n = procfs_slurp(fd, (char *)out->data, (size_t)st.st_size + 1);
    out->len = n > 0 ? (size_t)n : 0;
    return n > 0;
}

/* ---- ours ---- */

bool library_own(const char *given, char path[PROCJVM_PATH_MAX], struct buf *why)
{
    static const char *const places[] = { "/" NAME, "/../lib/" NAME };
    char                     self[PROCJVM_PATH_MAX - 32], tried[PROCJVM_PATH_MAX];
    buf_reset(why);
    if (given != NULL) {
        char *real = realpath(given, NULL);
        if (real == NULL && given[0] != '/')
            buf_printf(why, "%s: %s", given, strerror(errno));
        else
            snprintf(path, PROCJVM_PATH_MAX, "%s", real != NULL ? real : given);
        free(real);
        return why->len == 0;
    }
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash != NULL)
        *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(tried, sizeof tried, "%s%s", self, places[i]);
        char *real = realpath(tried, NULL);
        if (real == NULL)
            continue;
        snprintf(path, PROCJVM_PATH_MAX, "%s", real);
        free(real);
        return true;
    }
    buf_printf(why, "no " NAME " in %s or %s/../lib: name it with --lib PATH", self, self);
    return false;
}

/* ---- the JVM's ---- */

static bool same_namespace(int64_t pid)
{
    char theirs[64], link[64], ours[64];
    snprintf(link, sizeof link, "/proc/%lld/ns/mnt", (long long)pid);
    ssize_t a = readlink(link, theirs, sizeof theirs),
            b = readlink("/proc/self/ns/mnt", ours, sizeof ours);
    return a > 0 && a == b && memcmp(theirs, ours, (size_t)a) == 0;
}

static void say_missing(const struct jvmproc *p, const char *path, const char *own, struct buf *why)
{
    long long pid = (long long)p->pid;
    int       e = errno;
    if (e == EACCES)
        buf_printf(
            why, "%s cannot be read by %s, the user of JVM %lld: chmod a+rx it and the directories above it",
            path, ids_user(p->status.euid), pid);
    else if (e != ENOENT && e != ENOTDIR)
        buf_printf(why, "%s of JVM %lld: %s", path, pid, strerror(e));
    else if (same_namespace(p->pid))
        buf_printf(why, "%s: %s", path, strerror(e));
    else
        buf_printf(
            why,
            "%s is not in the file system of JVM %lld: add --copy " COPY ", or copy it yourself: "
            "cp %s /proc/%lld/root" COPY "/" NAME " (kubectl cp %s POD:" COPY "/" NAME
            ") and add --lib " COPY "/" NAME,
            path, pid, own, pid, own);
}

/* The JVM's own build: of its libjvm.so; the C library it maps. What cannot be read is no objection. */
static void look_at(int root, const char *path, struct elfid *id)
{
    struct bytes b;
    int fd = path[0] != '\0' ? procfs_open_below(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY) : -1;
    memset(id, 0, sizeof *id);
    if (fd < 0)
        return;
    if (load(fd, &b) && !elfid_read(b.data, b.len, id))
        memset(id, 0, sizeof *id);
    free(b.data);
}

static bool matches(const struct jvmproc *p, int root, const char *path, const struct elfid *lib,
                    struct buf *why)
{
    struct elfid jvm, libc;
    look_at(root, p->maps.jvm, &jvm);
    look_at(root, p->maps.libc, &libc);
    if (jvm.bits != 0 && (jvm.machine != lib->machine || jvm.bits != lib->bits)) {
        buf_printf(why, "%s is built for %s,", path, elfid_machine(lib->machine));
        buf_printf(why, " JVM %lld runs on %s: take the library of that architecture",
                   (long long)p->pid, elfid_machine(jvm.machine));
    } else if (p->maps.musl && !lib->musl) {
        buf_printf(why,
                   "JVM %lld runs on musl (Alpine), %s is built for glibc: use an image with "
                   "glibc, as Flink's official "
                   "ones are",
                   (long long)p->pid, path);
    } else if (!p->maps.musl && lib->musl) {
        buf_printf(why,
                   "JVM %lld runs on glibc, %s is built for musl: take the one built for glibc",
                   (long long)p->pid, path);
    } else if (libc.glibc != 0 && lib->glibc > libc.glibc) {
        buf_printf(
            why, "%s needs glibc 2.%u, JVM %lld has 2.%u: use an image as new as Ubuntu 22.04 or Debian 12",
            path, lib->glibc, (long long)p->pid, libc.glibc);
    }
    return why->len == 0;
}

static bool is_ours(const struct bytes *b, const char *path, struct elfid *id, struct buf *why)
{
    if (!elfid_read(b->data, b->len, id) || !elfid_holds(b->data, b->len, NAME))
        buf_printf(why, "%s is no " NAME, path);
    else if (!elfid_holds(b->data, b->len, WEIR_VERSION))
        buf_printf(why,
                   "%s is another version than this tool's " WEIR_VERSION
                   ": use the two that were built together",
                   path);
    return why->len == 0;
}

bool library_fits(const struct jvmproc *p, int root, const char *path, const char *own,
                  struct buf *why)
{
    struct bytes   b;
    struct elfid   id = { 0 };
    struct statvfs fs;
    buf_reset(why);
    int fd = procfs_open_below(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        say_missing(p, path, own, why);
        return false;
    }
    bool noexec = fstatvfs(fd, &fs) == 0 && (fs.f_flag & NOEXEC) != 0;
    bool loaded = load(fd, &b);
    if (!loaded)
        buf_printf(why, "%s of JVM %lld cannot be read as a library", path, (long long)p->pid);
    else if (noexec)
        buf_printf(why,
                   "%s lies on a file system mounted noexec in JVM %lld: put it elsewhere and name "
                   "it with --lib",
                   path, (long long)p->pid);
    bool fine = why->len == 0 && is_ours(&b, path, &id, why) && matches(p, root, path, &id, why);
    free(b.data);
    return fine;
}

/* ---- a copy ---- */

static bool write_all(int fd, const struct bytes *b)
{
    size_t done = 0;
    while (done < b->len) {
        ssize_t n = write(fd, b->data + done, b->len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return fchmod(fd, 0755) == 0;
}

/* Under a name of its own first: whoever sees libweir.so sees all of it. False: errno, EEXIST when one is there. */
static bool place(int dir, const struct bytes *b)
{
    char     name[40];
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        return false;
    snprintf(name, sizeof name, "." NAME ".%016llx", (unsigned long long)number);
    int fd = openat(dir, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool fine = write_all(fd, b);
    fine = close(fd) == 0 && fine && linkat(dir, name, dir, NAME, 0) == 0;
    int e = errno;
    (void)unlinkat(dir, name, 0);
    errno = e;
    return fine;
}

static bool is_same(int dir, const struct bytes *b)
{
    struct bytes there;
    int          fd = openat(dir, NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool same = load(fd, &there) && there.len == b->len && memcmp(there.data, b->data, b->len) == 0;
    free(there.data);
    return same;
}

bool library_copy(const struct jvmproc *p, int root, const char *dir, const char *own,
                  char path[PROCJVM_PATH_MAX], struct buf *why)
{
    struct bytes b = { NULL, 0 };
    int          from = open(own, O_RDONLY | O_CLOEXEC);
    int          to = procfs_open_below(root, dir, O_RDONLY | O_DIRECTORY);
    size_t       n = strlen(dir);
    buf_reset(why);
    if (from < 0 || !load(from, &b))
        buf_printf(why, "%s cannot be read", own);
    else if (to < 0)
        buf_printf(why, "directory %s of JVM %lld: %s", dir, (long long)p->pid, strerror(errno));
    else if (!is_same(to, &b) && !place(to, &b) && !(errno == EEXIST && is_same(to, &b)))
        buf_printf(
            why, "%s/" NAME " of JVM %lld: %s%s", dir, (long long)p->pid, strerror(errno),
            errno == EEXIST
                ? " and is another one, which some JVM may have loaded: name another directory"
                : "");
    if (to >= 0)
        close(to);
    free(b.data);
    snprintf(path, PROCJVM_PATH_MAX, "%s%s" NAME, dir, n > 0 && dir[n - 1] == '/' ? "" : "/");
    return why->len == 0;
}
