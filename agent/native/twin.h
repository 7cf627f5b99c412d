/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_TWIN_H
#define NATIVE_TWIN_H
/* Is a library in the process twice, loaded from two paths? The dynamic linker then takes them for two libraries. */
#include <stdbool.h>
#include <stddef.h>

/* A loaded library of this SONAME in which the address `inside` does not lie: true, and its path. Start only: takes the dynamic
 * linker's lock. */
bool twin_find(const char *soname, const void *inside, char *path, size_t cap);

#endif
