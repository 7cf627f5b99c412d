/* SPDX-License-Identifier: Apache-2.0 */
/* hook_exit.c: four functions in libjvm's slots.
 *   exit, _exit  ExitOnOutOfMemoryError: exit(3) on 11 and 17, _exit(3) on 21 and 25; a fatal error without core dump
 *   abort        CrashOnOutOfMemoryError; any fatal error of the VM, once its hs_err file is written
 *   write        with one of the two flags only: the VM's own line, "Terminating due to java.lang.OutOfMemoryError: Java heap
 *                space", is the one place where the error's text can be had: the flags end the JVM before it posts the error
 *                (debug.cpp, report_java_out_of_memory())
 * System.exit, Runtime.halt, a signal that the VM handles and the last thread's end come here as well, after VMDeath has shut
 * the door.
 * A child of fork (OnOutOfMemoryError and OnError are run by one; with vfork it shares our memory) is told by its pid before
 * anything is touched. */
#include "native/hook_exit.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/buf.h"
#include "native/elfgot.h"
#include "base/poison.h"

enum { TEXT_CAP = 512, OOM_EXIT_CODE = 3 };

typedef void    exit_function(int);
typedef void    abort_function(void);
typedef ssize_t write_function(int, const void *, size_t);

static const char terminating[] = "Terminating due to ", aborting[] = "Aborting due to ", oom[] = "java.lang.OutOfMemoryError";

static exit_function         *real_exit, *real_now;
static abort_function        *real_abort;
static write_function        *real_write;
static hook_exit_say         *say_it;
static struct hook_exit_flags vm;
static pid_t                  pid;
static atomic_bool            shut, spoken;

static struct {
    struct elfgot        lib; /* stays open: the slots are looked at again */
    struct elfgot_symbol exits, now, aborts, writes;
} found;

/* What the VM said why it ends. `state` moves from EMPTY to TAKEN by whoever fills the rest, then to FULL. */
enum { EMPTY, TAKEN, FULL };
static struct {
    atomic_int state;
    bool       crash;
    char       text[TEXT_CAP]; /* of the error: class and message */
} last;

static bool is_ours(void)
{
    return !atomic_load_explicit(&shut, memory_order_relaxed) && getpid() == pid;
}

/* ---- the VM's line ---- */

static bool begins(const char *text, size_t len, const char *with, size_t n)
{
    return len >= n && memcmp(text, with, n) == 0;
}

static void keep(const char *text, size_t len, bool crash)
{
    int         empty = EMPTY;
    struct buf  b;
    const char *end = memchr(text, '\n', len);
    if (!atomic_compare_exchange_strong_explicit(&last.state, &empty, TAKEN, memory_order_relaxed, memory_order_relaxed))
        return;
    last.crash = crash;
    buf_init(&b, last.text, sizeof last.text);
    buf_put(&b, text, end != NULL ? (size_t)(end - text) : len);
    buf_mark_cut(&b);
    /* Release: the text. Pairs with said(). */
    atomic_store_explicit(&last.state, FULL, memory_order_release);
}

static void look_at(const char *text, size_t len)
{
    bool   exits = begins(text, len, terminating, sizeof terminating - 1);
    bool   crash = !exits && begins(text, len, aborting, sizeof aborting - 1);
    size_t skip = exits ? sizeof terminating - 1 : sizeof aborting - 1;
    if ((exits || crash) && begins(text + skip, len - skip, oom, sizeof oom - 1) && is_ours())
        keep(text + skip, len - skip, crash);
}

static ssize_t hook_write(int fd, const void *bytes, size_t len)
{
    int e = errno;
    look_at(bytes, len);
    errno = e;
    return real_write(fd, bytes, len);
}

/* ---- the ends ---- */

static bool said(bool crash)
{
    return atomic_load_explicit(&last.state, memory_order_acquire) == FULL && last.crash == crash;
}

static void put_code(struct buf *b, int code)
{
    char     digits[12];
    size_t   at = sizeof digits;
    unsigned n = code < 0 ? 0U - (unsigned)code : (unsigned)code;
    do
        digits[--at] = (char)('0' + n % 10);
    while ((n /= 10) != 0);
    buf_puts(b, code < 0 ? "-" : "");
    buf_put(b, digits + at, sizeof digits - at);
}

static void put_exit(struct buf *b, int code)
{
    if (said(false)) {
        buf_puts(b, "JVM ended by ExitOnOutOfMemoryError: ");
        buf_puts(b, last.text);
    } else if (vm.exit_on_oom && code == OOM_EXIT_CODE) {
        buf_puts(b, "JVM ended by ExitOnOutOfMemoryError");
    } else {
        buf_puts(b, "JVM ended without a shutdown, exit code ");
        put_code(b, code);
    }
}

static void put_abort(struct buf *b)
{
    if (said(true)) {
        buf_puts(b, "JVM ended by CrashOnOutOfMemoryError: ");
        buf_puts(b, last.text);
    } else {
        buf_puts(b, "JVM ended by a fatal error of its own: its hs_err file says which");
    }
}

static bool first(void)
{
    return is_ours() && !atomic_exchange_explicit(&spoken, true, memory_order_relaxed);
}

static void before_exit(int code)
{
    char       text[TEXT_CAP + 64];
    struct buf b;
    if (!first())
        return;
    buf_init(&b, text, sizeof text);
    put_exit(&b, code);
    say_it(text);
}

static void hook_exit(int code)
{
    before_exit(code);
    real_exit(code);
}

static void hook_now(int code)
{
    before_exit(code);
    real_now(code);
}

static void hook_abort(void)
{
    char       text[TEXT_CAP + 64];
    struct buf b;
    if (first()) {
        buf_init(&b, text, sizeof text);
        put_abort(&b);
        say_it(text);
    }
    real_abort();
}

/* ---- start ---- */

void hook_exit_shut(void)
{
    atomic_store_explicit(&shut, true, memory_order_relaxed);
}

bool hook_exit_intact(void)
{
    return elfgot_holds(&found.exits, (void *)hook_exit) && elfgot_holds(&found.now, (void *)hook_now) &&
           elfgot_holds(&found.aborts, (void *)hook_abort) && elfgot_holds(&found.writes, (void *)hook_write);
}

/* A symbol that is not used stays without slots; abort and one of the exits must be there. */
static enum weir_rc find(bool lines, const char **why)
{
    enum weir_rc exits = elfgot_find(&found.lib, "exit", &found.exits);
    enum weir_rc now = elfgot_find(&found.lib, "_exit", &found.now);
    enum weir_rc aborts = elfgot_find(&found.lib, "abort", &found.aborts);
    enum weir_rc writes = lines ? elfgot_find(&found.lib, "write", &found.writes) : WEIR_ENOENT;
    bool usable = aborts == WEIR_OK && (exits == WEIR_OK || exits == WEIR_ENOENT) &&
                  (now == WEIR_OK || now == WEIR_ENOENT) && (writes == WEIR_OK || writes == WEIR_ENOENT) &&
                  found.exits.count + found.now.count > 0;
    if (usable)
        return WEIR_OK;
    *why = "libjvm calls exit and abort in no way we know: how a JVM ends without shutdown is not said";
    return WEIR_EINVAL;
}

static enum weir_rc replace(const char **why)
{
    real_exit = (exit_function *)found.exits.original;
    real_now = (exit_function *)found.now.original;
    real_abort = (abort_function *)found.aborts.original;
    real_write = (write_function *)found.writes.original;
    enum weir_rc rc = elfgot_put(&found.exits, (void *)hook_exit);
    if (rc == WEIR_OK)
        rc = elfgot_put(&found.now, (void *)hook_now);
    if (rc == WEIR_OK)
        rc = elfgot_put(&found.aborts, (void *)hook_abort);
    if (rc == WEIR_OK)
        rc = elfgot_put(&found.writes, (void *)hook_write);
    if (rc == WEIR_OK)
        return WEIR_OK;
    hook_exit_shut();
    *why = "the kernel refuses to open libjvm's import table: how a JVM ends without shutdown is not said";
    return rc;
}

enum weir_rc hook_exit_install(const char *library, struct hook_exit_flags flags, hook_exit_say *say, const char **why)
{
    enum weir_rc rc = elfgot_open(&found.lib, library);
    *why = "libjvm is not what we know, or there are two: how a JVM ends without shutdown is not said";
    if (rc != WEIR_OK)
        return rc;
    pid = getpid();
    vm = flags;
    say_it = say;
    rc = find(flags.exit_on_oom || flags.crash_on_oom, why);
    if (rc == WEIR_OK)
        return replace(why);
    elfgot_close(&found.lib);
    return rc;
}
