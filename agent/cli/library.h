/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LIBRARY_H
#define CLI_LIBRARY_H
/* libweir.so as the JVM will see it: in its mount namespace, with its rights, on its C library. */
#include <stdbool.h>

#include "base/buf.h"
#include "cli/jvmproc.h"

/* Absolute path of the library: `given`, else the one beside this program or in ../lib. False: why. */
bool library_own(const char *given, char path[PROCJVM_PATH_MAX], struct buf *why);
/* Would the JVM load `path` (as it sees it; root: its root directory)? To be called with the JVM's ids. own: our copy, which
 * the hint to copy names. False: why not, and what to do. */
bool library_fits(const struct jvmproc *p, int root, const char *path, const char *own,
                  struct buf *why);
/* Puts a copy of own into dir of that root as libweir.so; never over another file. Its path there into path. */
bool library_copy(const struct jvmproc *p, int root, const char *dir, const char *own,
                  char path[PROCJVM_PATH_MAX], struct buf *why);

#endif
