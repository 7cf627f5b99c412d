/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OOM_HELD_H
#define OUT_OOM_HELD_H
/* The lines `held` of an OutOfMemoryError's text: threads that ended attempts left behind. */
#include "base/buf.h"
#include "snapshot.h"

void oom_held_put(struct buf *b, const struct weir_oom *oom);

#endif
