/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JVM_VMFLAGS_H
#define JVM_VMFLAGS_H
/* The VM's effective -XX flags, read from the structures that libjvm exports for debuggers (vmStructs.cpp). No Java code,
 * no MXBean, valid from Agent_OnLoad on for flags given on the command line, from VMInit on for all. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir.h"

/* WEIR_ENOENT: this libjvm exports no such structures; every flag is then unknown. */
enum weir_rc vmflags_init(void);
/* False: no such flag in this JVM. */
bool vmflags_size(const char *name, uint64_t *value); /* intx, uintx, size_t, uint64_t flags */
bool vmflags_bool(const char *name, bool *value);
/* The address range reserved for the Java heap, constant. False: not known, as of ZGC, whose heap lies in several. Live phase. */
bool vmflags_heap(void **from, size_t *bytes);
/* Where a field stands in one of the VM's own structures ("Klass", "_class_loader_data"). False: not exported, or static. */
bool vmflags_offset(const char *type, const char *field, uint64_t *offset);
/* The size of one of them. False: not exported. */
bool vmflags_type_size(const char *type, uint64_t *size);
/* The i-th JVM argument in force, wherever it was given (command line, JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, @file); NULL past
 * the last one. The text is the VM's and may hold secrets: look, do not keep. */
const char *vmflags_argument(int i);
/* "G1", "Parallel", "Serial", "ZGC", "Shenandoah", "Epsilon"; "unknown GC". */
const char *vmflags_gc(void);

#endif
