/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_ELFGOT_H
#define NATIVE_ELFGOT_H
/* The slots through which one loaded library calls functions of others: find them by symbol name, write them. Not for hooks:
 * takes the dynamic linker's lock. Nothing here allocates. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir.h"

enum { ELFGOT_SLOTS = 4, ELFGOT_SEGMENTS = 16 };

struct elfgot { /* private */
    void     *handle; /* keeps the library in memory */
    uintptr_t base, dynamic;
    uintptr_t symbols, strings, plt, dyn; /* addresses of its tables, 0 where it has none */
    uintptr_t hash, gnu_hash;
    size_t    strings_size, plt_size, dyn_size;
    uintptr_t relro_from, relro_to; /* whole pages that the linker protected; equal: none */
    int       relro_had;            /* their protection while elfmany_unlock() lasts */
    int       segments;
    struct {
        uintptr_t from, to;
    } segment[ELFGOT_SEGMENTS];
};

struct elfgot_symbol {
    int    count;
    void **slot[ELFGOT_SLOTS];
    void  *original; /* what its slots lead to; never a stub that would resolve itself over our function */
};

/* A library by its file's name ("libnio.so"), held in memory until elfgot_close(). WEIR_ENOENT: not loaded. WEIR_EINVAL:
 * two libraries of this name, or tables we do not understand. WEIR_EFULL: more segments than we keep. */
enum weir_rc elfgot_open(struct elfgot *lib, const char *name);
/* The same as the dynamic linker told it (dlpi_name, dlpi_addr): there may be several of its file's name. */
enum weir_rc elfgot_open_at(struct elfgot *lib, const char *path, uintptr_t base);
void         elfgot_close(struct elfgot *lib);

/* WEIR_ENOENT: the library does not call it through a slot. WEIR_EINVAL: its slots lead to different functions, or to none.
 * WEIR_EFULL: more than ELFGOT_SLOTS of them. */
enum weir_rc elfgot_find(const struct elfgot *lib, const char *name, struct elfgot_symbol *out);
/* Every slot of the symbol; the pages keep the protection they have. WEIR_EIO: the kernel refuses, and then what was already
 * written stays. The function must reach the original through what elfgot_find() gave. */
enum weir_rc elfgot_put(const struct elfgot_symbol *symbol, void *function);
/* Do all slots still hold this function? Only while the library is open. */
bool         elfgot_holds(const struct elfgot_symbol *symbol, const void *function);

#endif
