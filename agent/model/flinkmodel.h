/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_FLINKMODEL_H
#define MODEL_FLINKMODEL_H
/* How Flink 1.10 to 2.x divides a process's memory: configuration in, bytes of every component out. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/flinkconf.h"
#include "model/flinkversion.h"
#include "weir.h"

/* X(symbol, code). The first part are the kinds of failure Flink itself has; the last ones are ours. */
#define FLINKMODEL_CODES(X)                                                                   \
    X(NONE, "NONE")         /* no entry point configured */                                   \
    X(READ, "READ")         /* a size that does not parse */                                  \
    X(FLOAT, "FLOAT")       /* a fraction that does not parse */                              \
    X(VALUE, "VALUE")       /* an int, double, boolean or page size that does not parse */    \
    X(RANGE, "RANGE")       /* min > max, or a fraction outside [0,1) */                      \
    X(SUM_N, "SUM-N")       /* parts exceed total Flink memory, network is the remainder */   \
    X(SUM_T, "SUM-T")       /* parts exceed total Flink memory, task heap is the remainder */ \
    X(NETRANGE, "NETRANGE") /* remainder for network outside its range */                     \
    X(NETLEG, "NETLEG")     /* remainder for network is not numberOfBuffers pages */          \
    X(JVMSUM, "JVMSUM")     /* metaspace and overhead exceed total process memory */          \
    X(PSMALL, "PSMALL")     /* total process memory below its parts */                        \
    X(OVRANGE, "OVRANGE")   /* remainder for overhead outside its range */                    \
    X(CPU, "CPU")           /* no positive number of cores */                                 \
    X(SEG, "SEG")           /* page size */                                                   \
    X(JMSUM, "JMSUM")       /* JobManager: heap and off-heap are not total Flink memory */    \
    X(JMHEAP, "JMHEAP")     /* JobManager: heap exceeds total Flink memory */                 \
    X(JMOFF, "JMOFF")       /* JobManager: off-heap leaves no heap */                         \
    X(HEAPMB, "HEAPMB")     /* a negative taskmanager.heap.mb or jobmanager.heap.mb */        \
    X(NEG, "NEG")           /* a size would be negative */                                    \
    X(OVF, "OVF")           /* a sum or product exceeds 2^63-1 */                             \
    X(VERSION, "VERSION")   /* this Flink has no such memory model */                         \
    X(CONF, "CONF")         /* the configuration file cannot be read (never from this module) */

#define FLINKMODEL_ENUM_CODE(sym, name) FLINKMODEL_##sym,
enum flinkmodel_code { FLINKMODEL_CODES(FLINKMODEL_ENUM_CODE) FLINKMODEL_CODE_COUNT };
#undef FLINKMODEL_ENUM_CODE

/* How a number was found. */
enum flinkmodel_how {
    FLINKMODEL_ABSENT =
        0, /* the row is not known (arguments of 1.10 and 1.11 lack metaspace and overhead) */
    FLINKMODEL_CONFIGURED, /* row.key */
    FLINKMODEL_DEFAULT,
    FLINKMODEL_FRACTION, /* row.fraction of row.base */
    FLINKMODEL_INVERSE, /* row.fraction of the total that includes itself; row.base is the total without it */
    FLINKMODEL_REMAINDER, /* what row.base leaves */
    FLINKMODEL_SUM,       /* of a total: its parts */
    FLINKMODEL_BUFFERS,   /* numberOfBuffers pages */
    FLINKMODEL_ARGUMENT   /* row.key, as Flink's scripts passed it on */
};
enum flinkmodel_clamp { FLINKMODEL_FREE = 0, FLINKMODEL_AT_MIN, FLINKMODEL_AT_MAX };
enum flinkmodel_total { FLINKMODEL_NO_TOTAL = 0, FLINKMODEL_TOTAL_FLINK, FLINKMODEL_TOTAL_PROCESS };

struct flinkmodel_row {
    uint64_t              bytes;
    enum flinkmodel_how   how;
    enum flinkkey         key;   /* CONFIGURED, ARGUMENT: where it stands, also a deprecated name */
    enum flinkmodel_clamp clamp; /* FRACTION, INVERSE: held to the range's min or max */
    enum flinkmodel_total of;    /* FRACTION, REMAINDER: of which total */
    double                fraction;  /* FRACTION, INVERSE */
    uint64_t              base;      /* FRACTION, INVERSE */
    uint64_t              unclamped; /* FRACTION, INVERSE */
};

/* Who starts the process, X(symbol, id). */
#define FLINKMODEL_DEPLOYMENTS(X)                                                        \
    X(STANDALONE, "standalone") /* Flink's start scripts; also a standalone container */ \
    X(YARN, "yarn")             /* Flink's own ResourceManager asks for containers */    \
    X(KUBERNETES, "kubernetes") /* native Kubernetes: so does this one */                \
    X(LOCAL, "local")           /* MiniCluster, local execution: everything in a JVM that exists */

#define FLINKMODEL_ENUM_DEPLOYMENT(sym, id) FLINKMODEL_##sym,
enum flinkmodel_deployment {
    FLINKMODEL_DEPLOYMENTS(FLINKMODEL_ENUM_DEPLOYMENT) FLINKMODEL_DEPLOYMENT_COUNT
};
#undef FLINKMODEL_ENUM_DEPLOYMENT

struct flinkmodel {
    enum weir_role        role;
    struct flink_version  version;
    struct flinkmodel_row rows[WEIR_COMPONENT_COUNT]; /* ABSENT where the role has no such row */
    struct flinkmodel_row flink, process;             /* totals: CONFIGURED, REMAINDER or SUM */
    bool                  complete;                   /* every row and both totals are known */
    uint64_t              xmx;                        /* also -Xms */
    bool                  has_direct;                 /* -XX:MaxDirectMemorySize is given */
    uint64_t              max_direct;
    bool                  has_metaspace;
    uint64_t              max_metaspace;
    uint64_t
        page_size; /* taskmanager.memory.segment-size; 0 when unknown (not a size, or a JobManager) */
    int32_t slots;     /* of a TaskManager; 1 by default */
    double  cpu_cores; /* of a TaskManager; as many as slots by default */
};

struct flinkmodel_error {
    enum flinkmodel_code code;
    char                 key[80]; /* the option to look at, "" when there is no single one */
    char classes[32]; /* Java's exceptions, outermost first: "ICE<ICE<IAE"; "" when none stands for it */
    char message[1280];
    char hint[384];   /* one sentence; "" when there is nothing useful to say */
    char fix_key[80]; /* set fix_key to fix_value and the derivation succeeds; "" when no single */
    char fix_value[32]; /* change was found */
};

/* WEIR_OK: out is filled, err untouched. WEIR_EINVAL: Flink refuses this configuration, err says why; out untouched.
 * Legacy totals (FLINK_TM_HEAP, taskmanager.heap.size) count as total Flink memory, as in Flink's start scripts. */
enum weir_rc flinkmodel_taskmanager(const struct flinkconf *c, struct flink_version v,
                                    struct flinkmodel *out, struct flinkmodel_error *err);
enum weir_rc flinkmodel_jobmanager(const struct flinkconf *c, struct flink_version v,
                                   struct flinkmodel *out, struct flinkmodel_error *err);
/* Either of the two. */
enum weir_rc flinkmodel_derive(const struct flinkconf *c, enum weir_role role,
                               struct flink_version v, struct flinkmodel *out,
                               struct flinkmodel_error *err);

/* The same for a process that somebody else than the start scripts starts. An active ResourceManager (YARN, Kubernetes)
 * of 1.13 and newer forgets the configured totals and derives metaspace and overhead anew around what Flink's memory
 * came out as: a byte more, at times. Legacy totals count as total process memory there. LOCAL, a TaskManager only: no
 * process is sized, totals and the JVM's rows and flags are ABSENT or 0 where the version has none. */
enum weir_rc flinkmodel_deployed(const struct flinkconf *c, enum weir_role role,
                                 enum flinkmodel_deployment where, struct flink_version v,
                                 struct flinkmodel *out, struct flinkmodel_error *err);
const char  *flinkmodel_deployment_name(enum flinkmodel_deployment where);
/* FLINKMODEL_DEPLOYMENT_COUNT: no such name. */
enum flinkmodel_deployment flinkmodel_deployment_find(const char *name);
/* Of YARN and Kubernetes: what the container is asked for (whole MiB, rounded down) and its limit. WEIR_EINVAL: the limit
 * factor is no number of at least 1. */
enum weir_rc flinkmodel_container(const struct flinkconf *c, enum flinkmodel_deployment where,
                                  const struct flinkmodel *m, uint64_t *request, uint64_t *limit);

/* The limits that stand in the arguments of a running TaskManager or JobManager, nothing derived. Rows without an
 * argument stay ABSENT (`complete` false). WEIR_ENOENT: not one of them is there. WEIR_EINVAL: one does not parse, or
 * network.min and .max differ (Flink itself refuses to run so). */
enum weir_rc flinkmodel_from_derived_args(const struct flinkconf *args, enum weir_role role,
                                          struct flink_version v, struct flinkmodel *out,
                                          struct flinkmodel_error *err);

/* Did a person set the size of this component, or its range or fraction? See flinkconf_declared for file and args. */
bool flinkmodel_declared(const struct flinkconf *file, const struct flinkconf *args,
                         enum weir_role role, enum weir_component comp);

const char *flinkmodel_code_name(enum flinkmodel_code code);
/* "0.1 of total process memory = 172.8 MiB, raised to the minimum". */
void flinkmodel_put_how(struct buf *b, const struct flinkmodel_row *row);
/* "-Xmx536870902 -Xms536870902 -XX:MaxDirectMemorySize=268435458 -XX:MaxMetaspaceSize=268435456". */
void flinkmodel_put_flags(struct buf *b, const struct flinkmodel *m);
/* What Flink's scripts put after the main class, "-D key=value -D ..."; which keys depends on the version. Flink's own
 * order is that of a hash table. */
void flinkmodel_put_dynamic(struct buf *b, const struct flinkmodel *m);

#endif
