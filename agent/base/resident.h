/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_RESIDENT_H
#define BASE_RESIDENT_H
/* How much of a range of anonymous memory is in memory. Not inside a hook: a system call per 16 MiB, and a microsecond or so per MiB
 * that is. One thread at a time. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Both page aligned. False: some of it is not mapped; *resident then has what came before. */
bool resident_bytes(void *from, size_t bytes, uint64_t *resident);

#endif
