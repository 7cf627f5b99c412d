/* SPDX-License-Identifier: Apache-2.0 */
/* log.c: one line, one write (a long one in pieces of PIPE_BUF). A line that cannot be written soon is lost: the JVM must not
 * notice. */
#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

enum { LINE_MAX_BYTES = 16 * 1024, SHORT_MAX = 1024, PATIENCE_MS = 50 };

static atomic_int out_fd = STDERR_FILENO;
static atomic_bool stuck; /* the last line waited in vain: the next one does not wait */
static const char *const names[] = { "DEBUG", "INFO ", "WARN ", "ERROR" };

void log_to(int fd)
{
    atomic_store_explicit(&out_fd, fd, memory_order_relaxed);
}

/* stderr may be a pipe that nobody reads: the JVM's start and end must not wait for it. A pipe that polls writable takes
 * PIPE_BUF bytes without blocking. */
static bool writable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    bool was_stuck = atomic_load_explicit(&stuck, memory_order_relaxed);
    bool ready = poll(&p, 1, was_stuck ? 0 : PATIENCE_MS) == 1 && (p.revents & POLLOUT) != 0;
    atomic_store_explicit(&stuck, !ready, memory_order_relaxed);
    return ready;
}

/* One write, except into a pipe: there in pieces that do not block. */
static void write_all(int fd, const char *p, size_t n)
{
    struct stat st;
    bool pipe = fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
    while (n > 0 && writable(fd)) {
        ssize_t w = write(fd, p, pipe && n > PIPE_BUF ? PIPE_BUF : n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return;
        p += w;
        n -= (size_t)w;
    }
}

void log_text(enum log_level level, int64_t wall_ms, const char *text)
{
    char line[LINE_MAX_BYTES];
    struct buf b;
    buf_init(&b, line, sizeof line - 1); /* one for the end of the line */
    clock_log4j(&b, wall_ms);
    buf_printf(&b, " %s weir - ", names[level]);
    size_t n = strlen(text);
    buf_put(&b, text, n > 0 && text[n - 1] == '\n' ? n - 1 : n);
    buf_mark_cut(&b);
    b.data[b.len++] = '\n';
    write_all(atomic_load_explicit(&out_fd, memory_order_relaxed), b.data, b.len);
}

void log_safe(enum log_level level, int64_t wall_ms, const char *text)
{
    char line[SHORT_MAX];
    struct buf b;
    buf_init(&b, line, sizeof line - 1); /* one for the end of the line */
    clock_log4j_safe(&b, wall_ms);
    buf_puts(&b, " ");
    buf_puts(&b, names[level]);
    buf_puts(&b, " weir - ");
    buf_puts(&b, text);
    buf_mark_cut(&b);
    b.data[b.len++] = '\n';
    write_all(atomic_load_explicit(&out_fd, memory_order_relaxed), b.data, b.len);
}

__attribute__((format(printf, 2, 0))) static void log_v(enum log_level level, const char *fmt, va_list ap)
{
    char text[SHORT_MAX];
    int n = vsnprintf(text, sizeof text, fmt, ap);
    if (n >= (int)sizeof text)
        memcpy(text + sizeof text - 4, "...", 4);
    log_text(level, clock_wall_ms(), text);
}

#define LOG_FUNCTION(name, level)          \
    void name(const char *fmt, ...)        \
    {                                      \
        va_list ap;                        \
        va_start(ap, fmt);                 \
        log_v(level, fmt, ap);             \
        va_end(ap);                        \
    }
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_warn, LOG_WARN)
LOG_FUNCTION(log_error, LOG_ERROR)
