/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_POLICY_H
#define MODEL_POLICY_H
/* When something is said (DESIGN.md 5): levels, grace, doubling, rate limits, re-arming, slope. Pure: the caller holds the
 * lock and brings the time. A hook asks policy_request() only when its component's used would pass policy_quiet(). */
#include <stdbool.h>
#include <stdint.h>

#include "snapshot.h"
#include "weir.h"

enum { POLICY_SLOPE_SAMPLES = 6 };

struct policy_limits {
    struct weir_limit limit[WEIR_COMPONENT_COUNT];
    uint64_t          grace;
    enum weir_mode    mode;
    enum weir_role    role;
};

struct policy_verdict {
    enum weir_level  level;
    enum weir_reason reason;
    uint64_t         suppressed; /* of this component and level since its last line */
    /* 0 unless the line is about the budget (BUDGET, or SLOPE of a tick) */
    uint64_t budget_used, budget_limit;
};

/* Private: one speaking slot per component and level, of shares, of the budget and of rows. */
struct policy_slot {
    bool     spoken;  /* ever */
    bool     said;    /* and not re-armed since */
    uint64_t excess;  /* at the last line: the next waits for its double */
    uint64_t counted; /* excess at the last line, said or suppressed: what is counted next */
    int64_t  last_ms;
    uint64_t suppressed;
};
struct policy_slope {
    uint64_t used[POLICY_SLOPE_SAMPLES]; /* one a minute, oldest first, each above the one before */
    int64_t  last_ms;
    int      count;
};
struct policy {
    struct policy_limits limits;
    /* B: framework.off-heap + task.off-heap, or the JobManager's off-heap; 0 = none */
    uint64_t           budget;
    struct policy_slot share[WEIR_COMPONENT_COUNT][4], budget_slot[4], row[WEIR_COMPONENT_COUNT][4];
    struct policy_slope slope[WEIR_COMPONENT_COUNT + 1]; /* one per row, the last for the budget */
};

void policy_init(struct policy *policy, const struct policy_limits *limits);

/* used: of all components, without the request. Says WEIR_LEVEL_NONE or the line to print; counts what it suppresses. */
struct policy_verdict policy_request(struct policy      *policy,
                                     const uint64_t      used[WEIR_COMPONENT_COUNT],
                                     enum weir_component component, uint64_t requested,
                                     int64_t now_ms);

/* A row that the VM bounds (jvm-metaspace; heap after GC as WEIR_TASK_HEAP or WEIR_HEAP), read by the reporter every
 * second: percentages and slope. */
struct policy_verdict policy_row(struct policy *policy, enum weir_component row, uint64_t used,
                                 uint64_t limit, int64_t now_ms);

/* The same for a figure that is no component's, such as a count of threads. The caller's, zero at first; not asked in mode
 * observe, limit not 0. */
struct policy_gauge {
    struct policy_slot  slots[4];
    struct policy_slope slope;
};
struct policy_verdict policy_gauge(struct policy_gauge *gauge, uint64_t used, uint64_t limit, int64_t now_ms);

/* The container: charge is what it cannot drop, demand what it would hold with all that may come. Critical when the charge is at
 * 95 %; warn when the demand is over the limit, or grew each of five minutes and would be within ten. As above. */
struct policy_verdict policy_container(struct policy_gauge *gauge, uint64_t charge, uint64_t demand, uint64_t limit, int64_t now_ms);

/* Threads that ended attempts left, against `worth_saying`: speaks then, and when they have doubled. As above. */
struct policy_verdict policy_left(struct policy_slot slots[4], uint64_t left, uint64_t worth_saying, int64_t now_ms);

/* jvm-overhead, which no hook sees whole: its share, as policy_request() judges that of the others. */
struct policy_verdict policy_share(struct policy *policy, enum weir_component component, uint64_t used, int64_t now_ms);

/* Memory of ended attempts that survived (model/collections.h), against the 16 MiB of DESIGN.md 5; total: of all of them.
 * slots: the caller's, zero at first; not asked in mode observe. */
enum { POLICY_SURVIVED = 16 << 20 };
struct policy_verdict policy_survived(struct policy_slot slots[4], uint64_t total, int64_t now_ms);

/* A level whose condition holds speaks when it was armed or its excess doubled since the last line, and not sooner after
 * that line than 10 min (critical: 10 s). What was due and came too soon is counted in `suppressed`; of a share and the
 * budget that are both due the higher level speaks, the share first; the other stays due. */

/* Every second, from the reporter: re-arms what fell 10 points below its level, feeds and judges the budget's slope. */
struct policy_verdict policy_tick(struct policy *policy, const uint64_t used[WEIR_COMPONENT_COUNT],
                                  int64_t now_ms);

/* Highest `used` of the component (with a request) at which policy_request() certainly says nothing and need not be
 * asked; UINT64_MAX: never. For budget members the budget's own bound is policy_quiet_budget(). Constant after init. A
 * component that had its notice has nothing more to say of its share: the caller may put UINT64_MAX in its place, so that
 * the default task.off-heap of 0 does not send every allocation here. */
uint64_t policy_quiet(const struct policy *policy, enum weir_component component);
uint64_t policy_quiet_budget(const struct policy *policy);
bool     policy_in_budget(const struct policy *policy, enum weir_component component);

#endif
