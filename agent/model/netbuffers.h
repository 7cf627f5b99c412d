/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_NETBUFFERS_H
#define MODEL_NETBUFFERS_H
/* How many network buffers a task needs to start, and how many it may use: result partitions and input gates, as
 * Flink 1.9 to 2.x counts them. Buffers are segments of one size; the pool has all of them from the start on. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/flinkconf.h"
#include "model/flinkversion.h"
#include "weir.h"

/* X(symbol, id): Flink's result partition types, by what they are called on our command line. */
#define NETBUFFERS_SHUFFLES(X)                                               \
    X(PIPELINED, "pipelined") /* PIPELINED_BOUNDED: every streaming job */   \
    X(UNBOUNDED, "unbounded") /* PIPELINED: pipelined edges of batch jobs */ \
    X(BLOCKING, "blocking")                                                  \
    X(HYBRID, "hybrid") /* HYBRID_FULL and HYBRID_SELECTIVE, since 1.16 */

#define NETBUFFERS_ENUM(sym, id) NETBUFFERS_##sym,
enum netbuffers_shuffle { NETBUFFERS_SHUFFLES(NETBUFFERS_ENUM) NETBUFFERS_SHUFFLE_COUNT };
#undef NETBUFFERS_ENUM

#define NETBUFFERS_NO_MAX UINT64_MAX
#define NETBUFFERS_SIZE_MAX \
    1000000 /* subpartitions or channels; Flink ends at a parallelism of 32768 */

/* What a version and a configuration say. */
struct netbuffers_settings {
    struct flink_version version;
    int32_t              per_channel;          /* exclusive buffers per channel */
    int32_t              floating;             /* per gate */
    int32_t              required_max;         /* per gate; 0: not configured */
    int32_t              overdraft;            /* per pipelined partition, beyond its max */
    int32_t              sort_min_buffers;     /* of a blocking partition that sorts */
    int32_t              sort_min_parallelism; /* INT32_MAX: none sorts unless configured */
    bool                 tiered;               /* hybrid shuffle of 1.18 and newer */
};

struct netbuffers_partition {
    enum netbuffers_shuffle shuffle;
    uint32_t                subpartitions;
    uint64_t                min, max; /* max may be NETBUFFERS_NO_MAX */
    uint32_t                overdraft;
    bool                    sorts;
};

struct netbuffers_gate {
    enum netbuffers_shuffle shuffle; /* of the partition it reads */
    uint32_t                channels;
    uint64_t                exclusive; /* of all channels; taken from the pool at once */
    uint64_t                floating_min, floating_max;
    uint64_t                required; /* exclusive + floating_min */
    uint64_t                target;   /* exclusive + floating_max */
};

/* WEIR_EINVAL: a number that Flink would not take, err has one sentence with the option. */
enum weir_rc netbuffers_settings_read(const struct flinkconf *c, struct flink_version v,
                                      struct netbuffers_settings *out, struct buf *err);
/* sizes: 1 to NETBUFFERS_SIZE_MAX */
struct netbuffers_partition netbuffers_partition(const struct netbuffers_settings *s,
                                                 enum netbuffers_shuffle           shuffle,
                                                 uint32_t                          subpartitions);
struct netbuffers_gate      netbuffers_gate(const struct netbuffers_settings *s,
                                            enum netbuffers_shuffle shuffle, uint32_t channels);
/* What Flink announces for a task with fine-grained resources (1.14 and newer). */
uint64_t netbuffers_announced_partition(const struct netbuffers_partition *p);

/* Does this version have that shuffle? */
bool        netbuffers_has(struct flink_version v, enum netbuffers_shuffle shuffle);
const char *netbuffers_shuffle_name(enum netbuffers_shuffle shuffle);
/* NETBUFFERS_SHUFFLE_COUNT: no such name. */
enum netbuffers_shuffle netbuffers_shuffle_find(const char *name);

#endif
