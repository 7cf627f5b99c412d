/* SPDX-License-Identifier: Apache-2.0 */
/* metaspace.c: a reading stops the JVM for a millisecond or so and may touch every class, so that nothing here does it every
 * second: sheets take what is a minute old; a level, an error and a request read anew; leaked loaders are looked for when
 * one more of those whose job has ended has outlived collections, which is known without touching any.
 * That a job has ended is looked for after one of its attempts has, at growing distances (LOOK_FIRST to LOOK_LAST): Flink gives
 * the code back a moment later, or much later, when the slot is let go. */
#include "metaspace.h"

#include <string.h>

#include "base/clock.h"
#include "classes.h"
#include "jvm/jobloaders.h"
#include "jvm/loaders.h"
#include "jvm/pins.h"
#include "model/collections.h"
#include "model/diagnose_metaspace.h"
#include "readings.h"

enum { SHEET_MS = 55000, LOOK_FIRST = 1000, LOOK_LAST = 64000, PINS_US = 1000000, QUIET_MS = 600000, SHARE_OF_TIME = 1000 };

static struct {
    JNIEnv               *jni;
    const struct options *options;
    bool                  begun;
    struct pools_figures  vm; /* as read last */
    struct collections    collections;
    int64_t               forced_ms; /* what ended before it outlived two collections that we asked for; 0 none */
    int64_t               read_ms;   /* 0 never */
    int64_t               look_ms, look_step; /* the next look; step 0: none is due */
    uint64_t              judged;    /* outlived loaders when they were last judged */
    int64_t               quiet_ms;  /* until then nothing is judged: what survived is no leak */
    struct policy_slot    slots[4];
    int64_t               pins_ms;   /* last search; 0 none */
    struct weir_pins      pins;
} me;

void metaspace_init(JNIEnv *jni, const struct options *options)
{
    me.jni = jni;
    me.options = options;
}

static int64_t outlived_ms(int64_t now_ms)
{
    int64_t seen = collections_outlived(&me.collections, now_ms);
    return seen > me.forced_ms ? seen : me.forced_ms;
}

static void read_classes(bool every_class)
{
    int64_t now = clock_wall_ms();
    me.read_ms = now;
    me.vm = *readings_vm();
    classes_read(me.vm.metaspace.used, now, outlived_ms(now), every_class);
}

void metaspace_read(enum metaspace_depth depth)
{
    const struct weir_classes *last = classes_last();
    int64_t                    age = clock_wall_ms() - me.read_ms;
    if (!me.begun)
        return;
    if (depth == METASPACE_SHEET && last != NULL && me.read_ms != 0 && age >= 0 &&
        (age < SHEET_MS || age < last->took_us / 1000 * SHARE_OF_TIME))
        return;
    read_classes(depth == METASPACE_ALL);
}

/* ---- the end of jobs ---- */

void metaspace_attempt_ended(void)
{
    me.look_step = LOOK_FIRST;
    me.look_ms = 0;
}

static void look(int64_t now_ms)
{
    if (me.look_step == 0 || (me.look_ms != 0 && now_ms < me.look_ms))
        return;
    if (me.look_ms != 0)
        jobloaders_look(me.jni, now_ms);
    me.look_ms = now_ms + me.look_step;
    me.look_step = me.look_step < LOOK_LAST ? me.look_step * 2 : jobloaders_waiting() != 0 ? LOOK_LAST : 0;
}

void metaspace_second(const struct pools_figures *vm, int64_t now_ms)
{
    me.vm = *vm;
    if (!me.begun)
        classes_init(me.jni);
    me.begun = true;
    if (vm->full_gcs_known)
        collections_feed(&me.collections, vm->full_gcs, vm->full_gcs_concurrent, now_ms);
    look(now_ms);
}

/* ---- what pins them ---- */

static bool has(const uint32_t *tags, size_t count, uint32_t tag)
{
    for (size_t i = 0; i < count; i++)
        if (tags[i] == tag)
            return true;
    return false;
}

/* User-code loaders of what has leaked, those first below which most is held. Such a loader need not be in the table itself:
 * Flink's safety net defines nothing, but what it generates for SQL hangs below it. */
static size_t leaked_tags(uint32_t *tags)
{
    size_t                     count = 0;
    const struct weir_classes *c = classes_last();
    for (size_t i = 0; i < c->loader_count && count < WEIR_MAX_PINNED; i++)
        if (c->loader[i].fate == WEIR_LOADER_LEAKED && c->loader[i].of != 0 && !has(tags, count, c->loader[i].of))
            tags[count++] = c->loader[i].of;
    return count;
}

static void search_pins(void)
{
    static uint32_t   tags[WEIR_MAX_PINNED];
    size_t            count = leaked_tags(tags);
    struct pins_query query = { .loaders = tags, .count = count, .budget_us = PINS_US };
    me.pins_ms = clock_wall_ms();
    if (count != 0 && pins_find(me.jni, &query, &me.pins) == WEIR_OK)
        classes_pinned(&me.pins);
}

static bool leak_weighs(void)
{
    const struct weir_classes *c = classes_last();
    struct weir_metaspace      pool = { .limited = me.vm.metaspace.has_max, .limit = me.vm.metaspace.max };
    return c != NULL && c->known && diagnose_metaspace_weighs(c->fates[WEIR_LOADER_LEAKED].held, &pool);
}

/* A search stops the JVM: one in ten minutes, unless an error asks. */
static void explain(bool error)
{
    bool recent = me.pins_ms != 0 && clock_wall_ms() - me.pins_ms < QUIET_MS;
    if (me.options->mode != WEIR_MODE_OBSERVE && leak_weighs() && (error || !recent))
        search_pins();
}

void metaspace_explain(void)
{
    if (!me.begun)
        return;
    read_classes(true);
    explain(false);
}

/* Flink's StreamTask has a finalizer: what hangs on it goes with the second collection. Not again within ten minutes. */
static void prove(void)
{
    const struct weir_classes *c = classes_last();
    struct weir_metaspace      pool = { .limited = me.vm.metaspace.has_max, .limit = me.vm.metaspace.max };
    int64_t                    now = clock_wall_ms();
    if (!c->known || !diagnose_metaspace_weighs(c->fates[WEIR_LOADER_NOT_COLLECTED].held, &pool) ||
        (me.forced_ms != 0 && now - me.forced_ms < QUIET_MS))
        return;
    me.forced_ms = now;
    pools_collect();
    pools_collect();
    read_classes(true);
}

void metaspace_exhausted(bool may_collect)
{
    if (!me.begun)
        return; /* in the first second: there is no room any more for what a first reading loads */
    read_classes(true);
    if (may_collect)
        prove();
    explain(true);
}

/* ---- leaked loaders ---- */

/* User-code loaders that outlived their job and collections; the safety nets count as well. */
static uint64_t count_outlived(int64_t before_ms)
{
    uint64_t count = 0;
    for (uint32_t tag = 1; before_ms != 0 && tag <= loaders_high(); tag++) {
        int64_t ended = loaders_ended(tag);
        count += ended != 0 && ended < before_ms && loaders_alive(me.jni, tag);
    }
    return count;
}

static void describe(struct weir_survived *out, const struct weir_classes *c)
{
    const struct weir_fate_sum *leaked = &c->fates[WEIR_LOADER_LEAKED];
    *out = (struct weir_survived){ .bytes = leaked->held, .blocks = leaked->loaders,
                                   .job = { .job_name = "", .vertex = "" } };
    if (c->job_count == 0)
        return;
    const struct weir_loader_job *first = &c->jobs[0];
    out->job = first->job;
    out->collections = collections_after(&me.collections, first->ended_ms);
    if (leaked->jobs <= 1)
        return;
    out->bytes = first->held;
    out->blocks = first->loaders;
    out->other_jobs = leaked->jobs - 1;
    out->other_bytes = leaked->held - first->held;
    out->other_blocks = leaked->loaders - first->loaders;
}

struct policy_verdict metaspace_judge(int64_t now_ms, struct weir_survived *out)
{
    static const struct policy_verdict silence = { .level = WEIR_LEVEL_NONE };
    uint64_t                           count = count_outlived(outlived_ms(now_ms));
    struct policy_slot                 before[4];
    if (count == me.judged || now_ms < me.quiet_ms)
        return silence;
    me.judged = count;
    read_classes(false);
    const struct weir_classes *c = classes_last();
    memcpy(before, me.slots, sizeof before);
    struct policy_verdict v = policy_survived(me.slots, c->fates[WEIR_LOADER_LEAKED].held, now_ms);
    if (v.level == WEIR_LEVEL_NONE)
        return silence;
    explain(false);
    if (c->fates[WEIR_LOADER_LEAKED].held < POLICY_SURVIVED) { /* held by what lets go by itself */
        memcpy(me.slots, before, sizeof before);
        me.quiet_ms = now_ms + QUIET_MS;
        return silence;
    }
    describe(out, c);
    return v;
}
