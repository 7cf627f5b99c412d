/* SPDX-License-Identifier: Apache-2.0 */
/* out_native.c: see out_native.h. */
#include "out/out_native.h"

#include <inttypes.h>

#include "out/figure.h"
#include "out/out.h"
#include "out/utf8.h"

#include "base/poison.h"

enum { SHOWN = 4, NAME = 256, NOTE = 256 };

static void library_json(struct json *j, const struct weir_library *l)
{
    json_object(j, NULL);
    json_string(j, "name", l->name);
    json_string(j, "component", out_component(l->component));
    json_string(j, "why", l->why);
    json_unsigned(j, "bytes", l->bytes);
    json_unsigned(j, "blocks", l->blocks);
    json_unsigned(j, "peak", l->peak);
    json_bool(j, "unloaded", l->unloaded);
    json_object_end(j);
}

void out_native_json(struct json *j, const struct weir_native *n)
{
    if (!n->known)
        return;
    json_object(j, "native");
    json_unsigned(j, "hooked", n->libraries);
    json_unsigned(j, "slots", n->slots);
    json_unsigned(j, "left_out", n->left_out);
    json_unsigned(j, "bytes", n->bytes);
    json_unsigned(j, "blocks", n->blocks);
    json_unsigned(j, "unknown_frees", n->unknown_frees);
    if (n->trouble != NULL)
        json_string(j, "trouble", n->trouble);
    json_array(j, "libraries");
    for (size_t i = 0; i < n->count && i < WEIR_TOP_LIBRARIES; i++)
        library_json(j, &n->library[i]);
    json_array_end(j);
    json_object_end(j);
}

static void library_text(struct buf *b, const struct weir_library *l)
{
    buf_puts(b, "\n         ");
    utf8_text(b, l->name, false);
    buf_puts(b, " ");
    figure_bytes(b, l->bytes);
    buf_puts(b, " in ");
    figure_count(b, l->blocks, "block");
    buf_puts(b, ", at most ");
    figure_bare(b, l->peak);
    buf_printf(b, "; %s: %s%s", out_component(l->component), l->why, l->unloaded ? "; unloaded, this is left" : "");
}

/* Silence where nothing was ever loaded. */
void out_native_text(struct buf *b, const struct weir_native *n)
{
    if (!n->known || (n->libraries == 0 && n->bytes == 0 && n->left_out == 0))
        return;
    buf_puts(b, "\nnative   ");
    figure_bytes(b, n->bytes);
    buf_puts(b, " in ");
    figure_count(b, n->blocks, "block");
    buf_printf(b, " of %u %s", n->libraries, n->libraries == 1 ? "library" : "libraries");
    if (n->left_out != 0)
        buf_printf(b, "; %u more cannot be counted", n->left_out);
    if (n->trouble != NULL)
        buf_printf(b, "; %s", n->trouble);
    for (size_t i = 0; i < n->count && i < SHOWN; i++)
        library_text(b, &n->library[i]);
}

static const char *component_name(uint32_t i)
{
    return out_component((enum weir_component)i);
}

static void library_wire(struct wire *w, struct weir_library *l)
{
    wire_text(w, &l->name, NAME);
    wire_text(w, &l->why, NOTE);
    uint32_t c = wire_word(w, l->component, component_name, WEIR_COMPONENT_COUNT);
    l->component = c < WEIR_COMPONENT_COUNT ? (enum weir_component)c : WEIR_UNDECIDED;
    wire_bool(w, &l->unloaded);
    wire_u64(w, &l->bytes);
    wire_u64(w, &l->blocks);
    wire_u64(w, &l->peak);
}

void out_native_wire(struct wire *w, struct weir_native *n)
{
    bool trouble = n->trouble != NULL;
    wire_bool(w, &n->known);
    if (!n->known)
        return;
    wire_u32(w, &n->libraries);
    wire_u32(w, &n->slots);
    wire_u32(w, &n->left_out);
    wire_u64(w, &n->bytes);
    wire_u64(w, &n->blocks);
    wire_u64(w, &n->unknown_frees);
    wire_bool(w, &trouble);
    if (trouble)
        wire_text(w, &n->trouble, NOTE);
    else if (w->reading)
        n->trouble = NULL;
    n->count = wire_below(w, (uint32_t)n->count, WEIR_TOP_LIBRARIES + 1);
    for (size_t i = 0; i < n->count && !w->bad; i++)
        library_wire(w, &n->library[i]);
}
