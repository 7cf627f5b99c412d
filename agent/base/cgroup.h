/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CGROUP_H
#define BASE_CGROUP_H
/* The process's control groups, v1, v2 or both at once: where they are, what the memory controller says, how many CPUs they allow.
 * Any file may be missing or hold anything: then "not known". */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot_balance.h"

enum { CGROUP_PATH = 1024 };

struct cgroup_place {
    char   dir[CGROUP_PATH]; /* the own group of one controller */
    size_t top;              /* so much of dir is the mount, the highest that can be seen from here */
    int    version;          /* 1, 2 */
};

/* From the texts of /proc/self/cgroup and /proc/self/mountinfo. False: no such controller, or not mounted. */
bool cgroup_find(const char *controller, const char *groups, const char *mounts, struct cgroup_place *place);
/* From those files; a group that is not there (a container sees its own as the mount's root) is the mount itself. Start-up, then the
 * reporter alone. */
bool cgroup_own(const char *controller, struct cgroup_place *place);
/* The group, from the own one to the top, whose limit leaves least; without any limit the own one. */
void cgroup_memory(const struct cgroup_place *place, struct weir_container *out);
/* The least that a quota of these groups allows; 0: none, or not known. */
double cgroup_cpus(const struct cgroup_place *place);
/* CPUs in a list like "0-3,5"; 0 if it is none. */
uint64_t cgroup_cpu_list(const char *text);
/* CPUs that are online; 0 not known. */
uint64_t cgroup_host_cpus(void);
/* CPUs that this process may run on. */
uint64_t cgroup_affine_cpus(void);

#endif
