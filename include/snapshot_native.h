/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEIR_SNAPSHOT_NATIVE_H
#define WEIR_SNAPSHOT_NATIVE_H
/* Plain data: native libraries whose malloc, operator new and mmap are counted. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir.h"

enum { WEIR_TOP_LIBRARIES = 8 };

struct weir_library {
    const char         *name;   /* of its file: librocksdbjni-linux64.so */
    enum weir_component component;
    const char         *why;    /* of the component */
    bool                unloaded; /* and this is what it left */
    uint64_t            bytes, blocks;
    uint64_t            peak; /* as read once a second */
};

struct weir_native {
    bool     known;      /* native libraries are looked for */
    unsigned libraries;  /* hooked now */
    unsigned slots;      /* of theirs that are replaced */
    unsigned left_out;   /* libraries not counted: too many, or they cannot be hooked */
    uint64_t bytes, blocks; /* of all, also those not listed */
    uint64_t unknown_frees; /* freed by them and never seen taken: by the C library, by one that is not hooked, or before */
    const char         *trouble; /* what may be incomplete; NULL: nothing */
    size_t              count;
    struct weir_library library[WEIR_TOP_LIBRARIES]; /* biggest first */
};

#endif
