/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_SLOT_H
#define OUT_OUT_SLOT_H
/* What one slot has and which consumers share its managed memory, to text and JSON. */
#include <stdbool.h>

#include "base/buf.h"
#include "model/managedshare.h"
#include "model/statememory.h"
#include "out/json.h"

struct out_slot_use {
    const char *name; /* "operator", "rocksdb", "forst", "python"; NULL: not in this slot */
    bool        none; /* configured to take no managed memory */
    uint64_t    bytes;
};

struct out_slot {
    struct managed_slot      slot;
    bool                     weighted;
    struct managed_weights   weights;
    struct out_slot_use      use[MANAGED_USE_COUNT];
    bool                     has_state; /* state and backend are filled */
    enum statememory_backend backend;
    struct statememory       state;
};

void out_slot_text(struct buf *b, const struct out_slot *s);
/* The member "slot" of the derivation's object. */
void out_slot_json(struct json *j, const struct out_slot *s);

#endif
