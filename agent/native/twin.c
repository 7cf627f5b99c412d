/* SPDX-License-Identifier: Apache-2.0 */
/* twin.c: the list of loaded libraries, asked for a name that a library carries in itself: a copy may have any path. Under the
 * linker's lock nothing is allocated and only tables are read that lie in the library's own segments. */
#define _GNU_SOURCE /* dl_iterate_phdr */
#include "native/twin.h"

#include <link.h>
#include <stdint.h>
#include <string.h>

struct search {
    const char *soname;
    uintptr_t   inside;
    char       *path;
    size_t      cap;
};

static bool covers(const struct dl_phdr_info *info, uintptr_t at)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_LOAD && at >= from && at < from + p->p_memsz)
            return true;
    }
    return false;
}

static const ElfW(Dyn) *dynamic_of(const struct dl_phdr_info *info)
{
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            return (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    return NULL;
}

static bool is_named(const struct dl_phdr_info *info, const char *soname)
{
    uintptr_t strings = 0, name = 0;
    size_t    size = 0, len = strlen(soname) + 1;
    for (const ElfW(Dyn) *d = dynamic_of(info); d != NULL && d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_SONAME)
            name = d->d_un.d_val;
        else if (d->d_tag == DT_STRSZ)
            size = d->d_un.d_val;
        else if (d->d_tag == DT_STRTAB) /* glibc relocates it in memory, musl does not */
            strings = d->d_un.d_ptr < info->dlpi_addr ? info->dlpi_addr + d->d_un.d_ptr : d->d_un.d_ptr;
    }
    return strings != 0 && name != 0 && name < size && len <= size - name && covers(info, strings) &&
           covers(info, strings + size - 1) && memcmp((const char *)strings + name, soname, len) == 0;
}

static int look(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *s = data;
    (void)size;
    if (info->dlpi_name == NULL || info->dlpi_name[0] == '\0' || covers(info, s->inside) || !is_named(info, s->soname))
        return 0;
    size_t len = strlen(info->dlpi_name);
    len = len < s->cap ? len : s->cap - 1;
    memcpy(s->path, info->dlpi_name, len);
    s->path[len] = '\0';
    return 1;
}

bool twin_find(const char *soname, const void *inside, char *path, size_t cap)
{
    struct search s = { soname, (uintptr_t)inside, path, cap };
    return dl_iterate_phdr(look, &s) == 1;
}
