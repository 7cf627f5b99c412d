/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ALLOC_WATCH_H
#define TESTS_ALLOC_WATCH_H
/* Counts what the calling thread asks of the C allocator: each malloc, calloc, realloc, aligned allocation and free. */

void          alloc_watch_start(void);
unsigned long alloc_watch_stop(void);

#endif
