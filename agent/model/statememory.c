/* SPDX-License-Identifier: Apache-2.0 */
/* statememory.c: RocksDBMemoryControllerUtils' arithmetic, in doubles and in its order. Of m bytes, with a write buffer
 * ratio w:   cache (3 - w) * m / 3     write buffers 2 * m * w / 3
 * RocksDB lets write buffers reach 1.5 times their capacity, so that cache and overshoot together are about m. */
#include "model/statememory.h"

#include "model/javanum.h"
#include "model/memsize.h"

struct keys {
    enum flinkkey managed, per_slot, per_tm, write_ratio, high_priority, partitioned, write_buffer;
};

static const struct keys backends[] = {
    { FLINKKEY_ROCKSDB_MANAGED, FLINKKEY_ROCKSDB_PER_SLOT, FLINKKEY_ROCKSDB_PER_TM,
      FLINKKEY_ROCKSDB_WRITE_RATIO, FLINKKEY_ROCKSDB_HIGH_PRIO, FLINKKEY_ROCKSDB_PARTITIONED,
      FLINKKEY_ROCKSDB_WRITE_BUFFER },
    { FLINKKEY_FORST_MANAGED, FLINKKEY_FORST_PER_SLOT, FLINKKEY_FORST_PER_TM,
      FLINKKEY_FORST_WRITE_RATIO, FLINKKEY_FORST_HIGH_PRIO, FLINKKEY_FORST_PARTITIONED,
      FLINKKEY_FORST_WRITE_BUFFER },
};

static enum weir_rc refuse(struct buf *err, enum flinkkey key, const char *what)
{
    buf_printf(err, "%s has to be %s", flinkkey_name(key), what);
    return WEIR_EINVAL;
}

static enum weir_rc read_ratio(const struct flinkconf *c, enum flinkkey key, double *out,
                               struct buf *err)
{
    const struct flinkconf_value *v = flinkconf_get(c, key);
    double                        ratio = 0;
    if (v == NULL)
        return WEIR_OK;
    if (v->too_long || javanum_parse_double(v->text, &ratio) != WEIR_OK || !(ratio > 0 && ratio < 1))
        return refuse(err, key, "a number above 0 and below 1");
    *out = ratio;
    return WEIR_OK;
}

static enum weir_rc read_size(const struct flinkconf *c, enum flinkkey key, uint64_t *out,
                              struct buf *err)
{
    const struct flinkconf_value *v = flinkconf_get(c, key);
    if (v == NULL)
        return WEIR_OK;
    if (v->too_long || memsize_parse(v->text, out, NULL) != WEIR_OK)
        return refuse(err, key, "a memory size");
    return WEIR_OK;
}

/* A fixed size per slot wins over managed memory, that over one per TaskManager. */
static enum weir_rc find_source(const struct flinkconf *c, struct flink_version v,
                                const struct keys *k, uint64_t managed, struct statememory *s,
                                struct buf *err)
{
    s->source = STATEMEMORY_NO_BOUND;
    if (flinkconf_get(c, k->per_slot) != NULL) {
        s->source = STATEMEMORY_PER_SLOT;
        return read_size(c, k->per_slot, &s->bytes, err);
    }
    if (flinkconf_bool(c, k->managed, true)) {
        s->source = STATEMEMORY_MANAGED;
        s->bytes = managed;
        return WEIR_OK;
    }
    if (!flink_version_least(v, 1, 17))
        return WEIR_OK;
    enum weir_rc rc = read_size(c, k->per_tm, &s->bytes, err);
    if (rc == WEIR_OK && s->bytes > 0)
        s->source = STATEMEMORY_PER_TM;
    return rc;
}

static void divide(struct statememory *s, double write_ratio, double high_priority)
{
    double m = (double)s->bytes;
    s->cache = (uint64_t)((3 - write_ratio) * m / 3);
    s->write_buffers = (uint64_t)((double)(2 * s->bytes) * write_ratio / 3);
    s->high_priority = (uint64_t)((double)s->cache * high_priority);
    s->arena_too_large = s->arena > s->write_buffers * 7 / 8;
}

enum weir_rc statememory_of(const struct flinkconf *c, struct flink_version v,
                            enum statememory_backend backend, uint64_t managed,
                            struct statememory *out, struct buf *err)
{
    const struct keys *k = &backends[backend];
    struct statememory s = { 0 };
    double             write_ratio = 0.5, high_priority = 0.1;
    uint64_t           write_buffer = (uint64_t)64 << 20;
    enum weir_rc       rc = find_source(c, v, k, managed, &s, err);
    if (rc == WEIR_OK)
        rc = read_ratio(c, k->write_ratio, &write_ratio, err);
    if (rc == WEIR_OK)
        rc = read_ratio(c, k->high_priority, &high_priority, err);
    if (rc == WEIR_OK)
        rc = read_size(c, k->write_buffer, &write_buffer, err);
    if (rc != WEIR_OK)
        return rc;
    if (2 * write_ratio / (3 - write_ratio) + high_priority >= 1.0)
        return refuse(err, k->high_priority,
                      "smaller: write buffers and high priority pool take the whole cache");
    s.arena = (write_buffer / 8 + 4095) / 4096 * 4096;
    s.partitioned = flink_version_least(v, 1, 13) &&
                    flinkconf_bool(c, k->partitioned, backend == STATEMEMORY_FORST && v.major >= 2);
    if (s.source != STATEMEMORY_NO_BOUND)
        divide(&s, write_ratio, high_priority);
    *out = s;
    return WEIR_OK;
}

const char *statememory_source_name(enum statememory_backend backend, enum statememory_source source)
{
    switch (source) {
    case STATEMEMORY_MANAGED: return "managed memory";
    case STATEMEMORY_PER_SLOT: return flinkkey_name(backends[backend].per_slot);
    case STATEMEMORY_PER_TM: return flinkkey_name(backends[backend].per_tm);
    default: return "nothing";
    }
}

bool statememory_has(struct flink_version v, enum statememory_backend backend)
{
    return backend == STATEMEMORY_FORST ? flink_version_least(v, 1, 20)
                                        : flink_version_least(v, 1, 10);
}
