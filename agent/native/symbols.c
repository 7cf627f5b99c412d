/* SPDX-License-Identifier: Apache-2.0 */
/* symbols.c: .dynsym in memory, looked through from end to end; how long it is, only its hash table tells. */
#include "native/symbols.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>

#include "base/poison.h"

struct tables {
    const ElfW(Sym) *symbol;
    uint32_t         count;
    const char      *strings;
    size_t           strings_size;
};

/* glibc relocates these addresses in memory, musl does not. */
static uintptr_t relocated(const struct module *m, uintptr_t at)
{
    return at < m->bias ? m->bias + at : at;
}

static bool word(const struct module *m, uintptr_t at, uint32_t *out)
{
    if (!module_has(m, at, sizeof *out))
        return false;
    memcpy(out, (const void *)at, sizeof *out);
    return true;
}

/* DT_GNU_HASH: the highest bucket's chain ends at the last symbol. */
static uint32_t count_gnu(const struct module *m, uintptr_t at)
{
    uint32_t buckets = 0, first = 0, bloom = 0, last = 0, h = 0;
    if (!word(m, at, &buckets) || !word(m, at + 4, &first) || !word(m, at + 8, &bloom))
        return 0;
    uintptr_t       table = at + 16 + (uintptr_t)bloom * sizeof(ElfW(Addr)), chain = table + (uintptr_t)buckets * 4;
    const uint32_t *bucket = (const uint32_t *)table;
    if (!module_has(m, table, (size_t)buckets * 4))
        return 0;
    for (uint32_t i = 0; i < buckets; i++)
        last = bucket[i] > last ? bucket[i] : last;
    if (last < first)
        return first;
    while (word(m, chain + (uintptr_t)(last - first) * 4, &h)) {
        last++;
        if ((h & 1) != 0)
            break;
    }
    return last;
}

static bool open_tables(const struct module *m, struct tables *t)
{
    uintptr_t at = m->dynamic, symbols = 0, strings = 0, hash = 0, gnu = 0;
    memset(t, 0, sizeof *t);
    for (; module_has(m, at, sizeof(ElfW(Dyn))); at += sizeof(ElfW(Dyn))) {
        const ElfW(Dyn) *d = (const ElfW(Dyn) *)at;
        if (d->d_tag == DT_NULL)
            break;
        if (d->d_tag == DT_SYMTAB)
            symbols = relocated(m, d->d_un.d_ptr);
        else if (d->d_tag == DT_STRTAB)
            strings = relocated(m, d->d_un.d_ptr);
        else if (d->d_tag == DT_STRSZ)
            t->strings_size = d->d_un.d_val;
        else if (d->d_tag == DT_HASH)
            hash = relocated(m, d->d_un.d_ptr);
        else if (d->d_tag == DT_GNU_HASH)
            gnu = relocated(m, d->d_un.d_ptr);
    }
    if (hash == 0 || !word(m, hash + 4, &t->count))
        t->count = gnu != 0 ? count_gnu(m, gnu) : 0;
    t->symbol = (const ElfW(Sym) *)symbols;
    t->strings = (const char *)strings;
    return symbols != 0 && strings != 0 && module_has(m, symbols, t->count * sizeof *t->symbol) &&
           module_has(m, strings, t->strings_size);
}

static bool covers(const ElfW(Sym) *s, uintptr_t at)
{
    unsigned type = ELF64_ST_TYPE(s->st_info); /* the same bits in both classes */
    return (type == STT_FUNC || type == STT_GNU_IFUNC) && s->st_shndx != SHN_UNDEF && at >= s->st_value &&
           at - s->st_value < s->st_size;
}

/* "C1" and "C2" of a constructor and other aliases: the first in the table, always the same. */
static const char *find(const struct tables *t, uintptr_t at)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (covers(&t->symbol[i], at) && t->symbol[i].st_name < t->strings_size)
            return t->strings + t->symbol[i].st_name;
    return NULL;
}

static void put_offset(uintptr_t n, char *out)
{
    char   digits[2 * sizeof n];
    size_t count = 0, len = 3;
    do
        digits[count++] = "0123456789abcdef"[n & 15];
    while ((n >>= 4) != 0);
    memcpy(out, "+0x", 3);
    while (count > 0)
        out[len++] = digits[--count];
    out[len] = '\0';
}

void symbols_name(const struct module *m, uintptr_t addr, char out[SYMBOLS_NAME])
{
    struct tables t;
    const char   *name = open_tables(m, &t) ? find(&t, addr - m->bias) : NULL;
    if (name == NULL || name[0] == '\0') {
        put_offset(addr - m->bias, out);
        return;
    }
    size_t room = t.strings_size - (size_t)(name - t.strings), len = strnlen(name, room);
    len = len < SYMBOLS_NAME ? len : SYMBOLS_NAME - 1;
    memcpy(out, name, len);
    out[len] = '\0';
}
