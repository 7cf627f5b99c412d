/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_ATTACH_H
#define CLI_ATTACH_H
/* HotSpot's attach protocol, version 1 (JDK 8 to 25), from the outside: no JVM, no jcmd, no setns. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "cli/jvmproc.h"
#include "model/attachreply.h"

enum { ATTACH_ARGUMENT_MAX = 1024, ATTACH_PAUSE_MS = 20 };

/* SIGINT, SIGTERM and SIGHUP end what waits, so that no file stays behind. */
void attach_catch_signals(void);
bool attach_interrupted(void);
/* Sleeps a step; false when the time is over or a signal came. deadline: clock_mono_ms(). */
bool attach_pause(int64_t deadline);

/* Waits until p is a JVM that can be attached to. p->pid is set; the rest is filled. False: why it never will be, or was not
 * in time, as one line that says what to do. No signal is sent and nothing is touched. */
bool attach_ready(struct jvmproc *p, int64_t deadline, struct buf *why);
/* The process's /tmp as a descriptor (that of its own mount namespace), and its root; false: why. */
bool attach_open(const struct jvmproc *p, int *root, int *tmp, struct buf *why);
/* Asks the JVM to load library (its path there) with these options. To be called with the JVM's ids, after attach_ready.
 * False: it could not be asked, or gave no answer in time: why. */
bool attach_load(struct jvmproc *p, int tmp, const char *library, const char *options,
                 int64_t deadline, enum attachreply_kind *kind, int32_t *code, struct buf *why);

#endif
