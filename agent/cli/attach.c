/* SPDX-License-Identifier: Apache-2.0 */
/* attach.c: hotspot-hooks.md 10. The JVM opens the socket /tmp/.java_pidN (N: its pid in its own namespace) when it gets a
 * SIGQUIT while a file .attach_pidN of its owner lies there. Everything is reached through /proc/PID/root, so namespaces need
 * not be entered; the socket by a relative name from inside that directory, so its length is no matter.
 *
 * SIGQUIT is the only thing here that can do harm. It is sent only when all of this holds:
 *     the process is a HotSpot JVM whose flags allow attach    else it prints a thread dump into the program's stdout
 *     it catches SIGQUIT (SigCgt)                              else it dies: in its first 10 to 30 ms, and with -Xrs
 *     it has finished its start                                else it may forget its socket, or load an agent while
 *                                                              JVMTI cannot be used yet: both seen, JDK 11 and 17
 *     it has more than one thread                              else it may be a JVM's child that is about to exec
 *     it is not stopped, none is pending                       else it arrives when the trigger is gone: a thread dump
 *     we made the trigger file, and then saw no socket         else another tool's attach is under way: a thread dump
 * and through a pidfd taken before all that was looked at, so that no later process of that pid can get it. */
#include "cli/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/ids.h"
#include "cli/procfs.h"

enum { ANSWER_CAP = 16384, FORSAKEN_MS = 3000 };

static atomic_bool interrupted;

static void on_signal(int signal)
{
    (void)signal;
    atomic_store_explicit(&interrupted, true, memory_order_relaxed);
}

void attach_catch_signals(void)
{
    struct sigaction act = { .sa_handler = on_signal };
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    (void)sigaction(SIGHUP, &act, NULL);
}

bool attach_interrupted(void)
{
    return atomic_load_explicit(&interrupted, memory_order_relaxed);
}

bool attach_pause(int64_t deadline)
{
    struct timespec step = { .tv_nsec = ATTACH_PAUSE_MS * 1000000L };
    if (attach_interrupted() || clock_mono_ms() >= deadline)
        return false;
    (void)nanosleep(&step, NULL);
    return true;
}

/* ---- may it be attached to? ---- */

static bool not_ours(const struct jvmproc *p, struct buf *why)
{
    buf_printf(
        why, "process %lld belongs to %s (uid %u): run the same command as that user, or as root with sudo",
        (long long)p->pid, ids_user(p->status.euid), p->status.euid);
    return false;
}

/* True: go on, or try again when p->kind is YOUNG or it is stopped. False: why. */
static bool acceptable(const struct jvmproc *p, struct buf *why)
{
    long long pid = (long long)p->pid;
    buf_reset(why);
    if (p->kind == JVMPROC_GONE)
        buf_printf(why, "no process %lld", pid);
    else if (p->kind == JVMPROC_ZOMBIE)
        buf_printf(why, "process %lld has ended and waits for its parent to collect it (zombie)",
                   pid);
    else if (geteuid() != 0 && geteuid() != p->status.euid)
        return not_ours(p, why);
    else if (p->kind == JVMPROC_DENIED)
        buf_printf(
            why,
            "process %lld cannot be looked into: run as root, in a container with CAP_SYS_PTRACE",
            pid);
    else if (p->kind == JVMPROC_NO_JVM)
        buf_printf(
            why,
            "process %lld (%s) is not a JVM: no libjvm.so is mapped; `weir list` shows the JVMs",
            pid, p->status.name);
    else if (p->kind == JVMPROC_OPENJ9)
        buf_printf(why,
                   "process %lld is an OpenJ9 JVM, which has neither this attach protocol nor the "
                   "functions Weir "
                   "hooks: run it on HotSpot",
                   pid);
    else if (p->no_attach)
        buf_printf(why,
                   "JVM %lld was started with -XX:+DisableAttachMechanism: take that out, or start "
                   "it with "
                   "-agentpath",
                   pid);
    else
        return true;
    return false;
}

bool attach_ready(struct jvmproc *p, int64_t deadline, struct buf *why)
{
    for (;;) {
        jvmproc_look(p->pid, p);
        if (!acceptable(p, why))
            return false;
        if (p->kind == JVMPROC_HOTSPOT && !jvmproc_stopped(p) && jvmproc_live(p))
            return true;
        if (!attach_pause(deadline))
            break;
    }
    if (attach_interrupted())
        buf_puts(why, "interrupted");
    else if (jvmproc_stopped(p))
        buf_printf(why,
                   "process %lld is stopped (state %c): continue it with kill -CONT %lld, or leave "
                   "its debugger",
                   (long long)p->pid, p->status.state, (long long)p->pid);
    else
        buf_printf(
            why,
            "process %lld has not finished its start as a JVM: try again later or with a longer --timeout",
            (long long)p->pid);
    return false;
}

bool attach_open(const struct jvmproc *p, int *root, int *tmp, struct buf *why)
{
    *root = procfs_open(p->pid, "root", O_RDONLY | O_DIRECTORY, p->status.euid, p->status.egid);
    *tmp = *root < 0 ? -1 : procfs_open_below(*root, "/tmp", O_RDONLY | O_DIRECTORY);
    if (*tmp >= 0)
        return true;
    buf_reset(why);
    buf_printf(why, "%s of process %lld: %s",
               *root < 0 ? "the root directory" : "/tmp, which the JVM needs for attach,",
               (long long)p->pid, strerror(errno));
    if (*root >= 0)
        close(*root);
    return false;
}

/* ---- the socket ---- */

struct door {
    struct jvmproc *jvm;
    int             tmp, pidfd;
    char            socket[32], trigger[32];
    bool            made, signalled;
    int64_t         deadline;
    struct buf     *why;
};

static bool has_socket(const struct door *d)
{
    struct stat st;
    return fstatat(d->tmp, d->socket, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode) &&
           st.st_uid == d->jvm->status.euid;
}

/* The trigger of another tool that is at it, or of one that died: then it is ours. Time by the file's own clock. */
static bool forsaken(const struct door *d)
{
    struct stat st;
    return fstatat(d->tmp, d->trigger, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           st.st_uid == d->jvm->status.euid &&
           clock_wall_ms() - (int64_t)st.st_mtime * 1000 > FORSAKEN_MS;
}

/* False: why. */
static bool make_trigger(struct door *d)
{
    int fd = openat(d->tmp, d->trigger, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
        d->made = true;
        return true;
    }
    if (errno == EEXIST) {
        d->made = forsaken(d);
        return true;
    }
    buf_printf(
        d->why,
        "/tmp/%s of process %lld cannot be made, and without it the JVM opens no attach socket: %s",
        d->trigger, (long long)d->jvm->pid, strerror(errno));
    return false;
}

static void quit_signal(struct door *d)
{
    long rc = -1;
    if (d->pidfd >= 0)
        rc = syscall(SYS_pidfd_send_signal, d->pidfd, SIGQUIT, NULL, 0);
    else if (jvmproc_refresh(d->jvm)) /* a kernel before 5.3 */
        rc = kill((pid_t)d->jvm->pid, SIGQUIT);
    d->signalled = rc == 0;
}

/* The conditions of the top comment, the first of which attach_ready() has seen to. */
static bool may_signal(const struct door *d)
{
    return d->made && !d->signalled && !has_socket(d) && procjvm_caught(&d->jvm->status, SIGQUIT) &&
           d->jvm->status.threads > 1 && !jvmproc_stopped(d->jvm) &&
           (d->jvm->status.pending >> (SIGQUIT - 1) & 1) == 0;
}

/* One step towards the socket. False: it will never be there: why. */
static bool approach(struct door *d)
{
    if (!jvmproc_refresh(d->jvm)) {
        buf_printf(d->why, "process %lld ended before it could be attached to",
                   (long long)d->jvm->pid);
        return false;
    }
    if (!procjvm_caught(&d->jvm->status, SIGQUIT) || jvmproc_stopped(d->jvm) || d->signalled)
        return true;
    if (!d->made && !make_trigger(d))
        return false;
    if (d->made && jvmproc_refresh(d->jvm) && may_signal(d))
        quit_signal(d);
    return true;
}

static void say_no_socket(struct door *d)
{
    long long pid = (long long)d->jvm->pid;
    if (attach_interrupted())
        buf_puts(d->why, "interrupted");
    else if (jvmproc_stopped(d->jvm))
        buf_printf(d->why, "process %lld is stopped (state %c): continue it with kill -CONT %lld",
                   pid, d->jvm->status.state, pid);
    else if (!procjvm_caught(&d->jvm->status, SIGQUIT) && d->jvm->reduced_signals)
        buf_printf(d->why,
                   "JVM %lld runs with -Xrs and its attach socket /tmp/%s is gone: only a restart "
                   "brings it back",
                   pid, d->socket);
    else if (!procjvm_caught(&d->jvm->status, SIGQUIT))
        buf_printf(d->why,
                   "process %lld does not catch SIGQUIT, which would end it: a JVM still starting, "
                   "or an embedded "
                   "one; try again later or with a longer --timeout",
                   pid);
    else if (!d->made)
        buf_printf(d->why, "another attach to JVM %lld seems to be under way (/tmp/%s); try again",
                   pid, d->trigger);
    else
        buf_printf(d->why,
                   "JVM %lld opened no attach socket in time: it hangs or is overloaded; try again "
                   "or with a longer "
                   "--timeout",
                   pid);
}

/* Until the JVM listens. The trigger stays when a signal is still on its way: without it the JVM would take the signal for a
 * request to print its threads. */
static bool await_socket(struct door *d)
{
    bool alive = true, there;
    while (!(there = has_socket(d)) && (alive = approach(d)) && attach_pause(d->deadline)) {
    }
    if (d->made && (there || !alive || !d->signalled))
        (void)unlinkat(d->tmp, d->trigger, 0);
    if (!there && alive)
        say_no_socket(d);
    return there;
}

/* As struct ucred, which needs more than POSIX to be named. */
struct peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

/* In a /tmp that containers share, the socket of that name may be another JVM's. */
static bool is_from(int fd, int64_t pid)
{
    struct peer peer;
    socklen_t   len = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid == pid;
}

static int connect_here(const struct door *d)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    snprintf(to.sun_path, sizeof to.sun_path, "%s", d->socket);
    for (;;) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
            return fd;
        int e = errno;
        close(fd);
        errno = e;
        /* A full queue; or one left by an earlier JVM of that pid, which this one removes as it starts. */
        if ((e != EAGAIN && e != ECONNREFUSED && e != ENOENT) || !attach_pause(d->deadline))
            return -1;
    }
}

/* -1: why. The working directory is given back, as relative paths on the command line need it. */
static int connect_door(struct door *d)
{
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = fchdir(d->tmp) == 0 ? connect_here(d) : -1;
    int e = errno;
    if (here >= 0) {
        (void)!fchdir(here);
        close(here);
    }
    if (fd >= 0 && is_from(fd, d->jvm->pid))
        return fd;
    if (fd >= 0) {
        buf_printf(d->why,
                   "/tmp/%s is the socket of another process than %lld: give each container a /tmp "
                   "of its own",
                   d->socket, (long long)d->jvm->pid);
        close(fd);
    } else {
        buf_printf(d->why, "the attach socket /tmp/%s of process %lld: %s", d->socket,
                   (long long)d->jvm->pid, strerror(e));
    }
    return -1;
}

/* ---- question and answer ---- */

static bool await(int fd, short events, int64_t deadline)
{
    while (!attach_interrupted()) {
        struct pollfd p = { .fd = fd, .events = events };
        int64_t       left = deadline - clock_mono_ms();
        if (left <= 0)
            return false;
        int rc = poll(&p, 1, left > 1000 ? 1000 : (int)left);
        if (rc > 0)
            return true;
        if (rc < 0 && errno != EINTR)
            return false;
    }
    return false;
}

static bool say(int fd, const struct buf *request, int64_t deadline)
{
    size_t sent = 0;
    while (sent < request->len) {
        ssize_t n = send(fd, request->data + sent, request->len - sent, MSG_NOSIGNAL);
        if (n >= 0)
            sent += (size_t)n;
        else if (errno == EPIPE || errno == ECONNRESET)
            return true; /* hung up on us; what it said before, if anything, is to be read */
        else if ((errno != EAGAIN && errno != EINTR) || !await(fd, POLLOUT, deadline))
            return false;
    }
    return true;
}

/* Everything up to the end; beyond the room it is read and dropped. False: no end came in time. */
static bool hear(int fd, struct buf *answer, int64_t deadline)
{
    char part[1024];
    while (await(fd, POLLIN, deadline)) {
        ssize_t n = read(fd, part, sizeof part);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return true;
        if (n > 0)
            buf_put(answer, part, (size_t)n);
        else if (errno != EAGAIN && errno != EINTR)
            return false;
    }
    return false;
}

static void put_argument(struct buf *request, const char *text)
{
    buf_put(request, text, strlen(text) + 1);
}

static bool converse(struct door *d, int fd, const char *library, const char *options,
                     enum attachreply_kind *kind, int32_t *code)
{
    static char asked[2 * ATTACH_ARGUMENT_MAX + 64], heard[ANSWER_CAP];
    struct buf  request, answer;
    buf_init(&request, asked, sizeof asked);
    buf_init(&answer, heard, sizeof heard);
    put_argument(&request, "1");
    put_argument(&request, "load");
    put_argument(&request, library);
    put_argument(&request, "true");
    put_argument(&request, options);
    if (say(fd, &request, d->deadline) && hear(fd, &answer, d->deadline)) {
        *kind = attachreply_socket(answer.data, answer.len, code, d->why);
        return true;
    }
    buf_reset(d->why);
    if (attach_interrupted())
        buf_puts(d->why, "interrupted");
    else
        buf_printf(
            d->why,
            "JVM %lld took the request but gave no answer in time; it may still carry it out",
            (long long)d->jvm->pid);
    return false;
}

bool attach_load(struct jvmproc *p, int tmp, const char *library, const char *options,
                 int64_t deadline, enum attachreply_kind *kind, int32_t *code, struct buf *why)
{
    struct door d = { .jvm = p, .tmp = tmp, .deadline = deadline, .why = why };
    buf_reset(why);
    if (strlen(library) > ATTACH_ARGUMENT_MAX || strlen(options) > ATTACH_ARGUMENT_MAX) {
        buf_printf(why, "%s is longer than the %d bytes the protocol takes",
                   strlen(options) > ATTACH_ARGUMENT_MAX ? "the option string"
                                                         : "the library's path",
                   ATTACH_ARGUMENT_MAX);
        return false;
    }
    snprintf(d.socket, sizeof d.socket, ".java_pid%lld", (long long)p->status.nspid);
    snprintf(d.trigger, sizeof d.trigger, ".attach_pid%lld", (long long)p->status.nspid);
    d.pidfd = (int)syscall(SYS_pidfd_open, (pid_t)p->pid, 0);
    bool done = false;
    if (jvmproc_refresh(p)) { /* after the pidfd: it is the process that was looked at */
        int fd = await_socket(&d) ? connect_door(&d) : -1;
        if (fd >= 0) {
            done = converse(&d, fd, library, options, kind, code);
            close(fd);
        }
    } else {
        buf_printf(why, "process %lld ended before it could be attached to", (long long)p->pid);
    }
    if (d.pidfd >= 0)
        close(d.pidfd);
    return done;
}
