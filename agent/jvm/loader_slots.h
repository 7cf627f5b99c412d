/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_LOADER_SLOTS_H
#define JVM_LOADER_SLOTS_H
/* Places for what is known of class loaders: drawn at first sight, free again when the loader is gone. */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "weir.h"

enum { LOADER_SLOTS = 1 << 14 };

/* Outside hooks, once. */
enum weir_rc loader_slots_init(void);
/* Inside hooks. False: all are taken (counted). */
bool loader_slots_draw(uint32_t *slot);
/* Inside hooks, after the slot was filled: it may be free again when this loader is gone. Keeps a weak reference. */
void loader_slots_watch(JNIEnv *jni, uint32_t slot, jobject loader);
/* Reporter. Three quarters are taken. */
bool loader_slots_short(void);
/* Reporter. Gives up the slots of loaders that are gone; may_go is asked of each. */
void loader_slots_reclaim(JNIEnv *jni, bool (*may_go)(uint32_t slot));
/* Reporter. Slots ever used are below this number. */
uint32_t loader_slots_high(void);
/* Reporter. Did the slot get a loader to watch? */
bool loader_slots_watched(uint32_t slot);
/* Reporter. Is the loader that was watched still there? Asking keeps nothing alive. */
bool loader_slots_alive(JNIEnv *jni, uint32_t slot);
/* Reporter. A local reference, NULL when it is gone. It keeps the loader alive, also over a collection that is under way and
 * would have found it dead: not to be asked regularly. */
jobject loader_slots_object(JNIEnv *jni, uint32_t slot);
/* How often none was free. */
uint64_t loader_slots_dropped(void);

#endif
