/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_RING_H
#define CORE_RING_H
/* Events from any thread to the one reporter: fixed slots, never blocks, full = the newest is dropped and counted by type. A
 * quarter of the slots is kept for OutOfMemoryErrors and denials: a storm of other lines cannot push them out. */
#include <stdbool.h>
#include <stdint.h>

#include "model/policy.h"
#include "weir.h"

enum { RING_THREAD_NAME = 128 };

enum ring_type { RING_BREACH, RING_ATTEMPT_BEGIN, RING_ATTEMPT_END, RING_OOM, RING_DENIAL, RING_TYPES };

struct ring_event {
    enum ring_type        type;
    uint32_t              attempt; /* core/attempts id; of the requesting thread for a breach */
    uint32_t              shared;
    /* of an OutOfMemoryError */
    uint32_t              oom_kind, oom_ticket, oom_suppressed;
    int64_t               oom_ms; /* when, of the coarse clock that attempts end by */
    /* of a breach or denial; of an OutOfMemoryError all but verdict and requested */
    struct policy_verdict verdict;
    uint32_t              stack, source; /* core/stacks ids */
    uint32_t              loader_tag;    /* as of struct owner_key */
    int16_t               decider;
    uint8_t               component, kind;
    bool                  direct_known;
    uint64_t              requested, direct_used;
    uint64_t              threads, threads_limit; /* of a thread's start that was denied (kind stack): live ones, of so many */
    uint64_t              used[WEIR_COMPONENT_COUNT]; /* of one instant, without the request */
    char                  thread[RING_THREAD_NAME];
};

struct ring;

enum weir_rc ring_new(struct ring **out);
void         ring_delete(struct ring *ring);
bool         ring_put(struct ring *ring, const struct ring_event *event); /* any thread, also inside a hook */
bool         ring_take(struct ring *ring, struct ring_event *event);      /* the reporter only */
uint64_t     ring_dropped(const struct ring *ring); /* of all types */
uint64_t     ring_dropped_of(const struct ring *ring, enum ring_type type);

#endif
