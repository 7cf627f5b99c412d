/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_FLINKCONF_TREE_H
#define MODEL_FLINKCONF_TREE_H
/* A YAML document as a tree of nodes, for flinkconf_yaml.c. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "weir.h"

enum { FLINKCONF_TREE_DEPTH = 200 };

enum node_type {
    NODE_STRING,
    NODE_INT,
    NODE_FLOAT,
    NODE_BOOL,
    NODE_NULL,
    NODE_SEQ,
    NODE_MAP,
    NODE_OPAQUE
};

struct node {
    enum node_type type;
    bool           open; /* in the walk: an ancestor of where we are */
    uint32_t       line;
    uint32_t       next;   /* sibling; a map's children are key, value, key, value */
    uint32_t       first;  /* child */
    uint32_t       target; /* of an alias, else the node itself */
    char          *text;   /* a scalar's Java text, a collection's NULL */
    char          *anchor;
};

struct tree {
    struct node *nodes; /* [0] is no node */
    uint32_t     count, cap;
    uint32_t     aliases; /* of collections */
    uint32_t     root;    /* 0: an empty document */
    struct {
        uint32_t node, last;
    } stack[FLINKCONF_TREE_DEPTH];
    uint32_t     depth;
    enum weir_rc rc; /* the first failure; later steps do nothing */
    struct buf  *err;
};

/* t is zeroed but for err. WEIR_OK, or t->rc and a sentence in err. Free it in both cases. */
enum weir_rc tree_build(struct tree *t, const char *text, size_t len);
void         tree_free(struct tree *t);
/* The node that i stands for. */
struct node *tree_node(struct tree *t, uint32_t i);
/* line 0: none. */
void tree_fail(struct tree *t, enum weir_rc rc, uint32_t line, const char *what);

/* SnakeYAML takes no tab where a token could start, libyaml does. Fails t with the line of the first. */
void tree_check_tabs(struct tree *t, const char *text, size_t len);

#endif
