/* SPDX-License-Identifier: Apache-2.0 */
/* digest.c: a small file that is rewritten in place; in a container it is a bind mount, which no rename could replace.
 * Text first, length after: whoever reads in between sees the new digest with the end of the old one behind it. */
#include "digest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "files.h"
#include "out/out_sheet.h"
#include "out/parts.h"

enum { LARGEST = 4096, PATH_CAP = 2048, STATE_CAP = 512 };
static const char kubelets[] = "/dev/termination-log";

static int digest_fd = -1;

/* One that is there; -1 and errno if it cannot be ours. */
static int open_present(const char *path)
{
    struct stat st;
    int         fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= LARGEST)
        return fd;
    close(fd);
    errno = EEXIST;
    return -1;
}

void digest_open(const char *path)
{
    char used[PATH_CAP];
    bool mine = path[0] != '\0';
    digest_fd = open_present(mine ? path : kubelets);
    if (digest_fd < 0 && mine && errno == ENOENT) {
        digest_fd = files_create(path, used, sizeof used);
        if (digest_fd >= 0)
            (void)fcntl(digest_fd, F_SETFL, 0); /* not O_APPEND */
    }
    if (digest_fd < 0 && mine)
        log_warn("option last: %s: %s; no digest is written", path,
                 errno == EEXIST ? "there is something that is no digest" : strerror(errno));
}

bool digest_write(const struct ledger_sheet *sheet, const char *reason)
{
    char       text[OUT_DIGEST_MAX + 1], line[STATE_CAP];
    struct buf b, state;
    if (digest_fd < 0)
        return true;
    buf_init(&state, line, sizeof line);
    buf_puts(&state, "weir ");
    parts_time(&state, sheet->header.time_ms);
    if (reason[0] == '\0')
        buf_puts(&state, ": the JVM was running");
    else
        buf_printf(&state, ": the JVM stopped: %s", reason);
    buf_init(&b, text, sizeof text - 1);
    out_sheet_digest(&b, line, sheet);
    text[b.len] = '\n';
    size_t len = b.len + 1;
    return pwrite(digest_fd, text, len, 0) == (ssize_t)len && ftruncate(digest_fd, (off_t)len) == 0;
}
