/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HANDLEVIEW_H
#define HANDLEVIEW_H
/* Native objects of RocksDB and ForSt for the sheets. The reporter only. */
#include <jni.h>
#include <stdint.h>

#include "bounds.h"
#include "snapshot_handles.h"

/* Once. limits: what Flink configured; it stays. */
void                       handleview_init(const struct bounds *limits);
/* Once a second. */
void                       handleview_second(JNIEnv *jni, int64_t now_ms);
/* As of the last second; measured is false where the hook is not in. */
const struct weir_handles *handleview_figures(void);

#endif
