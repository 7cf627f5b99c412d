/* SPDX-License-Identifier: Apache-2.0 */
/* blackbox.c: file I/O of the black box. Only pwrite: a mapped file that is truncated or meets a full disk kills its
 * process with SIGBUS. The page cache keeps what was written when the process is killed; nothing is synced, since it is not
 * the machine that is expected to die. Blocks are reserved at the start where the file system can, so that a disk that
 * fills up later does not stop the ledger.
 * The file is locked (flock) as long as we live: that tells a later JVM and `weir read` who is dead, where pids, of which
 * a container has only 1, do not.
 * A file that was removed is made anew. Its descriptor keeps its number (dup3), because a hook may be about to use it. */
#define _GNU_SOURCE /* dup3 */
#include "blackbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "digest.h"
#include "files.h"
#include "blackbox_old.h"
#include "out/out_ledger.h"

enum { PATH_CAP = 2048, MAX_WARNINGS = 10, DIGEST_MS = 10000 };

static struct {
    struct blackbox_setup setup;
    char                path[PATH_CAP], used[PATH_CAP]; /* asked for, and the name it got */
    atomic_int          fd;                             /* -1: there is none yet */
    pid_t               pid;
    atomic_bool         spoken; /* the last words */
    bool                ready, failing, digest_due;
    uint64_t            sequence, lost, lost_said;
    unsigned            warnings;
    int64_t             digest_ms;
    struct ledger_sheet sheet;
    char                texts[LEDGER_LINES][LEDGER_LINE_TEXT];
    unsigned            next_text;
    unsigned char       block[LEDGER_SLOT_SIZE];
} me = { .fd = -1 };

/* ---- writing ---- */

static bool put(int fd, size_t len, size_t at)
{
    ssize_t w;
    if (len == 0) {
        errno = EMSGSIZE;
        return false;
    }
    do
        w = pwrite(fd, me.block, len, (off_t)at);
    while (w < 0 && errno == EINTR);
    if (w >= 0 && (size_t)w != len)
        errno = ENOSPC;
    return w == (ssize_t)len;
}

/* A descriptor for it, locked and of its full size; false: errno. files_create() opens for appending, where Linux's pwrite
 * ignores its offset. */
static bool make(void)
{
    int fd = files_create(me.path, me.used, sizeof me.used);
    if (fd < 0)
        return false;
    (void)flock(fd, LOCK_EX | LOCK_NB);
    if (fcntl(fd, F_SETFL, 0) != 0 || ftruncate(fd, LEDGER_SIZE) != 0) {
        int e = errno;
        close(fd);
        errno = e;
        return false;
    }
    (void)posix_fallocate(fd, 0, LEDGER_SIZE);
    int old = atomic_load_explicit(&me.fd, memory_order_relaxed);
    if (old < 0) {
        /* Release: pairs with blackbox_last_words(). */
        atomic_store_explicit(&me.fd, fd, memory_order_release);
    } else {
        (void)dup3(fd, old, O_CLOEXEC);
        close(fd);
    }
    return true;
}

/* There is a file, it has a name, and its head is written. */
static bool ready(void)
{
    struct stat st;
    int         fd = atomic_load_explicit(&me.fd, memory_order_relaxed);
    bool        gone = fd < 0 || fstat(fd, &st) != 0 || st.st_nlink == 0;
    if (gone && fd >= 0) {
        me.ready = false;
        me.lost++; /* at least the sheet before is gone with the file */
    }
    if (gone && !make())
        return false;
    if (!me.ready)
        me.ready = put(atomic_load_explicit(&me.fd, memory_order_relaxed),
                       out_ledger_head(me.block, &me.setup.id), 0);
    return me.ready;
}

/* before: what had been lost before this attempt. */
static void say_trouble(bool fine, int error, uint64_t before)
{
    if (fine && me.failing) {
        me.failing = false;
        log_info("ledger %s is written again; %llu writes were lost", me.used, (unsigned long long)(me.lost - me.lost_said));
    } else if (!fine && !me.failing) {
        me.failing = true;
        me.lost_said = before;
        if (me.warnings++ < MAX_WARNINGS)
            log_warn("ledger %s: %s; if the JVM is killed now, its last sheet is lost", me.path, strerror(error));
    }
}

static void write_sheet(void)
{
    uint64_t before = me.lost;
    bool     fine = ready() && put(atomic_load_explicit(&me.fd, memory_order_relaxed),
                               out_ledger_sheet(me.block, me.sequence + 1, &me.sheet),
                               out_ledger_place(me.sequence + 1));
    int error = errno;
    if (fine)
        me.sequence++;
    else
        me.lost++;
    say_trouble(fine, error, before);
}

static void take(const struct weir_header *header, const struct weir_sheet *sheet)
{
    me.sheet.header = *header;
    me.sheet.sheet = *sheet;
}

void blackbox_write(const struct weir_header *header, const struct weir_sheet *sheet)
{
    take(header, sheet);
    if (me.path[0] != '\0')
        write_sheet();
    if (me.digest_due || header->time_ms - me.digest_ms >= DIGEST_MS) {
        me.digest_due = false;
        me.digest_ms = header->time_ms;
        me.lost += !digest_write(&me.sheet, "");
    }
}

void blackbox_note(int64_t time_ms, const char *what, const char *text)
{
    struct ledger_sheet *s = &me.sheet;
    char                *copy = me.texts[me.next_text++ % LEDGER_LINES];
    struct buf           b;
    buf_init(&b, copy, LEDGER_LINE_TEXT);
    buf_puts(&b, text);
    buf_mark_cut(&b);
    memmove(&s->lines[1], &s->lines[0], sizeof s->lines - sizeof s->lines[0]);
    s->lines[0] = (struct ledger_line){ time_ms, what, copy };
    if (s->line_count < LEDGER_LINES)
        s->line_count++;
    me.digest_due = true;
}

void blackbox_stop(const struct weir_header *header, const struct weir_sheet *sheet, const char *reason)
{
    take(header, sheet);
    if (me.path[0] != '\0') {
        write_sheet();
        if (me.ready && !put(atomic_load_explicit(&me.fd, memory_order_relaxed),
                             out_ledger_stop(me.block, header->time_ms, reason), LEDGER_STOP_AT))
            me.lost++;
    }
    (void)digest_write(&me.sheet, reason);
}

void blackbox_describe(const struct weir_start *start)
{
    me.sheet.start = *start;
}

const struct ledger_sheet *blackbox_sheet(void)
{
    return &me.sheet;
}

uint64_t blackbox_lost(void)
{
    return me.lost;
}

/* ---- start ---- */

void blackbox_open(const struct blackbox_setup *setup)
{
    me.setup = *setup;
    me.pid = getpid();
    me.sheet.start = *setup->start;
    snprintf(me.path, sizeof me.path, "%s", setup->path);
    snprintf(me.used, sizeof me.used, "%s", setup->path);
    if (!setup->last_off)
        digest_open(setup->last);
    if (me.path[0] == '\0')
        return;
    blackbox_old_report(me.path, &setup->id);
    if (!ready()) {
        int error = errno;
        me.lost++;
        say_trouble(false, error, 0);
    }
}

/* ---- the way out ---- */

void blackbox_last_words(const char *text, int64_t time_ms, const uint64_t used[WEIR_COMPONENT_COUNT],
                       const bool known[WEIR_COMPONENT_COUNT])
{
    unsigned char       block[LEDGER_WORDS_SIZE];
    struct ledger_words words = { .there = true, .time_ms = time_ms, .text = text };
    /* Acquire: pairs with make(). */
    int fd = atomic_load_explicit(&me.fd, memory_order_acquire);
    if (fd < 0 || getpid() != me.pid || atomic_exchange_explicit(&me.spoken, true, memory_order_relaxed))
        return;
    memcpy(words.used, used, sizeof words.used);
    memcpy(words.known, known, sizeof words.known);
    size_t len = out_ledger_words(block, &words);
    while (len != 0 && pwrite(fd, block, len, LEDGER_WORDS_AT) < 0 && errno == EINTR)
        continue;
}
