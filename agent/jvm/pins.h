/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_PINS_H
#define JVM_PINS_H
/* What keeps class loaders alive: found by walking the heap of the running process, the program stopped meanwhile. */
#include <jni.h>

#include "snapshot_classes.h"
#include "weir.h"

/* Reporter's thread, outside hooks. Leaves no tag and no reference behind. WEIR_ENOENT: no such loader is alive.
 * *out is then as empty as when this JVM cannot tell (WEIR_EJVM, WEIR_ENOMEM). */
enum weir_rc pins_find(JNIEnv *jni, const struct pins_query *query, struct weir_pins *out);

#endif
