/* SPDX-License-Identifier: Apache-2.0 */
/* flinkconf_tabs.c: tabs that SnakeYAML refuses and libyaml lets pass, as in "key:<tab>value".
 * SnakeYAML skips only blanks between tokens, so a tab in such a gap is an error; except behind a plain scalar, whose
 * scan takes the rest of its line, and inside a comment. Within a plain scalar that goes on in further lines a tab must
 * not lead a line. Gaps are found by a scan for tokens; marks count characters, so the text is followed in step. */
#include <string.h>
#include <yaml.h>

#include "model/flinkconf_tree.h"

struct cursor {
    const char *s, *end;
    size_t      index; /* characters before s */
    uint32_t    line;
};

static void step(struct cursor *c)
{
    if (*c->s == '\n' || (*c->s == '\r' && (c->s + 1 == c->end || c->s[1] != '\n')))
        c->line++;
    c->s++;
    while (c->s < c->end && ((unsigned char)*c->s & 0xc0) == 0x80)
        c->s++;
    c->index++;
}

static bool is_break(char ch)
{
    return ch == '\n' || ch == '\r';
}

/* From the end of one token to the start of the next. False: a tab where none may stand. */
static bool cross_gap(struct cursor *c, size_t to, bool after_plain)
{
    bool comment = false;
    while (c->s < c->end && c->index < to) {
        if (is_break(*c->s))
            comment = after_plain = false;
        else if (*c->s == '#')
            comment = true;
        else if (*c->s == '\t' && !comment && !after_plain)
            return false;
        step(c);
    }
    return true;
}

static bool cross_token(struct cursor *c, size_t to, bool plain)
{
    bool leading = false;
    while (c->s < c->end && c->index < to) {
        if (plain && leading && *c->s == '\t')
            return false;
        leading = is_break(*c->s) || (leading && *c->s == ' ');
        step(c);
    }
    return true;
}

static bool is_plain(const yaml_token_t *token)
{
    return token->type == YAML_SCALAR_TOKEN && token->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

void tree_check_tabs(struct tree *t, const char *text, size_t len)
{
    yaml_parser_t parser;
    yaml_token_t  token;
    bool          plain = false, fine = true, more = true;
    struct cursor c = { text, text + len, 0, 1 };
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        c.s += 3;
    if (len >= 2 && ((unsigned char)text[0] >= 0xfe))
        return; /* UTF-16 */
    if (!yaml_parser_initialize(&parser)) {
        tree_fail(t, WEIR_ENOMEM, 0, "no memory");
        return;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    while (more && fine && yaml_parser_scan(&parser, &token)) {
        more = token.type != YAML_STREAM_END_TOKEN;
        fine = cross_gap(&c, token.start_mark.index, plain);
        plain = is_plain(&token);
        fine = fine && cross_token(&c, token.end_mark.index, plain);
        yaml_token_delete(&token);
    }
    bool memory = parser.error == YAML_MEMORY_ERROR;
    yaml_parser_delete(&parser);
    if (memory)
        tree_fail(t, WEIR_ENOMEM, 0, "no memory");
    else if (!fine)
        tree_fail(t, WEIR_EINVAL, c.line, "a tab where only blanks may stand");
}
