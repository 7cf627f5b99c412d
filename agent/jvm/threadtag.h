/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_THREADTAG_H
#define JVM_THREADTAG_H
/* What the JVMTI tag of a Thread object says; nothing is kept alive by it. Written by the starter before the thread runs:
 *   THREAD_TAG | slot << 20 | attempt << 2 | task << 1 | shared */
#include <jvmti.h>
#include <stdbool.h>
#include <stdint.h>

#include "jvm/env.h"

struct threadtag {
    uint32_t slot;         /* core/threads; 0 none; THREADTAG_OWN: a thread of the agent's own, which has no record */
    uint32_t attempt;      /* core/attempts: its own if it is a task's thread, else its starter's; 0 none */
    bool     task, shared; /* shared: serves no single attempt */
    bool     known;        /* false: nobody has tagged it */
};

#define THREADTAG (1LL << 40)
enum { THREADTAG_OWN = 0xfffe };
enum { THREADTAG_SLOT = 20, THREADTAG_SLOT_MASK = 0xffff, THREADTAG_ATTEMPT_MASK = (1 << 18) - 1 };

static inline struct threadtag threadtag_get(jthread thread)
{
    jlong tag = 0;
    (*env_ti())->GetTag(env_ti(), thread, &tag);
    if ((tag & THREADTAG) == 0)
        return (struct threadtag){ .slot = 0 };
    return (struct threadtag){ .slot = (uint32_t)(tag >> THREADTAG_SLOT) & THREADTAG_SLOT_MASK,
                               .attempt = (uint32_t)(tag >> 2) & THREADTAG_ATTEMPT_MASK,
                               .task = (tag & 2) != 0,
                               .shared = (tag & 1) != 0,
                               .known = true };
}

static inline void threadtag_set(jthread thread, struct threadtag t)
{
    jlong tag = THREADTAG | (jlong)t.slot << THREADTAG_SLOT | (jlong)t.attempt << 2 | (jlong)t.task << 1 | (jlong)t.shared;
    (*env_ti())->SetTag(env_ti(), thread, tag);
}

#endif
