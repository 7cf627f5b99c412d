/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_GUARD_H
#define BASE_GUARD_H
/* Am I already inside a hook of ours on this thread? Suppresses stacks, policy and events of nested calls, never the
 * bookkeeping (DESIGN.md 2, law 5). Initial-exec TLS: the first touch allocates nothing. */
#include <stdbool.h>

/* True if this is the outermost hook; each call is paired with one guard_leave(), whatever it returned. */
bool guard_enter(void);
void guard_leave(void);

#endif
