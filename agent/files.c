/* SPDX-License-Identifier: Apache-2.0 */
/* files.c: names and descriptors. A symbolic link or a file that somebody put there first is never followed or written. */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PRUNE_MAX = 256, NAME_CAP = 256, PATH_CAP = 2048 };

bool files_directory(const char *const *candidates, size_t count, char *out, size_t cap)
{
    for (size_t i = 0; i < count; i++) {
        struct stat st;
        const char *c = candidates[i];
        if (c == NULL || c[0] == '\0' || strlen(c) >= cap)
            continue;
        if (stat(c, &st) == 0 && S_ISDIR(st.st_mode) && access(c, W_OK | X_OK) == 0) {
            memcpy(out, c, strlen(c) + 1);
            return true;
        }
    }
    return false;
}

static int create_new(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
}

int files_create(const char *path, char *used, size_t cap)
{
    const char *dot = strrchr(path, '.');
    const char *slash = strrchr(path, '/');
    if (dot == NULL || (slash != NULL && dot < slash))
        dot = path + strlen(path);
    if (strlen(path) + 2 >= cap) {
        errno = ENAMETOOLONG;
        return -1;
    }
    snprintf(used, cap, "%s", path);
    int fd = create_new(used);
    for (int n = 2; fd < 0 && errno == EEXIST && n <= 9; n++) {
        snprintf(used, cap, "%.*s-%d%s", (int)(dot - path), path, n, dot);
        fd = create_new(used);
    }
    return fd;
}

struct candidate {
    char   name[NAME_CAP];
    time_t modified;
};

static int newest_first(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return (x->modified < y->modified) - (x->modified > y->modified);
}

/* "weir-HOST-PID-STAMP...SUFFIX": the pid, or 0. Another host's name may begin as ours does: the stamp tells. A pid equal to
 * ours is an earlier JVM of a container, where it is always 1. */
static long pid_in(const char *name, const char *host, const char *suffix)
{
    char prefix[NAME_CAP];
    int n = snprintf(prefix, sizeof prefix, "weir-%s-", host);
    size_t len = strlen(name), tail = strlen(suffix);
    if (n < 0 || strncmp(name, prefix, (size_t)n) != 0 || len < tail || strcmp(name + len - tail, suffix) != 0)
        return 0;
    char *rest;
    long pid = strtol(name + n, &rest, 10);
    bool stamped = rest[0] == '-' && strspn(rest + 1, "0123456789") == 8 && rest[9] == '-' &&
                   strspn(rest + 10, "0123456789") == 6;
    return stamped ? pid : 0;
}

static bool alive(long pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld", pid);
    return pid != (long)getpid() && access(path, F_OK) == 0;
}

static size_t collect(DIR *d, const char *host, const char *suffix, struct candidate *out)
{
    size_t count = 0;
    for (const struct dirent *e; (e = readdir(d)) != NULL && count < PRUNE_MAX;) {
        struct stat st;
        long pid = pid_in(e->d_name, host, suffix);
        if (pid <= 0 || strlen(e->d_name) >= NAME_CAP || alive(pid))
            continue;
        if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        memcpy(out[count].name, e->d_name, strlen(e->d_name) + 1);
        out[count++].modified = st.st_mtime;
    }
    return count;
}

/* The file and the one a stream turned over, NAME.1. */
static void remove_with_older(DIR *d, const char *name)
{
    char older[NAME_CAP + 2];
    snprintf(older, sizeof older, "%s.1", name);
    unlinkat(dirfd(d), name, 0);
    unlinkat(dirfd(d), older, 0);
}

void files_prune(const char *dir, const char *host, const char *suffix, size_t keep)
{
    DIR *d = opendir(dir);
    struct candidate *found = d != NULL ? calloc(PRUNE_MAX, sizeof *found) : NULL;
    if (found != NULL) {
        size_t count = collect(d, host, suffix, found);
        qsort(found, count, sizeof *found, newest_first);
        for (size_t i = keep; i < count; i++)
            remove_with_older(d, found[i].name);
        free(found);
    }
    if (d != NULL)
        closedir(d);
}

void files_open_stream(struct files_stream *s, const char *path, uint64_t max)
{
    memset(s, 0, sizeof *s);
    s->max = max;
    s->fd = files_create(path, s->path, sizeof s->path);
}

/* Somebody deleted the file, or put another one in its place: nobody would find what is written to ours. */
static bool gone(const struct files_stream *s)
{
    struct stat st;
    return s->fd < 0 || (fstat(s->fd, &st) == 0 && st.st_nlink == 0);
}

/* A new file of the same name, the present one becoming NAME.1 if it is still there. False: it cannot be made now; the next line tries again. */
static bool turn_over(struct files_stream *s)
{
    char old[PATH_CAP];
    snprintf(old, sizeof old, "%s.1", s->path);
    if (s->fd >= 0 && !gone(s) && rename(s->path, old) != 0 && errno != ENOENT)
        return false;
    int fd = create_new(s->path);
    if (fd < 0)
        return false;
    if (s->fd >= 0)
        close(s->fd);
    s->fd = fd;
    s->bytes = 0;
    return true;
}

void files_put_line(struct files_stream *s, const struct buf *line)
{
    if (s->path[0] == '\0')
        return; /* never asked for: nothing is lost */
    bool fits = !line->cut && line->len <= s->max / 2;
    if (fits && (gone(s) || (s->bytes > 0 && s->bytes + line->len > s->max / 2)))
        fits = turn_over(s);
    ssize_t w = -1;
    if (s->fd >= 0 && fits)
        do
            w = write(s->fd, line->data, line->len);
        while (w < 0 && errno == EINTR);
    if (w == (ssize_t)line->len)
        s->bytes += line->len;
    else
        s->lost++;
    /* A part of a line (full disk) is taken back, so that every line in the file is whole. */
    if (w > 0 && w < (ssize_t)line->len && ftruncate(s->fd, (off_t)s->bytes) != 0)
        s->bytes += (uint64_t)w;
}

void files_close_stream(struct files_stream *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}
