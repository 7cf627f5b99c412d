/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OOM_POOL_H
#define OUT_OOM_POOL_H
/* The lower part of an OutOfMemoryError report: where all the memory is, and how far the figures can be trusted. */
#include "base/buf.h"
#include "model/oomsum.h"
#include "snapshot.h"

/* The direct pool and its rows, aligned. */
void oom_pool_table(struct buf *b, const struct weir_oom *oom, const struct oomsum *s);
/* What the direct pool does not bound. */
void oom_pool_outside(struct buf *b, const struct weir_sheet *sheet);
/* Every row that is measured: for pools that we do not judge. */
void oom_pool_rows(struct buf *b, const struct weir_sheet *sheet);
/* What was lost, and whether java.nio.Bits counts the same. */
void oom_pool_trust(struct buf *b, const struct weir_oom *oom);

#endif
