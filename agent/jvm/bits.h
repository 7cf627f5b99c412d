/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_BITS_H
#define JVM_BITS_H
/* java.nio.Bits' own counters: what BufferPoolMXBean "direct" shows and what MaxDirectMemorySize bounds. Fields are read, no
 * Java code runs, so a hook may ask. */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "weir.h"

/* Initialises the class java.nio.Bits if nothing has yet; outside hooks, once. WEIR_EJVM: a field has another name in this
 * JDK; the pool is then not measured. */
enum weir_rc bits_init(JNIEnv *jni);
/* Bytes reserved and buffers alive; false before bits_init() succeeded. */
bool bits_read(JNIEnv *jni, uint64_t *reserved, uint64_t *count);
/* The limit that Bits checks (-XX:MaxDirectMemorySize, else the maximum heap size). */
bool bits_limit(JNIEnv *jni, uint64_t *limit);

#endif
