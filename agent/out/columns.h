/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_COLUMNS_H
#define OUT_COLUMNS_H
/* Text made to fit columns of a terminal. It must be fit for one line already (utf8_text), else widths are wrong. */
#include "base/buf.h"

unsigned columns_of(const char *s);
/* s, or its beginning and "..." when it is wider than `columns`; of a few columns only dots are left. */
void columns_cut(struct buf *b, const char *s, unsigned columns);
/* s in at most `lines` lines, broken at blanks and, where a word is longer than a line, inside of it; the last is cut.
 * Lines after the first begin with `indent` blanks, for which `columns` must leave room. No '\n' after the last. */
void columns_wrap(struct buf *b, const char *s, unsigned columns, unsigned indent, unsigned lines);

#endif
