/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BUF_H
#define BASE_BUF_H
/* Text and bytes built in a caller's fixed array. Never allocates; what does not fit is cut and remembered. */
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char  *data; /* always NUL-terminated; owned by the caller */
    size_t cap;  /* bytes of data, at least 1 */
    size_t len;  /* bytes used, without the NUL */
    bool   cut;  /* something did not fit */
};

void buf_init(struct buf *b, char *data, size_t cap);
void buf_reset(struct buf *b);
void buf_put(struct buf *b, const void *bytes, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Only where no further text may follow, as in a log line: ends the text with "..." when it was cut. */
void buf_mark_cut(struct buf *b);

#endif
