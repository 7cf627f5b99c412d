/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_DEMANGLE_H
#define NATIVE_DEMANGLE_H
/* C++ names as their authors wrote them. */
#include <stdbool.h>
#include <stddef.h>

/* By the C++ library that the process has, if it has one. Not for hooks: takes the dynamic linker's lock and allocates. False: no
 * C++ name, no such library, or longer than cap - 1; out is untouched. */
bool demangle(const char *name, char *out, size_t cap);

#endif
