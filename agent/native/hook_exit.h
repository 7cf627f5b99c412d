/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVE_HOOK_EXIT_H
#define NATIVE_HOOK_EXIT_H
/* The ways on which HotSpot ends the process without posting VMDeath: its calls of exit, _exit and abort. ExitOnOutOfMemoryError
 * and CrashOnOutOfMemoryError take them before any agent is told of the error; a fatal error of the VM too. */
#include <stdbool.h>

#include "weir.h"

/* Says the text; the process ends as soon as it returns. Any thread, perhaps in a signal handler with locks held by anybody:
 * only what is async-signal-safe. Called at most once, never in a child of fork. */
typedef void hook_exit_say(const char *text);

struct hook_exit_flags { /* the VM's */
    bool exit_on_oom, crash_on_oom;
};

/* Once. With one of the flags on, the VM's writes are looked at as well: before it ends it prints which error it was. On any
 * failure *why says what is missing and the program runs on. */
enum weir_rc hook_exit_install(const char *library, struct hook_exit_flags flags, hook_exit_say *say, const char **why);
/* False: somebody wrote other functions into the slots after us; the JVM may end without a word. */
bool         hook_exit_intact(void);
/* From now on an end is an ordinary one (VM death): the hooks only call through. */
void         hook_exit_shut(void);

#endif
