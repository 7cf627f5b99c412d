/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_DIAGNOSE_NETTY_H
#define MODEL_DIAGNOSE_NETTY_H
/* Direct memory beside what java.nio.Bits counts: Netty's own limit, Unsafe and foreign memory (users.md A3, 4). */
#include "snapshot.h"

/* The verdict on an OutOfDirectMemoryError of Netty. */
void diagnose_netty(struct weir_oom *oom);
/* What task.off-heap holds outside MaxDirectMemorySize, if it is worth a line. */
void diagnose_uncounted(struct weir_oom *oom);

#endif
