/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_PINBOOK_H
#define MODEL_PINBOOK_H
/* What is learnt from walks over a heap about how class loaders are held. The walker shows every reference it meets, with the
 * places of the tags of both ends; the book answers whether to follow it and writes tags. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "snapshot_classes.h"

/* Tags: what an object is to us. 0: nothing. */
enum pin_tag { PIN_CLASS = 1, PIN_LOADER, PIN_THREAD, PIN_NODE };
#define PIN_TAG(what, n) ((int64_t)(what) << 32 | (int64_t)(n))

static inline enum pin_tag pin_tag_of(int64_t tag)
{
    return (enum pin_tag)(tag >> 32);
}

static inline uint32_t pin_tag_number(int64_t tag)
{
    return (uint32_t)tag;
}

enum pin_how {
    PIN_FIELD,    /* of an object; index as JVMTI counts */
    PIN_STATIC,   /* of a class */
    PIN_ELEMENT,  /* of an array */
    PIN_CONSTANT, /* of a class's constant pool */
    PIN_INTERNAL, /* object to its class, class to loader, superclass, domain, ... */
    PIN_ROOT,     /* from here on no referrer */
    PIN_ROOT_JNI = PIN_ROOT,
    PIN_ROOT_THREAD,
    PIN_ROOT_STACK, /* Java frame or JNI local of a thread */
    PIN_ROOT_VM,
    PIN_ROOT_MONITOR
};

struct pin_ref {
    enum pin_how how;
    int32_t      index;
    uint32_t     thread; /* PIN_ROOT_STACK: its number; 0 unknown */
    int32_t      length; /* of an array; else -1 */
    int64_t      class_tag, referrer_class_tag;
    int64_t     *tag, *referrer_tag; /* the latter NULL for a root */
};

enum { PIN_LEAF = 1, PIN_WEAK = 2, PIN_SOFT = 4 }; /* leaf: refers to nothing that could lead on; soft is weak too */

struct pin_class {
    uint8_t flags;
    int16_t target;   /* whose class it is, from 1; 0 none of them */
    int32_t referent; /* PIN_WEAK: index of that field */
};

/* An object on a path: known from above (rooted) or from below. */
struct pin_node {
    int64_t  up;     /* tag of what refers to it; 0 a root, or not known yet */
    int32_t  index;
    uint32_t class;  /* number; 0 unknown */
    uint32_t first;  /* rooted: number of the first node of its path; thread of PIN_ROOT_STACK */
    uint16_t count;  /* of a first node: its descendants; unrooted: its referrers */
    uint8_t  how, depth;
    bool     rooted;
};

/* A reference from outside into what belongs to a target. */
struct pin_hit {
    int64_t  up;    /* as of a node */
    int64_t  top;   /* rooted: the tag where its path begins, with */
    int32_t  top_index;
    int32_t  index;
    int64_t  end;   /* PIN_CLASS: this class itself; PIN_LOADER: the loader; 0: an object of end_class */
    uint32_t end_class, from_class, thread;
    uint8_t  how;
    bool     soft, seen_rooted;
};

enum { PIN_HITS = 24, PIN_TARGETS = WEIR_MAX_PINNED };

struct pin_target {
    bool           open; /* itself pinned, and now a way to others: its objects count as roots */
    uint8_t        hits;
    struct pin_hit hit[PIN_HITS];
};

struct pinbook {
    struct pin_class *classes; /* by number; 0 is unused */
    uint32_t          class_count; /* with the unused one */
    struct pin_node  *nodes;
    uint32_t          node_count, node_cap;
    uint32_t          own_thread; /* the walker's: its frames hold what it looks at */
    uint32_t          target_count;
    struct pin_target target[PIN_TARGETS]; /* number n at n - 1 */
    bool              near;     /* first walk: objects near statics and threads become nodes, and nothing else is entered */
    uint32_t          grown;    /* paths that got longer: pinbook_settle() may say less than before */
    bool              soft;     /* soft references are followed */
    bool              no_bulk;  /* arrays with very many elements are not entered; such a one was met: */
    bool              bulk;
};

/* Shall the walker follow this reference? */
bool     pinbook_see(struct pinbook *b, const struct pin_ref *r);
/* After a walk, or during it: how many hits are not rooted yet. */
uint32_t pinbook_settle(struct pinbook *b);
/* Is there a target that nothing holds as far as is known? */
bool     pinbook_some_unheld(const struct pinbook *b);
/* Is there one that is held, but by no whole path? */
bool     pinbook_some_unrooted(const struct pinbook *b);
bool     pinbook_is_rooted(const struct pinbook *b, int64_t up, enum pin_how how);

#endif
