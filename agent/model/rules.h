/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_RULES_H
#define MODEL_RULES_H
/* A user's attribution lines (option rules=FILE), before the built-in ones: `glob = component` per line, '#' comments.
 * The glob (`*`, `?`) is matched against the code source file name and against the dotted class name. Frames of the JDK
 * itself are never matched, so that `*` means every frame outside the JDK. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "weir.h"

enum { RULES_MAX = 64, RULES_GLOB_MAX = 160 };

struct rules {
    size_t count;
    struct {
        char    glob[RULES_GLOB_MAX];
        uint8_t component;
    } line[RULES_MAX];
};

void rules_init(struct rules *rules);
/* WEIR_EINVAL: err says line number, text and what is accepted; rules is then empty. */
enum weir_rc rules_parse(struct rules *rules, const char *text, size_t len, struct buf *err);
/* First line that matches either name; false if none. An empty source matches nothing. rules may be NULL. */
bool rules_match(const struct rules *rules, const char *class_name, const char *source,
                 enum weir_component *component);
/* Iterative glob match, no recursion; also used for jar names. */
bool rules_glob(const char *glob, const char *text);

#endif
