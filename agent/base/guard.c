/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c: the nesting depth of our hooks on this thread; 4 bytes of the 64 that all our TLS may take. */
#include "base/guard.h"

static _Thread_local unsigned depth __attribute__((tls_model("initial-exec")));

bool guard_enter(void)
{
    return depth++ == 0;
}

void guard_leave(void)
{
    depth--;
}
