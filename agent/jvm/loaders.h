/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_LOADERS_H
#define JVM_LOADERS_H
/* Class loaders by what they are to Flink. Each loader object is looked at once and then known by its JVMTI tag; no
 * reference to it is kept. */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/stacks.h"
#include "model/attribute.h"
#include "weir.h"

struct loader {
    enum attr_loader kind;
    uint32_t         name; /* core/stacks name of the loader's class; 0 boot */
    uint32_t         tag;  /* identity in this JVM; 0 boot, or one that the table has no room for */
    uint32_t         user; /* tag of the Flink user-code loader it is or descends from; 0 none */
};

/* Needs can_tag_objects. Outside hooks, once. */
enum weir_rc loaders_init(JNIEnv *jni, struct stacks *names);
/* Any Java thread, also inside a hook; runs no Java code. */
struct loader loaders_of_class(JNIEnv *jni, jclass c);
struct loader loaders_of_object(JNIEnv *jni, jobject loader); /* NULL: boot */
/* Of the loader that this one names as its parent. Outside hooks. */
struct loader loaders_of_parent(JNIEnv *jni, jobject loader);
/* The kind of the current thread's context class loader; ATTR_LOADER_BOOT if it has none. */
enum attr_loader loaders_context(JNIEnv *jni);
/* Flink's SafetyNetWrapperClassLoader, which only delegates. */
bool             loaders_is_safety_net(struct loader loader);
/* Reporter. What is known of a tag above 0 and up to loaders_high(); its kind is of no use when loaders_alive() says no. */
struct loader loaders_get(uint32_t tag);
uint32_t loaders_high(void);
bool     loaders_alive(JNIEnv *jni, uint32_t tag);
int64_t  loaders_since(uint32_t tag); /* first seen, by the coarse clock */
/* Reporter. The job of this user-code loader was seen to have ended at this time (ms); 0: it runs after all. */
void    loaders_end(uint32_t tag, int64_t ended_ms);
int64_t loaders_ended(uint32_t tag); /* 0: not known to have */
/* Reporter: when three quarters of the table are taken, forgets loaders that are gone and whose code holds nothing. */
void loaders_reclaim(JNIEnv *jni);

#endif
