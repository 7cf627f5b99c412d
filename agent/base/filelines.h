/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_FILELINES_H
#define BASE_FILELINES_H
/* Files of /proc that are larger than any buffer, line by line. */
#include "weir.h"

typedef void filelines_take(void *with, char *line);

/* Each whole line, without its end; the taker may write to it. A line longer than 64 KiB, or with a NUL, ends the reading. The
 * reporter's alone: one buffer. WEIR_ENOENT: it cannot be opened; WEIR_EIO: nor read to its end. */
enum weir_rc filelines_each(const char *path, filelines_take *take, void *with);

#endif
