/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_HSPERF_H
#define MODEL_HSPERF_H
/* The performance counters that HotSpot keeps in /tmp/hsperfdata_USER/PID: texts out of the file's bytes. The JVM writes the
 * file while it is read, and anybody may have made one: each offset is checked. */
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* False: no such text, or no such file as HotSpot 8 to 25 writes on a little-endian machine. Control characters become '?'. */
bool hsperf_text(const unsigned char *data, size_t len, const char *name, struct buf *out);

#endif
