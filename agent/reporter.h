/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORTER_H
#define REPORTER_H
/* The one thread of ours: turns events and readings into lines and files. */
#include <jni.h>
#include <stdbool.h>

#include "bounds.h"
#include "model/options.h"
#include "snapshot.h"
#include "weir.h"

struct reporter_config {
    const struct options  *options;
    const struct bounds   *limits;
    enum weir_role         role;
    const char            *jvm;     /* java.vm.version's number: "17.0.15" */
    const char            *dir;     /* output directory, "" none */
    bool                   counting; /* false: no hook is in, its rows are not measured */
    bool                   mapped;   /* hooks book the row `mapped` */
    size_t                 hook_count;
    struct weir_hook_state hooks[WEIR_MAX_HOOKS];
};

/* Starts the thread (live phase); config and what it points to outlive the process. WEIR_EJVM: no thread, nothing is said. */
enum weir_rc reporter_start(JNIEnv *jni, const struct reporter_config *config);
/* From any thread, also inside a hook: there is an event. */
void reporter_wake(void);
enum { REPORTER_BY_MAX = 512 };
/* Last sheet and stop event, then the thread ends; waits for that at most max_ms. by: who ends the JVM, "" unknown. */
void reporter_stop(const char *by, int max_ms);

#endif
