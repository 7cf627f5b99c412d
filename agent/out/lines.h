/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_LINES_H
#define OUT_LINES_H
/* Labelled continuation lines of a report: "  cause   108.0 of 128.0 MiB ...". */
#include "base/buf.h"

/* Begins the line. label "": a further line of the same matter. */
void lines_begin(struct buf *b, const char *label);
/* Foreign text behind a label, made fit for lines of about 150 columns: broken at blanks, never inside a word. */
void lines_text(struct buf *b, const char *label, const char *text);

#endif
