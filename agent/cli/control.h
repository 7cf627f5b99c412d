/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H
/* One load of the agent into a JVM: the first one, or a command to the one that is there. */
#include <stdint.h>

struct control {
    int64_t     pid;
    int64_t     timeout_ms;
    const char *command; /* NULL: attach; else a word of the agent's: status, report, ... */
    const char *options; /* "" = none */
    const char *library; /* attach: --lib, or NULL */
    const char *copy;    /* attach: --copy DIR, or NULL */
};

/* Does it; prints the agent's answer, or on stderr one line that says what went wrong. Returns an enum weir_exit. */
int control_run(const struct control *c);

#endif
