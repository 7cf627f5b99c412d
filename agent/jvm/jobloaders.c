/* SPDX-License-Identifier: Apache-2.0 */
/* jobloaders.c: when a job is over for a loader (DESIGN.md 4.4). The last lease of a job's code given back, Flink closes its
 * class loader (BlobLibraryCacheManager, 1.10 to 2.x): the safety net's `inner` becomes null, and the URLClassPath of the loader
 * that defines the classes is closed. Either is final: a job that comes back gets a new loader. A loader that shows neither
 * is taken for ended when no task of its job has run for SILENT_MS; a task of it takes that back. */
#include "jvm/jobloaders.h"

#include <stdbool.h>
#include <string.h>

#include "core/acct.h"
#include "jvm/attempts.h"
#include "jvm/env.h"
#include "jvm/loader_slots.h"
#include "jvm/loaders.h"
#include "base/arena.h"
#include "base/poison.h"

enum { SILENT_MS = 60000 };
enum state { OPEN, CLOSED, UNKNOWN };

static struct {
    jclass   url_loader;
    jfieldID ucp, closed;
    int64_t *silent_since; /* by tag - 1: of a loader that does not tell; 0 its job has tasks */
    int      waiting;
} me;

void jobloaders_init(JNIEnv *jni)
{
    me.silent_since = arena_map(LOADER_SLOTS * sizeof *me.silent_since);
    me.url_loader = env_class(jni, "java/net/URLClassLoader");
    me.ucp = env_field_of(jni, "java/net/URLClassLoader", "ucp", "Ljdk/internal/loader/URLClassPath;");
    me.closed = me.ucp == NULL ? NULL : env_field_of(jni, "jdk/internal/loader/URLClassPath", "closed", "Z");
}

static enum state state_of_net(JNIEnv *jni, jobject net)
{
    jclass   c = (*jni)->GetObjectClass(jni, net);
    jfieldID id = (*jni)->GetFieldID(jni, c, "inner", "Lorg/apache/flink/util/FlinkUserCodeClassLoader;");
    bool     threw = env_threw(jni);
    (*jni)->DeleteLocalRef(jni, c);
    if (threw)
        return UNKNOWN;
    jobject inner = (*jni)->GetObjectField(jni, net, id);
    if (inner == NULL)
        return CLOSED;
    (*jni)->DeleteLocalRef(jni, inner);
    return OPEN;
}

static enum state state_of_urls(JNIEnv *jni, jobject loader)
{
    if (me.url_loader == NULL || me.closed == NULL || !(*jni)->IsInstanceOf(jni, loader, me.url_loader))
        return UNKNOWN;
    jobject ucp = (*jni)->GetObjectField(jni, loader, me.ucp);
    if (ucp == NULL)
        return UNKNOWN;
    bool closed = (*jni)->GetBooleanField(jni, ucp, me.closed);
    (*jni)->DeleteLocalRef(jni, ucp);
    return closed ? CLOSED : OPEN;
}

struct wanted {
    uint64_t job_id[2];
    bool     runs;
};

static void note_running(void *with, uint32_t id)
{
    struct wanted      *w = with;
    struct weir_attempt a;
    if (!w->runs && attempts_running(acct_attempts(), id) && attempts_get(acct_attempts(), acct_stacks(), id, &a))
        w->runs = memcmp(a.job_id, w->job_id, sizeof a.job_id) == 0;
}

static bool has_tasks(const struct weir_attempt *job)
{
    struct wanted w = { { job->job_id[0], job->job_id[1] }, false };
    attempts_each(acct_attempts(), note_running, &w);
    return w.runs;
}

/* Of a loader that does not tell. */
static void judge_by_silence(uint32_t tag, int64_t now_ms)
{
    struct weir_attempt job;
    int64_t            *since = &me.silent_since[tag - 1];
    if (!jobs_get(acct_jobs(), acct_stacks(), tag, &job))
        return;
    if (has_tasks(&job)) {
        *since = 0;
        loaders_end(tag, 0);
        return;
    }
    *since = *since != 0 && *since <= now_ms ? *since : now_ms;
    if (loaders_ended(tag) == 0 && now_ms - *since >= SILENT_MS)
        loaders_end(tag, now_ms);
    me.waiting += loaders_ended(tag) == 0;
}

static void look_at(JNIEnv *jni, uint32_t tag, struct loader loader, int64_t now_ms)
{
    jobject object = loader_slots_object(jni, tag - 1);
    enum state state = CLOSED; /* nobody has it any more */
    if (object != NULL) {
        state = loaders_is_safety_net(loader) ? state_of_net(jni, object) : state_of_urls(jni, object);
        (*jni)->DeleteLocalRef(jni, object);
    }
    if (state == UNKNOWN && me.silent_since != NULL)
        judge_by_silence(tag, now_ms);
    else if (state == CLOSED)
        loaders_end(tag, now_ms);
}

/* Ended by silence it may come back. */
static bool may_change(uint32_t tag)
{
    return loaders_ended(tag) == 0 || (me.silent_since != NULL && me.silent_since[tag - 1] != 0);
}

void jobloaders_look(JNIEnv *jni, int64_t now_ms)
{
    attempts_learn_code(jni);
    me.waiting = 0;
    for (uint32_t tag = 1; tag <= loaders_high(); tag++) {
        if (!loader_slots_watched(tag - 1))
            continue; /* given up, or being drawn: what is known of it may not be whole yet */
        struct loader loader = loaders_get(tag);
        if (loader.kind == ATTR_LOADER_USER && loader.user == tag && may_change(tag))
            look_at(jni, tag, loader, now_ms);
    }
}

int jobloaders_waiting(void)
{
    return me.waiting;
}
