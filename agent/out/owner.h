/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OWNER_H
#define OUT_OWNER_H
/* Who holds memory, as text on one line. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "snapshot.h"

/* "  [leak.jar]", nothing for ""; an uploaded job jar is named by its SHA-1. */
void owner_source(struct buf *b, const char *source);
/* " of job orders (5f1c..9e2a)"; nothing where no attempt is known. */
void owner_job(struct buf *b, const struct weir_attempt *attempt);
/* Only the job is known, by the code that ran: the thread serves no attempt that weir knows. */
bool owner_is_jobs_code(const struct weir_attempt *attempt);
/* Bytes, kind, blocks, deciding frame, source, attempt. whole: bytes of its component, 0 where unknown; an owner that
 * outgrew it since gets no percentage. */
void owner_line(struct buf *b, const struct weir_owner *owner, uint64_t whole);

#endif
