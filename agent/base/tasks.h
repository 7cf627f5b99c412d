/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_TASKS_H
#define BASE_TASKS_H
/* The threads of this process as the kernel knows them. Not inside a hook. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TASKS_NAME = 16 };

/* Entries of /proc/self/task. */
bool tasks_count(uint64_t *count);
/* Their ids, at most max; how many there are. */
size_t tasks_ids(int32_t *ids, size_t max);
/* The kernel's name of it, which of a Java thread's has the first 15 bytes. False: it ended. */
bool tasks_name(int32_t id, char name[TASKS_NAME]);
/* Where its stack pointer is: known of one that sleeps in the kernel. False: it runs, or the kernel does not tell. */
bool tasks_stack(int32_t id, uintptr_t *at);

#endif
