/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LASTWORDS_H
#define LASTWORDS_H
/* What is said when the JVM ends without VMDeath: one line to the log, one block into the ledger. */
#include <stdint.h>

#include "native/hook_exit.h"
#include "weir.h"

/* Once, with the VM's flags; the books are made. On failure *why says what that costs. */
enum weir_rc lastwords_install(struct hook_exit_flags flags, const char **why);
/* Reporter, once a second: is the way still ours? Says once if not. Keeps what a dying process must not ask for. */
void         lastwords_tick(int64_t wall_ms);

#endif
