/* SPDX-License-Identifier: Apache-2.0 */
/* flinkconf_yaml.c: config.yaml as Flink 1.19 and newer reads it (SnakeYAML Engine, core schema, one document), on
 * libyaml's events.
 *   events -> tree of nodes -> walk from the root, keys joined with '.' -> the known keys are kept, the rest is dropped
 * Two passes because Flink refuses the whole file for a fault anywhere in it, also after the keys we know.
 * Bound: MAX_NODES, MAX_DEPTH, MAX_VISITS (aliases can multiply a small file); beyond them the file is refused. */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "model/flinkconf.h"
#include "model/flinkconf_scalar.h"

enum {
    MAX_NODES = 1 << 17,
    MAX_VISITS = 1 << 20,
    MAX_DEPTH = 200,
    MAX_ALIASES = 50, /* of collections; SnakeYAML's own limit */
    MAX_PATH = 256
};

enum node_type { NODE_STRING, NODE_INT, NODE_FLOAT, NODE_BOOL, NODE_NULL, NODE_SEQ, NODE_MAP, NODE_OPAQUE };

struct node {
    enum node_type type;
    bool           open; /* in the walk: an ancestor of where we are */
    uint32_t       line;
    uint32_t       next; /* sibling; a map's children are key, value, key, value */
    uint32_t       first;
    uint32_t       target; /* of an alias, else the node itself */
    char          *text;   /* a scalar's Java text, a collection's NULL */
    char          *anchor;
};

struct tree {
    struct node *nodes; /* [0] is no node */
    uint32_t     count, cap;
    uint32_t     aliases, visits;
    uint32_t     root;
    struct {
        uint32_t node, last;
    } stack[MAX_DEPTH];
    uint32_t    depth;
    enum weir_rc rc; /* the first failure; later steps do nothing */
    struct buf *err;
};

static void fail(struct tree *t, enum weir_rc rc, uint32_t line, const char *what)
{
    if (t->rc != WEIR_OK)
        return;
    t->rc = rc;
    buf_reset(t->err);
    if (line > 0)
        buf_printf(t->err, "line %u: %s", line, what);
    else
        buf_puts(t->err, what);
}

static struct node *node_at(struct tree *t, uint32_t i)
{
    return &t->nodes[t->nodes[i].target];
}

static uint32_t new_node(struct tree *t, enum node_type type, uint32_t line)
{
    if (t->count == t->cap) {
        uint32_t     cap = t->cap == 0 ? 256 : t->cap * 2;
        struct node *nodes = cap > MAX_NODES ? NULL : realloc(t->nodes, cap * sizeof *nodes);
        if (nodes == NULL) {
            fail(t, cap > MAX_NODES ? WEIR_EINVAL : WEIR_ENOMEM, line, "too much for one configuration file");
            return 0;
        }
        t->nodes = nodes;
        t->cap = cap;
        if (t->count == 0)
            memset(&nodes[t->count++], 0, sizeof *nodes);
    }
    uint32_t i = t->count++;
    t->nodes[i] = (struct node){ .type = type, .line = line, .target = i };
    return i;
}

/* Puts node i where the document says: below the innermost open collection, or at the root. */
static void attach(struct tree *t, uint32_t i)
{
    if (i == 0)
        return;
    if (t->depth == 0) {
        t->root = i;
        return;
    }
    uint32_t *last = &t->stack[t->depth - 1].last;
    if (*last == 0)
        t->nodes[t->stack[t->depth - 1].node].first = i;
    else
        t->nodes[*last].next = i;
    *last = i;
}

static char *copy_text(struct tree *t, const void *bytes, size_t n, uint32_t line)
{
    char *s = malloc(n + 1);
    if (s == NULL) {
        fail(t, WEIR_ENOMEM, line, "no memory");
        return NULL;
    }
    memcpy(s, bytes, n);
    s[n] = '\0';
    for (char *nul = s; (nul = memchr(nul, '\0', (size_t)(s + n - nul))) != NULL;)
        *nul = '\1'; /* see flinkconf_set() */
    return s;
}

static void set_anchor(struct tree *t, uint32_t i, const yaml_char_t *anchor)
{
    if (anchor != NULL && i != 0)
        t->nodes[i].anchor = copy_text(t, anchor, strlen((const char *)anchor), t->nodes[i].line);
}

static const struct {
    const char    *tag;
    enum node_type type;
    bool           scalar;
} tags[] = {
    { YAML_STR_TAG, NODE_STRING, true },
    { YAML_INT_TAG, NODE_INT, true },
    { YAML_FLOAT_TAG, NODE_FLOAT, true },
    { YAML_BOOL_TAG, NODE_BOOL, true },
    { YAML_NULL_TAG, NODE_NULL, true },
    { "tag:yaml.org,2002:binary", NODE_OPAQUE, true },
    { "!ENV_VARIABLE", NODE_STRING, true },
    { YAML_SEQ_TAG, NODE_SEQ, false },
    { YAML_MAP_TAG, NODE_MAP, false },
    { "tag:yaml.org,2002:set", NODE_OPAQUE, false },
};

/* The type an explicit tag names, for a scalar or for the collection `type`. */
static enum node_type tagged(struct tree *t, const yaml_char_t *tag, bool scalar, enum node_type type, uint32_t line)
{
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (strcmp(tags[i].tag, (const char *)tag) != 0)
            continue;
        if (tags[i].type == NODE_NULL)
            return NODE_NULL;
        bool fits = tags[i].scalar == scalar && (scalar || tags[i].type == type || type == NODE_MAP);
        if (fits && !(type == NODE_MAP && tags[i].type == NODE_SEQ))
            return tags[i].type;
    }
    fail(t, WEIR_EINVAL, line, "a tag that Flink's parser does not take here");
    return type;
}

static enum node_type type_of(enum flinkconf_scalar s)
{
    switch (s) {
    case FLINKCONF_SCALAR_INT:
        return NODE_INT;
    case FLINKCONF_SCALAR_FLOAT:
        return NODE_FLOAT;
    case FLINKCONF_SCALAR_BOOL:
        return NODE_BOOL;
    case FLINKCONF_SCALAR_NULL:
        return NODE_NULL;
    case FLINKCONF_SCALAR_STRING:
        break;
    }
    return NODE_STRING;
}

static bool is_bool_word(const char *s)
{
    struct flinkconf_value v = { .too_long = strlen(s) > 5 };
    if (!v.too_long)
        memcpy(v.text, s, strlen(s) + 1);
    return flinkconf_word(&v, "true") || flinkconf_word(&v, "false");
}

/* Replaces raw text by Java's toString() of what Flink's parser makes of it. */
static void convert(struct tree *t, struct node *n)
{
    char       text[FLINKCONF_TEXT_CAP + 256];
    struct buf out;
    static const enum flinkconf_scalar scalars[] = { [NODE_INT] = FLINKCONF_SCALAR_INT,
                                                     [NODE_FLOAT] = FLINKCONF_SCALAR_FLOAT,
                                                     [NODE_BOOL] = FLINKCONF_SCALAR_BOOL };
    if (n->text == NULL || (n->type != NODE_INT && n->type != NODE_FLOAT && n->type != NODE_BOOL))
        return;
    if (n->type == NODE_BOOL && !is_bool_word(n->text)) {
        n->type = NODE_NULL; /* `!!bool x` is null to it */
        return;
    }
    buf_init(&out, text, sizeof text);
    if (flinkconf_scalar_convert(scalars[n->type], n->text, &out) != WEIR_OK) {
        fail(t, WEIR_EINVAL, n->line, "a number that Flink's parser cannot convert");
        return;
    }
    free(n->text);
    n->text = copy_text(t, out.data, out.len, n->line);
}

static void on_scalar(struct tree *t, const yaml_event_t *e, uint32_t line)
{
    uint32_t i = new_node(t, NODE_STRING, line);
    if (i == 0)
        return;
    struct node *n = &t->nodes[i];
    n->text = copy_text(t, e->data.scalar.value, e->data.scalar.length, line);
    if (e->data.scalar.tag != NULL)
        n->type = tagged(t, e->data.scalar.tag, true, NODE_STRING, line);
    else if (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && n->text != NULL)
        n->type = type_of(flinkconf_scalar_resolve(n->text));
    convert(t, n);
    set_anchor(t, i, e->data.scalar.anchor);
    attach(t, i);
}

static void on_start(struct tree *t, enum node_type type, const yaml_char_t *tag, const yaml_char_t *anchor,
                     uint32_t line)
{
    if (t->depth == MAX_DEPTH) {
        fail(t, WEIR_EINVAL, line, "nested too deeply");
        return;
    }
    if (tag != NULL)
        type = tagged(t, tag, false, type, line);
    uint32_t i = new_node(t, type, line);
    set_anchor(t, i, anchor);
    attach(t, i);
    t->stack[t->depth].node = i;
    t->stack[t->depth++].last = 0;
}

static void on_alias(struct tree *t, const yaml_char_t *name, uint32_t line)
{
    uint32_t target = t->count;
    while (--target > 0)
        if (t->nodes[target].anchor != NULL && strcmp(t->nodes[target].anchor, (const char *)name) == 0)
            break;
    if (target == 0) {
        fail(t, WEIR_EINVAL, line, "an alias without its anchor");
        return;
    }
    if (t->nodes[target].text == NULL && ++t->aliases > MAX_ALIASES)
        fail(t, WEIR_EINVAL, line, "more than 50 aliases of collections");
    uint32_t i = new_node(t, NODE_NULL, line);
    if (i == 0)
        return;
    t->nodes[i].target = target;
    attach(t, i);
}

static int compare_keys(const void *a, const void *b)
{
    const struct node *const *x = a, *const *y = b;
    if ((*x)->type != (*y)->type)
        return (*x)->type < (*y)->type ? -1 : 1;
    if ((*x)->type == NODE_NULL)
        return 0;
    return strcmp((*x)->text, (*y)->text);
}

/* Equal keys in one mapping; keys that are collections are not compared. */
static void check_duplicates(struct tree *t, uint32_t map)
{
    size_t count = 0, n = 0;
    for (uint32_t key = t->nodes[map].first; key != 0; key = t->nodes[t->nodes[key].next].next)
        count++;
    struct node **keys = count > 1 ? malloc(count * sizeof *keys) : NULL;
    if (keys == NULL) {
        if (count > 1)
            fail(t, WEIR_ENOMEM, t->nodes[map].line, "no memory");
        return;
    }
    for (uint32_t key = t->nodes[map].first; key != 0; key = t->nodes[t->nodes[key].next].next)
        if (node_at(t, key)->text != NULL)
            keys[n++] = node_at(t, key);
    qsort(keys, n, sizeof *keys, compare_keys);
    for (size_t i = 1; i < n; i++)
        if (compare_keys(&keys[i - 1], &keys[i]) == 0)
            fail(t, WEIR_EINVAL, keys[i]->line > keys[i - 1]->line ? keys[i]->line : keys[i - 1]->line,
                 "the same key twice in one mapping");
    free(keys);
}

static void on_end(struct tree *t, bool mapping)
{
    uint32_t i = t->stack[--t->depth].node;
    if (mapping && i != 0 && t->nodes[i].type != NODE_NULL)
        check_duplicates(t, i);
}

static void on_document(struct tree *t, uint32_t line)
{
    if (t->root != 0)
        fail(t, WEIR_EINVAL, line, "a second document");
}

/* One event into the tree. False: the stream has ended. */
static bool on_event(struct tree *t, const yaml_event_t *e)
{
    uint32_t line = (uint32_t)e->start_mark.line + 1;
    switch (e->type) {
    case YAML_STREAM_END_EVENT:
        return false;
    case YAML_DOCUMENT_START_EVENT:
        on_document(t, line);
        break;
    case YAML_SCALAR_EVENT:
        on_scalar(t, e, line);
        break;
    case YAML_ALIAS_EVENT:
        on_alias(t, e->data.alias.anchor, line);
        break;
    case YAML_SEQUENCE_START_EVENT:
        on_start(t, NODE_SEQ, e->data.sequence_start.tag, e->data.sequence_start.anchor, line);
        break;
    case YAML_MAPPING_START_EVENT:
        on_start(t, NODE_MAP, e->data.mapping_start.tag, e->data.mapping_start.anchor, line);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        on_end(t, e->type == YAML_MAPPING_END_EVENT);
        break;
    default:
        break;
    }
    return true;
}

static void build(struct tree *t, const char *text, size_t len)
{
    yaml_parser_t parser;
    yaml_event_t  event;
    bool          more = true;
    if (!yaml_parser_initialize(&parser)) {
        fail(t, WEIR_ENOMEM, 0, "no memory");
        return;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    while (more && t->rc == WEIR_OK) {
        if (!yaml_parser_parse(&parser, &event)) {
            fail(t, parser.error == YAML_MEMORY_ERROR ? WEIR_ENOMEM : WEIR_EINVAL,
                 (uint32_t)parser.problem_mark.line + 1, parser.problem != NULL ? parser.problem : "not YAML");
            break;
        }
        more = on_event(t, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

static void keep(struct flinkconf *c, const struct node *n, const struct buf *path)
{
    static const enum flinkconf_type types[] = { [NODE_INT] = FLINKCONF_INT,
                                                 [NODE_FLOAT] = FLINKCONF_FLOAT,
                                                 [NODE_BOOL] = FLINKCONF_BOOL,
                                                 [NODE_OPAQUE] = FLINKCONF_STRING };
    enum flinkkey key = path->cut ? FLINKKEY_NONE : flinkkey_find(path->data);
    if (key == FLINKKEY_NONE || c == NULL)
        return;
    /* A list or a set becomes a text that is no size, number or word: which one does not matter. */
    const char *text = n->text != NULL && n->type != NODE_OPAQUE ? n->text : "[...]";
    flinkconf_set(c, key, FLINKCONF_FILE, text, strlen(text));
    c->values[key].type = (uint8_t)types[n->type];
    c->values[key].line = n->line;
}

static void walk(struct tree *t, struct flinkconf *c, struct node *map, struct buf *path, unsigned depth);

static void walk_entry(struct tree *t, struct flinkconf *c, uint32_t key, struct buf *path, unsigned depth)
{
    const struct node *k = node_at(t, key);
    struct node       *v = node_at(t, t->nodes[key].next);
    size_t             len = path->len;
    bool               cut = path->cut;
    if (k->type != NODE_STRING && k->type != NODE_NULL) {
        fail(t, WEIR_EINVAL, t->nodes[key].line, "a key that is not a string");
        return;
    }
    buf_puts(path, k->type == NODE_NULL ? "null" : k->text);
    if (v->type == NODE_NULL) {
        fail(t, WEIR_EINVAL, t->nodes[key].line, "a key without a value");
    } else if (v->type == NODE_MAP) {
        buf_puts(path, ".");
        walk(t, c, v, path, depth + 1);
    } else {
        keep(c, v, path);
    }
    path->len = len;
    path->data[len] = '\0';
    path->cut = cut;
}

static void walk(struct tree *t, struct flinkconf *c, struct node *map, struct buf *path, unsigned depth)
{
    if (map->open || depth > MAX_DEPTH) {
        fail(t, WEIR_EINVAL, map->line, "a mapping that contains itself");
        return;
    }
    map->open = true;
    for (uint32_t key = map->first; key != 0 && t->rc == WEIR_OK; key = t->nodes[t->nodes[key].next].next) {
        if (++t->visits > MAX_VISITS)
            fail(t, WEIR_EINVAL, map->line, "too much for one configuration file");
        walk_entry(t, c, key, path, depth);
    }
    map->open = false;
}

static void flatten(struct tree *t, struct flinkconf *c)
{
    char       text[MAX_PATH];
    struct buf path;
    if (t->root == 0 || node_at(t, t->root)->type == NODE_NULL)
        return;
    if (node_at(t, t->root)->type != NODE_MAP) {
        fail(t, WEIR_EINVAL, t->nodes[t->root].line, "not a mapping of keys to values");
        return;
    }
    buf_init(&path, text, sizeof text);
    t->visits = 0;
    walk(t, c, node_at(t, t->root), &path, 0);
}

enum weir_rc flinkconf_load_yaml(struct flinkconf *c, const char *text, size_t len, struct buf *err)
{
    struct tree t = { .err = err };
    build(&t, text, len);
    if (t.rc == WEIR_OK)
        flatten(&t, NULL); /* a fault anywhere: nothing is kept */
    if (t.rc == WEIR_OK)
        flatten(&t, c);
    for (uint32_t i = 0; i < t.count; i++) {
        free(t.nodes[i].text);
        free(t.nodes[i].anchor);
    }
    free(t.nodes);
    return t.rc;
}
