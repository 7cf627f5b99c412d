/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_UTF8_H
#define OUT_UTF8_H
/* Foreign strings made fit for one line of UTF-8: what the JVM hands out is "modified UTF-8" (NUL as C0 80, characters
 * beyond U+FFFF as two 3-byte surrogates), what the kernel hands out is any bytes. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Reads one code point and moves *s past it; *s must not be at the NUL. U+FFFD for every byte that begins nothing valid
 * and for every lone surrogate. */
uint32_t utf8_next(const char **s);

/* Appends s as valid UTF-8 without control characters or line separators: those become \n, \t, \u001b and the like.
 * quoted: also \" and \\, so that the result can stand between quotes, in JSON too. */
void utf8_text(struct buf *b, const char *s, bool quoted);

#endif
