/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_OOMSUM_H
#define MODEL_OOMSUM_H
/* The sums by which an OutOfMemoryError of the direct pool is judged, from the event's figures. Verdict and text read the
 * same ones. Where a figure could be too high or too low, the side that proves less is taken. */
#include <stdbool.h>
#include <stdint.h>

#include "snapshot.h"

struct oomsum {
    bool     jobmanager; /* the budget is the one row off-heap */
    bool     pool_known; /* the VM's own figure and its limit; else used, limit, left, room mean nothing */
    uint64_t used, limit, left;
    uint64_t room;          /* what the limit leaves beside the network buffers */
    bool     lacking_known; /* the size of the request is known */
    uint64_t lacking;       /* by how much it did not fit; 0: it would fit by now */
    uint64_t network;       /* of the pool; taken whole at the start of a TaskManager */
    uint64_t beside;        /* used without the network buffers */
    uint64_t direct;        /* bytes of framework.off-heap + task.off-heap (off-heap) that java.nio.Bits counts */
    uint64_t uncounted;     /* bytes of the same rows that it does not: Unsafe, foreign memory */
    bool     implied_known; /* every share of the pool is Flink's own figure */
    uint64_t implied;       /* what MaxDirectMemorySize is then to be */
    uint64_t running, ended, proven; /* of direct, by attempts; ended at most, proven at least */
    uint32_t attempts;               /* that have ended and hold something */
    uint64_t leaking;                /* of ended, by jobs of which something is proven; others have left garbage at most */
    uint32_t leaking_attempts;       /* of attempts, of these jobs */
    uint64_t unknown;                /* of the pool: held by no attempt the books can name */
    uint64_t shared;                 /* of unknown at least: taken by threads that outlived the attempt that started them */
};

struct oomsum oomsum_of(const struct weir_oom *oom);

/* Bytes of a row that java.nio.Bits does not count. */
uint64_t oomsum_not_direct(const struct weir_row *row);
/* Direct bytes of this owner, in the direct pool's budget? */
bool oomsum_is_budgets(const struct weir_owner *owner);
/* Of an attempt that has ended, also where a thread it started lives on. */
bool oomsum_is_ended(const struct weir_owner *owner);
/* Taken by a thread that serves no single attempt; the known one only started it. */
bool oomsum_is_shared(const struct weir_owner *owner);
/* Of java.nio's per-thread cache of temporary buffers. */
bool oomsum_is_nio_cache(const struct weir_owner *owner);

#endif
