/* SPDX-License-Identifier: Apache-2.0 */
/* elfmany.c: see elfmany.h. A C++ library has tens of thousands of relocations and some forty names are looked for: each symbol
 * is looked up in the sorted names once, and most fail at their first letters.
 * A slot is written only where /proc/self/maps says that its page can be written, or RELRO made it read-only and it was opened:
 * a library may have slots in its text, and storing there would end the process. */
#define _GNU_SOURCE /* ElfW */
#include "native/elfmany.h"

#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "native/elftables.h"
#include "base/poison.h"

enum { UNKNOWN = -1, NO_NAME = -1 };

static const ElfW(Sym) *symbol_at(const struct elfgot *lib, size_t i)
{
    const ElfW(Sym) *s = (const ElfW(Sym) *)lib->symbols + i;
    return elftables_inside(lib, (uintptr_t)s, sizeof *s) ? s : NULL;
}

/* The table of names ends in a NUL: whoever begins inside ends inside. */
static const char *name_of(const struct elfgot *lib, const ElfW(Sym) *symbol)
{
    const char *strings = (const char *)lib->strings;
    bool sound = symbol->st_name < lib->strings_size && strings[lib->strings_size - 1] == '\0';
    return sound ? strings + symbol->st_name : "";
}

static int find_name(const char *const *names, size_t count, const char *wanted)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(wanted, names[middle]);
        if (order == 0)
            return (int)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NO_NAME;
}

static bool is_known(const struct elfmany *found, void **slot)
{
    for (int i = 0; i < found->count; i++)
        if (found->at[i].slot == slot) /* some linkers count DT_JMPREL in DT_RELASZ */
            return true;
    return false;
}

static enum weir_rc add(const struct elfgot *lib, const ElfW(Rela) *r, const ElfW(Sym) *symbol, const char *const *names,
                        int name, struct elfmany *out)
{
    uintptr_t at = lib->base + r->r_offset;
    if (!elftables_inside(lib, at, sizeof(void *)) || at % sizeof(void *) != 0 || is_known(out, (void **)at))
        return WEIR_OK;
    void *original = elftables_target(lib, r, symbol, names[name]);
    if (original == NULL) /* a weak one that nobody defines */
        return WEIR_OK;
    if (out->count == ELFMANY_IMPORTS)
        return WEIR_EFULL;
    out->at[out->count++] = (struct elfmany_import){ (void **)at, original, (uint16_t)name, UNKNOWN };
    return WEIR_OK;
}

static enum weir_rc find_in(const struct elfgot *lib, uintptr_t table, size_t size, const char *const *names, size_t count,
                            struct elfmany *out)
{
    const ElfW(Rela) *r = (const ElfW(Rela) *)table;
    enum weir_rc rc = WEIR_OK;
    for (size_t i = 0; rc == WEIR_OK && i < size / sizeof *r; i++) {
        size_t index = ELF64_R_SYM(r[i].r_info);
        const ElfW(Sym) *symbol = index != 0 && elftables_is_slot(&r[i]) ? symbol_at(lib, index) : NULL;
        int name = symbol != NULL ? find_name(names, count, name_of(lib, symbol)) : NO_NAME;
        if (name != NO_NAME)
            rc = add(lib, &r[i], symbol, names, name, out);
    }
    return rc;
}

enum weir_rc elfmany_find(const struct elfgot *lib, const char *const *names, size_t count, struct elfmany *out)
{
    out->count = 0;
    enum weir_rc rc = find_in(lib, lib->plt, lib->plt_size, names, count, out);
    return rc == WEIR_OK ? find_in(lib, lib->dyn, lib->dyn_size, names, count, out) : rc;
}

/* ---- writing */

struct pages {
    struct elfgot  *lib;
    struct elfmany *found;
    bool            mixed; /* what RELRO covers has several protections: somebody was here before us */
};

static bool see(void *with, uintptr_t from, uintptr_t to, int protection)
{
    struct pages *p = with;
    for (int i = 0; i < p->found->count; i++)
        if ((uintptr_t)p->found->at[i].slot >= from && (uintptr_t)p->found->at[i].slot < to)
            p->found->at[i].had = (int8_t)protection;
    if (from < p->lib->relro_to && to > p->lib->relro_from) {
        p->mixed = p->mixed || (p->lib->relro_had != UNKNOWN && p->lib->relro_had != protection);
        p->lib->relro_had = protection;
    }
    return true;
}

static bool in_relro(const struct elfgot *lib, const void *slot)
{
    return (uintptr_t)slot >= lib->relro_from && (uintptr_t)slot < lib->relro_to;
}

static bool protect_relro(const struct elfgot *lib, int protection)
{
    return mprotect((void *)lib->relro_from, lib->relro_to - lib->relro_from, protection) == 0;
}

bool elfmany_unlock(struct elfgot *lib, struct elfmany *found)
{
    struct pages pages = { lib, found, false };
    lib->relro_had = UNKNOWN;
    if (!elftables_maps(see, &pages))
        return false;
    bool closed = !pages.mixed && lib->relro_from < lib->relro_to && lib->relro_had == PROT_READ;
    if (!closed)
        lib->relro_had = UNKNOWN; /* nothing to open as a whole; slots in read-only pages are opened one by one */
    return !closed || protect_relro(lib, PROT_READ | PROT_WRITE);
}

void elfmany_relock(const struct elfgot *lib)
{
    if (lib->relro_had != UNKNOWN)
        protect_relro(lib, lib->relro_had); /* refused: stays writable, which harms nobody */
}

static bool protect_page(void **slot, int protection)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return mprotect((void *)((uintptr_t)slot / page * page), page, protection) == 0;
}

bool elfmany_write(const struct elfgot *lib, const struct elfmany_import *import, void *function)
{
    bool open = (import->had & PROT_WRITE) != 0 || (lib->relro_had != UNKNOWN && in_relro(lib, import->slot));
    if (import->had == UNKNOWN || (import->had & PROT_EXEC) != 0 || (import->had & PROT_READ) == 0)
        return false;
    if (!open && !protect_page(import->slot, PROT_READ | PROT_WRITE))
        return false;
    /* Release: whatever the function needs was written before. Pairs with the load in the library's own call. */
    __atomic_store_n(import->slot, function, __ATOMIC_RELEASE);
    if (!open)
        protect_page(import->slot, import->had);
    return true;
}

/* ---- what it defines */

/* How many symbols there are: DT_HASH says it; of DT_GNU_HASH the longest chain's end is sought. */
static size_t symbol_count(const struct elfgot *lib)
{
    const uint32_t *h = (const uint32_t *)lib->hash;
    if (lib->hash != 0 && elftables_inside(lib, lib->hash, 2 * sizeof *h))
        return h[1];
    const uint32_t *g = (const uint32_t *)lib->gnu_hash;
    if (lib->gnu_hash == 0 || !elftables_inside(lib, lib->gnu_hash, 4 * sizeof *g))
        return 0;
    uint32_t buckets = g[0], first = g[1], bloom = g[2], last = 0;
    const uint32_t *bucket = g + 4 + (size_t)bloom * (sizeof(ElfW(Addr)) / sizeof *g);
    const uint32_t *chain = bucket + buckets;
    if (!elftables_inside(lib, (uintptr_t)bucket, (size_t)buckets * sizeof *bucket))
        return 0;
    for (uint32_t i = 0; i < buckets; i++)
        last = bucket[i] > last ? bucket[i] : last;
    if (last < first)
        return first;
    while (elftables_inside(lib, (uintptr_t)&chain[last - first], sizeof *chain) && (chain[last - first] & 1) == 0)
        last++;
    return (size_t)last + 1;
}

bool elfmany_defines(const struct elfgot *lib, bool (*wanted)(const char *name))
{
    size_t count = symbol_count(lib);
    for (size_t i = 1; i < count; i++) {
        const ElfW(Sym) *s = symbol_at(lib, i);
        if (s != NULL && s->st_shndx != SHN_UNDEF && ELF64_ST_BIND(s->st_info) != STB_LOCAL && wanted(name_of(lib, s)))
            return true;
    }
    return false;
}
