/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROL_H
#define CONTROL_H
/* Commands to a running agent (DESIGN.md 6 and 8): asked on the thread that loads the agent once more, done on the reporter's
 * thread, which owns all state. And the file weir.off in the output directory, which does as `stop` does. */
#include <jni.h>
#include <stdbool.h>

#include "base/buf.h"
#include "bounds.h"
#include "hooks.h"
#include "model/options.h"
#include "model/policy.h"
#include "weir.h"

struct control_config { /* outlives the process's hooks */
    struct options       *options;
    struct bounds        *limits;
    struct policy_limits *policy;
    struct hooks         *hooks;
    const char           *dir; /* output directory */
};

void control_init(const struct control_config *config);
/* Does this option string name a command? */
bool control_is_command(const char *text);
/* Any thread but the reporter's; waits for the answer, at most 10 s. The answer is what is to be printed, or the error. */
enum weir_attach control_ask(const char *text, struct buf *answer);

/* The reporter's thread: does what was asked; and once a second looks for weir.off. */
void control_serve(JNIEnv *jni);
void control_tick(JNIEnv *jni);

#endif
