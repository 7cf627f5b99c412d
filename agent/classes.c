/* SPDX-License-Identifier: Apache-2.0 */
/* classes.c: rows of the VM's table (jvm/loaderstats) with what we know of each loader: class, jar, job, the job's end.
 * A loader that cannot be told from others of its class, reflection's accessors above all, is summed with them: by class, and by
 * the user-code loader that they descend from where that is known.
 * Bound: LOADERS_SEEN entries; what is beyond is counted in the totals only. Touched as used; the table stays. */
#include "classes.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/acct.h"
#include "jvm/dcmd.h"
#include "jvm/jobloaders.h"
#include "jvm/loaders.h"
#include "jvm/loaderstats.h"
#include "model/familycount.h"
#include "model/loadersum.h"

enum { LOADERS_SEEN = 1 << 14, TYPE_CAP = 256 };

static struct {
    JNIEnv             *jni;
    bool                ready;
    const char         *why; /* not ready */
    struct weir_loader *loader;
    size_t              count;
    struct weir_classes classes;
    bool                read; /* ever */
} me;

void classes_init(JNIEnv *jni)
{
    me.jni = jni;
    me.loader = arena_map(LOADERS_SEEN * sizeof *me.loader);
    me.why = "this JVM has no jdk.management: metaspace by class loader cannot be read";
    if (dcmd_init(jni) == WEIR_OK) {
        me.ready = me.loader != NULL && loaderstats_init() == WEIR_OK;
        me.why = "no memory for the table of class loaders";
    }
    jobloaders_init(jni);
    if (!me.ready)
        log_info("%s", me.why);
}

/* ---- one row ---- */

static const char *type_name(const struct cldstats_row *row)
{
    if (row->type[0] == '<')
        return "";
    size_t len = row->type_len < TYPE_CAP ? row->type_len : TYPE_CAP - 1;
    return stacks_text(acct_stacks(), stacks_name(acct_stacks(), row->type, len));
}

/* What its user-code loader says, that it is or descends from. */
static void add_job(struct weir_loader *l, uint32_t user)
{
    if (user == 0)
        return;
    l->of = user;
    l->user = l->tag == user;
    l->child = !l->user;
    l->ended_ms = loaders_ended(user);
    if (!jobs_get(acct_jobs(), acct_stacks(), user, &l->job))
        l->job = (struct weir_attempt){ .known = false, .job_name = "", .vertex = "" };
}

static struct weir_loader describe(const struct cldstats_row *row, const struct loaderstats_id *id)
{
    struct weir_loader l = { .count = 1, .tag = id->tag, .classes = row->classes, .hidden = row->hidden, .held = row->held,
                             .used = row->used, .class_name = type_name(row), .since_ms = loaders_since(id->tag),
                             .source = stacks_text(acct_stacks(), id->source),
                             .job = { .job_name = "", .vertex = "" } };
    add_job(&l, id->tag != 0 ? loaders_get(id->tag).user : id->host);
    return l;
}

/* Names are interned: equal ones are one. */
static struct weir_loader *like(const struct weir_loader *l)
{
    for (size_t i = 0; i < me.count; i++)
        if (me.loader[i].tag == 0 && me.loader[i].class_name == l->class_name && me.loader[i].of == l->of)
            return &me.loader[i];
    return NULL;
}

static void add(const struct weir_loader *l)
{
    struct weir_loader *same = l->tag == 0 ? like(l) : NULL;
    if (same == NULL && me.count == LOADERS_SEEN) {
        me.classes.left_out++;
        return;
    }
    if (same == NULL) {
        me.loader[me.count++] = *l;
        return;
    }
    same->count += l->count;
    same->classes += l->classes;
    same->hidden += l->hidden;
    same->held += l->held;
    same->used += l->used;
}

/* ---- all of them ---- */

static void take_rows(const struct loaderstats *stats, int64_t outlived_ms)
{
    me.count = 0;
    for (size_t i = 0; i < stats->sum.rows; i++) {
        struct weir_loader l = describe(&stats->rows[i], &stats->ids[i]);
        add(&l);
    }
    for (size_t i = 0; i < me.count; i++)
        me.loader[i].fate = loadersum_fate(&me.loader[i], outlived_ms);
    me.classes.known = true;
    me.classes.joined = stats->joined;
    me.classes.note = stats->joined ? "" : "class loaders of one class cannot be told apart in this JVM";
    me.classes.loaders = stats->sum.rows + stats->sum.left_out;
    me.classes.classes = stats->sum.classes;
    me.classes.held = stats->sum.held;
    me.classes.used = stats->sum.used;
    me.classes.outlived_ms = outlived_ms;
    loadersum_fill(me.loader, me.count, &me.classes);
}

static void count_family(void *table, const char *signature)
{
    if (table != NULL)
        familycount_add(table, signature);
}

void classes_read(uint64_t vm_used, int64_t now_ms, int64_t outlived_ms, bool every_class)
{
    struct loaderstats stats;
    int64_t            begin_us = clock_mono_us();
    memset(&me.classes, 0, sizeof me.classes);
    me.read = true;
    me.classes.time_ms = now_ms;
    me.classes.note = me.why;
    jobloaders_look(me.jni, now_ms);
    struct familycount *families = me.ready && every_class ? arena_map(sizeof *families) : NULL;
    if (me.ready && loaderstats_read(me.jni, vm_used, every_class, count_family, families, &stats) == WEIR_OK) {
        take_rows(&stats, outlived_ms);
        loaderstats_drop();
        me.classes.families_known = families != NULL;
        if (families != NULL)
            familycount_top(families, &me.classes);
    } else if (me.ready) {
        me.classes.note = "the VM did not print its table of class loaders";
    }
    if (families != NULL)
        arena_unmap(families, sizeof *families);
    me.classes.took_us = clock_mono_us() - begin_us;
}

void classes_pinned(const struct weir_pins *pins)
{
    loadersum_pinned(me.loader, me.count, pins);
    loadersum_fill(me.loader, me.count, &me.classes);
    me.classes.pins = pins;
}

const struct weir_classes *classes_last(void)
{
    return me.read ? &me.classes : NULL;
}
