/* SPDX-License-Identifier: Apache-2.0 */
/* flinkconf_tree.c: libyaml's events to a tree, with the types and refusals of SnakeYAML Engine 2.6 (Flink's parser).
 * Bound: MAX_NODES, FLINKCONF_TREE_DEPTH, MAX_ALIASES; beyond them the file is refused.
 * Known to differ, none of it likely in a configuration: libyaml breaks lines at U+0085, U+2028 and U+2029; takes only
 * letters, digits, - and _ in an anchor; refuses unknown % directives, a byte order mark inside the text, "key:{" in a
 * flow mapping and a block scalar that begins with a tab; and drops the tag `!`, which makes a string of a number. */
#include "model/flinkconf_tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "model/flinkconf.h"
#include "model/flinkconf_scalar.h"

enum {
    MAX_NODES = 1 << 17,
    MAX_ALIASES = 50 /* of collections; SnakeYAML's own limit */
};

void tree_fail(struct tree *t, enum weir_rc rc, uint32_t line, const char *what)
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

struct node *tree_node(struct tree *t, uint32_t i)
{
    return &t->nodes[t->nodes[i].target];
}

static uint32_t new_node(struct tree *t, enum node_type type, uint32_t line)
{
    if (t->count == t->cap) {
        uint32_t     cap = t->cap == 0 ? 256 : t->cap * 2;
        struct node *nodes = cap > MAX_NODES ? NULL : realloc(t->nodes, cap * sizeof *nodes);
        if (nodes == NULL) {
            tree_fail(t, cap > MAX_NODES ? WEIR_EINVAL : WEIR_ENOMEM, line,
                      "too much for one configuration file");
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
        tree_fail(t, WEIR_ENOMEM, line, "no memory");
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
    { YAML_STR_TAG, NODE_STRING, true },    { YAML_INT_TAG, NODE_INT, true },
    { YAML_FLOAT_TAG, NODE_FLOAT, true },   { YAML_BOOL_TAG, NODE_BOOL, true },
    { YAML_NULL_TAG, NODE_NULL, true },     { "tag:yaml.org,2002:binary", NODE_OPAQUE, true },
    { "!ENV_VARIABLE", NODE_STRING, true }, { YAML_SEQ_TAG, NODE_SEQ, false },
    { YAML_MAP_TAG, NODE_MAP, false },      { "tag:yaml.org,2002:set", NODE_OPAQUE, false },
};

/* The type an explicit tag names, for a scalar or for the collection `type`. */
static enum node_type tagged(struct tree *t, const yaml_char_t *tag, bool scalar,
                             enum node_type type, uint32_t line)
{
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (strcmp(tags[i].tag, (const char *)tag) != 0)
            continue;
        if (tags[i].type == NODE_NULL)
            return NODE_NULL;
        bool fits =
            tags[i].scalar == scalar && (scalar || tags[i].type == type || type == NODE_MAP);
        if (fits && !(type == NODE_MAP && tags[i].type == NODE_SEQ))
            return tags[i].type;
    }
    tree_fail(t, WEIR_EINVAL, line, "a tag that Flink's parser does not take here");
    return type;
}

static enum node_type type_of(enum flinkconf_scalar s)
{
    switch (s) {
    case FLINKCONF_SCALAR_INT: return NODE_INT;
    case FLINKCONF_SCALAR_FLOAT: return NODE_FLOAT;
    case FLINKCONF_SCALAR_BOOL: return NODE_BOOL;
    case FLINKCONF_SCALAR_NULL: return NODE_NULL;
    case FLINKCONF_SCALAR_STRING: break;
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
    char                               text[FLINKCONF_TEXT_CAP + 256];
    struct buf                         out;
    static const enum flinkconf_scalar scalars[] = {
        [NODE_INT] = FLINKCONF_SCALAR_INT, [NODE_FLOAT] = FLINKCONF_SCALAR_FLOAT, [NODE_BOOL] = FLINKCONF_SCALAR_BOOL
    };
    if (n->text == NULL || (n->type != NODE_INT && n->type != NODE_FLOAT && n->type != NODE_BOOL))
        return;
    if (n->type == NODE_BOOL && !is_bool_word(n->text)) {
        n->type = NODE_NULL; /* `!!bool x` is null to it */
        return;
    }
    buf_init(&out, text, sizeof text);
    if (flinkconf_scalar_convert(scalars[n->type], n->text, &out) != WEIR_OK) {
        tree_fail(t, WEIR_EINVAL, n->line, "a number that Flink's parser cannot convert");
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

static void on_start(struct tree *t, enum node_type type, const yaml_char_t *tag,
                     const yaml_char_t *anchor, uint32_t line)
{
    if (t->depth == FLINKCONF_TREE_DEPTH) {
        tree_fail(t, WEIR_EINVAL, line, "nested too deeply");
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

/* The latest node with this anchor, 0 when there is none. */
static uint32_t find_anchor(const struct tree *t, const char *name)
{
    for (uint32_t i = t->count; i > 1; i--)
        if (t->nodes[i - 1].anchor != NULL && strcmp(t->nodes[i - 1].anchor, name) == 0)
            return i - 1;
    return 0;
}

static void on_alias(struct tree *t, const yaml_char_t *name, uint32_t line)
{
    uint32_t target = find_anchor(t, (const char *)name);
    if (target == 0) {
        tree_fail(t, WEIR_EINVAL, line, "an alias without its anchor");
        return;
    }
    if (t->nodes[target].text == NULL && ++t->aliases > MAX_ALIASES)
        tree_fail(t, WEIR_EINVAL, line, "more than 50 aliases of collections");
    uint32_t i = new_node(t, NODE_NULL, line);
    if (i == 0)
        return;
    t->nodes[i].target = target;
    attach(t, i);
}

struct key {
    const struct node *node;
};

static int compare_keys(const void *a, const void *b)
{
    const struct node *x = ((const struct key *)a)->node, *y = ((const struct key *)b)->node;
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    return x->type == NODE_NULL ? 0 : strcmp(x->text, y->text);
}

static uint32_t next_key(const struct tree *t, uint32_t key)
{
    return t->nodes[t->nodes[key].next].next;
}

/* Equal keys in one mapping; keys that are collections are not compared. */
static void check_duplicates(struct tree *t, uint32_t map)
{
    size_t count = 0, n = 0;
    for (uint32_t i = t->nodes[map].first; i != 0; i = next_key(t, i))
        count++;
    struct key *keys = count > 1 ? malloc(count * sizeof *keys) : NULL;
    if (keys == NULL) {
        if (count > 1)
            tree_fail(t, WEIR_ENOMEM, t->nodes[map].line, "no memory");
        return;
    }
    for (uint32_t i = t->nodes[map].first; i != 0; i = next_key(t, i))
        if (tree_node(t, i)->text != NULL)
            keys[n++].node = tree_node(t, i);
    qsort(keys, n, sizeof *keys, compare_keys);
    for (size_t i = 1; i < n; i++) {
        uint32_t line = keys[i].node->line, before = keys[i - 1].node->line;
        if (compare_keys(&keys[i - 1], &keys[i]) == 0)
            tree_fail(t, WEIR_EINVAL, line > before ? line : before,
                      "the same key twice in one mapping");
    }
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
        tree_fail(t, WEIR_EINVAL, line, "a second document");
}

/* One event into the tree. False: the stream has ended. */
static bool on_event(struct tree *t, const yaml_event_t *e)
{
    uint32_t line = (uint32_t)e->start_mark.line + 1;
    switch (e->type) {
    case YAML_STREAM_END_EVENT: return false;
    case YAML_DOCUMENT_START_EVENT: on_document(t, line); break;
    case YAML_SCALAR_EVENT: on_scalar(t, e, line); break;
    case YAML_ALIAS_EVENT: on_alias(t, e->data.alias.anchor, line); break;
    case YAML_SEQUENCE_START_EVENT:
        on_start(t, NODE_SEQ, e->data.sequence_start.tag, e->data.sequence_start.anchor, line);
        break;
    case YAML_MAPPING_START_EVENT:
        on_start(t, NODE_MAP, e->data.mapping_start.tag, e->data.mapping_start.anchor, line);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: on_end(t, e->type == YAML_MAPPING_END_EVENT); break;
    default: break;
    }
    return true;
}

static void read_events(struct tree *t, const char *text, size_t len)
{
    yaml_parser_t parser;
    yaml_event_t  event;
    bool          more = true;
    if (!yaml_parser_initialize(&parser)) {
        tree_fail(t, WEIR_ENOMEM, 0, "no memory");
        return;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    while (more && t->rc == WEIR_OK) {
        if (!yaml_parser_parse(&parser, &event)) {
            tree_fail(t, parser.error == YAML_MEMORY_ERROR ? WEIR_ENOMEM : WEIR_EINVAL,
                      (uint32_t)parser.problem_mark.line + 1,
                      parser.problem != NULL ? parser.problem : "not YAML");
            break;
        }
        more = on_event(t, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

enum weir_rc tree_build(struct tree *t, const char *text, size_t len)
{
    read_events(t, text, len);
    if (t->rc == WEIR_OK)
        tree_check_tabs(t, text, len);
    return t->rc;
}

void tree_free(struct tree *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        free(t->nodes[i].text);
        free(t->nodes[i].anchor);
    }
    free(t->nodes);
}
