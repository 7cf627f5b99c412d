/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_NETWORK_H
#define OUT_OUT_NETWORK_H
/* The network buffers of a task against a TaskManager's network memory, to text and JSON. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/netbuffers.h"

enum { OUT_NETWORK_MAX = 32 };

struct out_network {
    struct flink_version        version;
    uint64_t                    segment;
    uint32_t                    tasks; /* of this kind in the TaskManager */
    int                         partitions, gates;
    struct netbuffers_partition partition[OUT_NETWORK_MAX];
    struct netbuffers_gate      gate[OUT_NETWORK_MAX];
    bool                        has_network; /* there is something to compare with */
    uint64_t                    network;     /* bytes */
    char                        hint[256];   /* "" when it fits, or nothing is known to help */
};

struct out_network_sums {
    uint64_t required, most; /* of one task; most may be NETBUFFERS_NO_MAX */
    uint64_t announced;      /* NETBUFFERS_NO_MAX: Flink cannot announce it */
    uint64_t required_all;   /* of all tasks */
    uint64_t available;      /* buffers of the network memory */
    bool     fits; /* required_all <= available; true when there is nothing to compare with */
};

struct out_network_sums out_network_sum(const struct out_network *n);
/* Ends in '\n'. */
void out_network_text(struct buf *b, const struct out_network *n);
/* One object, no '\n'. */
void out_network_json(struct buf *b, const struct out_network *n);

#endif
