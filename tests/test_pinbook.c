/* SPDX-License-Identifier: Apache-2.0 */
/* test_pinbook.c: paths in small heaps of our own, walked as the JVM walks its heap: roots first, then by depth, each object
 * once, its references shown whether or not they are followed. */
#include "model/pinbook.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "suite.h"

enum { OBJECTS = 20000, EDGES = 40000, CLASSES = 16, NODES = 4096 };
enum { PLAIN = 1, SOFTREF, WEAKREF, LEAF, CLASS, MINE, HIS, ARRAY }; /* class numbers; MINE, HIS: of targets 1, 2 */

struct edge {
    int          from, to, index; /* from 0: a root */
    enum pin_how how;
    uint32_t     thread;
};

static struct {
    int64_t     tag[OBJECTS];
    int         class[OBJECTS], length[OBJECTS];
    bool        visited[OBJECTS];
    int         objects, edges, visits;
    int         stack[EDGES];
    struct edge edge[EDGES];
} heap;

static struct pin_class classes[CLASSES];
static struct pin_node  nodes[NODES];
static struct pinbook   book;

static void fresh(void)
{
    memset(&heap, 0, sizeof heap);
    memset(&book, 0, sizeof book);
    memset(classes, 0, sizeof classes);
    book.classes = classes;
    book.class_count = CLASSES;
    book.nodes = nodes;
    book.node_cap = NODES;
    book.target_count = 2;
    classes[SOFTREF] = (struct pin_class){ .flags = PIN_WEAK | PIN_SOFT, .referent = 3 };
    classes[WEAKREF] = (struct pin_class){ .flags = PIN_WEAK, .referent = 3 };
    classes[LEAF].flags = PIN_LEAF;
    classes[MINE].target = 1;
    classes[HIS].target = 2;
}

static int object(int class)
{
    heap.class[++heap.objects] = class;
    heap.length[heap.objects] = -1;
    return heap.objects;
}

static int tagged(int class, int64_t tag)
{
    int o = object(class);
    heap.tag[o] = tag;
    return o;
}

static void refer(int from, enum pin_how how, int index, int to)
{
    heap.edge[heap.edges++] = (struct edge){ from, to, index, how, 0 };
}

static bool show(const struct edge *e)
{
    struct pin_ref r = { .how = e->how, .index = e->index, .thread = e->thread, .length = heap.length[e->to] };
    r.class_tag = PIN_TAG(PIN_CLASS, heap.class[e->to]);
    r.tag = &heap.tag[e->to];
    if (e->from != 0) {
        r.referrer_class_tag = PIN_TAG(PIN_CLASS, heap.class[e->from]);
        r.referrer_tag = &heap.tag[e->from];
    }
    return pinbook_see(&book, &r);
}

static void show_all(int from, int *depth)
{
    for (int i = 0; i < heap.edges; i++)
        if (heap.edge[i].from == from && show(&heap.edge[i]) && !heap.visited[heap.edge[i].to])
            heap.stack[(*depth)++] = heap.edge[i].to;
}

static uint32_t walk(void)
{
    int depth = 0;
    memset(heap.visited, 0, sizeof heap.visited);
    show_all(0, &depth);
    while (depth > 0) {
        int o = heap.stack[--depth];
        if (heap.visited[o])
            continue;
        heap.visited[o] = true;
        heap.visits++;
        show_all(o, &depth);
    }
    return pinbook_settle(&book);
}

/* A class whose static field 7 refers to the object. */
static int static_field(int number, int to)
{
    int c = tagged(CLASS, PIN_TAG(PIN_CLASS, number));
    refer(0, PIN_ROOT_VM, -1, c);
    refer(c, PIN_STATIC, 7, to);
    return c;
}

static const struct pin_hit *only_hit(uint32_t target)
{
    CU_ASSERT_EQUAL_FATAL(book.target[target - 1].hits, 1);
    return &book.target[target - 1].hit[0];
}

static void a_static_field_that_refers_to_a_target_is_a_hit(void)
{
    static_field(9, object(MINE));
    CU_ASSERT_EQUAL(walk(), 0);
    CU_ASSERT_EQUAL(only_hit(1)->up, PIN_TAG(PIN_CLASS, 9));
    CU_ASSERT_EQUAL(only_hit(1)->how, PIN_STATIC);
    CU_ASSERT_EQUAL(only_hit(1)->index, 7);
    CU_ASSERT_EQUAL(only_hit(1)->end_class, MINE);
    CU_ASSERT_EQUAL(book.target[1].hits, 0);
}

static void the_near_walk_finds_a_chain_and_enters_nothing_else(void)
{
    int chain[4], far = object(PLAIN);
    for (int i = 0; i < 4; i++)
        chain[i] = object(PLAIN);
    static_field(9, chain[0]);
    for (int i = 0; i < 3; i++)
        refer(chain[i], PIN_FIELD, i, chain[i + 1]);
    refer(chain[3], PIN_ELEMENT, 5, object(MINE));
    refer(0, PIN_ROOT_STACK, -1, far);
    refer(far, PIN_FIELD, 0, object(HIS));
    book.near = true;
    CU_ASSERT_EQUAL(walk(), 0);
    CU_ASSERT_EQUAL(heap.visits, 5); /* the class and the chain */
    CU_ASSERT_EQUAL(only_hit(1)->top, PIN_TAG(PIN_CLASS, 9));
    CU_ASSERT_EQUAL(book.target[1].hits, 0);
    book.near = false;
    CU_ASSERT_EQUAL(walk(), 1);
    CU_ASSERT_TRUE(pinbook_some_unrooted(&book));
    CU_ASSERT_EQUAL(walk(), 0);
    CU_ASSERT_FALSE(pinbook_some_unrooted(&book));
    CU_ASSERT_TRUE(pinbook_is_rooted(&book, only_hit(2)->up, PIN_FIELD));
}

/* From below alone, one step a walk: a static field, LENGTH objects, the target. */
static void a_path_is_climbed_to_its_root(void)
{
    enum { LENGTH = 6 };
    int at = object(PLAIN), first = at, walks = 1;
    for (int i = 1; i < LENGTH; i++) {
        int next = object(PLAIN);
        refer(at, PIN_FIELD, 1, next);
        at = next;
    }
    refer(at, PIN_FIELD, 1, object(MINE));
    static_field(9, first);
    while (walk() != 0 && walks < 20)
        walks++;
    CU_ASSERT_EQUAL(walks, LENGTH + 1);
    int64_t up = only_hit(1)->up;
    for (int i = 0; i < LENGTH; i++) {
        CU_ASSERT_EQUAL_FATAL(pin_tag_of(up), PIN_NODE);
        up = nodes[pin_tag_number(up)].up;
    }
    CU_ASSERT_EQUAL(up, PIN_TAG(PIN_CLASS, 9));
}

/* Two objects that refer to each other, met from the inner one first: up by first referrers does not go round. */
static void a_ring_does_not_keep_a_path_from_its_root(void)
{
    int a = object(PLAIN), b = object(PLAIN), c = object(PLAIN);
    refer(a, PIN_FIELD, 0, b);
    refer(b, PIN_FIELD, 0, a);
    refer(b, PIN_FIELD, 1, c);
    refer(c, PIN_FIELD, 0, b);
    refer(c, PIN_FIELD, 1, object(MINE));
    static_field(9, a);
    int walks = 1;
    while (walk() != 0 && walks < 20)
        walks++;
    CU_ASSERT_TRUE(walks < 6);
    CU_ASSERT_TRUE(pinbook_is_rooted(&book, only_hit(1)->up, PIN_FIELD));
}

static void weak_referents_are_no_holders_and_soft_ones_only_when_asked(void)
{
    int weak = object(WEAKREF), soft = object(SOFTREF);
    static_field(9, weak);
    static_field(10, soft);
    refer(weak, PIN_FIELD, 3, object(MINE));
    refer(soft, PIN_FIELD, 3, object(HIS));
    book.near = true;
    CU_ASSERT_EQUAL(walk(), 0);
    CU_ASSERT_EQUAL(book.target[0].hits + book.target[1].hits, 0);
    book.near = false;
    book.soft = true;
    CU_ASSERT_EQUAL(walk(), 0);
    CU_ASSERT_EQUAL(book.target[0].hits, 0);
    CU_ASSERT_TRUE(only_hit(2)->soft);
    CU_ASSERT_EQUAL(only_hit(2)->top, PIN_TAG(PIN_CLASS, 10));
}

/* The same class's other field is a reference as any. */
static void a_weak_references_other_fields_hold(void)
{
    int weak = object(WEAKREF);
    static_field(9, weak);
    refer(weak, PIN_FIELD, 2, object(MINE));
    walk();
    CU_ASSERT_EQUAL(walk(), 0);
    CU_ASSERT_EQUAL(only_hit(1)->index, 2);
}

static void what_only_a_target_holds_is_seen_when_that_is_open(void)
{
    int mine = object(MINE), between = object(PLAIN);
    static_field(9, mine);
    refer(mine, PIN_FIELD, 0, between);
    refer(between, PIN_FIELD, 0, object(HIS));
    CU_ASSERT_EQUAL(walk(), 0);
    CU_ASSERT_EQUAL(book.target[1].hits, 0);
    CU_ASSERT_TRUE(pinbook_some_unheld(&book));
    book.target[0].open = true;
    walk();
    CU_ASSERT_EQUAL(walk(), 0);
    CU_ASSERT_EQUAL(pin_tag_of(only_hit(2)->up), PIN_NODE);
    CU_ASSERT_EQUAL(nodes[pin_tag_number(only_hit(2)->up)].up, PIN_TAG(PIN_LOADER, 1));
    CU_ASSERT_FALSE(pinbook_some_unheld(&book));
}

static void the_walkers_own_frames_and_monitors_are_no_holders(void)
{
    int mine = object(MINE);
    book.own_thread = 3;
    heap.edge[heap.edges++] = (struct edge){ 0, mine, -1, PIN_ROOT_STACK, 3 };
    heap.edge[heap.edges++] = (struct edge){ 0, mine, -1, PIN_ROOT_MONITOR, 0 };
    walk();
    CU_ASSERT_EQUAL(book.target[0].hits, 0);
    heap.edge[heap.edges++] = (struct edge){ 0, mine, -1, PIN_ROOT_STACK, 4 };
    CU_ASSERT_EQUAL(walk(), 0);
    CU_ASSERT_EQUAL(only_hit(1)->thread, 4);
}

static void a_thread_of_the_targets_class_is_known_by_its_number(void)
{
    refer(0, PIN_ROOT_THREAD, -1, tagged(MINE, PIN_TAG(PIN_THREAD, 12)));
    CU_ASSERT_EQUAL(walk(), 0);
    CU_ASSERT_EQUAL(only_hit(1)->how, PIN_ROOT_THREAD);
    CU_ASSERT_EQUAL(only_hit(1)->thread, 12);
}

/* 9,000 entries in one list, one in another: neither the table of hits nor the nodes run out, and both lists are named. */
static void many_holders_of_one_kind_do_not_hide_another(void)
{
    int list = object(ARRAY), other = object(PLAIN), entry = 0;
    heap.length[list] = 9000;
    static_field(9, list);
    static_field(10, other);
    for (int i = 0; i < 9000; i++) {
        entry = object(PLAIN);
        refer(list, PIN_ELEMENT, i, entry);
        refer(entry, PIN_FIELD, 4, object(MINE));
    }
    refer(other, PIN_FIELD, 0, object(MINE));
    book.near = true;
    walk();
    book.near = false;
    walk();
    CU_ASSERT_EQUAL(walk(), 0);
    bool first = false, second = false;
    for (int i = 0; i < book.target[0].hits; i++) {
        first = first || book.target[0].hit[i].top == PIN_TAG(PIN_CLASS, 9);
        second = second || book.target[0].hit[i].top == PIN_TAG(PIN_CLASS, 10);
    }
    CU_ASSERT_TRUE(first && second);
    CU_ASSERT_TRUE(book.target[0].hits < PIN_HITS);
    CU_ASSERT_TRUE(book.node_count < 300);
}

static void leaves_and_large_arrays_are_not_entered(void)
{
    int leaf = object(LEAF), large = object(ARRAY);
    heap.length[large] = 100000;
    static_field(9, leaf);
    static_field(10, large);
    refer(leaf, PIN_FIELD, 0, object(MINE));
    refer(large, PIN_ELEMENT, 0, object(HIS));
    book.no_bulk = true;
    walk();
    CU_ASSERT_TRUE(book.bulk);
    CU_ASSERT_EQUAL(book.target[0].hits + book.target[1].hits, 0);
    book.no_bulk = false;
    walk();
    CU_ASSERT_EQUAL(walk(), 0);
    CU_ASSERT_EQUAL(only_hit(2)->how, PIN_ELEMENT);
    CU_ASSERT_EQUAL(book.target[0].hits, 0);
}

SUITE(pinbook, fresh, NULL, CASE(a_static_field_that_refers_to_a_target_is_a_hit),
      CASE(the_near_walk_finds_a_chain_and_enters_nothing_else), CASE(a_path_is_climbed_to_its_root),
      CASE(a_ring_does_not_keep_a_path_from_its_root), CASE(weak_referents_are_no_holders_and_soft_ones_only_when_asked),
      CASE(a_weak_references_other_fields_hold), CASE(what_only_a_target_holds_is_seen_when_that_is_open),
      CASE(the_walkers_own_frames_and_monitors_are_no_holders), CASE(a_thread_of_the_targets_class_is_known_by_its_number),
      CASE(many_holders_of_one_kind_do_not_hide_another), CASE(leaves_and_large_arrays_are_not_entered));
