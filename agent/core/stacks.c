/* SPDX-License-Identifier: Apache-2.0 */
/* stacks.c: three intern tables: texts, frames made of text ids, stacks made of frame ids.
 * Bound: 8 MiB of text (65,536 names), 131,072 frames, 32,768 stacks in 8 MiB; touched as used. Hidden classes lose their
 * per-class suffix before they come here (jvm/frames), so generated code does not fill the tables.
 * C++ functions are stored by their symbols, since inside a hook nothing can be demangled; what is shown in place of one is
 * interned too, and the last ones of SHOWN are remembered. */
#include "core/stacks.h"

#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "core/intern.h"
#include "base/poison.h"

enum { NAME_BYTES = 8 << 20, NAMES = 1 << 16, FRAMES = 1 << 17, FRAME_BYTES = FRAMES * 24, STACKS = 1 << 15,
       STACK_BYTES = 8 << 20, NAME_MAX_LEN = 512, SHOWN = 1024 };

struct frame {
    uint32_t class_name, method, file;
    int32_t  line;
};

struct stacks {
    struct intern  *names, *frames, *stacks;
    bool          (*demangle)(const char *name, char *out, size_t cap);
    _Atomic uint64_t shown[SHOWN]; /* by name: name << 32 | what is shown for it */
};

enum weir_rc stacks_new(struct stacks **out)
{
    struct stacks *s = arena_map(sizeof *s);
    if (s == NULL)
        return WEIR_ENOMEM;
    if (intern_new(&s->names, NAME_BYTES, NAMES) != WEIR_OK || intern_new(&s->frames, FRAME_BYTES, FRAMES) != WEIR_OK ||
        intern_new(&s->stacks, STACK_BYTES, STACKS) != WEIR_OK) {
        stacks_delete(s);
        return WEIR_ENOMEM;
    }
    *out = s;
    return WEIR_OK;
}

void stacks_delete(struct stacks *s)
{
    if (s->names != NULL)
        intern_delete(s->names);
    if (s->frames != NULL)
        intern_delete(s->frames);
    if (s->stacks != NULL)
        intern_delete(s->stacks);
    arena_unmap(s, sizeof *s);
}

uint32_t stacks_name(struct stacks *s, const char *name, size_t len)
{
    char text[NAME_MAX_LEN + 1];
    if (len > NAME_MAX_LEN)
        len = NAME_MAX_LEN;
    memcpy(text, name, len);
    text[len] = '\0';
    return intern_put(s->names, text, (uint32_t)len + 1);
}

uint32_t stacks_frame(struct stacks *s, uint32_t class_name, uint32_t method, uint32_t file, int32_t line)
{
    struct frame f = { class_name, method, file, line };
    return intern_put(s->frames, &f, sizeof f);
}

uint32_t stacks_put(struct stacks *s, const uint32_t *frames, size_t count)
{
    return intern_put(s->stacks, frames, (uint32_t)(count * sizeof *frames));
}

const char *stacks_text(const struct stacks *s, uint32_t name)
{
    return name == 0 ? "" : intern_get(s->names, name, NULL);
}

void stacks_demangler(struct stacks *s, bool (*demangle)(const char *name, char *out, size_t cap))
{
    s->demangle = demangle;
}

/* In place of a native function's name. */
static uint32_t shown(struct stacks *s, uint32_t name)
{
    char     text[NAME_MAX_LEN + 1];
    uint32_t id = name;
    uint64_t known = atomic_load_explicit(&s->shown[name % SHOWN], memory_order_relaxed);
    if (s->demangle == NULL || name == 0)
        return name;
    if (known >> 32 == name)
        return (uint32_t)known;
    if (s->demangle(stacks_text(s, name), text, sizeof text))
        id = stacks_name(s, text, strlen(text));
    id = id != 0 ? id : name; /* the table is full */
    atomic_store_explicit(&s->shown[name % SHOWN], (uint64_t)name << 32 | id, memory_order_relaxed);
    return id;
}

static struct weir_frame frame_get(struct stacks *s, uint32_t id, bool show)
{
    static const struct frame unknown;
    const struct frame *f = id == 0 ? &unknown : intern_get(s->frames, id, NULL);
    uint32_t method = show && f->line == WEIR_LINE_NATIVE ? shown(s, f->method) : f->method;
    return (struct weir_frame){ stacks_text(s, f->class_name), stacks_text(s, method), stacks_text(s, f->file), f->line };
}

static void get(struct stacks *s, uint32_t stack, bool show, struct weir_stack *out)
{
    uint32_t bytes = 0;
    const uint32_t *ids = stack == 0 ? NULL : intern_get(s->stacks, stack, &bytes);
    out->count = 0;
    for (uint32_t i = 0; i < bytes / sizeof *ids && i < WEIR_MAX_DEPTH; i++)
        out->frames[out->count++] = frame_get(s, ids[i], show);
}

void stacks_get(struct stacks *s, uint32_t stack, struct weir_stack *out)
{
    get(s, stack, false, out);
}

void stacks_show(struct stacks *s, uint32_t stack, struct weir_stack *out)
{
    get(s, stack, true, out);
}

uint64_t stacks_dropped(const struct stacks *s)
{
    return intern_dropped(s->names) + intern_dropped(s->frames) + intern_dropped(s->stacks);
}
