/* SPDX-License-Identifier: Apache-2.0 */
/* module.c: _dl_find_object of glibc 2.35, made for exception handlers: it takes no lock and sees each library from before its
 * constructors run until after its destructors have. dl_iterate_phdr takes the dynamic linker's lock, which a thread may hold
 * that waits for a lock of the library we were called from. The function is found at run time, for systems that lack it.
 * Bounds: addresses of the library's tables come from the library itself; each is checked against its loaded segments, since
 * between two segments nothing may be mapped. */
#define _GNU_SOURCE /* RTLD_DEFAULT, program_invocation_short_name */
#include "native/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>

#include "base/poison.h"

/* As glibc defines it for its callers, on every architecture that we build for: what comes after these is not asked for. */
struct found {
    unsigned long long flags;
    void              *map_start, *map_end;
    struct link_map   *map;
    void              *frame_header;
    unsigned long long reserved[12];
};

static int (*find_object)(void *, struct found *);

bool module_init(void)
{
    void *f = dlsym(RTLD_DEFAULT, "_dl_find_object");
    memcpy(&find_object, &f, sizeof f);
    return f != NULL;
}

bool module_at(uintptr_t addr, struct module_id *id)
{
    struct found found;
    void *at;
    memcpy(&at, &addr, sizeof at);
    if (find_object == NULL || find_object(at, &found) != 0)
        return false;
    *id = (struct module_id){ (uintptr_t)found.map_start, (uintptr_t)found.map_end, (uintptr_t)found.frame_header,
                              (uintptr_t)found.map };
    return true;
}

static void take_segment(struct module *m, const ElfW(Phdr) *p)
{
    uintptr_t from = m->bias + p->p_vaddr;
    if (p->p_type != PT_LOAD || (p->p_flags & PF_R) == 0 || m->segments == MODULE_SEGMENTS || from < m->id.from ||
        p->p_memsz > m->id.to - from)
        return;
    m->segment[m->segments].from = from;
    m->segment[m->segments++].to = from + p->p_memsz;
}

bool module_open(const struct module_id *id, struct module *out)
{
    const struct link_map *map = (const struct link_map *)id->map;
    const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)id->from;
    memset(out, 0, sizeof *out);
    out->id = *id;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_phentsize != sizeof(ElfW(Phdr)) ||
        header->e_phoff > 4096 - sizeof(ElfW(Phdr)) * 32 || header->e_phnum > 32)
        return false; /* the tables must lie in the first page, of which we know that it is there */
    out->bias = map->l_addr;
    out->dynamic = (uintptr_t)map->l_ld;
    const ElfW(Phdr) *p = (const ElfW(Phdr) *)(id->from + header->e_phoff);
    for (int i = 0; i < header->e_phnum; i++)
        take_segment(out, &p[i]);
    const char *path = map->l_name != NULL && map->l_name[0] != '\0' ? map->l_name : program_invocation_short_name;
    const char *slash = strrchr(path, '/');
    out->name = slash != NULL ? slash + 1 : path;
    return out->segments > 0;
}

bool module_has(const struct module *m, uintptr_t addr, size_t bytes)
{
    for (int i = 0; i < m->segments; i++)
        if (addr >= m->segment[i].from && addr < m->segment[i].to && bytes <= m->segment[i].to - addr)
            return true;
    return false;
}
