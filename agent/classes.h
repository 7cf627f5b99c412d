/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSES_H
#define CLASSES_H
/* Metaspace by class loader, put together. Reporter thread only. */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "snapshot_loaders.h"

/* Early: a JVM out of metaspace has no room for what a first reading needs. */
void classes_init(JNIEnv *jni);
/* A reading. vm_used: bytes of the whole metaspace by the VM's own count; outlived_ms: of model/collections. every_class: also the families of generated
 * classes, and which user-code loader reflection's accessors belong to; takes milliseconds more. */
void classes_read(uint64_t vm_used, int64_t now_ms, int64_t outlived_ms, bool every_class);
/* Which of the leaked loaders are held by something that lets go by itself; *pins stays the caller's. */
void classes_pinned(const struct weir_pins *pins);
/* The last reading; NULL before the first one. */
const struct weir_classes *classes_last(void);

#endif
