/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_FLINK19_H
#define OUT_OUT_FLINK19_H
/* A process of before the unified memory model, to text and JSON. */
#include "base/buf.h"
#include "model/flink19.h"

/* Ends in '\n'. */
void out_flink19_text(struct buf *b, const struct flink19 *m);
/* One object, no '\n'. */
void out_flink19_json(struct buf *b, const struct flink19 *m);

#endif
