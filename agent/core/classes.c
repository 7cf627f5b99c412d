/* SPDX-License-Identifier: Apache-2.0 */
/* classes.c: an index of open addressing over a dense array of families, which only grows.
 * Bound:      CLASSES_FAMILIES families; classes of further ones count as unsorted, in the totals all the same.
 * Concurrent: one leaf lock, for tens of instructions, and for one look at all families when the reporter reads; a definition
 *             takes the JVM ten microseconds and more. */
#include "core/classes.h"

#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/lock.h"
#include "model/classfamily.h"
#include "base/poison.h"

enum { SLOTS = 2 * CLASSES_FAMILIES };

struct family {
    uint64_t              hash, classes, bytes;
    enum classfamily_kind kind;
    size_t                len;
    char                  name[CLASSFAMILY_NAME_MAX];
};

struct classes {
    struct lock   lock;
    uint64_t      classes, bytes, unsorted; /* this and all below: protected by lock */
    uint32_t      count;
    uint16_t      slot[SLOTS]; /* index + 1 of a family; 0 none */
    struct family family[CLASSES_FAMILIES];
    atomic_ullong denied;
};

enum weir_rc classes_new(struct classes **out)
{
    struct classes *c = arena_map(sizeof *c);
    if (c == NULL)
        return WEIR_ENOMEM;
    lock_init(&c->lock, LOCK_RANK_CLASSES);
    *out = c;
    return WEIR_OK;
}

void classes_delete(struct classes *c)
{
    arena_unmap(c, sizeof *c);
}

/* Eight bytes at a time: hash_bytes() would take half of what a definition costs here. */
static uint64_t hash_of(const struct classfamily *f)
{
    uint64_t hash = f->len, word;
    size_t   i = 0;
    for (; i + sizeof word <= f->len; i += sizeof word) {
        memcpy(&word, f->name + i, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
        hash ^= hash >> 29;
    }
    word = 0;
    memcpy(&word, f->name + i, f->len - i);
    return hash_u64(hash ^ word);
}

/* NULL: no room for one more. */
static struct family *family_locked(struct classes *c, const struct classfamily *f, uint64_t hash)
{
    uint64_t at = hash % SLOTS;
    for (; c->slot[at] != 0; at = (at + 1) % SLOTS) {
        struct family *known = &c->family[c->slot[at] - 1];
        if (known->hash == hash && known->len == f->len && memcmp(known->name, f->name, f->len) == 0)
            return known;
    }
    if (c->count == CLASSES_FAMILIES)
        return NULL;
    struct family *fresh = &c->family[c->count++];
    c->slot[at] = (uint16_t)c->count;
    fresh->hash = hash;
    fresh->kind = f->kind;
    fresh->len = f->len;
    memcpy(fresh->name, f->name, f->len + 1);
    return fresh;
}

/* Both may be less than nothing: sums of unsigned numbers wrap around, and come back. */
static void book(struct classes *c, const char *name, uint64_t count, uint64_t bytes)
{
    struct classfamily f;
    classfamily_of(name, &f);
    uint64_t hash = hash_of(&f);
    lock_take(&c->lock);
    struct family *family = family_locked(c, &f, hash);
    c->classes += count;
    c->bytes += bytes;
    if (family != NULL) {
        family->classes += count;
        family->bytes += bytes;
    } else {
        c->unsorted += count;
    }
    lock_drop(&c->lock);
}

void classes_defined(struct classes *c, const char *name, uint64_t bytes)
{
    book(c, name, 1, bytes);
}

void classes_taken_back(struct classes *c, const char *name, uint64_t bytes)
{
    book(c, name, UINT64_MAX, 0 - bytes);
}

void classes_denied(struct classes *c)
{
    atomic_fetch_add_explicit(&c->denied, 1, memory_order_relaxed);
}

/* Most classes first; of equal ones the older. */
static void rank_locked(const struct classes *c, struct weir_definitions *out)
{
    uint64_t least = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct family *f = &c->family[i];
        if (f->classes == 0 || (out->family_count == WEIR_TOP_CLASS_FAMILIES && f->classes <= least))
            continue;
        size_t at = out->family_count < WEIR_TOP_CLASS_FAMILIES ? out->family_count++ : WEIR_TOP_CLASS_FAMILIES - 1;
        for (; at > 0 && out->families[at - 1].classes < f->classes; at--)
            out->families[at] = out->families[at - 1];
        out->families[at] = (struct weir_class_family){ f->name, classfamily_kind_name(f->kind), f->classes, f->bytes };
        least = out->families[out->family_count - 1].classes;
    }
}

void classes_snapshot(struct classes *c, struct weir_definitions *out)
{
    memset(out, 0, sizeof *out);
    lock_take(&c->lock);
    out->measured = true;
    out->classes = c->classes;
    out->bytes = c->bytes;
    out->unsorted = c->unsorted;
    rank_locked(c, out);
    lock_drop(&c->lock);
    out->denied = atomic_load_explicit(&c->denied, memory_order_relaxed);
}
