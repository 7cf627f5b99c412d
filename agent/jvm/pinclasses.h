/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_PINCLASSES_H
#define JVM_PINCLASSES_H
/* The search's own JVMTI environment, whose tags nobody else sees, and what is tagged before the first walk: every class,
 * every live thread, the loaders that are searched for. */
#include <jni.h>
#include <jvmti.h>

#include "model/pinbook.h"
#include "snapshot_classes.h"
#include "weir.h"

struct pinclasses {
    jvmtiEnv *ti;
    uint32_t  loader[PIN_TARGETS]; /* by target: its tag (jvm/loaders) */
    uint32_t  left_out;            /* targets beyond the bound */
};

/* Fills the book's classes, targets and own thread. On failure nothing is to be ended. */
enum weir_rc pinclasses_begin(JNIEnv *jni, const struct pins_query *query, struct pinclasses *p, struct pinbook *book);
/* Frees the book's classes, and all tags with the environment. */
void         pinclasses_end(struct pinclasses *p, struct pinbook *book);

#endif
