/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_PROCDIR_H
#define BASE_PROCDIR_H
/* Directories of /proc whose entries are named by number: processes, or the threads of one. */
#include <stddef.h>
#include <stdint.h>

/* Numbers above 0, at most max of them; how many there are, 0 when it cannot be read. Allocates nothing. Any thread. */
size_t procdir_ids(const char *path, int32_t *ids, size_t max);

#endif
