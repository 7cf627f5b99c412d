/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_STATEMEMORY_H
#define MODEL_STATEMEMORY_H
/* The block cache and write buffers that Flink gives RocksDB or ForSt out of a slot's managed memory. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/flinkconf.h"
#include "model/flinkversion.h"
#include "weir.h"

enum statememory_backend { STATEMEMORY_ROCKSDB, STATEMEMORY_FORST };

/* Where the memory comes from. Only MANAGED is part of Flink's memory model; the others come on top. */
enum statememory_source {
    STATEMEMORY_MANAGED,
    STATEMEMORY_PER_SLOT, /* fixed-per-slot */
    STATEMEMORY_PER_TM,   /* fixed-per-tm: one cache of the whole TaskManager */
    STATEMEMORY_NO_BOUND  /* each column family has its own: grows with the states */
};

struct statememory {
    enum statememory_source source;
    uint64_t                bytes; /* what the rest is computed from; 0 for NO_BOUND */
    uint64_t cache; /* capacity of the block cache, which the write buffers are charged to */
    uint64_t write_buffers; /* capacity of the write buffer manager; it may reach 1.5 times this */
    uint64_t high_priority; /* of the cache, for index and filter blocks */
    bool     partitioned;   /* index and filters in partitions */
    uint64_t arena;         /* one write buffer's arena block */
    bool     arena_too_large; /* above 7/8 of write_buffers: RocksDB flushes all the time */
};

/* managed: the state backend's part of a slot's managed memory. WEIR_EINVAL: Flink refuses an option, err has one
 * sentence. */
enum weir_rc statememory_of(const struct flinkconf *c, struct flink_version v,
                            enum statememory_backend backend, uint64_t managed,
                            struct statememory *out, struct buf *err);
/* "managed memory", "state.backend.rocksdb.memory.fixed-per-slot" ... */
const char *statememory_source_name(enum statememory_backend backend,
                                    enum statememory_source  source);
/* 1.10 and newer, and 1.20 and newer. */
bool statememory_has(struct flink_version v, enum statememory_backend backend);

#endif
