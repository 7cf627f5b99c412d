/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_DIAGNOSE_NETTY_H
#define MODEL_DIAGNOSE_NETTY_H
/* Direct memory beside what java.nio.Bits counts: Netty's own limit, Unsafe and foreign memory (users.md A3, 4). */
#include <stdbool.h>

#include "snapshot.h"

/* The verdict on an OutOfDirectMemoryError of Netty. */
void diagnose_netty(struct weir_oom *oom);
/* What Netty took by its own malloc ("netty-malloc"). False: too little to say. */
bool diagnose_netty_malloc(struct weir_diagnosis *d, const struct weir_sheet *sheet);
/* What task.off-heap holds outside MaxDirectMemorySize, if it is worth a line. */
void diagnose_uncounted(struct weir_oom *oom);

#endif
