/* SPDX-License-Identifier: Apache-2.0 */
/* symbols.c: .dynsym in memory; how long it is, only its hash table tells. It is in no order of use, and from end to end it takes
 * 40 us in RocksDB, so at first sight of a library its functions are sorted into BUCKETS by address.
 * Bound:      INDEXES libraries, SORTED_MAX bytes for all; what is beyond is looked through from end to end.
 * Concurrent: an index never changes once it is published, and stays mapped: of an unloaded library too. */
#include "native/symbols.h"

#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/poison.h"

enum { INDEXES = 32, BUCKETS = 1024, SORTED_MAX = 4 << 20 };

struct index {
    struct module_id id;
    uintptr_t        low, longest; /* of all functions: the lowest address, the largest size */
    unsigned         shift;        /* an address's bucket is (address - low) >> shift */
    uint32_t         first[BUCKETS + 1], symbol[];
};

static struct {
    _Atomic(struct index *) index[INDEXES];
    atomic_size_t           bytes;
} sorted;

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

static bool is_function(const ElfW(Sym) *s)
{
    unsigned type = ELF64_ST_TYPE(s->st_info); /* the same bits in both classes */
    return (type == STT_FUNC || type == STT_GNU_IFUNC) && s->st_shndx != SHN_UNDEF && s->st_size > 0;
}

static bool covers(const ElfW(Sym) *s, uintptr_t at)
{
    return is_function(s) && at >= s->st_value && at - s->st_value < s->st_size;
}

/* ---- the index */

static void measure(const struct tables *t, struct index *x)
{
    uintptr_t high = 0;
    x->low = UINTPTR_MAX;
    for (uint32_t i = 0; i < t->count; i++) {
        const ElfW(Sym) *s = &t->symbol[i];
        if (!is_function(s))
            continue;
        x->low = s->st_value < x->low ? s->st_value : x->low;
        high = s->st_value > high ? s->st_value : high;
        x->longest = s->st_size > x->longest ? s->st_size : x->longest;
    }
    while (high > x->low && (high - x->low) >> x->shift >= BUCKETS)
        x->shift++;
}

/* Counts, sums up, and fills each bucket from its end, so that first[] points to its begin again. */
static void sort(const struct tables *t, struct index *x)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (is_function(&t->symbol[i]))
            x->first[(t->symbol[i].st_value - x->low) >> x->shift]++;
    for (unsigned b = 1; b <= BUCKETS; b++)
        x->first[b] += x->first[b - 1];
    for (uint32_t i = t->count; i-- > 0;)
        if (is_function(&t->symbol[i]))
            x->symbol[--x->first[(t->symbol[i].st_value - x->low) >> x->shift]] = i;
}

static const struct index *build(const struct module *m, const struct tables *t, _Atomic(struct index *) *place)
{
    size_t        bytes = sizeof(struct index) + t->count * sizeof(uint32_t);
    struct index *none = NULL, *x;
    if (atomic_fetch_add_explicit(&sorted.bytes, bytes, memory_order_relaxed) + bytes > SORTED_MAX ||
        (x = arena_map(bytes)) == NULL) {
        atomic_fetch_sub_explicit(&sorted.bytes, bytes, memory_order_relaxed);
        return NULL;
    }
    x->id = m->id;
    measure(t, x);
    sort(t, x);
    /* Release: the index's content. Pairs with the acquire in index_of(). */
    if (atomic_compare_exchange_strong_explicit(place, &none, x, memory_order_release, memory_order_relaxed))
        return x;
    arena_unmap(x, bytes); /* another thread was faster; of this library or of another */
    atomic_fetch_sub_explicit(&sorted.bytes, bytes, memory_order_relaxed);
    return NULL;
}

static const struct index *index_of(const struct module *m, const struct tables *t)
{
    for (unsigned i = 0; i < INDEXES; i++) {
        const struct index *x = atomic_load_explicit(&sorted.index[i], memory_order_acquire);
        if (x == NULL)
            return build(m, t, &sorted.index[i]);
        if (module_same(&x->id, &m->id))
            return x;
    }
    return NULL;
}

/* "C1" and "C2" of a constructor and other aliases: the first in the table, always the same. */
static uint32_t find_sorted(const struct index *x, const struct tables *t, uintptr_t at)
{
    if (at < x->low)
        return t->count;
    uintptr_t last = (at - x->low) >> x->shift, back = at - x->low < x->longest ? at - x->low : x->longest;
    uintptr_t begin = (at - x->low - back) >> x->shift;
    uint32_t  best = t->count;
    last = last < BUCKETS ? last : BUCKETS - 1;
    for (uint32_t k = begin < BUCKETS ? x->first[begin] : x->first[BUCKETS]; k < x->first[last + 1]; k++)
        if (x->symbol[k] < best && covers(&t->symbol[x->symbol[k]], at))
            best = x->symbol[k];
    return best;
}

static const char *find(const struct module *m, const struct tables *t, uintptr_t at)
{
    const struct index *x = index_of(m, t);
    uint32_t            i = x != NULL ? find_sorted(x, t, at) : 0;
    while (x == NULL && i < t->count && !covers(&t->symbol[i], at))
        i++;
    return i < t->count && t->symbol[i].st_name < t->strings_size ? t->strings + t->symbol[i].st_name : NULL;
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
    const char   *name = open_tables(m, &t) ? find(m, &t, addr - m->bias) : NULL;
    if (name == NULL || name[0] == '\0') {
        put_offset(addr - m->bias, out);
        return;
    }
    size_t room = t.strings_size - (size_t)(name - t.strings), len = strnlen(name, room);
    len = len < SYMBOLS_NAME ? len : SYMBOLS_NAME - 1;
    memcpy(out, name, len);
    out[len] = '\0';
}
