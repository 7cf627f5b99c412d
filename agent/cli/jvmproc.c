/* SPDX-License-Identifier: Apache-2.0 */
/* jvmproc.c: a JVM is a process that has libjvm.so mapped. What it is called comes from its counters (hsperfdata), which know
 * the main class also of a launcher of one's own and after @FILE, else from its command line; the same for its version, else
 * from the file `release` of its home. Whether it can be attached to is asked of the counters first, because they say what
 * the JVM made of all its flags; without them each place a flag can stand in is read, and any mention of it counts. */
#include "cli/jvmproc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/procfs.h"
#include "model/flinkmain.h"
#include "model/hsperf.h"

enum {
    YOUNG_MS = 2000,
    SETTLED_MS = 10000,
    WORDS_CAP = 1024 * 1024,
    FILE_CAP = 64 * 1024,
    PERF_MAX = 1024 * 1024,
    SLACK_S = 2
};

static char          words[WORDS_CAP];
static unsigned char perf[PERF_MAX + 1];

static ssize_t slurp(const struct jvmproc *p, const char *name, char *data, size_t cap)
{
    int fd = procfs_open(p->pid, name, O_RDONLY, p->status.euid, p->status.egid);
    return fd < 0 ? -1 : procfs_slurp(fd, data, cap);
}

static bool read_status(struct jvmproc *p)
{
    char text[8192];
    return slurp(p, "status", text, sizeof text) > 0 && procjvm_status(text, &p->status);
}

/* In a mount namespace of its own the link reads "/": then the names are right as they are. */
static void see_from_its_root(struct jvmproc *p)
{
    char    link[64], root[PROCJVM_PATH_MAX];
    snprintf(link, sizeof link, "/proc/%lld/root", (long long)p->pid);
    ssize_t n = readlink(link, root, sizeof root - 1);
    if (n <= 0)
        return;
    root[n] = '\0';
    procjvm_maps_below(&p->maps, root);
}

/* False: errno. */
static bool read_maps(struct jvmproc *p)
{
    int     fd = procfs_open(p->pid, "maps", O_RDONLY, p->status.euid, p->status.egid);
    FILE   *f = fd >= 0 ? fdopen(fd, "r") : NULL;
    char   *line = NULL;
    size_t  cap = 0;
    ssize_t n;
    if (f == NULL)
        return false;
    errno = 0;
    while ((n = getline(&line, &cap, f)) > 0) {
        if (line[n - 1] == '\n')
            line[n - 1] = '\0';
        procjvm_maps_line(&p->maps, line);
    }
    int e = ferror(f) ? errno : 0;
    free(line);
    (void)fclose(f);
    see_from_its_root(p);
    errno = e;
    return e == 0;
}

/* ---- flags ---- */

static void take_environment(const struct jvmproc *p, struct jvmcommand *c, const char *name)
{
    ssize_t len = slurp(p, "environ", words, sizeof words);
    size_t  n = strlen(name);
    for (const char *at = words; len > 0 && at < words + len; at += strlen(at) + 1)
        if (strncmp(at, name, n) == 0 && at[n] == '=')
            jvmcommand_options(c, at + n + 1);
}

/* Best effort: relative to the process's directory, for the flags only. */
static void take_files(const struct jvmproc *p, struct jvmcommand *c)
{
    static char text[FILE_CAP];
    for (size_t i = 0; i < c->file_count; i++) {
        bool absolute = c->files[i][0] == '/';
        int  dir = procfs_open(p->pid, absolute ? "root" : "cwd", O_RDONLY | O_DIRECTORY,
                               p->status.euid, p->status.egid);
        int  fd =
            dir < 0 ? -1 : procfs_open_below(dir, c->files[i], O_RDONLY | O_NONBLOCK | O_NOCTTY);
        struct stat st;
        if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
            if (procfs_slurp(fd, text, sizeof text) > 0)
                jvmcommand_options(c, text);
        } else if (fd >= 0)
            close(fd);
        if (dir >= 0)
            close(dir);
    }
}

static void read_command(struct jvmproc *p)
{
    struct jvmcommand c = { .no_attach = false };
    take_environment(p, &c, "JAVA_TOOL_OPTIONS");
    take_environment(p, &c, "JDK_JAVA_OPTIONS");
    ssize_t len = slurp(p, "cmdline", words, sizeof words);
    if (len > 0)
        jvmcommand_parse(&c, words, (size_t)len);
    take_files(p, &c);
    take_environment(p, &c, "_JAVA_OPTIONS");
    memcpy(p->main, c.main, sizeof p->main);
    p->no_attach = c.no_attach;
    p->reduced_signals = c.reduced_signals;
}

/* ---- counters ---- */

/* Only a file that this JVM made: a container's /tmp may hold one of an earlier JVM with the same pid. */
static size_t read_perf(const struct jvmproc *p, int dir)
{
    char        name[24];
    struct stat st;
    snprintf(name, sizeof name, "%lld", (long long)p->status.nspid);
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return 0;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > PERF_MAX ||
        st.st_uid != p->status.euid ||
        st.st_mtime + SLACK_S < (clock_wall_ms() - p->age_ms) / 1000) {
        close(fd);
        return 0;
    }
    ssize_t n = procfs_slurp(fd, (char *)perf, sizeof perf);
    return n > 0 ? (size_t)n : 0;
}

static size_t find_perf(const struct jvmproc *p)
{
    size_t len = 0;
    int  root = procfs_open(p->pid, "root", O_RDONLY | O_DIRECTORY, p->status.euid, p->status.egid);
    int  tmp = root < 0 ? -1 : procfs_open_below(root, "/tmp", O_RDONLY | O_DIRECTORY);
    DIR *list = tmp < 0 ? NULL : fdopendir(tmp);
    struct dirent *entry;
    while (len == 0 && list != NULL && (entry = readdir(list)) != NULL) {
        if (strncmp(entry->d_name, "hsperfdata_", 11) != 0)
            continue;
        int dir =
            openat(dirfd(list), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (dir >= 0) {
            len = read_perf(p, dir);
            close(dir);
        }
    }
    if (list != NULL)
        closedir(list);
    else if (tmp >= 0)
        close(tmp);
    if (root >= 0)
        close(root);
    return len;
}

static void take_perf(struct jvmproc *p)
{
    char       text[1024];
    struct buf b;
    size_t     len = find_perf(p);
    buf_init(&b, text, sizeof text);
    if (len == 0)
        return;
    if (hsperf_text(perf, len, "java.property.java.version", &b) ||
        hsperf_text(perf, len, "java.property.java.vm.version", &b))
        snprintf(p->version, sizeof p->version, "%.*s", (int)strcspn(text, "+- "), text);
    if (hsperf_text(perf, len, "sun.rt.javaCommand", &b)) {
        struct jvmcommand c = { .main = "" };
        jvmcommand_java(&c, text);
        if (c.main[0] != '\0')
            memcpy(p->main, c.main, sizeof p->main);
    }
    if (hsperf_text(perf, len, "sun.rt.jvmCapabilities", &b) && (text[0] == '0' || text[0] == '1'))
        p->no_attach =
            text[0] == '0'; /* the JVM's own answer: AttachListener::is_attach_supported() */
}

/* JAVA_VERSION="17.0.15" in the JVM's home, which is two to five directories above libjvm.so. */
static void read_release(struct jvmproc *p)
{
    static const char key[] = "JAVA_VERSION=\"";
    char              path[PROCJVM_PATH_MAX + 16], text[4096];
    int root = procfs_open(p->pid, "root", O_RDONLY | O_DIRECTORY, p->status.euid, p->status.egid);
    snprintf(path, sizeof path, "%s", p->maps.jvm);
    for (int up = 0; root >= 0 && up < 6 && p->version[0] == '\0'; up++) {
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            break;
        snprintf(slash, sizeof "/release", "/release");
        int         fd = procfs_open_below(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        const char *at =
            fd >= 0 && procfs_slurp(fd, text, sizeof text) > 0 ? strstr(text, key) : NULL;
        if (at != NULL)
            snprintf(p->version, sizeof p->version, "%.*s",
                     (int)strcspn(at + sizeof key - 1, "\"\n+-"), at + sizeof key - 1);
        *slash = '\0';
    }
    if (root >= 0)
        close(root);
}

/* ---- all of it ---- */

/* The program's own word for itself: what anybody may read. */
static bool is_java(struct jvmproc *p)
{
    struct jvmcommand c = { .main = "" };
    ssize_t           len = slurp(p, "cmdline", words, sizeof words);
    if (len <= 0)
        return false;
    const char *slash = strrchr(words, '/');
    bool        java = strcmp(slash != NULL ? slash + 1 : words, "java") == 0;
    if (java) {
        jvmcommand_parse(&c, words, (size_t)len);
        memcpy(p->main, c.main, sizeof p->main);
    }
    return java;
}

static enum jvmproc_kind kind_of(struct jvmproc *p)
{
    if (!read_status(p) || !procfs_age(p->pid, &p->age_ms, &p->start_ticks))
        return JVMPROC_GONE;
    if (p->status.state == 'Z' || p->status.state == 'X')
        return JVMPROC_ZOMBIE;
    if (!read_maps(p)) {
        (void)is_java(p);
        return errno == ENOENT || errno == ESRCH ? JVMPROC_GONE : JVMPROC_DENIED;
    }
    if (p->maps.openj9)
        return JVMPROC_OPENJ9;
    if (p->maps.jvm[0] != '\0')
        return JVMPROC_HOTSPOT;
    return is_java(p) || p->age_ms < YOUNG_MS ? JVMPROC_YOUNG : JVMPROC_NO_JVM;
}

void jvmproc_look(int64_t pid, struct jvmproc *out)
{
    memset(out, 0, sizeof *out);
    out->pid = pid;
    out->kind = kind_of(out);
    if (out->kind == JVMPROC_HOTSPOT || out->kind == JVMPROC_OPENJ9) {
        read_command(out);
        take_perf(out);
        if (out->version[0] == '\0')
            read_release(out);
    }
    out->role = flinkmain_role(out->main);
}

bool jvmproc_refresh(struct jvmproc *p)
{
    uint64_t start;
    if (!read_status(p) || !procfs_age(p->pid, &p->age_ms, &start) || start != p->start_ticks)
        p->kind = JVMPROC_GONE;
    else if (p->status.state == 'Z' || p->status.state == 'X')
        p->kind = JVMPROC_ZOMBIE;
    return p->kind != JVMPROC_GONE && p->kind != JVMPROC_ZOMBIE;
}

bool jvmproc_stopped(const struct jvmproc *p)
{
    return p->status.state == 'T' || p->status.state == 't';
}

/* HotSpot starts its watcher thread as the last one of its start, after the live phase of its agents began. */
bool jvmproc_live(const struct jvmproc *p)
{
    static const char watcher[] = "VM Periodic Tas"; /* the kernel keeps 15 characters */
    bool              found = p->age_ms >= SETTLED_MS;
    int               tasks = found ? -1
                                    : procfs_open(p->pid, "task", O_RDONLY | O_DIRECTORY, p->status.euid,
                                                  p->status.egid);
    DIR              *list = tasks < 0 ? NULL : fdopendir(tasks);
    struct dirent    *entry;
    while (!found && list != NULL && (entry = readdir(list)) != NULL) {
        char path[300], name[32];
        snprintf(path, sizeof path, "%s/comm", entry->d_name);
        int fd = entry->d_name[0] == '.' ? -1 : openat(tasks, path, O_RDONLY | O_CLOEXEC);
        found = fd >= 0 && procfs_slurp(fd, name, sizeof name) > 0 &&
                strncmp(name, watcher, sizeof watcher - 1) == 0;
    }
    if (list != NULL)
        closedir(list);
    else if (tasks >= 0)
        close(tasks);
    return found;
}

static int by_pid(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

void jvmproc_each(bool (*visit)(int64_t pid, void *arg), void *arg)
{
    enum { PIDS_MAX = 65536 };
    static int64_t pids[PIDS_MAX];
    size_t         count = 0;
    DIR           *proc = opendir("/proc");
    struct dirent *entry;
    while (proc != NULL && count < PIDS_MAX && (entry = readdir(proc)) != NULL) {
        char     *end;
        long long pid = strtoll(entry->d_name, &end, 10);
        if (pid > 0 && *end == '\0')
            pids[count++] = pid;
    }
    if (proc != NULL)
        closedir(proc);
    qsort(pids, count, sizeof pids[0], by_pid);
    for (size_t i = 0; i < count; i++)
        if (!visit(pids[i], arg))
            return;
}
