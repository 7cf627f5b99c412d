/* SPDX-License-Identifier: Apache-2.0 */
/* elfgot.c: relocation tables as the dynamic linker left them in memory.
 *   JUMP_SLOT  a call, in DT_JMPREL; may still point to its own PLT stub when binding is lazy
 *   GLOB_DAT, ABS64  the function's address, in DT_RELA
 * Symbols are matched by name, whether the library defines them itself or not: an interposed one (a preloaded jemalloc's
 * operator new in libstdc++) is a defined symbol that leads elsewhere.
 * Order: collect under the linker's lock without allocating, since a heap profiler may be unwinding under that lock; then hold
 * the library by a handle of our own and look whether it is still the one that was collected; only then read its tables.
 * Protection: pages made read-only by RELRO become writable for one store, never executable, and get back what they had. What
 * they had is asked of the kernel: async-profiler leaves such pages writable and relies on that. */
#define _GNU_SOURCE /* dl_iterate_phdr, dlinfo, RTLD_NOLOAD, RTLD_DEFAULT */
#include "native/elfgot.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "native/elftables.h"
#include "base/poison.h"

#if defined(__x86_64__)
enum { RELOC_CALL = R_X86_64_JUMP_SLOT, RELOC_GLOBAL = R_X86_64_GLOB_DAT, RELOC_ABSOLUTE = R_X86_64_64 };
#elif defined(__aarch64__)
enum { RELOC_CALL = R_AARCH64_JUMP_SLOT, RELOC_GLOBAL = R_AARCH64_GLOB_DAT, RELOC_ABSOLUTE = R_AARCH64_ABS64 };
#else
#error "elfgot.c: the relocation types of this architecture are not known"
#endif

enum { PATH_CAP = 4096, MAPS_CHUNK = 4096 };

struct search {
    const char    *name; /* its file's, or with `at` its whole path */
    bool           at;
    uintptr_t      base;
    int            found;
    bool           full;
    struct elfgot *lib;
    char          *path; /* PATH_CAP bytes */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool is_wanted(const struct dl_phdr_info *info, const struct search *s)
{
    if (s->at)
        return info->dlpi_addr == s->base && strcmp(info->dlpi_name, s->name) == 0;
    return strcmp(base_name(info->dlpi_name), s->name) == 0;
}

/* The linker protects whole pages only: what stands in a part of one stays writable. */
static void note_relro(struct elfgot *lib, const ElfW(Phdr) *p)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    lib->relro_from = (lib->base + p->p_vaddr) / page * page;
    lib->relro_to = (lib->base + p->p_vaddr + p->p_memsz) / page * page;
    if (lib->relro_to < lib->relro_from)
        lib->relro_to = lib->relro_from;
}

/* Under the dynamic linker's lock: copies numbers and the path, no more. */
static int collect(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *s = data;
    struct elfgot *lib = s->lib;
    (void)size;
    if (info->dlpi_name == NULL || !is_wanted(info, s))
        return 0;
    if (s->found++ > 0 || strlen(info->dlpi_name) >= PATH_CAP)
        return 0;
    memcpy(s->path, info->dlpi_name, strlen(info->dlpi_name) + 1);
    lib->base = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type == PT_DYNAMIC)
            lib->dynamic = lib->base + p->p_vaddr;
        if (p->p_type == PT_GNU_RELRO)
            note_relro(lib, p);
        if (p->p_type != PT_LOAD)
            continue;
        s->full = s->full || lib->segments == ELFGOT_SEGMENTS;
        if (s->full)
            continue;
        lib->segment[lib->segments].from = lib->base + p->p_vaddr;
        lib->segment[lib->segments++].to = lib->base + p->p_vaddr + p->p_memsz;
    }
    return 0;
}

bool elftables_inside(const struct elfgot *lib, uintptr_t addr, size_t size)
{
    for (int i = 0; i < lib->segments; i++)
        if (addr >= lib->segment[i].from && addr < lib->segment[i].to && size <= lib->segment[i].to - addr)
            return true;
    return false;
}

/* The collected library may be gone, and another one in its place. */
static bool held(struct elfgot *lib, const char *path)
{
    struct link_map *map = NULL;
    lib->handle = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
    return lib->handle != NULL && dlinfo(lib->handle, RTLD_DI_LINKMAP, &map) == 0 && map->l_addr == lib->base &&
           (uintptr_t)map->l_ld == lib->dynamic;
}

static bool read_dynamic(struct elfgot *lib)
{
    bool rela = true;
    if (!elftables_inside(lib, lib->dynamic, sizeof(ElfW(Dyn))))
        return false;
    for (const ElfW(Dyn) *d = (const ElfW(Dyn) *)lib->dynamic; d->d_tag != DT_NULL; d++) {
        /* glibc relocates these addresses in memory, musl does not */
        uintptr_t at = d->d_un.d_ptr < lib->base ? lib->base + d->d_un.d_ptr : d->d_un.d_ptr;
        switch (d->d_tag) {
        case DT_SYMTAB: lib->symbols = at; break;
        case DT_STRTAB: lib->strings = at; break;
        case DT_STRSZ: lib->strings_size = d->d_un.d_val; break;
        case DT_JMPREL: lib->plt = at; break;
        case DT_PLTRELSZ: lib->plt_size = d->d_un.d_val; break;
        case DT_RELA: lib->dyn = at; break;
        case DT_RELASZ: lib->dyn_size = d->d_un.d_val; break;
        case DT_HASH: lib->hash = at; break;
        case DT_GNU_HASH: lib->gnu_hash = at; break;
        case DT_PLTREL: rela = rela && d->d_un.d_val == DT_RELA; break;
        case DT_RELAENT: rela = rela && d->d_un.d_val == sizeof(ElfW(Rela)); break;
        case DT_SYMENT: rela = rela && d->d_un.d_val == sizeof(ElfW(Sym)); break;
        default: break;
        }
    }
    return rela && elftables_inside(lib, lib->symbols, sizeof(ElfW(Sym))) && elftables_inside(lib, lib->strings, lib->strings_size) &&
           (lib->plt_size == 0 || elftables_inside(lib, lib->plt, lib->plt_size)) &&
           (lib->dyn_size == 0 || elftables_inside(lib, lib->dyn, lib->dyn_size));
}

static enum weir_rc open_found(struct elfgot *lib, struct search *search)
{
    char path[PATH_CAP] = "";
    enum weir_rc rc = WEIR_OK;
    search->lib = lib;
    search->path = path;
    memset(lib, 0, sizeof *lib);
    dl_iterate_phdr(collect, search);
    if (search->found == 0)
        return WEIR_ENOENT;
    if (search->full)
        return WEIR_EFULL;
    if (search->found > 1 || path[0] == '\0')
        return WEIR_EINVAL;
    if (!held(lib, path))
        rc = WEIR_ENOENT;
    else if (!read_dynamic(lib))
        rc = WEIR_EINVAL;
    if (rc != WEIR_OK)
        elfgot_close(lib);
    return rc;
}

enum weir_rc elfgot_open(struct elfgot *lib, const char *name)
{
    struct search search = { .name = name };
    return open_found(lib, &search);
}

enum weir_rc elfgot_open_at(struct elfgot *lib, const char *path, uintptr_t base)
{
    struct search search = { .name = path, .at = true, .base = base };
    return open_found(lib, &search);
}

void elfgot_close(struct elfgot *lib)
{
    if (lib->handle != NULL)
        dlclose(lib->handle);
    lib->handle = NULL;
}

bool elftables_is_slot(const ElfW(Rela) *r)
{
    unsigned long type = ELF64_R_TYPE(r->r_info);
    return type == RELOC_CALL || type == RELOC_GLOBAL || (type == RELOC_ABSOLUTE && r->r_addend == 0);
}

static bool named(const struct elfgot *lib, const ElfW(Sym) *symbol, const char *name)
{
    size_t len = strlen(name) + 1;
    return symbol->st_name < lib->strings_size && lib->strings_size - symbol->st_name >= len &&
           memcmp((const char *)lib->strings + symbol->st_name, name, len) == 0;
}

/* Where the slot leads. One that still points into its own library, and not at the library's own function, was never used: it
 * is bound at the first call, in the scope that is asked here. */
void *elftables_target(const struct elfgot *lib, const ElfW(Rela) *r, const ElfW(Sym) *symbol, const char *name)
{
    void *now = __atomic_load_n((void **)(lib->base + r->r_offset), __ATOMIC_RELAXED);
    bool own = symbol->st_shndx != SHN_UNDEF && (uintptr_t)now == lib->base + symbol->st_value;
    if (ELF64_R_TYPE(r->r_info) != RELOC_CALL || own || !elftables_inside(lib, (uintptr_t)now, 1))
        return now;
    void *bound = dlsym(RTLD_DEFAULT, name);
    return bound != NULL ? bound : dlsym(lib->handle, name);
}

static enum weir_rc add_slot(const struct elfgot *lib, const ElfW(Rela) *r, const ElfW(Sym) *symbol, const char *name,
                             struct elfgot_symbol *out)
{
    uintptr_t at = lib->base + r->r_offset;
    if (!elftables_inside(lib, at, sizeof(void *)) || at % sizeof(void *) != 0)
        return WEIR_EINVAL;
    for (int i = 0; i < out->count; i++)
        if (out->slot[i] == (void **)at) /* some linkers count DT_JMPREL in DT_RELASZ */
            return WEIR_OK;
    if (out->count == ELFGOT_SLOTS)
        return WEIR_EFULL;
    void *function = elftables_target(lib, r, symbol, name);
    if (function == NULL || (out->count > 0 && function != out->original))
        return WEIR_EINVAL;
    out->original = function;
    out->slot[out->count++] = (void **)at;
    return WEIR_OK;
}

static enum weir_rc find_in(const struct elfgot *lib, uintptr_t table, size_t size, const char *name,
                            struct elfgot_symbol *out)
{
    const ElfW(Rela) *r = (const ElfW(Rela) *)table;
    const ElfW(Sym) *symbols = (const ElfW(Sym) *)lib->symbols;
    enum weir_rc rc = WEIR_OK;
    for (size_t i = 0; rc == WEIR_OK && i < size / sizeof *r; i++) {
        const ElfW(Sym) *symbol = &symbols[ELF64_R_SYM(r[i].r_info)];
        if (elftables_is_slot(&r[i]) && elftables_inside(lib, (uintptr_t)symbol, sizeof *symbol) && named(lib, symbol, name))
            rc = add_slot(lib, &r[i], symbol, name, out);
    }
    return rc;
}

enum weir_rc elfgot_find(const struct elfgot *lib, const char *name, struct elfgot_symbol *out)
{
    struct elfgot_symbol found = { .count = 0 };
    enum weir_rc rc = find_in(lib, lib->plt, lib->plt_size, name, &found);
    if (rc == WEIR_OK)
        rc = find_in(lib, lib->dyn, lib->dyn_size, name, &found);
    if (rc == WEIR_OK && found.count == 0)
        rc = WEIR_ENOENT;
    if (rc == WEIR_OK)
        *out = found;
    return rc;
}

/* "7f0012340000-7f0012341000 rw-p ..." */
struct maps_line {
    char   text[48];
    size_t len;
};

static const char *hex(const char *s, uintptr_t *out)
{
    uintptr_t n = 0;
    for (;; s++) {
        if (*s >= '0' && *s <= '9')
            n = n * 16 + (uintptr_t)(*s - '0');
        else if (*s >= 'a' && *s <= 'f')
            n = n * 16 + (uintptr_t)(*s - 'a' + 10);
        else
            break;
    }
    *out = n;
    return s;
}

static bool line_tells(struct maps_line *line, uintptr_t *from, uintptr_t *to, int *protection)
{
    line->text[line->len] = '\0';
    line->len = 0;
    const char *s = hex(line->text, from);
    if (*s != '-')
        return false;
    s = hex(s + 1, to);
    if (*s != ' ' || strlen(s) < 4)
        return false;
    *protection = (s[1] == 'r' ? PROT_READ : 0) | (s[2] == 'w' ? PROT_WRITE : 0) | (s[3] == 'x' ? PROT_EXEC : 0);
    return true;
}

/* Takes 0.1 ms and more in a JVM: there are hundreds of lines. */
bool elftables_maps(bool (*see)(void *with, uintptr_t from, uintptr_t to, int protection), void *with)
{
    char chunk[MAPS_CHUNK];
    struct maps_line line = { .len = 0 };
    ssize_t got;
    bool go_on = true;
    uintptr_t from, to;
    int protection;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    while (go_on && (got = read(fd, chunk, sizeof chunk)) > 0)
        for (ssize_t i = 0; go_on && i < got; i++) {
            if (chunk[i] == '\n')
                go_on = !line_tells(&line, &from, &to, &protection) || see(with, from, to, protection);
            else if (line.len < sizeof line.text - 1)
                line.text[line.len++] = chunk[i];
        }
    close(fd);
    return true;
}

struct asked_page {
    uintptr_t addr;
    int       protection;
    bool      found;
};

static bool see_page(void *with, uintptr_t from, uintptr_t to, int protection)
{
    struct asked_page *page = with;
    if (page->addr < from || page->addr >= to)
        return true;
    page->protection = protection;
    page->found = true;
    return false;
}

static bool protection_of(uintptr_t addr, int *protection)
{
    struct asked_page page = { .addr = addr };
    if (!elftables_maps(see_page, &page) || !page.found)
        return false;
    *protection = page.protection;
    return true;
}

static enum weir_rc put_slot(void **slot, void *function)
{
    int had = 0;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *start = (void *)((uintptr_t)slot / page * page);
    if (!protection_of((uintptr_t)slot, &had) || (had & PROT_READ) == 0 || (had & PROT_EXEC) != 0)
        return WEIR_EIO;
    if ((had & PROT_WRITE) == 0 && mprotect(start, page, PROT_READ | PROT_WRITE) != 0)
        return WEIR_EIO;
    /* Release: whatever the function needs was written before. Pairs with the load in the library's own call. */
    __atomic_store_n(slot, function, __ATOMIC_RELEASE);
    if ((had & PROT_WRITE) == 0)
        mprotect(start, page, had); /* refused: stays writable, which harms nobody */
    return WEIR_OK;
}

enum weir_rc elfgot_put(const struct elfgot_symbol *symbol, void *function)
{
    enum weir_rc rc = WEIR_OK;
    for (int i = 0; rc == WEIR_OK && i < symbol->count; i++)
        rc = put_slot(symbol->slot[i], function);
    return rc;
}

bool elfgot_holds(const struct elfgot_symbol *symbol, const void *function)
{
    for (int i = 0; i < symbol->count; i++)
        if (__atomic_load_n(symbol->slot[i], __ATOMIC_RELAXED) != function)
            return false;
    return true;
}
