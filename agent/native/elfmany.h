/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_ELFMANY_H
#define NATIVE_ELFMANY_H
/* Many functions of one library at once: its slots found in one pass over its relocations, written with what RELRO protects
 * opened once. The library is open (native/elfgot.h) meanwhile, and the program's to unload again afterwards. Not for hooks. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "native/elfgot.h"
#include "weir.h"

enum { ELFMANY_IMPORTS = 256 };

/* One slot of the library, and where it leads. */
struct elfmany_import {
    void   **slot;
    void    *original;
    uint16_t name; /* index in the caller's list */
    int8_t   had;  /* its page's protection; -1: not to be written */
};

struct elfmany {
    int                   count;
    struct elfmany_import at[ELFMANY_IMPORTS];
};

/* All slots of these functions, which stand in strcmp() order. A slot that leads nowhere is left out. WEIR_EFULL: more than
 * ELFMANY_IMPORTS of them. */
enum weir_rc elfmany_find(const struct elfgot *lib, const char *const *names, size_t count, struct elfmany *out);
/* Between these two the slots may be written. False: the kernel refuses. */
bool         elfmany_unlock(struct elfgot *lib, struct elfmany *found);
void         elfmany_relock(const struct elfgot *lib);
/* False: its page could not be opened; the slot is as it was. */
bool         elfmany_write(const struct elfgot *lib, const struct elfmany_import *import, void *function);
/* Does `wanted` say yes to the name of something that the library defines for others? */
bool         elfmany_defines(const struct elfgot *lib, bool (*wanted)(const char *name));

#endif
