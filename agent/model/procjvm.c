/* SPDX-License-Identifier: Apache-2.0 */
/* procjvm.c: /proc/PID/status is "Key:\tvalues" by lines, and the name in the first line may hold anything but a line end
 * (the kernel escapes that), so a key counts only at the start of a line. A line of maps is five fields, blanks, a path;
 * a file that was unlinked ends in " (deleted)". */
#include "model/procjvm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/poison.h"

/* What follows "key:" and blanks, or NULL. */
static const char *value_of(const char *text, const char *key)
{
    size_t n = strlen(key);
    for (const char *line = text; line != NULL && *line != '\0';) {
        if (strncmp(line, key, n) == 0 && line[n] == ':')
            return line + n + 1 + strspn(line + n + 1, " \t");
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return NULL;
}

/* Up to `want` numbers of a line; returns how many there were, the last one read stays in out[want - 1] when there are more. */
static int numbers(const char *at, int base, uint64_t *out, int want)
{
    int count = 0;
    while (at != NULL && *at != '\0' && *at != '\n') {
        char *end;
        errno = 0;
        unsigned long long v = strtoull(at, &end, base);
        if (end == at || errno != 0 || *at == '-')
            return -1;
        out[count < want ? count : want - 1] = v;
        count++;
        at = end + strspn(end, " \t");
    }
    return count;
}

static bool id_line(const char *text, const char *key, uint32_t *real, uint32_t *effective)
{
    uint64_t ids[4];
    if (numbers(value_of(text, key), 10, ids, 4) != 4 || ids[0] > UINT32_MAX || ids[1] > UINT32_MAX)
        return false;
    *real = (uint32_t)ids[0];
    *effective = (uint32_t)ids[1];
    return true;
}

bool procjvm_status(const char *text, struct procjvm_status *out)
{
    uint64_t    one[1];
    uint32_t    gid;
    const char *name = value_of(text, "Name"), *state = value_of(text, "State");
    memset(out, 0, sizeof *out);
    if (name == NULL || state == NULL || strchr("RSDTtZXxKWPI", *state) == NULL || *state == '\0')
        return false;
    size_t len = strcspn(name, "\n");
    memcpy(out->name, name, len < sizeof out->name ? len : sizeof out->name - 1);
    out->state = *state;
    if (numbers(value_of(text, "Pid"), 10, one, 1) != 1 || one[0] == 0 || one[0] > INT32_MAX)
        return false;
    out->pid = out->nspid = (int64_t)one[0];
    if (numbers(value_of(text, "NSpid"), 10, one, 1) > 0 && one[0] > 0 && one[0] <= INT32_MAX)
        out->nspid = (int64_t)one[0];
    if (!id_line(text, "Uid", &out->uid, &out->euid) || !id_line(text, "Gid", &gid, &out->egid))
        return false;
    if (numbers(value_of(text, "SigCgt"), 16, &out->caught, 1) != 1)
        return false;
    if (numbers(value_of(text, "ShdPnd"), 16, &out->pending, 1) != 1)
        return false;
    return numbers(value_of(text, "Threads"), 10, &out->threads, 1) == 1;
}

bool procjvm_caught(const struct procjvm_status *s, int signal)
{
    return signal >= 1 && signal <= 64 && (s->caught >> (signal - 1) & 1) != 0;
}

/* The path of a line, or NULL. */
static const char *path_of(const char *line)
{
    for (int field = 0; field < 5; field++) {
        size_t n = strcspn(line, " ");
        if (n == 0 || line[n] == '\0')
            return NULL;
        line += n + strspn(line + n, " ");
    }
    return *line == '/' ? line : NULL;
}

/* The first one wins: a library's lines follow one another. */
static bool keep(char *to, const char *path, size_t len)
{
    if (to[0] != '\0' || len >= PROCJVM_PATH_MAX)
        return false;
    memcpy(to, path, len);
    to[len] = '\0';
    return true;
}

static bool begins(const char *file, size_t n, const char *with)
{
    size_t w = strlen(with);
    return n >= w && memcmp(file, with, w) == 0;
}

static bool is(const char *file, size_t n, const char *name)
{
    return n == strlen(name) && begins(file, n, name);
}

void procjvm_maps_line(struct procjvm_maps *maps, const char *line)
{
    static const char gone[] = " (deleted)";
    const char       *path = path_of(line);
    if (path == NULL)
        return;
    size_t len = strlen(path), mark = sizeof gone - 1;
    bool   deleted = len > mark && strcmp(path + len - mark, gone) == 0;
    len -= deleted ? mark : 0;
    size_t base = len;
    while (path[base - 1] != '/')
        base--;
    const char *file = path + base;
    size_t      n = len - base;
    if (is(file, n, "libjvm.so"))
        (void)keep(maps->jvm, path, len);
    else if (is(file, n, "libweir.so")) {
        if (keep(maps->weir, path, len))
            maps->weir_deleted = deleted;
    } else if (begins(file, n, "libj9vm"))
        maps->openj9 = true;
    else if (begins(file, n, "ld-musl-") || begins(file, n, "libc.musl-")) {
        maps->musl = true;
        (void)keep(maps->libc, path, len);
    } else if (is(file, n, "libc.so.6") || begins(file, n, "libc-2."))
        (void)keep(maps->libc, path, len);
}

static void below(char path[PROCJVM_PATH_MAX], const char *root)
{
    size_t n = strlen(root);
    if (n > 1 && strncmp(path, root, n) == 0 && path[n] == '/')
        memmove(path, path + n, strlen(path + n) + 1);
}

void procjvm_maps_below(struct procjvm_maps *maps, const char *root)
{
    below(maps->jvm, root);
    below(maps->weir, root);
    below(maps->libc, root);
}
