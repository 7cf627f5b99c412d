/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_check.c: each check is a line, `ok` or what is wrong and what to do. The library is really loaded, by a child process: a
 * crash of it would be an answer too. Nothing that was there before is changed. */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "cli/cmd_check.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/library.h"
#include "ledger.h"
#include "weir.h"

#define UNWINDER "libunwind-x86_64.so.8" /* as native/unwind.h has it */

enum { WHY_CAP = PROCJVM_PATH_MAX + 256, ROOM = 2 * LEDGER_SIZE + (1 << 20) };

static const char usage[] =
    "usage: weir check DIR [--lib PATH]\n"
    "  Before a rollout, run where the JVM will run and as its user: does libweir.so load here (architecture, C library), will the\n"
    "  stacks of native memory be whole, and can DIR, its output directory, be written to? --lib PATH: another library than the one beside this tool.\n"
    "  exit codes: 0 all well, 1 something is not, 2 usage\n";

static bool say(bool fine, const char *what, const char *why)
{
    printf("%-8s %-10s %s\n", fine ? "ok" : "NOT OK", what, why);
    return fine;
}

/* In the child: what is wrong; NULL: nothing. */
typedef const char *probe(const char *path);

static const char *probe_library(const char *path)
{
    static const char *const entries[] = { "Agent_OnLoad", "Agent_OnAttach", "Agent_OnUnload" };
    void                    *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (lib == NULL)
        return dlerror();
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        if (dlsym(lib, entries[i]) == NULL)
            return "it lacks the entry points of an agent";
    return NULL;
}

/* As the agent will find it: beside the library with what it needs itself; only where it is not there, in the system. */
static void *open_unwinder(const char *path)
{
    static const char *const files[] = { "liblzma.so.5", "libunwind.so.8", UNWINDER };
    char                     file[PROCJVM_PATH_MAX];
    const char              *slash = strrchr(path, '/');
    void                    *opened = NULL;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(file, sizeof file, "%.*s/%s", slash != NULL ? (int)(slash - path) : 1, slash != NULL ? path : ".", files[i]);
        opened = dlopen(file, RTLD_NOW | RTLD_GLOBAL);
    }
    return opened == NULL && access(file, F_OK) != 0 ? dlopen(UNWINDER, RTLD_NOW) : opened;
}

static const char *probe_stacks(const char *path)
{
    if (open_unwinder(path) == NULL)
        return UNWINDER " cannot be loaded from beside libweir.so or from the system: of native memory only the calling function "
               "is told";
    if (dlsym(RTLD_DEFAULT, "_dl_find_object") == NULL)
        return "this C library does not say which library an address lies in (glibc 2.35 does): of native memory only the library "
               "is told";
    return NULL;
}

/* Never returns. The pipe gets the words. */
static void probe_and_end(probe *wrong, const char *path, int pipe_end)
{
    const char *error = wrong(path);
    if (error != NULL && write(pipe_end, error, strlen(error)) < 0)
        _exit(2);
    _exit(error == NULL ? 0 : 1);
}

/* By a child, which may crash of it. */
static bool fine_in_child(probe *wrong, const char *path, char why[WHY_CAP])
{
    int   ends[2], status = -1;
    why[0] = '\0';
    if (pipe(ends) != 0)
        return false;
    pid_t child = fork();
    if (child == 0)
        probe_and_end(wrong, path, ends[1]);
    close(ends[1]);
    ssize_t n = child > 0 ? read(ends[0], why, WHY_CAP - 1) : -1;
    why[n > 0 ? n : 0] = '\0';
    close(ends[0]);
    bool ended = child > 0 && waitpid(child, &status, 0) == child;
    if (ended && WIFSIGNALED(status))
        snprintf(why, WHY_CAP, "killed by signal %d while loading", WTERMSIG(status));
    return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool check_library(const char *given)
{
    char       path[PROCJVM_PATH_MAX], text[WHY_CAP], said[WHY_CAP];
    struct buf why;
    buf_init(&why, text, sizeof text);
    if (!library_own(given, path, &why))
        return say(false, "library", text);
    bool fine = fine_in_child(probe_library, path, said);
    say(fine, "library", fine ? path : said);
    if (fine && fine_in_child(probe_stacks, path, said)) /* without, the agent does the rest of its work */
        say(true, "stacks", "of native memory: whole");
    else if (fine)
        printf("%-8s %-10s %s\n", "short", "stacks", said);
    return fine;
}

/* As the agent makes its files: create, grow, rename, delete. */
static bool writes(const char *dir, char why[WHY_CAP])
{
    char from[PROCJVM_PATH_MAX], to[PROCJVM_PATH_MAX];
    snprintf(from, sizeof from, "%s/.weir-check-%ld", dir, (long)getpid());
    snprintf(to, sizeof to, "%s/.weir-check-%ld.crashed", dir, (long)getpid());
    int fd = open(from, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0) {
        snprintf(why, WHY_CAP, "%s: no file can be made there by this user: %s", dir, strerror(errno));
        return false;
    }
    bool fine = pwrite(fd, "weir", 4, LEDGER_SIZE - 4) == 4 && rename(from, to) == 0;
    snprintf(why, WHY_CAP, "%s: %s", dir, fine ? "writable" : strerror(errno));
    unlink(from);
    unlink(to);
    close(fd);
    return fine;
}

static bool check_directory(const char *dir)
{
    char           why[WHY_CAP], off[PROCJVM_PATH_MAX];
    struct statvfs fs;
    bool           fine = say(writes(dir, why), "directory", why);
    if (fine && statvfs(dir, &fs) == 0) {
        unsigned long long room = (unsigned long long)fs.f_bavail * fs.f_frsize;
        snprintf(why, sizeof why, "%llu MiB free; the ledger takes %u KiB, JSON lines up to 64 MiB (option json-max)", room >> 20,
                 (unsigned)(LEDGER_SIZE >> 10));
        fine = say(room >= ROOM, "room", why);
    }
    snprintf(off, sizeof off, "%s/weir.off", dir);
    if (access(off, F_OK) == 0)
        fine = say(false, "weir.off", "is there: an agent that writes to this directory will idle until it is removed") && fine;
    return fine;
}

int command_check(int argc, char **args)
{
    const char *dir = NULL, *lib = NULL;
    for (int i = 0; i < argc; i++) {
        if (strcmp(args[i], "--help") == 0) {
            fputs(usage, stdout);
            return WEIR_EXIT_OK;
        }
        if (strcmp(args[i], "--lib") == 0 && i + 1 < argc)
            lib = args[++i];
        else if (dir == NULL && args[i][0] != '-' && args[i][0] != '\0')
            dir = args[i];
        else
            break;
        if (i + 1 == argc && dir != NULL) {
            bool library = check_library(lib), directory = check_directory(dir);
            return library && directory ? WEIR_EXIT_OK : WEIR_EXIT_OVER;
        }
    }
    fputs(usage, stderr);
    return WEIR_EXIT_USAGE;
}
