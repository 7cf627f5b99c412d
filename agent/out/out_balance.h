/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_BALANCE_H
#define OUT_OUT_BALANCE_H
/* The balance sheet: resident memory line by line, the allocator, the container and the processes below. */
#include "base/buf.h"
#include "out/json.h"
#include "snapshot.h"

/* Lines, each after a line break. */
void out_balance_text(struct buf *b, const struct weir_sheet *sheet);
/* "balance":{...}; "container":{...}; "children":{...}; "allocator":{...} */
void out_balance_json(struct json *j, const struct weir_sheet *sheet);

/* What a breach of the container says: its first line, and those below. */
void out_container_headline(struct buf *b, const struct weir_breach *breach);
void out_container_more(struct buf *b, const struct weir_breach *breach);

/* A line of the sheet: enum weir_component, or WEIR_COMPONENT_COUNT + enum weir_part or weir_line. */
enum { OUT_LINES = (int)WEIR_COMPONENT_COUNT + (int)WEIR_LINE_COUNT };
const char *out_line(uint32_t line);  /* the id: task.off-heap, java-heap, residual */
const char *out_line_words(uint32_t line);
const char *out_allocator(enum weir_allocator_kind kind);

#endif
