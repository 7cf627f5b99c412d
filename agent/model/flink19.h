/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_FLINK19_H
#define MODEL_FLINK19_H
/* A Flink process's memory before the unified model: TaskManagers of 1.9, JobManagers of 1.9 and 1.10. A heap, network
 * buffers beside it, managed memory in the heap or beside it, and in a container a part that is cut off for everything
 * else. */
#include <stdbool.h>
#include <stdint.h>

#include "model/flinkconf.h"
#include "model/flinkmodel.h"

struct flink19 {
    enum weir_role             role;
    struct flink_version       version;
    enum flinkmodel_deployment where;
    uint64_t                   total; /* of the container, or the configured heap size; whole MiB */
    uint64_t                   cutoff; /* of a container, else 0 */
    uint64_t                   network, managed;
    bool                       managed_off_heap;
    uint64_t                   heap;   /* -Xmx and -Xms, whole MiB */
    uint64_t                   direct; /* -XX:MaxDirectMemorySize; 0: not given (a JobManager) */
};

/* Is this role of this version sized so? */
bool flink19_has(enum weir_role role, struct flink_version v);
/* WEIR_EINVAL: Flink or its scripts refuse, err says why. */
enum weir_rc flink19_derive(const struct flinkconf *c, enum weir_role role,
                            enum flinkmodel_deployment where, struct flink_version v,
                            struct flink19 *out, struct flinkmodel_error *err);
/* As the start scripts or the container's command write them: "-Xms922M -Xmx922M -XX:MaxDirectMemorySize=8388607T". */
void flink19_put_flags(struct buf *b, const struct flink19 *m);

#endif
