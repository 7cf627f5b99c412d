/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_POISON_H
#define BASE_POISON_H
/* Include last in files that run inside hooks: there the program's allocator may be the caller, and stdout is not ours.
 * The compiler then refuses these names (DESIGN.md 2, law 1). */
#pragma GCC poison malloc calloc realloc free strdup strndup asprintf vasprintf
#pragma GCC poison printf puts putchar vprintf sprintf vsprintf strcpy strcat abort exit
#endif
