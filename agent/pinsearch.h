/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PINSEARCH_H
#define PINSEARCH_H
/* Who asks for a search of what keeps class loaders alive: the command `pins`. */
#include <jni.h>

#include "base/buf.h"
#include "weir.h"

/* Reporter's thread. rest: `loader=GLOB` and `budget=MILLISECONDS`, both may lack. The answer, or what is wrong with the words. */
enum weir_attach pinsearch_command(JNIEnv *jni, const char *rest, struct buf *out);

#endif
