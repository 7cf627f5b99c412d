/* SPDX-License-Identifier: Apache-2.0 */
/* pins.c: the walks of one search (what they look for: model/pinbook). First a near one, one without the largest arrays and a
 * whole one, for what holds the targets strongly; then, for those that nothing holds, whether a target that is held does; at last whether a soft reference does.
 * Each whole walk stops the program for as long as it takes to go through what is alive (about 50 ns a reference). So it looks at
 * the clock every LOOK_EVERY references; it ends when the budget does, or, from ENOUGH_US on, when each target has a whole path;
 * and none is begun that, as long as the longest before, would exceed the budget. When a quarter of the budget is spent, nothing is
 * looked for any more but one whole path for each target.
 * Bound: NODES nodes and as many tags, WALKS walks. All tags are of an environment of this search alone and end with it. */
#include "jvm/pins.h"

#include <jvmti.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "jvm/env.h"
#include "jvm/pinclasses.h"
#include "jvm/pinnames.h"
#include "model/pinbook.h"
#include "base/poison.h"

enum { NODES = 1 << 17, WALKS = 32, LOOK_EVERY = 1 << 15, ENOUGH_US = 500000 };

struct search {
    struct pinclasses classes;
    struct pinbook    book;
    struct weir_pins *out;
    int64_t           budget_us, from_us, until_us; /* the latter two of the present walk */
    uint64_t          edges;
    uint32_t          grown;  /* of the book, when it was looked at last */
    bool              broken; /* the present walk was ended by the clock */
    bool              strong; /* all that is held strongly was seen */
    bool              first;  /* the present walk looks for holders; if not, only for the rest of their paths */
};

static void describe(jvmtiHeapReferenceKind kind, const jvmtiHeapReferenceInfo *info, struct pin_ref *r)
{
    r->index = -1;
    r->thread = 0;
    r->how = PIN_INTERNAL;
    switch (kind) {
    case JVMTI_HEAP_REFERENCE_FIELD: r->how = PIN_FIELD; r->index = info->field.index; break;
    case JVMTI_HEAP_REFERENCE_STATIC_FIELD: r->how = PIN_STATIC; r->index = info->field.index; break;
    case JVMTI_HEAP_REFERENCE_ARRAY_ELEMENT: r->how = PIN_ELEMENT; r->index = info->array.index; break;
    case JVMTI_HEAP_REFERENCE_CONSTANT_POOL: r->how = PIN_CONSTANT; r->index = info->constant_pool.index; break;
    case JVMTI_HEAP_REFERENCE_JNI_GLOBAL: r->how = PIN_ROOT_JNI; break;
    case JVMTI_HEAP_REFERENCE_THREAD: r->how = PIN_ROOT_THREAD; break;
    case JVMTI_HEAP_REFERENCE_MONITOR: r->how = PIN_ROOT_MONITOR; break;
    case JVMTI_HEAP_REFERENCE_STACK_LOCAL:
        r->how = PIN_ROOT_STACK;
        r->thread = pin_tag_number(info->stack_local.thread_tag);
        break;
    case JVMTI_HEAP_REFERENCE_JNI_LOCAL:
        r->how = PIN_ROOT_STACK;
        r->thread = pin_tag_number(info->jni_local.thread_tag);
        break;
    case JVMTI_HEAP_REFERENCE_SYSTEM_CLASS:
    case JVMTI_HEAP_REFERENCE_OTHER: r->how = PIN_ROOT_VM; break;
    default: break;
    }
}

/* Is there nothing left to look for, or no time for it? */
static bool is_over(struct search *s)
{
    int64_t now = clock_mono_us();
    if (now >= s->until_us)
        return s->broken = true;
    if ((s->first && now - s->from_us < ENOUGH_US) || s->grown == s->book.grown || pinbook_some_unheld(&s->book))
        return false;
    s->grown = s->book.grown;
    if (pinbook_settle(&s->book) != 0)
        return false;
    s->out->enough = s->out->enough || s->first;
    return true;
}

/* At a safepoint, on the VM's thread: no call into the VM, no wait. */
static jint JNICALL on_reference(jvmtiHeapReferenceKind kind, const jvmtiHeapReferenceInfo *info, jlong class_tag,
                                 jlong referrer_class_tag, jlong size, jlong *tag, jlong *referrer_tag, jint length, void *with)
{
    struct search *s = with;
    struct pin_ref r = { .class_tag = class_tag, .referrer_class_tag = referrer_class_tag, .tag = tag,
                         .referrer_tag = referrer_tag, .length = length };
    (void)size;
    if (++s->edges % LOOK_EVERY == 0 && is_over(s))
        return JVMTI_VISIT_ABORT;
    describe(kind, info, &r);
    return pinbook_see(&s->book, &r) ? JVMTI_VISIT_OBJECTS : 0;
}

/* False: the search is over, for lack of time or of a VM that answers. */
static bool walk(struct search *s)
{
    jvmtiHeapCallbacks callbacks;
    struct weir_pins  *out = s->out;
    if (out->walks == WALKS || s->broken || (out->walks != 0 && out->pause_us + out->longest_us > s->budget_us)) {
        out->out_of_time = true;
        return false;
    }
    memset(&callbacks, 0, sizeof callbacks);
    callbacks.heap_reference_callback = on_reference;
    s->from_us = clock_mono_us();
    s->until_us = s->from_us + s->budget_us - out->pause_us;
    enum weir_rc rc = env_check((*s->classes.ti)->FollowReferences(s->classes.ti, 0, NULL, NULL, &callbacks, s), "FollowReferences");
    int64_t took = clock_mono_us() - s->from_us;
    out->walks++;
    out->pause_us += took;
    out->longest_us = took > out->longest_us ? took : out->longest_us;
    out->out_of_time = out->out_of_time || s->broken;
    s->book.near = s->first = false;
    return rc == WEIR_OK && !s->broken;
}

/* Further holders are worth no long pause. */
static bool has_enough(struct search *s)
{
    bool enough = s->out->pause_us > s->budget_us / 4 && !pinbook_some_unheld(&s->book) && !pinbook_some_unrooted(&s->book);
    s->out->enough = s->out->enough || enough;
    return enough;
}

/* Walks until each hit has its root, or the search is over. */
static bool walk_up(struct search *s)
{
    s->first = true;
    s->grown = UINT32_MAX;
    while (walk(s))
        if (pinbook_settle(&s->book) == 0 || has_enough(s))
            return true;
    pinbook_settle(&s->book);
    return false;
}

/* What is held becomes a way to what is not. False: nothing new. */
static bool open_held(struct pinbook *b)
{
    bool fresh = false;
    for (uint32_t i = 0; i < b->target_count; i++) {
        fresh = fresh || (b->target[i].hits != 0 && !b->target[i].open);
        b->target[i].open = b->target[i].hits != 0;
    }
    return fresh;
}

static void look(struct search *s)
{
    s->book.near = s->book.no_bulk = true;
    bool going = walk(s);
    s->book.bulk = false; /* again: of what is not near, too */
    going = going && walk_up(s);
    s->book.no_bulk = false;
    if (going && s->book.bulk && !s->out->enough && !has_enough(s))
        going = walk_up(s);
    while (going && pinbook_some_unheld(&s->book) && open_held(&s->book))
        going = walk_up(s);
    s->strong = going;
    if (!going || !pinbook_some_unheld(&s->book))
        return;
    s->book.soft = true;
    walk_up(s);
}

static void list_targets(const struct search *s, const struct pins_query *query)
{
    struct weir_pins *out = s->out;
    for (uint32_t i = 0; i < s->book.target_count; i++)
        out->pinned[out->pinned_count++] = (struct weir_pinned){ .loader = s->classes.loader[i] };
    out->left_out = s->classes.left_out;
    for (size_t i = 0; query->glob == NULL && !query->with_classes && i < query->count && out->pinned_count < WEIR_MAX_PINNED; i++) {
        bool there = false;
        for (uint32_t k = 0; k < s->book.target_count; k++)
            there = there || s->classes.loader[k] == query->loaders[i];
        if (!there)
            out->pinned[out->pinned_count++] = (struct weir_pinned){ .loader = query->loaders[i], .hold = WEIR_HOLD_GONE };
    }
}

static void judge_unheld(struct search *s)
{
    for (uint32_t i = 0; i < s->book.target_count; i++)
        if (s->book.target[i].hits == 0)
            s->out->pinned[i].hold = s->strong ? WEIR_HOLD_GARBAGE : WEIR_HOLD_UNKNOWN; /* or softly: it goes by itself */
}

static enum weir_rc run(JNIEnv *jni, const struct pins_query *query, struct search *s)
{
    s->book.node_cap = NODES;
    s->book.nodes = arena_map(NODES * sizeof *s->book.nodes);
    if (s->book.nodes == NULL)
        return WEIR_ENOMEM;
    enum weir_rc rc = pinclasses_begin(jni, query, &s->classes, &s->book);
    if (rc == WEIR_OK) {
        look(s);
        list_targets(s, query);
        judge_unheld(s);
        s->out->edges = s->edges;
        s->out->tagged = s->book.class_count + s->book.node_count;
        rc = pinnames_tell(jni, &s->classes, &s->book, s->out);
        pinclasses_end(&s->classes, &s->book);
    } else if (rc == WEIR_ENOENT) {
        list_targets(s, query);
    }
    arena_unmap(s->book.nodes, NODES * sizeof *s->book.nodes);
    return rc;
}

enum weir_rc pins_find(JNIEnv *jni, const struct pins_query *query, struct weir_pins *out)
{
    struct search *s = arena_map(sizeof *s); /* half a MiB, for the search alone */
    memset(out, 0, sizeof *out);
    if (s == NULL)
        return WEIR_ENOMEM;
    s->out = out;
    s->budget_us = query->budget_us;
    enum weir_rc rc = run(jni, query, s);
    arena_unmap(s, sizeof *s);
    return rc;
}
