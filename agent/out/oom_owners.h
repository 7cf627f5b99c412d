/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OOM_OWNERS_H
#define OUT_OOM_OWNERS_H
/* Who holds the memory, in an OutOfMemoryError report. */
#include <stdbool.h>

#include "base/buf.h"
#include "snapshot.h"

/* Lines `by`: of a direct pool its budget's owners, of other pools all. What attempts of one vertex took at one place is one
 * owner here. leak: those of ended attempts come first. */
void oom_owners_put(struct buf *b, const struct weir_oom *oom, bool leak);
/* The frame that decided the biggest owner of an ended attempt; NULL where none is known. */
const struct weir_frame *oom_owners_leaking_frame(const struct weir_oom *oom);

#endif
