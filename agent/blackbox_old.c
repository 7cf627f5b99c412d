/* SPDX-License-Identifier: Apache-2.0 */
/* blackbox_old.c: finds, says, renames and prunes the ledgers of JVMs that are gone. Only files whose head names this host
 * are touched, never one that a live JVM holds locked. A file may be anybody's: it is opened without following links, and
 * read like any foreign bytes. */
#include "blackbox_old.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "out/out_ledger.h"
#include "out/out_sheet.h"
#include "out/parts.h"

enum { NAME_CAP = 256, PATH_CAP = 2048, MOST = 256, KEEP_CRASHED = 3, KEEP_OTHERS = 2, TEXT_CAP = 16 * 1024, WORDS_CAP = 2048 };
static const char suffix[] = ".ledger", crashed_suffix[] = ".crashed";

struct old {
    char    name[NAME_CAP];
    int64_t start_ms;
    bool    crashed; /* by its name */
    bool    fresh;   /* crashed and not yet renamed */
};

struct search {
    char                    dir[PATH_CAP];
    int                     fd;  /* of dir */
    const char             *own; /* our file's name in it */
    const struct ledger_id *id;
    size_t                  count;
    struct old              found[MOST];
    unsigned char           bytes[LEDGER_SIZE + 1];
    struct ledger_file      file;
};

static bool ends_in(const char *name, size_t len, const char *tail)
{
    size_t n = strlen(tail);
    return len >= n && memcmp(name + len - n, tail, n) == 0;
}

/* NAME.ledger or our own name, then perhaps .crashed. */
static bool is_candidate(const struct search *s, const char *name, bool *crashed)
{
    size_t len = strlen(name);
    if (len >= NAME_CAP)
        return false;
    *crashed = ends_in(name, len, crashed_suffix);
    if (*crashed)
        len -= sizeof crashed_suffix - 1;
    return ends_in(name, len, suffix) || (len == strlen(s->own) && memcmp(name, s->own, len) == 0);
}

static bool pid_lives(int64_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%lld", (long long)pid);
    return pid != (int64_t)getpid() && access(path, F_OK) == 0;
}

/* The lock knows; where there are none, the pid, and our own is an earlier JVM of this container. */
static bool is_dead(int fd, int64_t pid)
{
    if (flock(fd, LOCK_SH | LOCK_NB) == 0)
        return true;
    return errno != EWOULDBLOCK && !pid_lives(pid);
}

/* Bytes of a regular file into s->bytes; 0 if it is none. */
static size_t read_file(struct search *s, int fd)
{
    struct stat st;
    size_t      len = 0;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    while (len < sizeof s->bytes) {
        ssize_t r = read(fd, s->bytes + len, sizeof s->bytes - len);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            break;
        len += (size_t)r;
    }
    return len;
}

static int open_old(const struct search *s, const char *name)
{
    return openat(s->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static void consider(struct search *s, const char *name)
{
    char             text[256];
    struct buf       why;
    struct old       o = { .fresh = false };
    struct ledger_id id;
    uint32_t         size;
    if (s->count == MOST || !is_candidate(s, name, &o.crashed))
        return;
    int fd = open_old(s, name);
    if (fd < 0)
        return;
    size_t len = read_file(s, fd);
    buf_init(&why, text, sizeof text);
    bool ours = out_ledger_identify(s->bytes, len, &id, &size, &why) == WEIR_OK && strcmp(id.host, s->id->host) == 0;
    if (ours && is_dead(fd, id.pid)) {
        memcpy(o.name, name, strlen(name) + 1);
        o.start_ms = id.start_ms;
        bool stopped = out_ledger_read(s->bytes, len, &s->file, &why) == WEIR_OK && s->file.stopped;
        o.fresh = !o.crashed && !stopped;
        s->found[s->count++] = o;
    }
    close(fd);
}

static int newest_first(const void *a, const void *b)
{
    const struct old *x = a, *y = b;
    return (x->start_ms < y->start_ms) - (x->start_ms > y->start_ms);
}

/* ---- saying it ---- */

static void put_uptime(struct buf *b, int64_t ms)
{
    long long s = ms > 0 ? (long long)(ms / 1000) : 0;
    if (s >= 3600)
        buf_printf(b, "%lld h %lld min", s / 3600, s / 60 % 60);
    else if (s >= 60)
        buf_printf(b, "%lld min %lld s", s / 60, s % 60);
    else
        buf_printf(b, "%lld s", s);
}

/* s->file is the crashed one. */
static void put_digest(struct buf *b, const struct search *s, const char *name)
{
    const struct ledger_sheet *last = &s->file.last;
    char                       line[PATH_CAP + NAME_CAP + WORDS_CAP];
    struct buf                 state;
    buf_init(&state, line, sizeof line);
    buf_puts(&state, "previous JVM ended without stop at ");
    parts_time(&state, s->file.words.there ? s->file.words.time_ms : last->header.time_ms);
    buf_puts(&state, ", up ");
    put_uptime(&state, last->header.uptime_ms);
    buf_printf(&state, "; weir read %s/%s says more", s->dir, name);
    if (s->file.words.there) {
        buf_puts(&state, "\n  ");
        out_sheet_words(&state, &s->file.words);
    }
    out_sheet_digest(b, line, last);
    if (s->file.damage[0] != '\0')
        buf_printf(b, "\n  %s", s->file.damage);
}

static void say(struct search *s, const char *name)
{
    char       text[TEXT_CAP], reason[256];
    struct buf b, why;
    int        fd = open_old(s, name);
    size_t     len = fd >= 0 ? read_file(s, fd) : 0;
    if (fd >= 0)
        close(fd);
    buf_init(&b, text, sizeof text);
    buf_init(&why, reason, sizeof reason);
    if (out_ledger_read(s->bytes, len, &s->file, &why) == WEIR_OK)
        put_digest(&b, s, name);
    else
        buf_printf(&b, "previous JVM ended without stop; its ledger %s/%s: %s", s->dir, name, reason);
    log_text(LOG_WARN, clock_wall_ms(), text);
}

/* ---- renaming and pruning; s->found is sorted, the newest first ---- */

/* Two JVMs that start at once may both find it: who renames it, says it. */
static void rename_crashed(struct search *s)
{
    bool said = false;
    for (size_t i = 0; i < s->count; i++) {
        struct old *o = &s->found[i];
        char        name[NAME_CAP + sizeof crashed_suffix];
        if (!o->fresh)
            continue;
        snprintf(name, sizeof name, "%s%s", o->name, crashed_suffix);
        bool renamed = strlen(name) < NAME_CAP && renameat(s->fd, o->name, s->fd, name) == 0;
        if (!renamed && errno == ENOENT)
            continue;
        if (renamed)
            memcpy(o->name, name, strlen(name) + 1);
        o->crashed = true;
        if (!said)
            say(s, o->name);
        said = true;
    }
}

static void prune(const struct search *s)
{
    size_t crashed = 0, others = 0;
    for (size_t i = 0; i < s->count; i++) {
        bool keep = s->found[i].crashed ? crashed++ < KEEP_CRASHED : others++ < KEEP_OTHERS;
        if (!keep)
            (void)unlinkat(s->fd, s->found[i].name, 0);
    }
}

/* The directory of a path and the name in it; "." if it has none. */
static void split(struct search *s, const char *path)
{
    const char *slash = strrchr(path, '/');
    s->own = slash != NULL ? slash + 1 : path;
    if (slash == NULL)
        snprintf(s->dir, sizeof s->dir, ".");
    else
        snprintf(s->dir, sizeof s->dir, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static void look(struct search *s)
{
    DIR *d = opendir(s->dir);
    if (d == NULL)
        return;
    s->fd = dirfd(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        consider(s, e->d_name);
    qsort(s->found, s->count, sizeof s->found[0], newest_first);
    rename_crashed(s);
    prune(s);
    closedir(d);
}

void blackbox_old_report(const char *path, const struct ledger_id *id)
{
    struct search *s = arena_map(sizeof *s);
    if (s == NULL)
        return;
    s->id = id;
    split(s, path);
    look(s);
    arena_unmap(s, sizeof *s);
}
