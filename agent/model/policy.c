/* SPDX-License-Identifier: Apache-2.0 */
/* policy.c: the levels of DESIGN.md 5.
 * Three things are watched: a component's own share (notice once where nobody declared it, warn beyond the grace where
 * somebody did), the budget B that framework and task off-heap hold together, and rows that the VM bounds. The last two
 * go by percentages and by their slope. An undeclared share that B has no room for is B's matter, so that a healthy job
 * with the default task.off-heap of 0 hears one notice and no more.
 * Invariant: a verdict is drawn from the figures of one call; slots only remember what was said and when. One of the
 *            levels that hold is looked at, the highest: silence of the higher never lets the lower speak instead.
 * Thread rules: the caller's lock. */
#include "model/policy.h"

#include <string.h>

#include "model/component.h"

#include "base/poison.h"

enum {
    WARN_PERCENT = 80,
    CRITICAL_PERCENT = 95,
    REARM_POINTS = 10,
    MINUTE_MS = 60 * 1000,
    QUIET_MS = 10 * MINUTE_MS,
    CRITICAL_QUIET_MS = 10 * 1000,
    FILL_MINUTES = 10, /* a slope that fills the rest within this speaks */
    BUDGET_SLOPE = WEIR_COMPONENT_COUNT
};

struct claim { /* a level whose condition holds */
    enum weir_level     level;
    enum weir_reason    reason;
    struct policy_slot *slot;   /* in an array by level */
    uint64_t            excess; /* bytes beyond the level's threshold, at least 1 */
};

static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* Rounded up: at least 1 where whole is. */
static uint64_t percent(uint64_t whole, unsigned points)
{
    return whole / 100 * points + (whole % 100 * points + 99) / 100;
}

static uint64_t threshold_percent(enum weir_level level)
{
    return level == WEIR_LEVEL_CRITICAL ? CRITICAL_PERCENT : WARN_PERCENT;
}

/* The VM bounds these itself; a request for them is nobody's breach. */
static bool bounded_by_vm(enum weir_component component)
{
    return component == WEIR_NETWORK || component == WEIR_JVM_METASPACE ||
           component == WEIR_FRAMEWORK_HEAP || component == WEIR_TASK_HEAP ||
           component == WEIR_HEAP;
}

static bool has_share(const struct policy *p, enum weir_component component)
{
    return p->limits.mode != WEIR_MODE_OBSERVE && (unsigned)component < WEIR_COMPONENT_COUNT &&
           p->limits.limit[component].set && !bounded_by_vm(component);
}

bool policy_in_budget(const struct policy *policy, enum weir_component component)
{
    if (policy->limits.role == WEIR_ROLE_JOBMANAGER)
        return component == WEIR_OFF_HEAP;
    return component == WEIR_FRAMEWORK_OFF_HEAP || component == WEIR_TASK_OFF_HEAP;
}

static uint64_t sum_of_budget(const struct policy *p, const uint64_t used[WEIR_COMPONENT_COUNT])
{
    if (p->limits.role == WEIR_ROLE_JOBMANAGER)
        return used[WEIR_OFF_HEAP];
    return add(used[WEIR_FRAMEWORK_OFF_HEAP], used[WEIR_TASK_OFF_HEAP]);
}

/* A budget of which one part is unknown is none. */
void policy_init(struct policy *policy, const struct policy_limits *limits)
{
    uint64_t share[WEIR_COMPONENT_COUNT];
    bool     whole = true;
    memset(policy, 0, sizeof *policy);
    policy->limits = *limits;
    for (unsigned c = 0; c < WEIR_COMPONENT_COUNT; c++) {
        share[c] = limits->limit[c].bytes;
        if (policy_in_budget(policy, (enum weir_component)c) && !limits->limit[c].set)
            whole = false;
    }
    policy->budget = whole ? sum_of_budget(policy, share) : 0;
}

/* Is a line due, whatever the time? Slots of notices never ask. */
static bool due(const struct claim *claim)
{
    const struct policy_slot *s = claim->slot;
    return !s->said || claim->excess >= add(s->excess, s->excess);
}

static bool too_soon(const struct claim *claim, int64_t now_ms)
{
    struct policy_slot *s = claim->slot;
    int64_t             quiet = claim->level == WEIR_LEVEL_CRITICAL ? CRITICAL_QUIET_MS : QUIET_MS;
    /* Hooks bring their times a little out of order; more than that is a clock set back: count from here. */
    if (s->spoken && now_ms < s->last_ms - 1000)
        s->last_ms = now_ms;
    return s->spoken && now_ms - s->last_ms < quiet;
}

static bool may_speak(const struct claim *claim, int64_t now_ms)
{
    if (claim->level == WEIR_LEVEL_NONE)
        return false;
    if (claim->level == WEIR_LEVEL_NOTICE)
        return !claim->slot->spoken;
    if (!due(claim))
        return false;
    if (!too_soon(claim, now_ms))
        return true;
    if (claim->excess >= add(claim->slot->counted, claim->slot->counted)) {
        claim->slot->counted = claim->excess;
        claim->slot->suppressed++;
    }
    return false;
}

static struct policy_verdict speak(const struct claim *claim, int64_t now_ms)
{
    struct policy_slot   *s = claim->slot;
    struct policy_verdict v = { .level = claim->level,
                                .reason = claim->reason,
                                .suppressed = s->suppressed };
    s->spoken = s->said = true;
    s->excess = s->counted = claim->excess;
    s->last_ms = now_ms;
    s->suppressed = 0;
    if (claim->level == WEIR_LEVEL_CRITICAL) { /* said for the warning too, until that is re-armed */
        struct policy_slot *warn = s - 1;
        warn->said = true;
        warn->excess = warn->counted = UINT64_MAX;
    }
    return v;
}

static const struct claim          no_claim = { .level = WEIR_LEVEL_NONE };
static const struct policy_verdict silence = { .level = WEIR_LEVEL_NONE };

static struct claim claim_of_share(struct policy *p, enum weir_component component, uint64_t wanted,
                                   bool room)
{
    const struct weir_limit *limit = &p->limits.limit[component];
    if (!has_share(p, component))
        return no_claim;
    uint64_t bound = limit->declared ? add(limit->bytes, p->limits.grace) : limit->bytes;
    if (wanted <= bound || (!limit->declared && !room))
        return no_claim;
    enum weir_level level = limit->declared ? WEIR_LEVEL_WARN : WEIR_LEVEL_NOTICE;
    return (struct claim){ level, WEIR_REASON_SHARE, &p->share[component][level],
                           wanted - limit->bytes };
}

/* Of a row or the budget. A request that does not fit is beyond the 95 % as well. */
static struct claim claim_by_percent(struct policy_slot slots[4], enum weir_reason reason,
                                     uint64_t used, uint64_t limit)
{
    if (limit == 0 || used < percent(limit, WARN_PERCENT))
        return no_claim;
    enum weir_level level =
        used < percent(limit, CRITICAL_PERCENT) ? WEIR_LEVEL_WARN : WEIR_LEVEL_CRITICAL;
    return (struct claim){ level, reason, &slots[level],
                           used - percent(limit, threshold_percent(level)) + 1 };
}

static struct policy_verdict about_budget(struct policy_verdict v, uint64_t used, uint64_t limit)
{
    v.budget_used = used;
    v.budget_limit = limit;
    return v;
}

struct policy_verdict policy_request(struct policy      *policy,
                                     const uint64_t      used[WEIR_COMPONENT_COUNT],
                                     enum weir_component component, uint64_t requested,
                                     int64_t now_ms)
{
    if (policy->limits.mode == WEIR_MODE_OBSERVE || (unsigned)component >= WEIR_COMPONENT_COUNT)
        return silence;
    struct claim budget = no_claim;
    uint64_t     before = sum_of_budget(policy, used), wanted = add(before, requested);
    bool         room = true;
    if (policy_in_budget(policy, component) && policy->budget > 0) {
        budget = claim_by_percent(policy->budget_slot, WEIR_REASON_BUDGET, wanted, policy->budget);
        room = wanted <= policy->budget;
    }
    struct claim share = claim_of_share(policy, component, add(used[component], requested), room);
    bool share_speaks = may_speak(&share, now_ms), budget_speaks = may_speak(&budget, now_ms);
    if (budget_speaks && (!share_speaks || budget.level > share.level))
        return about_budget(speak(&budget, now_ms), before, policy->budget);
    return share_speaks ? speak(&share, now_ms) : silence;
}

static void rearm(struct policy_slot slots[4], enum weir_level level, uint64_t used, uint64_t below)
{
    if (used <= below && slots[level].said) {
        slots[level].said = false;
        slots[level].counted = 0;
    }
}

static void rearm_share(struct policy *p, unsigned component, uint64_t used)
{
    rearm(p->share[component], WEIR_LEVEL_WARN, used, percent(p->limits.limit[component].bytes, 100 - REARM_POINTS));
}

static void rearm_by_percent(struct policy_slot slots[4], uint64_t used, uint64_t limit)
{
    for (enum weir_level l = WEIR_LEVEL_WARN; l <= WEIR_LEVEL_CRITICAL; l++)
        rearm(slots, l, used, percent(limit, (unsigned)threshold_percent(l) - REARM_POINTS));
}

/* Keeps one sample a minute while each is above the one before; true when a full row of them was just completed or
 * continued. A late minute (suspended process) says nothing of the slope: the row starts anew. */
static bool slope_fed(struct policy_slope *slope, uint64_t used, int64_t now_ms)
{
    uint64_t *row = slope->used;
    int       count = slope->count;
    int64_t   passed = now_ms - slope->last_ms;
    if (count > 0 && passed >= 0 && passed < MINUTE_MS)
        return false;
    if (count > 0 && (passed < 0 || passed >= 2 * MINUTE_MS || used <= row[count - 1]))
        count = 0;
    if (count == POLICY_SLOPE_SAMPLES) {
        memmove(row, row + 1, (POLICY_SLOPE_SAMPLES - 1) * sizeof row[0]);
        count--;
    }
    row[count++] = used;
    slope->count = count;
    slope->last_ms = now_ms;
    return count == POLICY_SLOPE_SAMPLES;
}

/* Speaks below 80 % only, and through the warn slot: what it foretells is the same news. Its excess stays 0 there, so
 * that the 80 % line is due as soon as the time between two lines has passed. */
static struct policy_verdict judge_slope(struct policy_slope *slope, struct policy_slot slots[4], uint64_t used,
                                         uint64_t limit, int64_t now_ms)
{
    const uint64_t *row = slope->used;
    if (!slope_fed(slope, used, now_ms) || used >= percent(limit, WARN_PERCENT))
        return silence;
    uint64_t a_minute = (row[POLICY_SLOPE_SAMPLES - 1] - row[0]) / (POLICY_SLOPE_SAMPLES - 1);
    if ((limit - used) / FILL_MINUTES > a_minute || slots[WEIR_LEVEL_WARN].said)
        return silence;
    struct claim claim = { WEIR_LEVEL_WARN, WEIR_REASON_SLOPE, &slots[WEIR_LEVEL_WARN], 0 };
    return may_speak(&claim, now_ms) ? speak(&claim, now_ms) : silence;
}

static struct policy_verdict judge_row(struct policy_slot slots[4], struct policy_slope *slope, uint64_t used,
                                       uint64_t limit, int64_t now_ms)
{
    rearm_by_percent(slots, used, limit);
    struct policy_verdict v = judge_slope(slope, slots, used, limit, now_ms);
    if (v.level != WEIR_LEVEL_NONE)
        return v;
    struct claim claim = claim_by_percent(slots, WEIR_REASON_ROW, used, limit);
    return may_speak(&claim, now_ms) ? speak(&claim, now_ms) : silence;
}

struct policy_verdict policy_row(struct policy *policy, enum weir_component row, uint64_t used,
                                 uint64_t limit, int64_t now_ms)
{
    if (policy->limits.mode == WEIR_MODE_OBSERVE || (unsigned)row >= WEIR_COMPONENT_COUNT ||
        limit == 0)
        return silence;
    return judge_row(policy->row[row], &policy->slope[row], used, limit, now_ms);
}

struct policy_verdict policy_gauge(struct policy_gauge *gauge, uint64_t used, uint64_t limit, int64_t now_ms)
{
    return judge_row(gauge->slots, &gauge->slope, used, limit, now_ms);
}

/* Heap that is touched for the first time moves from what may come into the charge: no slope. */
static bool container_soon(struct policy_slope *slope, uint64_t demand, uint64_t limit, int64_t now_ms)
{
    if (!slope_fed(slope, demand, now_ms) || demand >= limit)
        return false;
    uint64_t a_minute = (slope->used[POLICY_SLOPE_SAMPLES - 1] - slope->used[0]) / (POLICY_SLOPE_SAMPLES - 1);
    return (limit - demand) / FILL_MINUTES <= a_minute;
}

struct policy_verdict policy_container(struct policy_gauge *gauge, uint64_t charge, uint64_t demand, uint64_t limit, int64_t now_ms)
{
    struct policy_slot *slots = gauge->slots;
    uint64_t            full = percent(limit, CRITICAL_PERCENT);
    bool                soon = container_soon(&gauge->slope, demand, limit, now_ms);
    struct claim        claim = { .level = WEIR_LEVEL_NONE };
    rearm(slots, WEIR_LEVEL_CRITICAL, charge, percent(limit, CRITICAL_PERCENT - REARM_POINTS));
    rearm(slots, WEIR_LEVEL_WARN, demand, percent(limit, 100 - REARM_POINTS));
    if (charge >= full)
        claim = (struct claim){ WEIR_LEVEL_CRITICAL, WEIR_REASON_CONTAINER, &slots[WEIR_LEVEL_CRITICAL], charge - full + 1 };
    else if (demand > limit)
        claim = (struct claim){ WEIR_LEVEL_WARN, WEIR_REASON_CONTAINER, &slots[WEIR_LEVEL_WARN], demand - limit };
    else if (soon && !slots[WEIR_LEVEL_WARN].said)
        claim = (struct claim){ WEIR_LEVEL_WARN, WEIR_REASON_CONTAINER, &slots[WEIR_LEVEL_WARN], 1 };
    return may_speak(&claim, now_ms) ? speak(&claim, now_ms) : silence;
}

struct policy_verdict policy_left(struct policy_slot slots[4], uint64_t left, uint64_t worth_saying, int64_t now_ms)
{
    rearm(slots, WEIR_LEVEL_WARN, left, percent(worth_saying, 100 - REARM_POINTS));
    if (left < worth_saying)
        return silence;
    struct claim claim = { WEIR_LEVEL_WARN, WEIR_REASON_THREADS_LEFT, &slots[WEIR_LEVEL_WARN], left - worth_saying + 1 };
    return may_speak(&claim, now_ms) ? speak(&claim, now_ms) : silence;
}

struct policy_verdict policy_share(struct policy *policy, enum weir_component component, uint64_t used, int64_t now_ms)
{
    rearm_share(policy, component, used);
    struct claim claim = claim_of_share(policy, component, used, true);
    return may_speak(&claim, now_ms) ? speak(&claim, now_ms) : silence;
}

struct policy_verdict policy_survived(struct policy_slot slots[4], uint64_t total, int64_t now_ms)
{
    rearm(slots, WEIR_LEVEL_WARN, total, percent(POLICY_SURVIVED, 100 - REARM_POINTS));
    if (total < POLICY_SURVIVED)
        return silence;
    struct claim claim = { WEIR_LEVEL_WARN, WEIR_REASON_SURVIVED, &slots[WEIR_LEVEL_WARN],
                           total - POLICY_SURVIVED + 1 };
    return may_speak(&claim, now_ms) ? speak(&claim, now_ms) : silence;
}

struct policy_verdict policy_tick(struct policy *policy, const uint64_t used[WEIR_COMPONENT_COUNT],
                                  int64_t now_ms)
{
    if (policy->limits.mode == WEIR_MODE_OBSERVE)
        return silence;
    for (unsigned c = 0; c < WEIR_COMPONENT_COUNT; c++)
        if (c != WEIR_JVM_OVERHEAD) /* of which hooks book but a part: policy_share() */
            rearm_share(policy, c, used[c]);
    if (policy->budget == 0)
        return silence;
    uint64_t sum = sum_of_budget(policy, used);
    rearm_by_percent(policy->budget_slot, sum, policy->budget);
    struct policy_verdict v =
        judge_slope(&policy->slope[BUDGET_SLOPE], policy->budget_slot, sum, policy->budget, now_ms);
    return v.level == WEIR_LEVEL_NONE ? v : about_budget(v, sum, policy->budget);
}

uint64_t policy_quiet(const struct policy *policy, enum weir_component component)
{
    if (!has_share(policy, component))
        return UINT64_MAX;
    const struct weir_limit *limit = &policy->limits.limit[component];
    return limit->declared ? add(limit->bytes, policy->limits.grace) : limit->bytes;
}

uint64_t policy_quiet_budget(const struct policy *policy)
{
    if (policy->budget == 0 || policy->limits.mode == WEIR_MODE_OBSERVE)
        return UINT64_MAX;
    return percent(policy->budget, WARN_PERCENT) - 1;
}
