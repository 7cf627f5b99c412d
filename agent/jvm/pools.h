/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_POOLS_H
#define JVM_POOLS_H
/* What the VM itself says: heap, metaspace, threads through the platform MXBeans. Runs Java code: the reporter only. */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "weir.h"

struct pools_usage {
    bool     known;
    uint64_t used, committed;
    bool     has_max;
    uint64_t max;
};

struct pools_figures {
    struct pools_usage heap, metaspace; /* metaspace: the whole of it, compressed class space included */
    struct pools_usage code; /* all heaps of the code cache */
    struct pools_usage class_space;     /* that part; unknown without compressed class pointers */
    bool               after_gc_known;
    uint64_t           heap_after_gc; /* used right after the last collection of each pool, summed */
    bool               full_gcs_known;
    uint64_t           full_gcs; /* completed collections that can unload classes and clear any dead buffer */
    bool               full_gcs_concurrent; /* they run beside the program: one that was complete may have begun long before */
    bool               loaded_known;
    uint64_t           loaded; /* classes since the JVM's start, unloaded ones included */
    bool               threads_known;
    uint64_t           threads; /* live Java threads, daemon or not */
};

/* Finds the beans (takes tens of milliseconds the first time). WEIR_EJVM: a JVM without java.management; every figure is
 * then unknown. */
enum weir_rc pools_init(JNIEnv *jni);
void pools_read(JNIEnv *jni, struct pools_figures *out);
/* A full collection, and time for finalizers and cleaners to run after it; -XX:+DisableExplicitGC does not forbid it. */
void pools_collect(void);

#endif
