/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_H
#define OUT_OUT_H
/* Snapshots to bytes (DESIGN.md 7). No file, no clock, no JVM. A JSON object is one line ending in '\n'; when it does
 * not fit the buffer, buf.cut is set and the caller drops and counts it. Text lines carry no log4j prefix (base/log adds
 * it); the first line is the message, further lines are continuation lines; no '\n' after the last. All names are from
 * include/weir.h. */
#include "base/buf.h"
#include "snapshot.h"

const char *out_component(enum weir_component component);
const char *out_kind(enum weir_kind kind);
const char *out_pool(enum weir_pool pool);
const char *out_level(enum weir_level level);
const char *out_mode(enum weir_mode mode);
const char *out_role(enum weir_role role);
const char *out_oom_pool(enum weir_oom_pool pool);
const char *out_attempt_state(enum weir_attempt_state state);

void out_json_start(struct buf *b, const struct weir_header *h, const struct weir_start *start);
void out_json_sheet(struct buf *b, const struct weir_header *h, const char *reason,
                    const struct weir_sheet *sheet);
void out_json_breach(struct buf *b, const struct weir_header *h, const struct weir_breach *breach);
void out_json_oom(struct buf *b, const struct weir_header *h, const struct weir_oom *oom);
void out_json_attempt(struct buf *b, const struct weir_header *h, const struct weir_attempt_event *event);
/* by: who ended it, "" unknown */
void out_json_stop(struct buf *b, const struct weir_header *h, const char *reason, const char *by);

void out_text_start(struct buf *b, const struct weir_start *start);
void out_text_breach(struct buf *b, const struct weir_breach *breach);
void out_text_oom(struct buf *b, const struct weir_oom *oom);
void out_text_stop(struct buf *b, const char *reason, const struct weir_sheet *sheet);

#endif
