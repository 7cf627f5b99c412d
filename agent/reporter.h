/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORTER_H
#define REPORTER_H
/* The one thread of ours: turns events and readings into lines and files. */
#include <jni.h>
#include <stdbool.h>

#include "base/buf.h"
#include "bounds.h"
#include "hooks.h"
#include "model/options.h"
#include "snapshot.h"
#include "weir.h"

struct reporter_config {
    const struct options  *options;
    const struct bounds   *limits;
    enum weir_role         role;
    const char            *jvm;     /* java.vm.version's number: "17.0.15" */
    const char            *dir;     /* output directory, "" none */
    const struct hooks    *hooks;
    void (*serve)(JNIEnv *jni); /* on each wake: what was asked for */
    void (*second)(JNIEnv *jni); /* once a second */
};

/* Starts the thread (live phase); config and what it points to outlive the process. WEIR_EJVM: no thread, nothing is said. */
enum weir_rc reporter_start(JNIEnv *jni, const struct reporter_config *config);
/* From any thread, also inside a hook: there is an event. */
void reporter_wake(void);
/* The reporter's thread, inside serve() or second(). */
void reporter_tell_status(struct buf *out);
void reporter_tell_sheet(struct buf *out);  /* as text; and as a JSON line, reason request */
void reporter_tell_report(struct buf *out); /* the sheet, owners, advice, what was said last */
void reporter_forget_peaks(void);           /* of the rows that are read, not booked */
void reporter_reoption(void);               /* options and limits have changed */
void reporter_pause(void);                  /* a last sheet; then nothing is said until reporter_resume() */
void reporter_resume(void);

enum { REPORTER_BY_MAX = 512 };
/* Last sheet and stop event, then the thread ends; waits for that at most max_ms. by: who ends the JVM, "" unknown. */
void reporter_stop(const char *by, int max_ms);

#endif
