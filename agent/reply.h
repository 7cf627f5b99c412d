/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPLY_H
#define REPLY_H
/* The answer to a load that is a command: the JVM's attach protocol hands back a number only, so the text goes to a file that
 * the asking tool has made and named in the last key of the options, `reply=FILE`. */
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { REPLY_PATH_MAX = 512, REPLY_TEXT_MAX = 64 * 1024 };

/* Cuts `reply=FILE` off the end of a copy of the options. False: too long. path "" if there is none. */
bool reply_split(const char *options, char *rest, size_t rest_cap, char *path, size_t path_cap);
/* First line `ok`, or `error: ` and the body's first line; then the body. A file that is not an empty one of this user is left
 * alone: it was not made for us. */
void reply_send(const char *path, bool fine, const char *body);

#endif
