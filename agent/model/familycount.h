/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_FAMILYCOUNT_H
#define MODEL_FAMILYCOUNT_H
/* How many live classes there are of each generated family (model/classfamily). Pure. */
#include <stddef.h>
#include <stdint.h>

#include "snapshot_loaders.h"

enum { FAMILYCOUNT_FAMILIES = 2048, FAMILYCOUNT_NUMBERED = 100 };

struct familycount_entry {
    uint64_t hash; /* 0: free */
    uint32_t classes;
    bool     numbered; /* generated only if there are FAMILYCOUNT_NUMBERED of it: people number classes, too */
    char     name[WEIR_LIVE_FAMILY_NAME];
};

struct familycount { /* zeroed: empty */
    size_t                   count;
    uint64_t                 left_out; /* classes of families beyond the bound */
    struct familycount_entry entry[FAMILYCOUNT_FAMILIES];
};

/* A class, by name or signature; one that somebody wrote, and an array, is passed over. */
void familycount_add(struct familycount *t, const char *name);
/* Fills generated, family_count and families of *out. */
void familycount_top(const struct familycount *t, struct weir_classes *out);

#endif
