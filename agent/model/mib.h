/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_MIB_H
#define MODEL_MIB_H
/* Bytes in the sentences of this layer, by the one rule of out/figure.h: MiB with one decimal, and what is not 0 but would
 * read 0.0 in a smaller unit. */
#include <stdint.h>

#include "base/buf.h"

void mib_put(struct buf *b, uint64_t bytes);      /* 16.0 MiB, 64.0 KiB, 8 B */
void mib_put_bare(struct buf *b, uint64_t bytes); /* where MiB is understood: 16.0 */
void mib_put_of(struct buf *b, uint64_t part, uint64_t whole); /* 96.0 of 128.0 MiB */

#endif
