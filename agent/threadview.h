/* SPDX-License-Identifier: Apache-2.0 */
#ifndef THREADVIEW_H
#define THREADVIEW_H
/* Threads of this process: counted once a second; named, their stacks measured and summed by family less often, because that
 * takes milliseconds for a thousand of them. The reporter's thread only. */
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/options.h"
#include "snapshot.h"

/* hooked: Java's are counted. options outlives the process. */
void threadview_init(JNIEnv *jni, const struct options *options, bool hooked);
/* Counts and limits; and the whole when that is older than THREADVIEW_MS. */
enum { THREADVIEW_MS = 10000 };
void threadview_second(int64_t now_ms);
/* The whole, now. Attempts that ended after ended_by_ms count as running. */
void threadview_read(int64_t ended_by_ms, int64_t now_ms);
/* As of the last call of the two; valid until the next one. */
const struct weir_threads *threadview_figures(int64_t now_ms);
/* The kernel's limit that leaves least, in threads; false: none is known. */
bool threadview_pool(struct weir_pool_row *pool);

#endif
