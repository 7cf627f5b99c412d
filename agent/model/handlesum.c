/* SPDX-License-Identifier: Apache-2.0 */
/* handlesum.c: see handlesum.h. Each list is kept in order while it is filled: what comes last falls off. */
#include "model/handlesum.h"

#include <string.h>

#include "model/javanum.h"

#include "base/poison.h"

/* Opens a place for one more at `at` of a list that holds `count` of at most `max`; the new count. */
static size_t insert(void *list, size_t count, size_t max, size_t size, size_t at, const void *item)
{
    char  *place = (char *)list + at * size;
    size_t last = count < max ? count : max - 1;
    if (at >= max)
        return count;
    memmove(place + size, place, (last - at) * size);
    memcpy(place, item, size);
    return count < max ? count + 1 : max;
}

static bool class_before(const struct weir_handle_class *a, const struct weir_handle_class *b)
{
    uint64_t x = a->opened - a->closed, y = b->opened - b->closed;
    return x != y ? x > y : a->opened > b->opened;
}

void handlesum_class(struct weir_handles *h, const struct weir_handle_class *c)
{
    size_t at = h->class_count;
    h->opened += c->opened;
    h->closed += c->closed;
    if (strcmp(c->name, "RocksDB") == 0)
        h->databases += c->opened - c->closed;
    while (at > 0 && class_before(c, &h->classes[at - 1]))
        at--;
    h->class_count = insert(h->classes, h->class_count, WEIR_TOP_HANDLE_CLASSES, sizeof *c, at, c);
}

static bool owner_before(const struct weir_handle_owner *a, const struct weir_handle_owner *b)
{
    return a->ended != b->ended ? a->ended > b->ended : a->open > b->open;
}

void handlesum_owner(struct weir_handles *h, const struct weir_handle_owner *o)
{
    size_t at = h->owner_count;
    h->ended += o->ended;
    while (at > 0 && owner_before(o, &h->owners[at - 1]))
        at--;
    h->owner_count = insert(h->owners, h->owner_count, WEIR_TOP_HANDLE_OWNERS, sizeof *o, at, o);
}

void handlesum_cache(struct weir_handles *h, const struct weir_handle_cache *c)
{
    size_t at = h->cache_count;
    h->caches++;
    h->cache_bytes += c->cache;
    h->write_buffer_bytes += c->write_buffers;
    while (at > 0 && c->cache > h->cache[at - 1].cache)
        at--;
    h->cache_count = insert(h->cache, h->cache_count, WEIR_TOP_HANDLE_CACHES, sizeof *c, at, c);
}

struct weir_handle_share handlesum_share(const struct flinkconf *conf, struct flink_version v, enum statememory_backend backend,
                                         uint64_t managed)
{
    struct weir_handle_share share = { .known = false, .source = "" };
    struct statememory       state;
    char                     unused[256];
    struct buf               err;
    int32_t                  slots = 1;
    buf_init(&err, unused, sizeof unused);
    const struct flinkconf_value *value = conf != NULL ? flinkconf_get(conf, FLINKKEY_TM_SLOTS) : NULL;
    if (conf == NULL || (value != NULL && (value->too_long || javanum_parse_int(value->text, &slots) != WEIR_OK)) || slots < 1)
        return share;
    if (statememory_of(conf, v, backend, managed / (uint64_t)slots, &state, &err) != WEIR_OK)
        return share;
    share.known = true;
    share.source = statememory_source_name(backend, state.source);
    share.managed = state.source == STATEMEMORY_MANAGED;
    share.slots = (uint32_t)slots;
    share.slot = managed / (uint64_t)slots;
    share.bytes = state.bytes;
    share.cache = state.cache;
    share.write_buffers = state.write_buffers;
    return share;
}
