/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORTER_H
#define REPORTER_H
/* The one thread of ours: turns events and readings into lines and files. */
#include <jni.h>
#include <stdbool.h>

#include "say.h"
#include "weir.h"

struct reporter_config {
    struct say_config say;
    void (*serve)(JNIEnv *jni);  /* on each wake: what was asked for */
    void (*second)(JNIEnv *jni); /* once a second */
};

/* Starts the thread (live phase); config and what it points to outlive the process. WEIR_EJVM: no thread, nothing is said. */
enum weir_rc reporter_start(JNIEnv *jni, const struct reporter_config *config);
/* From any thread, also inside a hook: there is an event. */
void reporter_wake(void);
/* The reporter's thread, inside serve() or second(). */
void reporter_reoption(void); /* options and limits have changed */
void reporter_pause(void);    /* a last sheet; then nothing is said until reporter_resume() */
void reporter_resume(void);

/* Last sheet and stop event, then the thread ends; waits for that at most max_ms, and oom_ms more while an OutOfMemoryError is being
 * explained: what ends a TaskManager is most often just that. by: who ends the JVM, "" unknown. */
void reporter_stop(const char *by, int max_ms, int oom_ms);

#endif
