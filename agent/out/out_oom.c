/* SPDX-License-Identifier: Apache-2.0 */
/* out_oom.c: the text of an OutOfMemoryError (DESIGN.md 7): what was asked by whom, where it stood, who holds the memory. */
#include <inttypes.h>

#include "out/figure.h"
#include "out/out.h"
#include "out/owner.h"
#include "out/parts.h"
#include "out/utf8.h"

#include "base/poison.h"

static void put_line(struct buf *b, const char *label)
{
    buf_printf(b, "\n  %-8s", label);
}

static void put_head(struct buf *b, const struct weir_oom *oom)
{
    buf_puts(b, out_oom_pool(oom->pool));
    buf_puts(b, " OutOfMemoryError [oom ");
    buf_printf(b, "%" PRIu64 "]", oom->number);
    if (oom->message[0] != '\0') {
        put_line(b, "message");
        utf8_text(b, oom->message, false);
    }
    put_line(b, "victim");
    buf_puts(b, "\"");
    utf8_text(b, oom->thread, true);
    buf_puts(b, "\"");
    owner_job(b, &oom->attempt);
    if (oom->requested != 0) {
        buf_puts(b, " asked ");
        figure_bytes(b, oom->requested);
    }
}

static void put_stack(struct buf *b, const struct weir_stack *stack)
{
    for (int i = 0; i < stack->count && i < WEIR_MAX_DEPTH; i++) {
        buf_puts(b, "\n    at ");
        parts_frame(b, &stack->frames[i]);
        if (i == stack->decider)
            owner_source(b, stack->source);
    }
}

static void put_rows(struct buf *b, const struct weir_sheet *sheet)
{
    bool first = true;
    put_line(b, "rows");
    for (int i = 0; i < WEIR_COMPONENT_COUNT; i++) {
        const struct weir_row *row = &sheet->rows[i];
        if (!row->present || !row->measured)
            continue;
        parts_comma(b, &first);
        buf_puts(b, out_component((enum weir_component)i));
        buf_puts(b, " ");
        parts_row(b, row);
    }
}

void out_text_oom(struct buf *b, const struct weir_oom *oom)
{
    put_head(b, oom);
    put_stack(b, &oom->stack);
    put_rows(b, &oom->sheet);
    for (size_t i = 0; i < oom->sheet.owner_count && i < WEIR_TOP_OWNERS; i++) {
        const struct weir_owner *owner = &oom->sheet.owners[i];
        put_line(b, "owner");
        owner_line(b, owner, 0);
    }
}
