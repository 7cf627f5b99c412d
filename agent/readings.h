/* SPDX-License-Identifier: Apache-2.0 */
#ifndef READINGS_H
#define READINGS_H
/* The balance sheet of one moment: what the hooks booked, and what only the VM and the kernel know. Reporter thread only. */
#include <jni.h>
#include <stdbool.h>

#include "core/ring.h"
#include "jvm/pools.h"
#include "bounds.h"
#include "snapshot.h"
#include "weir.h"

struct readings_config {
    const struct bounds *limits;
    enum weir_role       role;
    bool                 counting; /* false: no hook is in, its rows are not measured */
    bool                 mapped;   /* hooks book the row `mapped` */
};

/* Peaks of the rows read here start again. */
void readings_forget_peaks(void);
void readings_init(JNIEnv *jni, const struct readings_config *config);
/* Once a second: the VM's own figures; the first call finds the beans. */
const struct pools_figures *readings_vm(void);
/* On each wake: a hook may be waiting for a reading. */
void readings_answer(void);
/* The row jvm-overhead of the last sheet; false: it is not measured. */
bool readings_overhead(uint64_t *used);
/* The direct pool up to a quarter of an hour ago; false in the first minute. */
bool readings_before(uint64_t *used, int64_t *ago_ms);
/* Once a second, from its sheet: the direct pool's history, and does anybody use managed memory? */
void readings_keep(const struct weir_sheet *sheet, int64_t now_ms);
/* A full collection completed that began after this time (wall ms); 0 none seen. Known to a second. */
int64_t readings_gc_after(void);
/* Everything of now; owners of one component, or of all (WEIR_COMPONENT_COUNT). */
void readings_sheet(struct weir_sheet *out, enum weir_component owners_of);
/* The same for an event: its own vector of one instant replaces what was read later. */
void readings_at_event(struct weir_sheet *out, enum weir_component owners_of, const struct ring_event *event);

#endif
