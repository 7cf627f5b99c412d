/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SYSFS_H
#define BASE_SYSFS_H
/* What the kernel says about this process: /proc and cgroup. Any content may be missing or malformed: then "not known". */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir.h"

/* Whole file into data, NUL-terminated. WEIR_ENOENT: cannot be opened (errno says why); WEIR_EFULL: larger than cap - 1;
 * WEIR_EIO: a read failed or it is no regular or proc file. len counts without the NUL. */
enum weir_rc sysfs_read(const char *path, char *data, size_t cap, size_t *len);
bool    sysfs_rss(uint64_t *bytes);
/* This process's start, as clock_mono_ms() counts; false if /proc/self/stat does not say. */
bool    sysfs_start_ms(int64_t *mono_ms);

/* The own group of a v1 controller, or of v2: a directory. Then the one above it; false: that was the root. */
enum { SYSFS_GROUP_MAX = 1024 };
bool    sysfs_cgroup_of(const char *controller, char *group, size_t cap);
bool    sysfs_cgroup_up(char *group);

#endif
