/* SPDX-License-Identifier: Apache-2.0 */
/* familycount.c: an open hash table that is never full: three quarters at most are taken, further families are only counted. */
#include "model/familycount.h"

#include <string.h>

#include "model/classfamily.h"

#include "base/poison.h"

enum { TAKEN_MAX = FAMILYCOUNT_FAMILIES / 4 * 3 };

_Static_assert((int)WEIR_LIVE_FAMILY_NAME == (int)CLASSFAMILY_NAME_MAX, "a family's name fits");

/* FNV-1a; never 0. */
static uint64_t hash_of(const char *name, size_t len)
{
    uint64_t h = 0xcbf29ce484222325ULL;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)name[i]) * 0x100000001b3ULL;
    return h | 1;
}

static struct familycount_entry *entry_of(struct familycount *t, const struct classfamily *family)
{
    uint64_t hash = hash_of(family->name, family->len);
    size_t   at = (size_t)(hash >> 20) % FAMILYCOUNT_FAMILIES;
    while (t->entry[at].hash != 0) {
        if (t->entry[at].hash == hash && strcmp(t->entry[at].name, family->name) == 0)
            return &t->entry[at];
        at = (at + 1) % FAMILYCOUNT_FAMILIES;
    }
    if (t->count == TAKEN_MAX)
        return NULL;
    t->count++;
    t->entry[at].hash = hash;
    t->entry[at].numbered = family->kind == CLASSFAMILY_NUMBERED;
    memcpy(t->entry[at].name, family->name, family->len + 1);
    return &t->entry[at];
}

void familycount_add(struct familycount *t, const char *name)
{
    struct classfamily family;
    classfamily_of(name, &family);
    if (family.kind == CLASSFAMILY_PLAIN || family.kind == CLASSFAMILY_ARRAY)
        return;
    struct familycount_entry *e = entry_of(t, &family);
    if (e != NULL)
        e->classes++;
    else
        t->left_out++;
}

static bool is_generated(const struct familycount_entry *e)
{
    return e->classes >= (e->numbered ? FAMILYCOUNT_NUMBERED : 1);
}

/* The larger first; of equals the one whose name comes first, so that two readings say the same. */
static bool before(const struct familycount_entry *e, const struct weir_live_family *f)
{
    return e->classes != f->classes ? e->classes > f->classes : strcmp(e->name, f->name) < 0;
}

static void insert(struct weir_classes *out, const struct familycount_entry *e)
{
    size_t at = out->family_count;
    while (at > 0 && before(e, &out->families[at - 1]))
        at--;
    if (at == WEIR_TOP_LIVE_FAMILIES)
        return;
    size_t last = out->family_count < WEIR_TOP_LIVE_FAMILIES ? out->family_count++ : WEIR_TOP_LIVE_FAMILIES - 1;
    memmove(out->families + at + 1, out->families + at, (last - at) * sizeof out->families[0]);
    memcpy(out->families[at].name, e->name, sizeof e->name);
    out->families[at].classes = e->classes;
}

void familycount_top(const struct familycount *t, struct weir_classes *out)
{
    out->generated = t->left_out;
    out->family_count = 0;
    for (size_t i = 0; i < FAMILYCOUNT_FAMILIES; i++) {
        if (!is_generated(&t->entry[i]))
            continue;
        out->generated += t->entry[i].classes;
        insert(out, &t->entry[i]);
    }
}
