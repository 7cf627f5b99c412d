/* SPDX-License-Identifier: Apache-2.0 */
/* flinkconf_yaml.c: config.yaml as Flink 1.19 and newer reads it (SnakeYAML Engine, core schema, one document).
 *   text -> tree of nodes -> walk from the root, keys joined with '.' -> the known keys are kept, the rest is dropped
 * Two walks, because Flink refuses the whole file for a fault anywhere in it, also after the keys we know.
 * Bound: MAX_VISITS, as aliases can multiply a small file. */
#include <string.h>

#include "model/flinkconf.h"
#include "model/flinkconf_tree.h"

enum { MAX_VISITS = 1 << 20, MAX_PATH = 256 };

struct walk {
    struct tree      *tree;
    struct flinkconf *conf; /* NULL: only look for faults */
    struct buf       *path;
    uint32_t          visits;
    /* A key without a value is a fault unless the same key gets one later. One such key is remembered. */
    uint32_t empty_line; /* 0: none */
    char     empty[MAX_PATH];
};

static void keep(const struct walk *w, const struct node *n)
{
    static const enum flinkconf_type types[] = { [NODE_INT] = FLINKCONF_INT,
                                                 [NODE_FLOAT] = FLINKCONF_FLOAT,
                                                 [NODE_BOOL] = FLINKCONF_BOOL,
                                                 [NODE_OPAQUE] = FLINKCONF_STRING };
    enum flinkkey key = w->path->cut ? FLINKKEY_NONE : flinkkey_find(w->path->data);
    if (key == FLINKKEY_NONE || w->conf == NULL)
        return;
    /* A list or a set becomes a text that is no size, number or word: which one does not matter. */
    const char *text = n->text != NULL && n->type != NODE_OPAQUE ? n->text : "[...]";
    flinkconf_set(w->conf, key, FLINKCONF_FILE, text, strlen(text));
    w->conf->values[key].type = (uint8_t)types[n->type];
    w->conf->values[key].line = n->line;
}

static void fail_empty(struct walk *w, uint32_t line)
{
    tree_fail(w->tree, WEIR_EINVAL, line, "a key without a value");
}

static void remember_empty(struct walk *w, uint32_t line)
{
    bool other = w->empty_line != 0 && strcmp(w->empty, w->path->data) != 0;
    if (other || w->path->cut) {
        fail_empty(w, line);
        return;
    }
    w->empty_line = line;
    memcpy(w->empty, w->path->data, w->path->len + 1);
}

static void on_value(struct walk *w, const struct node *n)
{
    if (w->empty_line != 0 && strcmp(w->empty, w->path->data) == 0)
        w->empty_line = 0;
    keep(w, n);
}

static void walk_map(struct walk *w, struct node *map, unsigned depth);

static void walk_entry(struct walk *w, uint32_t key, unsigned depth)
{
    struct tree       *t = w->tree;
    const struct node *k = tree_node(t, key);
    struct node       *v = tree_node(t, t->nodes[key].next);
    size_t             len = w->path->len;
    bool               cut = w->path->cut;
    if (k->type != NODE_STRING && k->type != NODE_NULL) {
        tree_fail(t, WEIR_EINVAL, t->nodes[key].line, "a key that is not a string");
        return;
    }
    buf_puts(w->path, k->type == NODE_NULL ? "null" : k->text);
    if (v->type == NODE_NULL) {
        remember_empty(w, t->nodes[key].line);
    } else if (v->type == NODE_MAP) {
        buf_puts(w->path, ".");
        walk_map(w, v, depth + 1);
    } else {
        on_value(w, v);
    }
    w->path->len = len;
    w->path->data[len] = '\0';
    w->path->cut = cut;
}

static void walk_map(struct walk *w, struct node *map, unsigned depth)
{
    struct tree *t = w->tree;
    if (map->open || depth > FLINKCONF_TREE_DEPTH) {
        tree_fail(t, WEIR_EINVAL, map->line, "a mapping that contains itself");
        return;
    }
    map->open = true;
    for (uint32_t key = map->first; key != 0 && t->rc == WEIR_OK;
         key = t->nodes[t->nodes[key].next].next) {
        if (++w->visits > MAX_VISITS)
            tree_fail(t, WEIR_EINVAL, map->line, "too much for one configuration file");
        walk_entry(w, key, depth);
    }
    map->open = false;
}

static void flatten(struct tree *t, struct flinkconf *c)
{
    char        text[MAX_PATH];
    struct buf  path;
    struct walk w = { .tree = t, .conf = c, .path = &path };
    if (t->root == 0 || tree_node(t, t->root)->type == NODE_NULL)
        return;
    if (tree_node(t, t->root)->type != NODE_MAP) {
        tree_fail(t, WEIR_EINVAL, t->nodes[t->root].line, "not a mapping of keys to values");
        return;
    }
    buf_init(&path, text, sizeof text);
    walk_map(&w, tree_node(t, t->root), 0);
    if (w.empty_line != 0)
        fail_empty(&w, w.empty_line);
}

enum weir_rc flinkconf_load_yaml(struct flinkconf *c, const char *text, size_t len, struct buf *err)
{
    struct tree t = { .err = err };
    if (tree_build(&t, text, len) == WEIR_OK)
        flatten(&t, NULL); /* a fault anywhere: nothing is kept */
    if (t.rc == WEIR_OK)
        flatten(&t, c);
    tree_free(&t);
    return t.rc;
}
