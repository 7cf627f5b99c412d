/* SPDX-License-Identifier: Apache-2.0 */
/* netbuffers.c: Flink's arithmetic of network buffers per task (NettyShuffleUtils, and InputGateSpecUtils since 1.17).
 *   partition   min: a buffer for each subpartition and one; a blocking one that sorts has a configured number
 *               max: subpartitions * per-channel + floating when bounded, 4 a subpartition when it sorts, else none
 *   gate        exclusive per channel, and a floating pool; since 1.17 the required part may be capped, and what the
 *               cap takes away the floating pool gains
 * In 2.x most of the numbers are constants of Flink; an option of before is then ignored, as Flink does. */
#include "model/netbuffers.h"

#include <string.h>

#include "model/javanum.h"

enum {
    REQUIRED_MAX_BATCH = 1000, /* of a gate that reads a blocking or tiered partition */
    TIERED_EXCLUSIVE = 101,    /* 100 of the memory tier, 1 of the disk tier */
    TIERED_EXCLUSIVE_OLD = 613 /* 1.18 and 1.19: the 512 of the accumulator count too */
};

/* Options and their life: read from `since` on, up to 1.20 unless it stays. The default is that of a version before
 * `since` too. */
static const struct number {
    enum flinkkey key;
    int           since; /* minor of 1.x */
    bool          stays; /* read in 2.x */
    int32_t       least;
} numbers[] = {
    { FLINKKEY_NET_PER_CHANNEL, 0, false, 0 },
    { FLINKKEY_NET_FLOATING, 0, false, 0 },
    { FLINKKEY_NET_REQUIRED_MAX, 17, true, 1 },
    { FLINKKEY_NET_OVERDRAFT, 16, false, 0 },
    { FLINKKEY_NET_SORT_MIN_BUFFERS, 12, true, 1 },
    { FLINKKEY_NET_SORT_MIN_PARALLELISM, 12, false, 1 },
};

static enum weir_rc refuse(struct buf *err, enum flinkkey key, int32_t least)
{
    buf_printf(err, "%s has to be a whole number, at least %d", flinkkey_name(key), (int)least);
    return WEIR_EINVAL;
}

static enum weir_rc read_number(const struct flinkconf *c, struct flink_version v,
                                const struct number *n, int32_t *out, struct buf *err)
{
    const struct flinkconf_value *value = flinkconf_get(c, n->key);
    int32_t                       least = n->least, read = 0;
    if (value == NULL || !flink_version_least(v, 1, n->since) || (v.major >= 2 && !n->stays))
        return WEIR_OK;
    if (n->key == FLINKKEY_NET_FLOATING && flink_version_least(v, 1, 17))
        least = 1;
    if (value->too_long || javanum_parse_int(value->text, &read) != WEIR_OK || read < least)
        return refuse(err, n->key, least);
    *out = read;
    return WEIR_OK;
}

static struct netbuffers_settings defaults(struct flink_version v)
{
    bool                       has_sort = flink_version_least(v, 1, 12);
    bool                       always_sorts = flink_version_least(v, 1, 15);
    struct netbuffers_settings s = { .version = v, .per_channel = 2, .floating = 8 };
    s.overdraft = v.major >= 2 ? 20 : flink_version_least(v, 1, 16) ? 5 : 0;
    s.sort_min_buffers = always_sorts ? 512 : has_sort ? 64 : 0;
    s.sort_min_parallelism = always_sorts ? 1 : INT32_MAX;
    s.tiered = flink_version_least(v, 1, 18);
    return s;
}

enum weir_rc netbuffers_settings_read(const struct flinkconf *c, struct flink_version v,
                                      struct netbuffers_settings *out, struct buf *err)
{
    struct netbuffers_settings s = defaults(v);
    int32_t *const             targets[] = { &s.per_channel, &s.floating,         &s.required_max,
                                             &s.overdraft,   &s.sort_min_buffers, &s.sort_min_parallelism };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        enum weir_rc rc = read_number(c, v, &numbers[i], targets[i], err);
        if (rc != WEIR_OK)
            return rc;
    }
    if (v.major < 2 && !flinkconf_bool(c, FLINKKEY_NET_HYBRID_NEW_MODE, true))
        s.tiered = false;
    *out = s;
    return WEIR_OK;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t tiered_exclusive(struct flink_version v)
{
    return flink_version_least(v, 1, 20) ? TIERED_EXCLUSIVE : TIERED_EXCLUSIVE_OLD;
}

struct netbuffers_partition netbuffers_partition(const struct netbuffers_settings *s,
                                                 enum netbuffers_shuffle           shuffle,
                                                 uint32_t                          subpartitions)
{
    struct netbuffers_partition p = { .shuffle = shuffle, .subpartitions = subpartitions };
    uint64_t                    n = subpartitions;
    p.sorts = shuffle == NETBUFFERS_BLOCKING && n >= (uint64_t)s->sort_min_parallelism;
    p.min = n + 1;
    if (p.sorts)
        p.min = (uint64_t)s->sort_min_buffers;
    else if (shuffle == NETBUFFERS_HYBRID && s->tiered)
        p.min = smaller(tiered_exclusive(s->version), n + 1);
    p.max = NETBUFFERS_NO_MAX;
    if (shuffle == NETBUFFERS_PIPELINED)
        p.max = n * (uint64_t)s->per_channel + (uint64_t)s->floating;
    else if (p.sorts && flink_version_least(s->version, 1, 15))
        p.max = 4 * n;
    p.max = larger(p.min, p.max);
    if (shuffle == NETBUFFERS_PIPELINED || shuffle == NETBUFFERS_UNBOUNDED)
        p.overdraft = (uint32_t)s->overdraft;
    return p;
}

/* How many buffers of a gate have to be there, at most. */
static uint64_t required_max(const struct netbuffers_settings *s, enum netbuffers_shuffle shuffle)
{
    bool batch = shuffle == NETBUFFERS_BLOCKING || (shuffle == NETBUFFERS_HYBRID && s->tiered);
    if (s->required_max > 0)
        return (uint64_t)s->required_max;
    return batch ? REQUIRED_MAX_BATCH : INT32_MAX;
}

struct netbuffers_gate netbuffers_gate(const struct netbuffers_settings *s,
                                       enum netbuffers_shuffle shuffle, uint32_t channels)
{
    struct netbuffers_gate g = { .shuffle = shuffle, .channels = channels };
    uint64_t               wanted = (uint64_t)channels * (uint64_t)s->per_channel;
    g.target = wanted + (uint64_t)s->floating;
    if (flink_version_least(s->version, 1, 17)) {
        g.required = smaller(required_max(s, shuffle), wanted + 1);
        g.exclusive = channels * smaller((uint64_t)s->per_channel, (g.required - 1) / channels);
        g.floating_min = g.required - g.exclusive;
        g.floating_max = g.target - g.exclusive;
        return g;
    }
    g.exclusive = wanted;
    g.floating_min = flink_version_least(s->version, 1, 11) ? 1 : 0;
    g.floating_max = larger(g.floating_min, (uint64_t)s->floating);
    g.required = g.exclusive + g.floating_min;
    g.target = g.exclusive + g.floating_max;
    return g;
}

uint64_t netbuffers_announced_partition(const struct netbuffers_partition *p)
{
    return p->shuffle == NETBUFFERS_BLOCKING ? p->min : p->max;
}

bool netbuffers_has(struct flink_version v, enum netbuffers_shuffle shuffle)
{
    return shuffle != NETBUFFERS_HYBRID || flink_version_least(v, 1, 16);
}

#define NAME(sym, id) id,
static const char *const names[NETBUFFERS_SHUFFLE_COUNT] = { NETBUFFERS_SHUFFLES(NAME) };
#undef NAME

const char *netbuffers_shuffle_name(enum netbuffers_shuffle shuffle)
{
    return names[shuffle];
}

enum netbuffers_shuffle netbuffers_shuffle_find(const char *name)
{
    for (int i = 0; i < NETBUFFERS_SHUFFLE_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (enum netbuffers_shuffle)i;
    return NETBUFFERS_SHUFFLE_COUNT;
}
