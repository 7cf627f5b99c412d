/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SAY_H
#define SAY_H
/* What is said: events, sheets, answers to commands. The reporter's thread only. */
#include <jni.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "bounds.h"
#include "hooks.h"
#include "model/options.h"
#include "model/policy.h"
#include "snapshot.h"
#include "weir.h"

struct say_config {
    const struct options *options;
    const struct bounds  *limits;
    enum weir_role        role;
    const char           *jvm; /* java.vm.version's number: "17.0.15" */
    const char           *dir; /* output directory, "" none */
    const struct hooks   *hooks;
};

enum { SAY_BY_MAX = 512 };

/* Opens log, JSON and black box, says the start event and what an earlier JVM left. config and what it points to outlive the
 * process. First of all. */
void say_start(JNIEnv *jni, const struct say_config *config);
/* Last sheet and stop event. by: who ends the JVM, "" unknown. */
void say_stop(const char *by);

/* All that hooks asked for since the last call. */
void say_events(void);
/* Any thread: is an OutOfMemoryError being explained just now? Some take collections, so a second or two. */
bool say_explains(void);
/* A line about a row that only the reporter reads, or the budget's slope; level NONE: nothing. limit NULL: the row's own. */
void say_row(const struct policy_verdict *v, enum weir_component c, enum weir_kind kind, uint64_t used,
             const struct weir_limit *limit);
/* A level of threads, as threadview_figures() has them; level NONE: nothing. used and limit are counts. */
/* Native objects, or what they keep, were left: the line is what the diagnosis says. */
void say_handles_left(const struct policy_verdict *v, const struct weir_diagnosis *d);
void say_threads(const struct policy_verdict *v, uint64_t used, const struct weir_limit *limit);
/* A level of the container, as the last sheet has it; NONE: nothing. */
void say_container(const struct policy_verdict *v);
/* Free memory that the allocator keeps, once for each time that it is found. */
void say_retention(void);
/* Memory of ended attempts that outlived collections, about the biggest of its owners (at least one). */
void say_survived(const struct policy_verdict *v, const struct weir_survived *survived, const struct weir_owner *owners,
                  size_t owner_count);
/* Class loaders of ended jobs that outlived collections. */
void say_leaked_loaders(const struct policy_verdict *v, const struct weir_survived *survived);
/* A sheet into the JSON lines: "interval", "request", "exit". */
void say_sheet(const char *reason);
/* A sheet into the ledger; returned until the next call of anything here. */
const struct weir_sheet *say_to_blackbox(void);

/* What commands ask for. */
void say_tell_status(struct buf *out);
void say_tell_sheet(struct buf *out);  /* as text; and as a JSON line, reason request */
void say_tell_report(struct buf *out); /* the sheet, owners, advice, what was said last */
void say_reoptioned(void);             /* options and limits have changed */
void say_paused(void);                 /* a last sheet and a stop event, reason request */
void say_resumed(void);

#endif
