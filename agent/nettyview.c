/* SPDX-License-Identifier: Apache-2.0 */
/* nettyview.c: owners of kind native whose stack passes Netty's own caller of malloc, under whatever package it was moved to.
 * Bound: VIEWS owners are looked at. */
#include "nettyview.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/acct.h"

enum { VIEWS = 512 };

static struct {
    size_t            count;
    struct owner_view view[VIEWS];
} me;

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

/* Under the table's lock: copies, no more. What a native library took is not Netty's. */
static void keep(void *unused, const struct owner_view *v)
{
    (void)unused;
    if (v->key.kind == WEIR_KIND_NATIVE && v->key.pile == 0 && v->key.stack != 0 && me.count < VIEWS)
        me.view[me.count++] = *v;
}

struct weir_netty_malloc nettyview_read(void)
{
    struct weir_netty_malloc found = { 0, 0, "" };
    uint64_t                 most = 0;
    struct weir_stack        stack;
    me.count = 0;
    acct_each_owner(keep, NULL);
    for (size_t i = 0; i < me.count; i++) {
        const struct owner_view *v = &me.view[i];
        stacks_get(acct_stacks(), v->key.stack, &stack);
        if (!is_nettys(&stack))
            continue;
        found.bytes += v->bytes;
        found.blocks += v->count;
        if (v->bytes > most)
            found.source = stacks_text(acct_stacks(), v->key.source);
        most = v->bytes > most ? v->bytes : most;
    }
    return found;
}
