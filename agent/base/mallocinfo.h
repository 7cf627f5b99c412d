/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_MALLOCINFO_H
#define BASE_MALLOCINFO_H
/* glibc's malloc_info(): the XML it prints, taken line by line. For a glibc without mallinfo2() (before 2.33). */
#include <stdbool.h>
#include <stdint.h>

struct mallocinfo {
    uint64_t arenas;
    bool     known;        /* the totals at its end were there */
    uint64_t system, unused, mapped; /* of all arenas from the kernel; not in use of that; in mappings of their own. Bytes */
    bool     in_heap;      /* private: the lines at hand are one arena's */
};

/* `info` zeroed at first; one line, without its end. */
void mallocinfo_line(struct mallocinfo *info, const char *line);

#endif
