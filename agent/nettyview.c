/* SPDX-License-Identifier: Apache-2.0 */
/* nettyview.c: owners of kind native whose stack passes Netty's own caller of malloc, under whatever package it was moved to. */
#include "nettyview.h"

#include <string.h>

#include "core/acct.h"

struct search {
    struct weir_netty_malloc found;
    uint64_t                 most;
};

static bool is_nettys(const struct weir_stack *stack)
{
    static const char name[] = ".CleanerJava24Linker";
    enum { LENGTH = sizeof name - 1, FIRST = 16 };
    for (uint16_t i = 0; i < stack->count && i < FIRST; i++) {
        size_t len = strlen(stack->frames[i].class_name);
        if (len > LENGTH && strcmp(stack->frames[i].class_name + len - LENGTH, name) == 0)
            return true;
    }
    return false;
}

static void look_at(void *with, const struct owner_view *v)
{
    struct search    *s = with;
    struct weir_stack stack;
    if (v->key.kind != WEIR_KIND_NATIVE || v->key.stack == 0)
        return;
    stacks_get(acct_stacks(), v->key.stack, &stack);
    if (!is_nettys(&stack))
        return;
    s->found.bytes += v->bytes;
    s->found.blocks += v->count;
    if (v->bytes > s->most)
        s->found.source = stacks_text(acct_stacks(), v->key.source);
    s->most = v->bytes > s->most ? v->bytes : s->most;
}

struct weir_netty_malloc nettyview_read(void)
{
    struct search s = { { 0, 0, "" }, 0 };
    acct_each_owner(look_at, &s);
    return s.found;
}
