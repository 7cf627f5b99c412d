/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SMAPS_H
#define BASE_SMAPS_H
/* The process's mappings with what of each is resident: /proc/self/smaps. Not inside a hook: the kernel walks every page table. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir.h"

struct smaps_mapping {
    uintptr_t   from, to;
    bool        readable, writable, executable, shared;
    bool        file;       /* a file's, or shared memory's */
    const char *name;       /* path, "[heap]"; "" anonymous. Valid during the visit */
    uint64_t    rss, anonymous, swapped;
};

typedef void smaps_visit(void *with, const struct smaps_mapping *m);

/* One by one, in order of address. WEIR_ENOENT, WEIR_EIO: what was visited before that means nothing. */
enum weir_rc smaps_each(smaps_visit *visit, void *with);
/* The same of any file; lines that make no sense are passed over. */
enum weir_rc smaps_each_of(const char *path, smaps_visit *visit, void *with);

#endif
