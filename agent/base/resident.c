/* SPDX-License-Identifier: Apache-2.0 */
/* resident.c: mincore() in steps, so that its vector of a byte a page stays small. */
#include "base/resident.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/poison.h"

enum { STEP_PAGES = 4096 };

bool resident_bytes(void *from, size_t bytes, uint64_t *resident)
{
    static unsigned char seen[STEP_PAGES];
    char                *base = from;
    size_t               page = (size_t)sysconf(_SC_PAGESIZE);
    *resident = 0;
    for (size_t off = 0; off < bytes; off += STEP_PAGES * page) {
        size_t len = bytes - off < STEP_PAGES * page ? bytes - off : STEP_PAGES * page;
        if (mincore(base + off, len, seen) != 0)
            return false;
        for (size_t i = 0; i < len / page; i++)
            *resident += seen[i] & 1 ? page : 0;
    }
    return true;
}
