/* SPDX-License-Identifier: Apache-2.0 */
/* attachreply.c: the first line is the protocol's code. Behind a 0 stands either what Agent_OnAttach returned, bare (JDK 8)
 * or behind "return code: ", or, from 21 on, a sentence that says why the library could not be loaded. */
#include "model/attachreply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/poison.h"

/* A whole line that is a number. */
static bool line_number(const char *line, size_t len, int32_t *out)
{
    char digits[16], *end;
    if (len == 0 || len >= sizeof digits)
        return false;
    memcpy(digits, line, len);
    digits[len] = '\0';
    errno = 0;
    long v = strtol(digits, &end, 10);
    if (errno != 0 || *end != '\0' || end == digits || v < INT32_MIN || v > INT32_MAX ||
        digits[0] == ' ')
        return false;
    *out = (int32_t)v;
    return true;
}

static size_t line_length(const char *at, size_t left)
{
    const char *end = memchr(at, '\n', left);
    return end != NULL ? (size_t)(end - at) : left;
}

/* All lines as one, without what could move a terminal's cursor. */
static void put_lines(struct buf *text, const char *at, size_t len)
{
    while (len > 0 && (at[len - 1] == '\n' || at[len - 1] == '\0'))
        len--;
    for (size_t i = 0; i < len; i++) {
        char c = at[i] == '\n' ? ' ' : (unsigned char)at[i] < ' ' || at[i] == 127 ? '?' : at[i];
        buf_put(text, &c, 1);
    }
}

enum attachreply_kind attachreply_socket(const char *answer, size_t len, int32_t *code,
                                         struct buf *text)
{
    static const char returned[] = "return code: ";
    int32_t           protocol;
    buf_reset(text);
    if (len == 0)
        return ATTACHREPLY_CLOSED;
    size_t n = line_length(answer, len);
    if (!line_number(answer, n, &protocol)) {
        put_lines(text, answer, len);
        return ATTACHREPLY_GARBLED;
    }
    const char *rest = answer + n + (n < len);
    size_t      left = len - (size_t)(rest - answer);
    n = line_length(rest, left);
    if (protocol == 0) {
        size_t skip = n > sizeof returned - 1 && memcmp(rest, returned, sizeof returned - 1) == 0
                          ? sizeof returned - 1
                          : 0;
        if (line_number(rest + skip, n - skip, code))
            return ATTACHREPLY_RETURNED;
    }
    put_lines(text, rest, left);
    *code = protocol;
    return strstr(text->data, "only permitted in the live phase") != NULL ? ATTACHREPLY_EARLY : ATTACHREPLY_FAILED;
}

enum attachreply_verdict attachreply_file(const char *text, const char **body)
{
    static const char error[] = "error: ", option[] = "error: option ";
    *body = text;
    if (strncmp(text, "ok\n", 3) == 0 || strcmp(text, "ok") == 0) {
        *body = text + 2 + (text[2] == '\n');
        return ATTACHREPLY_OK;
    }
    if (strncmp(text, error, sizeof error - 1) != 0)
        return ATTACHREPLY_SILENT;
    *body = text + sizeof error - 1;
    return strncmp(text, option, sizeof option - 1) == 0 ? ATTACHREPLY_BAD_OPTION
                                                         : ATTACHREPLY_ERROR;
}
