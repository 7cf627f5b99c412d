/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_top.c: `weir top`: reads a ledger every few seconds and shows its sheet, until the JVM ends or somebody has seen
 * enough. Nothing is asked of the JVM and nothing is written to it: a ledger that is read costs its writer nothing.
 * Two buffers take turns, so that a sheet that cannot be read leaves the one before. The file stays open: the last sheet of
 * a JVM that is gone, its directory too, is still there; only when its name is gone while the JVM lives (the agent then
 * makes a new one) is it looked for again. */
#include "cli/cmd_top.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/ledger_in.h"
#include "cli/terminal.h"
#include "model/trend.h"
#include "out/out_top.h"
#include "weir.h"

enum { TEXT_CAP = 64 * 1024, REASON_CAP = 256, DEFAULT_INTERVAL = 2, MAX_INTERVAL = 3600, FIRST_MS = 5000, RETRY_MS = 100 };

static const char usage[] =
    "usage: weir top [--interval S] [--once] PID|FILE\n"
    "  PID           a JVM with weir in it, also one in a container; a file of digits is ./123\n"
    "  FILE          its ledger: weir-HOST-PID-TIME.ledger\n"
    "  --interval S  seconds between sheets, 1 to 3600; default 2. The agent writes one each second.\n"
    "  --once        one sheet\n"
    "On a terminal the sheet is redrawn; q or Ctrl-C ends it. Otherwise, or with TERM=dumb, sheet follows sheet.\n"
    "Ends with the JVM, and says how that ended. MiB/min: the trend over what this command saw, five minutes at most.\n"
    "`*`: a limit that a person set; `!`: over such a limit; `>`: over another, which alone is no fault.\n"
    "Exit code 0; 2: usage, or no ledger; 3: no such JVM, or none with a ledger. With --once also 1: a limit that a\n"
    "person set is exceeded, or framework.off-heap and task.off-heap together exceed their sum.\n";

static struct {
    const char      *target;
    long             pid; /* 0: target is a file */
    int              interval_ms;
    bool             once;
    int              fd;
    struct ledger_in boxes[2], *shown; /* NULL: no sheet yet */
    bool             alive;
    int64_t          age_ms, seen_ms; /* of the shown sheet when it was first seen, and when that was */
    struct trend     trend;
} me;
static char text[TEXT_CAP];

static int fail(enum weir_exit code, const char *why)
{
    fprintf(stderr, "weir top: %s: %s\n", me.target, why);
    return code;
}

/* ---- the ledger ---- */

static int open_target(struct buf *why)
{
    return me.pid != 0 ? ledger_in_of_pid(me.pid, why) : ledger_in_open(me.target, why);
}

/* A file without a name is no longer written: the agent has made a new one, or is about to. */
static void follow_name(void)
{
    struct stat st;
    char        reason[REASON_CAP];
    struct buf  why;
    buf_init(&why, reason, sizeof reason);
    if (fstat(me.fd, &st) != 0 || st.st_nlink != 0)
        return;
    int fd = open_target(&why);
    if (fd < 0)
        return;
    close(me.fd);
    me.fd = fd;
}

static void keep(struct ledger_in *in)
{
    const struct weir_header *h = &in->file.last.header;
    struct trend_sheet        sheet = { .time_ms = h->time_ms };
    bool                      fresh = me.shown == NULL || me.shown->file.last.header.time_ms != h->time_ms;
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++) {
        sheet.known[i] = in->file.last.sheet.rows[i].measured;
        sheet.used[i] = in->file.last.sheet.rows[i].used;
    }
    trend_add(&me.trend, &sheet);
    me.shown = in;
    if (!fresh)
        return;
    me.seen_ms = clock_mono_ms();
    me.age_ms = clock_wall_ms() - h->time_ms;
    if (me.age_ms < 0)
        me.age_ms = 0; /* clocks that differ are no news from the future */
}

/* The newest sheet, and whether more will come. False: why; what was shown stays. */
static bool look(struct buf *why)
{
    struct ledger_in *next = &me.boxes[me.shown == &me.boxes[0]];
    follow_name();
    me.alive = ledger_in_alive(me.fd);
    if (!ledger_in_read(me.fd, next, why))
        return false;
    keep(next);
    return true;
}

/* A JVM that has just started may not have written yet. */
static bool look_first(struct buf *why)
{
    int64_t until = clock_mono_ms() + FIRST_MS;
    while (!look(why)) {
        if (!me.alive || clock_mono_ms() >= until)
            return false;
        if (terminal_wait(RETRY_MS) == TERMINAL_QUIT)
            return false;
    }
    return true;
}

/* ---- the screen ---- */

static bool show(void)
{
    struct buf     b;
    struct out_top top = { .file = &me.shown->file, .trend = &me.trend, .alive = me.alive };
    top.age_ms = me.age_ms + (clock_mono_ms() - me.seen_ms);
    terminal_size(&top.columns, &top.rows);
    buf_init(&b, text, sizeof text);
    out_top(&b, &top);
    return terminal_draw(text, b.len);
}

static bool ended(void)
{
    return !me.alive || me.shown->file.stopped;
}

/* False: stdout failed. */
static bool run(struct buf *why)
{
    while (show()) {
        if (me.once || ended())
            return true;
        enum terminal_event event = terminal_wait(me.interval_ms);
        if (event == TERMINAL_QUIT)
            return true;
        if (event == TERMINAL_TIME)
            (void)look(why);
    }
    return false;
}

static int top(void)
{
    char       reason[REASON_CAP];
    struct buf why;
    buf_init(&why, reason, sizeof reason);
    me.fd = open_target(&why);
    if (me.fd < 0)
        return fail(me.pid != 0 ? WEIR_EXIT_UNREACHABLE : WEIR_EXIT_USAGE, reason);
    if (!look_first(&why))
        return fail(WEIR_EXIT_USAGE, reason);
    if (!me.once)
        (void)terminal_open();
    bool fine = run(&why);
    terminal_close();
    if (!fine)
        return fail(WEIR_EXIT_USAGE, "could not be printed whole");
    return me.once && out_top_is_over(&me.shown->file.last.sheet) ? WEIR_EXIT_OVER : WEIR_EXIT_OK;
}

/* ---- arguments ---- */

static bool read_number(const char *s, long most, long *out)
{
    char *end;
    if (s == NULL || strspn(s, "0123456789") == 0 || strlen(s) > 9)
        return false;
    *out = strtol(s, &end, 10);
    return *end == '\0' && *out >= 1 && *out <= most;
}

static int refuse(const char *what, const char *argument)
{
    fprintf(stderr, "weir top: %s%s\n%s", what, argument, usage);
    return WEIR_EXIT_USAGE;
}

int command_top(int argc, char **args)
{
    long seconds = DEFAULT_INTERVAL;
    bool plain = false;
    for (int i = 0; i < argc; i++) {
        if (!plain && (strcmp(args[i], "--help") == 0 || strcmp(args[i], "-h") == 0)) {
            fputs(usage, stdout);
            return WEIR_EXIT_OK;
        }
        if (!plain && strcmp(args[i], "--once") == 0) {
            me.once = true;
        } else if (!plain && strcmp(args[i], "--interval") == 0) {
            if (!read_number(i + 1 < argc ? args[++i] : NULL, MAX_INTERVAL, &seconds))
                return refuse("--interval takes 1 to 3600 seconds", "");
        } else if (!plain && strcmp(args[i], "--") == 0) {
            plain = true;
        } else if (me.target != NULL || (!plain && args[i][0] == '-')) {
            return refuse("unexpected ", args[i]);
        } else {
            me.target = args[i];
        }
    }
    if (me.target == NULL)
        return refuse("which JVM?", "");
    me.interval_ms = (int)seconds * 1000;
    if (me.target[strspn(me.target, "0123456789")] == '\0' && !read_number(me.target, 999999999, &me.pid))
        return refuse("no process id: ", me.target);
    return top();
}
