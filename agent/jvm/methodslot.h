/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_METHODSLOT_H
#define JVM_METHODSLOT_H
/* The function that a native method is bound to. */
#include <jni.h>
#include <stdbool.h>

#include "weir.h"

/* WEIR_EJVM: this JVM's structures are not known; nothing can be read. Once, live phase. */
enum weir_rc methodslot_init(void);
/* Of a native method whose class the caller holds. What stands there; NULL: not known. A method that is not bound yet has a
 * function of libjvm. */
void *methodslot_read(jmethodID method);

#endif
