/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JUDGE_H
#define JUDGE_H
/* Once a second: levels of what no hook sees coming. Rows that only the VM knows, the budget's slope, memory that outlives its
 * attempt. The reporter's thread only. */
#include <jni.h>
#include <stdint.h>

#include "bounds.h"
#include "model/options.h"
#include "weir.h"

/* What is pointed to outlives the process. */
void judge_init(JNIEnv *jni, const struct options *options, const struct bounds *limits, enum weir_role role);
void judge_second(int64_t now_ms);
/* What only a whole sheet shows, taken just now; the container, for which the kernel does not wait until the next one. */
void judge_sheet(const struct weir_sheet *sheet, int64_t now_ms);

#endif
