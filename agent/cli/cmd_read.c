/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_read.c: `weir read`: the balance sheet in a ledger, who held most, what was said last, and how the JVM ended.
 * Exit code 0 when the ledger could be read, 2 when not. Never 1: whether a row is over its limit is not asked here, and
 * in every healthy job some are (task.off-heap is 0 unless somebody declares it).
 * A ledger may be written while it is read: a sheet that was torn by that is whole at the next try. */
#include "cli/cmd_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "ledger.h"
#include "out/out.h"
#include "out/out_ledger.h"
#include "out/out_sheet.h"
#include "out/parts.h"
#include "out/utf8.h"
#include "weir.h"

enum { TRIES = 3, TEXT_CAP = 256 * 1024, REASON_CAP = 256 };

static const char usage[] = "usage: weir read [--json] FILE\n"
                            "  FILE    a ledger: weir-HOST-PID-TIME.ledger, or one renamed .crashed\n"
                            "  --json  its sheet as one JSON object, as in the JSON lines: reason exit if the JVM\n"
                            "          stopped in order, else request\n"
                            "Exit code 0: read; 2: no ledger, or one that cannot be read.\n";

static unsigned char      bytes[LEDGER_SIZE + 1];
static struct ledger_file file;
static char               text[TEXT_CAP];

/* ---- reading ---- */

/* The whole file, as far as a ledger goes. -1: errno. */
static ssize_t load(int fd)
{
    size_t len = 0;
    while (len < sizeof bytes) {
        ssize_t r = pread(fd, bytes + len, sizeof bytes - len, (off_t)len);
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

/* Into `file`; false: why. */
static bool read_ledger(int fd, struct buf *why)
{
    for (int i = 0; i < TRIES; i++) {
        ssize_t len = load(fd);
        buf_reset(why);
        if (len < 0) {
            buf_puts(why, strerror(errno));
            return false;
        }
        if (out_ledger_read(bytes, (size_t)len, &file, why) == WEIR_OK && file.damage[0] == '\0')
            return true;
    }
    return why->len == 0;
}

/* Regular, or -1 and a reason: a pipe or a device is no ledger and might never end. */
static int open_ledger(const char *path, struct buf *why)
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

/* Its writer holds it locked as long as it lives. */
static bool is_alive(int fd)
{
    return flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

/* ---- printing ---- */

static void put_ago(struct buf *b, int64_t ms)
{
    if (ms >= 0)
        buf_printf(b, ", %lld.%lld s ago", (long long)(ms / 1000), (long long)(ms / 100 % 10));
}

static void put_state(struct buf *b, bool alive)
{
    const struct weir_header *h = &file.last.header;
    if (file.stopped) {
        buf_puts(b, "the JVM stopped in order at ");
        parts_time(b, file.stop_ms);
        buf_puts(b, ": ");
        utf8_text(b, file.stop_reason, false);
        return;
    }
    buf_puts(b, alive ? "the JVM is running; sheet of " : "the JVM ended without stop; last sheet of ");
    parts_time(b, h->time_ms);
    buf_printf(b, ", %lld s after its start", (long long)(h->uptime_ms / 1000));
    if (alive)
        put_ago(b, clock_wall_ms() - h->time_ms);
}

static void put_text(struct buf *b, bool alive)
{
    put_state(b, alive);
    buf_puts(b, "\n");
    if (file.words.there) {
        out_sheet_words(b, &file.words);
        buf_puts(b, "\n");
    }
    out_sheet_who(b, &file.last);
    buf_puts(b, "\n\n");
    out_sheet_table(b, &file.last.sheet);
    buf_puts(b, file.last.sheet.owner_count != 0 ? "\n\n" : "\n");
    out_sheet_owners(b, &file.last.sheet);
    if (file.last.sheet.owner_count != 0)
        buf_puts(b, "\n");
    for (uint32_t i = 0; i < file.last.line_count; i++) {
        buf_puts(b, "\n");
        out_sheet_line(b, &file.last.lines[i]);
        buf_puts(b, "\n");
    }
}

static int print(const char *path, bool json, bool alive)
{
    struct buf b;
    buf_init(&b, text, sizeof text);
    if (json)
        out_json_sheet(&b, &file.last.header, file.stopped ? "exit" : "request", &file.last.sheet);
    else
        put_text(&b, alive);
    if (file.damage[0] != '\0')
        fprintf(stderr, "weir read: %s: %s\n", path, file.damage);
    if (!b.cut && fwrite(text, 1, b.len, stdout) == b.len && fflush(stdout) == 0)
        return WEIR_EXIT_OK;
    fprintf(stderr, "weir read: %s: could not be printed whole\n", path);
    return WEIR_EXIT_USAGE;
}

static int read_path(const char *path, bool json)
{
    char       reason[REASON_CAP];
    struct buf why;
    buf_init(&why, reason, sizeof reason);
    int  fd = open_ledger(path, &why);
    bool fine = fd >= 0 && read_ledger(fd, &why);
    bool alive = fd >= 0 && is_alive(fd);
    if (fd >= 0)
        close(fd);
    if (fine)
        return print(path, json, alive);
    fprintf(stderr, "weir read: %s: %s\n", path, reason);
    return WEIR_EXIT_USAGE;
}

int command_read(int argc, char **args)
{
    const char *path = NULL;
    bool        json = false, plain = false;
    for (int i = 0; i < argc; i++) {
        if (!plain && (strcmp(args[i], "--help") == 0 || strcmp(args[i], "-h") == 0)) {
            fputs(usage, stdout);
            return WEIR_EXIT_OK;
        }
        if (!plain && strcmp(args[i], "--json") == 0) {
            json = true;
        } else if (!plain && strcmp(args[i], "--") == 0) {
            plain = true;
        } else if (path != NULL || (!plain && args[i][0] == '-')) {
            fprintf(stderr, "weir read: unexpected %s\n%s", args[i], usage);
            return WEIR_EXIT_USAGE;
        } else {
            path = args[i];
        }
    }
    if (path != NULL)
        return read_path(path, json);
    fputs(usage, stderr);
    return WEIR_EXIT_USAGE;
}
