/* SPDX-License-Identifier: Apache-2.0 */
/* threadview.c: records of core/threads, names from the JVM, ids and names from /proc/self/task, stacks from the mappings.
 * A Java thread that weir saw start noted an address of its stack; of any other one the kernel tells where its stack pointer
 * is while it sleeps, which is kept, since a thread has one stack. A Java thread older than weir is matched with a kernel
 * thread by the 15 bytes of its name that the kernel has: among namesakes its figures may be another's.
 * Bound: TASKS_MAX threads, OTHERS_MAX that have no record; what is beyond is counted, not measured. */
#include "threadview.h"

#include <stdlib.h>
#include <string.h>

#include "base/stackmaps.h"
#include "base/tasklimits.h"
#include "base/tasks.h"
#include "core/acct.h"
#include "jvm/hook_thread.h"
#include "model/threadsum.h"
#include "out/parts.h"

enum { OTHERS_MAX = 4096, TASKS_MAX = THREADS_MAX + OTHERS_MAX, CREATOR_CAP = 512,
       ABOVE_JAVA = 256 * 1024,   /* the address was noted near the top: static TLS and a few frames are above it */
       ABOVE_OTHER = 1024 * 1024, /* the stack pointer may be anywhere: the JVM's own and libraries' stacks are rarely larger */
       OTHER = 1 << 30 };

struct other { /* a kernel thread without a record */
    int32_t   id;
    uintptr_t at; /* 0 not known yet */
    bool      java; /* found to be one of Java's */
    uint64_t  reserved, resident;
    char      name[TASKS_NAME];
};

static struct {
    JNIEnv               *jni;
    const struct options *options;
    bool                  hooked;
    int64_t               read_ms, ended_by_ms; /* read_ms 0: not yet */
    uint64_t              mappings, user_tasks; /* user_tasks: when the limit per user was read */
    struct tasklimit      user;                 /* limit per user; name NULL: none */
    struct weir_threads   out;
    struct threadsum      sum;
    size_t                id_count, known_count, other_count, place_count, old_count;
    int32_t               ids[TASKS_MAX], known[THREADS_MAX];
    struct other          others[OTHERS_MAX], old[OTHERS_MAX];
    struct stackmaps_place places[TASKS_MAX];
    struct thread_rec     rec[THREADS_MAX + 1];
    bool                  live[THREADS_MAX + 1], seen[THREADS_MAX + 1];
    uint64_t              reserved[THREADS_MAX + 1], resident[THREADS_MAX + 1];
    struct weir_stack     stacks[WEIR_TOP_FAMILIES];
    char                  creator[WEIR_TOP_FAMILIES][CREATOR_CAP];
} me;

void threadview_init(JNIEnv *jni, const struct options *options, bool hooked)
{
    me.jni = jni;
    me.options = options;
    me.hooked = hooked;
}

/* ---- limits ---- */

static void add_limit(const struct tasklimit *t, bool refused)
{
    if (me.out.limit_count < WEIR_THREAD_LIMITS)
        me.out.limits[me.out.limit_count++] =
            (struct weir_thread_limit){ t->name, t->used, t->limit, t->left, t->at_least, refused };
}

/* The kernel's own count of refusals: has it risen since the last look at the same limit? */
static bool was_refused(const struct tasklimit *t)
{
    static uint64_t before, limit;
    bool            first = limit != t->limit, risen = !first && t->refused > before;
    before = t->refused;
    limit = t->limit;
    return risen;
}

static int least_left_first(const void *a, const void *b)
{
    const struct weir_thread_limit *x = a, *y = b;
    return (x->left > y->left) - (x->left < y->left);
}

static void read_limits(bool slowly)
{
    struct tasklimit t[TASKLIMITS_MAX];
    size_t           count = tasklimits_read(me.mappings, slowly, t);
    me.out.limit_count = 0;
    if (slowly)
        me.user.name = NULL;
    for (size_t i = 0; i < count; i++) {
        bool user = strcmp(t[i].name, "ulimit -u") == 0;
        if (user) {
            me.user = t[i];
            me.user_tasks = me.out.tasks;
        }
        add_limit(&t[i], strcmp(t[i].name, "pids.max") == 0 && was_refused(&t[i]));
    }
    if (!slowly && me.user.name != NULL) {
        struct tasklimit user = me.user; /* others of this user are looked at less often */
        user.used = user.used + me.out.tasks - me.user_tasks;
        user.left = user.limit > user.used ? user.limit - user.used : 0;
        add_limit(&user, false);
    }
    uint64_t limit = me.options->limit_threads;
    if (limit != 0 && me.hooked) {
        struct tasklimit own = { .name = "limit.threads", .used = me.out.java, .limit = limit,
                                 .left = limit > me.out.java ? limit - me.out.java : 0 };
        add_limit(&own, false);
    }
    qsort(me.out.limits, me.out.limit_count, sizeof me.out.limits[0], least_left_first);
}

bool threadview_pool(struct weir_pool_row *pool)
{
    if (!me.out.known || me.out.limit_count == 0)
        return false;
    const struct weir_thread_limit *l = &me.out.limits[0];
    bool                            mappings = strcmp(l->name, "max_map_count") == 0; /* not in threads */
    pool->measured = true;
    pool->used = mappings ? me.out.tasks : l->used;
    pool->limit = (struct weir_limit){ true, strcmp(l->name, "limit.threads") == 0,
                                       mappings ? me.out.tasks + l->left : l->limit, l->name };
    return true;
}

/* ---- the whole ---- */

static int by_number(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void add_place(uintptr_t at, size_t above, uint32_t whose)
{
    if (at != 0 && me.place_count < TASKS_MAX)
        me.places[me.place_count++] = (struct stackmaps_place){ .at = at, .above = above, .whose = whose };
}

static void take_records(void)
{
    uint32_t high = threads_high(acct_threads());
    me.known_count = 0;
    for (uint32_t i = 1; i < high; i++) {
        me.live[i] = threads_get(acct_threads(), i, &me.rec[i]);
        me.reserved[i] = me.resident[i] = 0;
        if (!me.live[i] || me.rec[i].tid == 0)
            continue;
        me.known[me.known_count++] = me.rec[i].tid;
        add_place(me.rec[i].at, ABOVE_JAVA, i);
    }
    qsort(me.known, me.known_count, sizeof me.known[0], by_number);
}

static uintptr_t stack_of(int32_t id)
{
    uintptr_t at;
    for (size_t i = 0; i < me.old_count; i++)
        if (me.old[i].id == id && me.old[i].at != 0)
            return me.old[i].at;
    return tasks_stack(id, &at) ? at : 0;
}

static void take_others(void)
{
    memcpy(me.old, me.others, me.other_count * sizeof me.others[0]);
    me.old_count = me.other_count;
    me.other_count = 0;
    for (size_t i = 0; i < me.id_count && me.other_count < OTHERS_MAX; i++) {
        struct other *o = &me.others[me.other_count];
        if (bsearch(&me.ids[i], me.known, me.known_count, sizeof me.known[0], by_number) != NULL)
            continue;
        *o = (struct other){ .id = me.ids[i], .at = stack_of(me.ids[i]) };
        if (!tasks_name(o->id, o->name))
            continue; /* it ended */
        add_place(o->at, ABOVE_OTHER, OTHER + (uint32_t)me.other_count);
        me.other_count++;
    }
}

static void measure(void)
{
    uint64_t mappings = 0;
    me.out.reserved = me.out.resident = 0;
    me.out.not_found = me.out.tasks;
    if (stackmaps_find(me.places, me.place_count, &mappings) == WEIR_OK)
        me.mappings = mappings;
    for (size_t i = 0; i < me.place_count; i++) {
        const struct stackmaps_place *p = &me.places[i];
        if (!p->found)
            continue;
        bool     other = p->whose >= OTHER;
        uint32_t i_of = other ? p->whose - OTHER : p->whose;
        *(other ? &me.others[i_of].reserved : &me.reserved[i_of]) = p->reserved;
        *(other ? &me.others[i_of].resident : &me.resident[i_of]) = p->resident;
        me.out.reserved += p->reserved;
        me.out.resident += p->resident;
        me.out.not_found -= me.out.not_found > 0;
    }
}

/* Older than weir: the first of the kernel's threads that has its name and is nobody's yet. */
static struct other *namesake(const char *name)
{
    for (size_t i = 0; i < me.other_count; i++)
        if (!me.others[i].java && strncmp(me.others[i].name, name, TASKS_NAME - 1) == 0)
            return &me.others[i];
    return NULL;
}

static bool has_left(const struct weir_attempt *a)
{
    return a->state == WEIR_ATTEMPT_ENDED && a->end_ms <= me.ended_by_ms;
}

static void sum_java(void *unused, const struct hook_thread_view *v)
{
    (void)unused;
    struct weir_attempt     starter;
    struct threadsum_thread t = { .name = v->name, .java = true };
    if (v->slot == 0 || v->slot > THREADS_MAX || !me.live[v->slot])
        return; /* a thread of the agent's own, one beyond the table, or one that came since */
    const struct thread_rec *r = &me.rec[v->slot];
    struct other            *o = r->tid == 0 && r->found ? namesake(v->name) : NULL;
    me.seen[v->slot] = true;
    if (o != NULL)
        o->java = true;
    t.reserved = o != NULL ? o->reserved : me.reserved[v->slot];
    t.resident = o != NULL ? o->resident : me.resident[v->slot];
    t.creator = r->creator.stack;
    if (v->starter != 0 && attempts_get(acct_attempts(), acct_stacks(), v->starter, &starter)) {
        t.starter = &starter;
        t.leaves = r->creator.component == WEIR_TASK_OFF_HEAP && has_left(&starter);
    }
    threadsum_add(&me.sum, &t);
}

static void sum_others(void)
{
    for (size_t i = 0; i < me.other_count; i++) {
        const struct other     *o = &me.others[i];
        struct threadsum_thread t = { .name = o->name, .reserved = o->reserved, .resident = o->resident };
        if (!o->java)
            threadsum_add(&me.sum, &t);
    }
}

/* A record of a thread that ended while it was being found: nobody else would take it out. */
static void drop_ended(uint32_t high)
{
    for (uint32_t i = 1; i < high; i++)
        if (me.live[i] && me.rec[i].found && me.rec[i].tid == 0 && !me.seen[i])
            threads_end(acct_threads(), i);
}

/* Any record of that stack: who decided is the same. */
static void describe(struct weir_thread_family *f, uint32_t creator, size_t i, uint32_t high)
{
    struct buf text;
    uint32_t   slot = 1;
    while (slot < high && !(me.live[slot] && me.rec[slot].creator.stack == creator))
        slot++;
    if (creator == 0 || slot == high)
        return;
    struct weir_stack *stack = &me.stacks[i];
    stacks_get(acct_stacks(), creator, stack);
    stack->decider = me.rec[slot].creator.decider;
    stack->source = stacks_text(acct_stacks(), me.rec[slot].creator.source);
    buf_init(&text, me.creator[i], CREATOR_CAP);
    if (stack->count > 0)
        parts_frame(&text, &stack->frames[stack->decider >= 0 ? stack->decider : stack->count - 1]);
    f->stack = stack;
    f->creator = me.creator[i];
    f->source = stack->source;
}

static void count(void)
{
    me.out.known = tasks_count(&me.out.tasks);
    me.out.java = me.hooked ? threads_live(acct_threads()) : 0;
}

void threadview_read(int64_t ended_by_ms, int64_t now_ms)
{
    uint32_t high = me.hooked ? threads_high(acct_threads()) : 1;
    count();
    me.read_ms = now_ms;
    me.ended_by_ms = ended_by_ms;
    me.place_count = 0;
    memset(me.seen, 0, high);
    me.id_count = tasks_ids(me.ids, TASKS_MAX);
    me.id_count = me.id_count < TASKS_MAX ? me.id_count : TASKS_MAX;
    if (me.hooked)
        take_records();
    take_others();
    measure();
    read_limits(true);
    threadsum_clear(&me.sum);
    hook_thread_each(me.jni, sum_java, NULL);
    sum_others();
    drop_ended(high);
    threadsum_top(&me.sum, &me.out);
    for (size_t i = 0; i < me.out.family_count; i++)
        describe(&me.out.families[i], me.sum.family[i].creator, i, high);
}

void threadview_second(int64_t now_ms)
{
    if (me.read_ms == 0 || now_ms - me.read_ms >= THREADVIEW_MS || now_ms < me.read_ms) {
        threadview_read(now_ms, now_ms);
        return;
    }
    count();
    read_limits(false);
}

const struct weir_threads *threadview_figures(int64_t now_ms)
{
    me.out.stacks_ms = me.read_ms == 0 ? -1 : now_ms > me.read_ms ? now_ms - me.read_ms : 0;
    return &me.out;
}
