/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OVERHEAD_H
#define OVERHEAD_H
/* The row jvm-overhead: code cache, thread stacks, the agent itself; the collector's structures and the rest of the VM where NMT is
 * on, and else what is left of the process's resident memory. The reporter's thread only. */
#include <jni.h>
#include <stdint.h>

#include "jvm/pools.h"
#include "snapshot.h"

/* Once the other rows of the sheet and its agent are filled: adds the row's parts to what rules= booked there. Runs a diagnostic command of the VM, at most every ten seconds. */
void overhead_fill(JNIEnv *jni, struct weir_sheet *sheet, const struct pools_figures *vm, int64_t mono_ms);
/* The VM's own mappings beside heap, code, metaspace and stacks, as committed; 0 where NMT is off. */
uint64_t overhead_maps(void);

#endif
