/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_PINNAMES_H
#define JVM_PINNAMES_H
/* What a search has found, in words. */
#include <jni.h>

#include "jvm/pinclasses.h"
#include "model/pinbook.h"
#include "snapshot_classes.h"
#include "weir.h"

/* Fills pins and hold of each target of the book; their places are in out->pinned already. */
enum weir_rc pinnames_tell(JNIEnv *jni, const struct pinclasses *p, const struct pinbook *book, struct weir_pins *out);

#endif
