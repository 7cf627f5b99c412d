/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_FRAMES_NATIVE_H
#define JVM_FRAMES_NATIVE_H
/* Who called a native library: its own frames, then Java's; for core/capture.h. */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/capture.h"
#include "core/stacks.h"
#include "weir.h"

/* The library's own frames of the calling thread (native/unwind): interned, innermost first, at most max. */
typedef size_t frames_native_walk(uint32_t *frames, size_t max);

/* Once, on a Java thread outside hooks, after frames_init(). Other than WEIR_OK: Java frames are left out, and *why says so. */
enum weir_rc frames_native_init(JNIEnv *jni, struct stacks *stacks, frames_native_walk *walk, const char **why);
/* capture_ops.native */
bool         frames_native(struct owner_key *key, struct capture_native *found);

#endif
