/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c: see reply.h. Never creates a file and follows no link: who can load an agent could make this JVM write anywhere. */
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/poison.h"

bool reply_split(const char *options, char *rest, size_t rest_cap, char *path, size_t path_cap)
{
    static const char key[] = "reply=";
    const char       *at = NULL;
    if (strncmp(options, key, sizeof key - 1) == 0)
        at = options;
    for (const char *p = strstr(options, ",reply="); p != NULL; p = strstr(p + 1, ",reply="))
        at = p + 1;
    const char *value = at != NULL ? at + sizeof key - 1 : "";
    size_t      len = at == NULL ? strlen(options) : at == options ? 0 : (size_t)(at - options) - 1;
    if (len >= rest_cap || strlen(value) >= path_cap)
        return false;
    memcpy(rest, options, len);
    rest[len] = '\0';
    memcpy(path, value, strlen(value) + 1);
    return true;
}

static bool made_for_us(int fd)
{
    struct stat s;
    return fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_uid == geteuid() && s.st_nlink == 1 && s.st_size == 0;
}

static bool put(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno != EINTR)
            return false;
        text += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

void reply_send(const char *path, bool fine, const char *body)
{
    const char *first = fine ? "ok\n" : "error: ";
    if (path[0] == '\0')
        return;
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || !made_for_us(fd))
        log_warn("reply=%s: %s", path, fd < 0 ? strerror(errno) : "not an empty file of this user, left alone");
    else if (!put(fd, first, strlen(first)) || !put(fd, body, strlen(body)) || !put(fd, "\n", 1))
        log_warn("reply=%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
}
