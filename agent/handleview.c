/* SPDX-License-Identifier: Apache-2.0 */
/* handleview.c: classes as core/handles counts them; owners of one class and stack are put together, whichever attempts
 * opened them; caches with the write buffers that charge them.
 * Bound: VIEWS owners, GROUPS places in the code; what is beyond is in the classes' counts, under no owner. */
#include "handleview.h"

#include <string.h>

#include "core/acct.h"
#include "core/handles.h"
#include "jvm/hook_handles.h"
#include "model/diagnose_rocksdb.h"
#include "model/handlesum.h"
#include "out/parts.h"

enum { VIEWS = 4096, GROUPS = 1024, CREATOR_CAP = 512 };

struct group { /* open ones of one class and stack */
    struct owner_key    key; /* of one of them, an ended attempt's where there is one */
    uint64_t            open, ended, runs;
    int64_t             since_ms;
    struct weir_attempt who;
};

static struct {
    const struct bounds *limits;
    int64_t              last_open_ms; /* a database was open then; 0 none yet */
    int64_t              ended_by_ms;  /* attempts that ended before had the time to close what they opened */
    struct weir_handles  out;
    size_t               view_count, group_count;
    struct owner_view    view[VIEWS];
    struct group         group[GROUPS];
    struct weir_stack    stacks[WEIR_TOP_HANDLE_OWNERS];
    char                 creator[WEIR_TOP_HANDLE_OWNERS][CREATOR_CAP];
} me;

void handleview_init(const struct bounds *limits)
{
    me.limits = limits;
}

/* ---- classes ---- */

/* Is any of the classes ForSt's? */
static bool classes(const struct handles *h)
{
    struct handles_class c;
    bool                 forst = false;
    for (uint32_t i = 1; handles_read(h, i, &c); i++) {
        struct weir_handle_class row = { stacks_text(acct_stacks(), c.library), stacks_text(acct_stacks(), c.name), c.opened, c.closed };
        forst = forst || strcmp(row.library, "forst") == 0;
        if (c.opened != 0)
            handlesum_class(&me.out, &row);
    }
    return forst;
}

/* ---- owners ---- */

/* Under the table's lock: copies, no more. */
static void keep(void *unused, const struct owner_view *v)
{
    (void)unused;
    if (me.view_count < VIEWS)
        me.view[me.view_count++] = *v;
}

static void add(const struct owner_view *v)
{
    struct weir_attempt who;
    size_t              i = 0;
    while (i < me.group_count && !(me.group[i].key.loader == v->key.loader && me.group[i].key.stack == v->key.stack))
        i++;
    if (i == GROUPS)
        return;
    struct group *g = &me.group[i];
    acct_who(&who, v->key.attempt, v->key.shared != 0, v->key.loader_tag);
    bool ended = attempts_ended_before(acct_attempts(), v->key.attempt, me.ended_by_ms);
    if (i == me.group_count) {
        *g = (struct group){ .key = v->key, .since_ms = v->since_ms, .who = who };
        me.group_count++;
    } else if (ended && g->ended == 0) {
        g->key = v->key;
        g->who = who;
    }
    g->open += v->count;
    g->ended += ended ? v->count : 0;
    g->runs += ended; /* each attempt is an owner of its own */
    g->since_ms = v->since_ms < g->since_ms ? v->since_ms : g->since_ms;
}

static struct weir_handle_owner owner_of(const struct handles *h, const struct group *g, int64_t now_ms)
{
    struct handles_class c = { 0, 0, 0, 0 };
    handles_read(h, g->key.loader, &c);
    return (struct weir_handle_owner){
        .library = stacks_text(acct_stacks(), c.library),
        .name = stacks_text(acct_stacks(), c.name),
        .open = g->open,
        .ended = g->ended,
        .runs = g->runs,
        .age_ms = g->since_ms > 0 && now_ms > g->since_ms ? now_ms - g->since_ms : 0,
        .creator = "",
        .source = stacks_text(acct_stacks(), g->key.source),
        .job_known = g->who.known,
        .job_id = { g->who.known ? g->who.job_id[0] : 0, g->who.known ? g->who.job_id[1] : 0 },
        .job_name = g->who.known ? g->who.job_name : "",
    };
}

static bool is_librarys(const char *class_name)
{
    return strncmp(class_name, "org.rocksdb.", 12) == 0 || strncmp(class_name, "org.forstdb.", 12) == 0;
}

/* The frame that asked the library, and the whole stack. */
static void describe(struct weir_handle_owner *o, const struct group *g, size_t i)
{
    struct weir_stack *stack = &me.stacks[i];
    struct buf         text;
    uint16_t           at = 0;
    buf_init(&text, me.creator[i], CREATOR_CAP);
    if (g->key.stack == 0)
        return;
    stacks_get(acct_stacks(), g->key.stack, stack);
    stack->decider = g->key.decider;
    /* Where the library's own class decided, its jar says nothing. */
    if (stack->decider >= 0 && stack->decider < stack->count && is_librarys(stack->frames[stack->decider].class_name))
        o->source = "";
    stack->source = o->source;
    while (at < stack->count && is_librarys(stack->frames[at].class_name))
        at++;
    if (stack->count > 0)
        parts_frame(&text, &stack->frames[at < stack->count ? at : stack->count - 1]);
    o->creator = me.creator[i];
    o->stack = stack;
}

static void owners(struct handles *h, int64_t now_ms)
{
    me.view_count = me.group_count = 0;
    handles_each(h, keep, NULL);
    for (size_t i = 0; i < me.view_count; i++)
        add(&me.view[i]);
    for (size_t i = 0; i < me.group_count; i++) {
        struct weir_handle_owner o = owner_of(h, &me.group[i], now_ms);
        o.stack = (const struct weir_stack *)(const void *)&me.group[i]; /* until the list is complete: which group it is */
        handlesum_owner(&me.out, &o);
    }
    for (size_t i = 0; i < me.out.owner_count; i++) {
        const struct group *g = (const struct group *)(const void *)me.out.owners[i].stack;
        me.out.owners[i].stack = NULL;
        describe(&me.out.owners[i], g, i);
    }
}

/* ---- caches ---- */

static void caches(struct handles *h)
{
    struct handles_size size[HANDLES_SIZED];
    uint32_t            count = handles_sizes(h, size);
    for (uint32_t i = 0; i < count; i++) {
        struct weir_handle_cache c = { size[i].capacity, 0 };
        if (size[i].charges != 0)
            continue;
        for (uint32_t k = 0; k < count; k++)
            c.write_buffers += size[k].charges == size[i].handle ? size[k].capacity : 0;
        handlesum_cache(&me.out, &c);
    }
}

static void note_idle(int64_t now_ms)
{
    if (me.out.databases != 0)
        me.last_open_ms = now_ms;
    else if (me.last_open_ms != 0)
        me.out.idle_ms = now_ms > me.last_open_ms ? now_ms - me.last_open_ms : 1;
}

void handleview_second(JNIEnv *jni, int64_t now_ms)
{
    struct handles *h = hook_handles_table();
    memset(&me.out, 0, sizeof me.out);
    if (h == NULL)
        return;
    hook_handles_tick(jni);
    me.out.measured = true;
    me.ended_by_ms = now_ms - DIAGNOSE_ROCKSDB_MS;
    me.out.share.source = "";
    enum statememory_backend backend = classes(h) ? STATEMEMORY_FORST : STATEMEMORY_ROCKSDB;
    owners(h, now_ms);
    caches(h);
    note_idle(now_ms);
    struct handles_loss loss = handles_losses(h);
    me.out.unknown = loss.unknown;
    me.out.stale = loss.stale;
    me.out.lost = loss.dropped + hook_handles_left_out();
    if (me.limits->component[WEIR_MANAGED].set)
        me.out.share = handlesum_share(me.limits->conf, me.limits->version, backend, me.limits->component[WEIR_MANAGED].bytes);
}

const struct weir_handles *handleview_figures(void)
{
    return &me.out;
}
