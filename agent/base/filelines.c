/* SPDX-License-Identifier: Apache-2.0 */
/* filelines.c: a part of a line stays in the buffer until the rest has come. */
#include "base/filelines.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { TEXT_CAP = 64 * 1024 };

/* Whole lines of text; how many bytes they were. */
static size_t take_lines(char *text, filelines_take *take, void *with)
{
    char *line = text;
    for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        take(with, line);
    }
    return (size_t)(line - text);
}

enum weir_rc filelines_each(const char *path, filelines_take *take, void *with)
{
    static char text[TEXT_CAP];
    size_t      kept = 0;
    ssize_t     got;
    int         fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return WEIR_ENOENT;
    while ((got = read(fd, text + kept, sizeof text - 1 - kept)) > 0 || (got < 0 && errno == EINTR)) {
        if (got < 0)
            continue;
        kept += (size_t)got;
        text[kept] = '\0';
        size_t taken = take_lines(text, take, with);
        if (taken == 0 && (kept == sizeof text - 1 || strlen(text) < kept))
            break;
        memmove(text, text + taken, kept - taken);
        kept -= taken;
    }
    close(fd);
    return got < 0 ? WEIR_EIO : WEIR_OK;
}
