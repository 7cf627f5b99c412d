/* SPDX-License-Identifier: Apache-2.0 */
/* pinbook.c: paths are found from both ends.
 * From above, in a first, near walk: what static fields and live threads refer to becomes a node, and what nodes refer to, down
 * to DEPTH and a few per field; nothing else is entered, so that this walk is short whatever the heap holds, and most holders
 * are that near (cache -> map -> table -> entry). Then without the largest arrays, under which the bulk of a heap is. From below, in every walk: what refers to a target is a hit; the referrer, if it is nothing yet, becomes a node that is not rooted, and what refers to such a node
 * becomes one too in the next walk, one step up each time, until a root or a rooted node refers to one.
 * The referrer seen first in a walk was visited before the object itself, so it can be reached without it: going up by first
 * referrers always ends at a root. A few others are taken beside it, since the walk goes by depth and the first may be far away.
 * Targets are never entered: what only they hold is not seen. Weak, phantom and final referents are not followed.
 * Bound: node_cap nodes, three quarters of them from above; PIN_HITS hits of a target, SAME of one class and field, ONCE from
 * one static field. */
#include "model/pinbook.h"

#include <stddef.h>

#include "base/poison.h"

enum { DEPTH = 10, NEAR_STATIC = 96, NEAR_THREAD = 512, REFERRERS = 3, SAME = 8, ONCE = 2, ROUNDS = 16, BULK = 1 << 14 };

static const struct pin_class unknown_class;

static const struct pin_class *class_of(const struct pinbook *b, int64_t tag)
{
    uint32_t n = pin_tag_number(tag);
    return pin_tag_of(tag) == PIN_CLASS && n < b->class_count ? &b->classes[n] : &unknown_class;
}

static struct pin_node *node_of(const struct pinbook *b, int64_t tag)
{
    return pin_tag_of(tag) == PIN_NODE ? &b->nodes[pin_tag_number(tag)] : NULL;
}

/* Of an object with this tag and class: a loader, one of its classes, or an object of these. 0: not of a target. */
static uint32_t target_of(const struct pinbook *b, int64_t tag, int64_t class_tag)
{
    if (pin_tag_of(tag) == PIN_LOADER)
        return pin_tag_number(tag);
    if (pin_tag_of(tag) == PIN_CLASS && class_of(b, tag)->target != 0)
        return (uint32_t)class_of(b, tag)->target;
    return (uint32_t)class_of(b, class_tag)->target;
}

/* ---- where a reference comes from ---- */

struct source {
    int64_t  up;
    uint32_t first, depth, thread;
    bool     rooted, known;
    bool     near; /* what it refers to may become a node from above */
};

static struct source source_of(const struct pinbook *b, const struct pin_ref *r)
{
    struct source s = { .thread = r->thread };
    if (r->how >= PIN_ROOT) {
        s.rooted = s.known = true;
        return s;
    }
    int64_t                tag = *r->referrer_tag;
    uint32_t               target = target_of(b, tag, r->referrer_class_tag);
    const struct pin_node *n = node_of(b, tag);
    s.up = tag;
    s.known = tag != 0;
    if (pin_tag_of(tag) == PIN_THREAD || pin_tag_of(tag) == PIN_CLASS)
        s.rooted = s.near = true;
    else if (target != 0) {
        s.up = PIN_TAG(PIN_LOADER, target); /* an open one: entered, so it counts as a root */
        s.rooted = s.known = true;
    } else if (n != NULL) {
        s.rooted = n->rooted;
        s.first = n->first;
        s.depth = n->depth;
        s.near = n->rooted && n->depth != 0;
    }
    return s;
}

/* ---- nodes ---- */

/* Its number; 0: no room. From above only three quarters may be taken. */
static uint32_t new_node(struct pinbook *b, int64_t class_tag, bool from_above)
{
    uint32_t cap = from_above ? b->node_cap / 4 * 3 : b->node_cap;
    if (b->node_count == 0)
        b->node_count = 1; /* number 0 means none */
    if (b->nodes == NULL || b->node_count >= cap)
        return 0;
    b->nodes[b->node_count] = (struct pin_node){ .class = pin_tag_of(class_tag) == PIN_CLASS ? pin_tag_number(class_tag) : 0 };
    return b->node_count++;
}

static void hang(struct pin_node *n, const struct pin_ref *r, const struct source *s)
{
    n->up = s->up;
    n->how = (uint8_t)r->how;
    n->index = r->index;
    n->rooted = s->rooted;
    n->first = r->how >= PIN_ROOT ? s->thread : s->first;
}

/* An untagged object that a near one refers to. */
static void take_from_above(struct pinbook *b, const struct pin_ref *r, const struct source *s)
{
    struct pin_node *first = s->depth != 0 ? &b->nodes[s->first] : NULL;
    uint32_t         limit = first != NULL && pin_tag_of(first->up) == PIN_THREAD ? NEAR_THREAD : NEAR_STATIC;
    if (r->how == PIN_INTERNAL || s->depth >= DEPTH || (first != NULL && first->count >= limit))
        return;
    uint32_t at = new_node(b, r->class_tag, true);
    if (at == 0)
        return;
    struct pin_node *n = &b->nodes[at];
    hang(n, r, s);
    n->depth = (uint8_t)(s->depth + 1);
    n->first = first != NULL ? s->first : at;
    if (first != NULL)
        first->count++;
    *r->tag = PIN_TAG(PIN_NODE, at);
}

/* The referrer becomes a node that is not rooted; 0 if there is no room. */
static int64_t take_from_below(struct pinbook *b, const struct pin_ref *r)
{
    uint32_t at = new_node(b, r->referrer_class_tag, false);
    if (at != 0)
        *r->referrer_tag = PIN_TAG(PIN_NODE, at);
    return at != 0 ? PIN_TAG(PIN_NODE, at) : 0;
}

/* A reference to a node that is not rooted yet. */
static void climb(struct pinbook *b, struct pin_node *n, const struct pin_ref *r)
{
    struct source s = source_of(b, r);
    if (!s.known && n->count < REFERRERS) {
        s.up = take_from_below(b, r);
        n->count += s.up != 0;
    }
    if (s.rooted || (n->up == 0 && s.up != 0 && s.up != *r->tag)) {
        hang(n, r, &s);
        b->grown += s.rooted;
    }
}

/* ---- hits ---- */

/* Where the path of a rooted source begins: a class with its field, a thread with its field, or a root. */
static void find_top(const struct pinbook *b, const struct source *s, struct pin_hit *hit)
{
    const struct pin_node *n = node_of(b, s->up);
    hit->top = s->up;
    hit->top_index = hit->index;
    for (int i = 0; n != NULL && i < 64; i++) {
        hit->top = n->up;
        hit->top_index = n->index;
        n = node_of(b, n->up);
    }
}

static bool is_known(const struct pin_target *t, const struct pin_hit *fresh)
{
    uint32_t same_top = 0, same_place = 0;
    for (uint32_t i = 0; i < t->hits; i++) {
        const struct pin_hit *h = &t->hit[i];
        bool                  root = fresh->how >= PIN_ROOT;
        if (h->up == fresh->up && h->how == fresh->how &&
            (root ? h->thread == fresh->thread && h->end_class == fresh->end_class
                  : pin_tag_of(h->up) == PIN_NODE || h->index == fresh->index))
            return true;
        same_top += fresh->seen_rooted && !root && h->seen_rooted && h->top == fresh->top && h->top_index == fresh->top_index;
        same_place += !fresh->seen_rooted && !h->seen_rooted && h->from_class == fresh->from_class && h->how == fresh->how &&
                      h->index == fresh->index;
    }
    return same_top >= ONCE || same_place >= SAME;
}

static void hit(struct pinbook *b, struct pin_target *t, const struct pin_ref *r)
{
    struct source  s = source_of(b, r);
    struct pin_hit fresh = { .up = s.up, .index = r->how == PIN_ELEMENT ? 0 : r->index, .how = (uint8_t)r->how,
                             .thread = s.thread, .soft = b->soft, .seen_rooted = s.rooted };
    if (pin_tag_of(*r->tag) == PIN_CLASS || pin_tag_of(*r->tag) == PIN_LOADER)
        fresh.end = *r->tag;
    fresh.end_class = pin_tag_number(r->class_tag);
    if (r->how == PIN_ROOT_THREAD && pin_tag_of(*r->tag) == PIN_THREAD)
        fresh.thread = pin_tag_number(*r->tag);
    if (r->how < PIN_ROOT)
        fresh.from_class = pin_tag_number(r->referrer_class_tag);
    find_top(b, &s, &fresh);
    if (t->hits == PIN_HITS || is_known(t, &fresh))
        return;
    if (!s.known && (fresh.up = take_from_below(b, r)) == 0)
        return;
    t->hit[t->hits++] = fresh;
    b->grown += s.rooted;
}

/* ---- the walker's side ---- */

static bool is_weak(const struct pinbook *b, const struct pin_ref *r)
{
    if (r->how != PIN_FIELD)
        return false;
    const struct pin_class *c = class_of(b, r->referrer_class_tag);
    return (c->flags & PIN_WEAK) != 0 && c->referent == r->index && !((c->flags & PIN_SOFT) != 0 && b->soft);
}

bool pinbook_see(struct pinbook *b, const struct pin_ref *r)
{
    if (r->how == PIN_ROOT_MONITOR || is_weak(b, r) || (r->how == PIN_ROOT_STACK && r->thread != 0 && r->thread == b->own_thread))
        return false;
    uint32_t target = target_of(b, *r->tag, r->class_tag);
    if (target != 0 && !b->target[target - 1].open) {
        hit(b, &b->target[target - 1], r);
        return false;
    }
    if (target == 0 && (class_of(b, r->class_tag)->flags & PIN_LEAF) != 0)
        return false;
    struct pin_node *n = node_of(b, *r->tag);
    bool             skip = b->no_bulk && r->length > BULK;
    b->bulk = b->bulk || skip;
    if (n != NULL && !n->rooted)
        climb(b, n, r);
    else if (b->near && !skip && *r->tag == 0 && r->how < PIN_ROOT) {
        struct source s = source_of(b, r);
        if (s.near)
            take_from_above(b, r, &s);
    }
    return !skip && (!b->near || *r->tag != 0);
}

bool pinbook_is_rooted(const struct pinbook *b, int64_t up, enum pin_how how)
{
    const struct pin_node *n = node_of(b, up);
    return how >= PIN_ROOT || (n != NULL ? n->rooted : up != 0);
}

bool pinbook_some_unheld(const struct pinbook *b)
{
    for (uint32_t i = 0; i < b->target_count; i++)
        if (b->target[i].hits == 0)
            return true;
    return false;
}

static bool is_rooted(const struct pinbook *b, const struct pin_target *t)
{
    for (uint32_t i = 0; i < t->hits; i++)
        if (pinbook_is_rooted(b, t->hit[i].up, (enum pin_how)t->hit[i].how))
            return true;
    return t->hits == 0;
}

bool pinbook_some_unrooted(const struct pinbook *b)
{
    for (uint32_t i = 0; i < b->target_count; i++)
        if (!is_rooted(b, &b->target[i]))
            return true;
    return false;
}

uint32_t pinbook_settle(struct pinbook *b)
{
    bool changed = true;
    for (int round = 0; changed && round < ROUNDS; round++) {
        changed = false;
        for (uint32_t i = 1; i < b->node_count; i++) {
            struct pin_node *n = &b->nodes[i];
            if (!n->rooted && n->up != 0 && pinbook_is_rooted(b, n->up, (enum pin_how)n->how)) {
                n->rooted = changed = true;
            }
        }
    }
    uint32_t left = 0;
    for (uint32_t t = 0; t < b->target_count; t++)
        for (uint32_t i = 0; i < b->target[t].hits; i++)
            left += !pinbook_is_rooted(b, b->target[t].hit[i].up, (enum pin_how)b->target[t].hit[i].how);
    return left;
}
