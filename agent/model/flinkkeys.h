/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_FLINKKEYS_H
#define MODEL_FLINKKEYS_H
/* The configuration keys Weir knows. Nothing else of a configuration is ever kept: the rest may be secret. */
#include <stdbool.h>
#include <stddef.h>

#define FLINKKEYS_TM(X)                                                                   \
    X(TM_PROCESS, "taskmanager.memory.process.size")                                      \
    X(TM_FLINK, "taskmanager.memory.flink.size")                                          \
    X(TM_FRAMEWORK_HEAP, "taskmanager.memory.framework.heap.size")                        \
    X(TM_TASK_HEAP, "taskmanager.memory.task.heap.size")                                  \
    X(TM_FRAMEWORK_OFF_HEAP, "taskmanager.memory.framework.off-heap.size")                \
    X(TM_TASK_OFF_HEAP, "taskmanager.memory.task.off-heap.size")                          \
    X(TM_NETWORK_FRACTION, "taskmanager.memory.network.fraction")                         \
    X(TM_NETWORK_MIN, "taskmanager.memory.network.min")                                   \
    X(TM_NETWORK_MAX, "taskmanager.memory.network.max")                                   \
    X(TM_MANAGED_SIZE, "taskmanager.memory.managed.size")                                 \
    X(TM_MANAGED_FRACTION, "taskmanager.memory.managed.fraction")                         \
    X(TM_METASPACE, "taskmanager.memory.jvm-metaspace.size")                              \
    X(TM_OVERHEAD_FRACTION, "taskmanager.memory.jvm-overhead.fraction")                   \
    X(TM_OVERHEAD_MIN, "taskmanager.memory.jvm-overhead.min")                             \
    X(TM_OVERHEAD_MAX, "taskmanager.memory.jvm-overhead.max")                             \
    /* deprecated names of the same options */                                            \
    X(TM_OLD_NETWORK_FRACTION, "taskmanager.network.memory.fraction")                     \
    X(TM_OLD_NETWORK_MIN, "taskmanager.network.memory.min")                               \
    X(TM_OLD_NETWORK_MAX, "taskmanager.network.memory.max")                               \
    X(TM_OLD_MANAGED_SIZE, "taskmanager.memory.size")                                     \
    /* totals of before 1.10, read up to 1.20; the first two are environment variables */ \
    X(ENV_TM_HEAP, "FLINK_TM_HEAP")                                                       \
    X(ENV_JM_HEAP, "FLINK_JM_HEAP")                                                       \
    X(TM_HEAP_SIZE, "taskmanager.heap.size")                                              \
    X(TM_HEAP_MB, "taskmanager.heap.mb")                                                  \
    X(JM_HEAP_SIZE, "jobmanager.heap.size")                                               \
    X(JM_HEAP_MB, "jobmanager.heap.mb")                                                   \
    /* of before 1.10 only */                                                             \
    X(TM_OLD_MANAGED_FRACTION, "taskmanager.memory.fraction")                             \
    X(TM_OLD_MANAGED_OFF_HEAP, "taskmanager.memory.off-heap")                             \
    X(CUTOFF_RATIO, "containerized.heap-cutoff-ratio")                                    \
    X(CUTOFF_MIN, "containerized.heap-cutoff-min")                                        \
    X(YARN_CUTOFF_RATIO, "yarn.heap-cutoff-ratio")                                        \
    X(YARN_CUTOFF_MIN, "yarn.heap-cutoff-min")                                            \
    X(TM_NUMBER_OF_BUFFERS, "taskmanager.network.numberOfBuffers")                        \
    X(TM_SLOTS, "taskmanager.numberOfTaskSlots")                                          \
    X(TM_CPU_CORES, "taskmanager.cpu.cores")                                              \
    X(TM_SEGMENT_SIZE, "taskmanager.memory.segment-size")                                 \
    X(TM_MIN_SEGMENT_SIZE, "taskmanager.memory.min-segment-size")                         \
    X(TM_BATCH_SHUFFLE, "taskmanager.memory.framework.off-heap.batch-shuffle.size")       \
    X(TM_CONSUMER_WEIGHTS, "taskmanager.memory.managed.consumer-weights")                 \
    /* network buffers of a task */                                                       \
    X(NET_PER_CHANNEL, "taskmanager.network.memory.buffers-per-channel")                  \
    X(NET_FLOATING, "taskmanager.network.memory.floating-buffers-per-gate")               \
    X(NET_REQUIRED_MAX, "taskmanager.network.memory.read-buffer.required-per-gate.max")   \
    X(NET_OVERDRAFT, "taskmanager.network.memory.max-overdraft-buffers-per-gate")         \
    X(NET_SORT_MIN_BUFFERS, "taskmanager.network.sort-shuffle.min-buffers")               \
    X(NET_SORT_MIN_PARALLELISM, "taskmanager.network.sort-shuffle.min-parallelism")       \
    X(NET_HYBRID_NEW_MODE, "taskmanager.network.hybrid-shuffle.enable-new-mode")          \
    X(K8S_LIMIT_FACTOR, "kubernetes.taskmanager.memory.limit-factor")                     \
    /* the same map, an entry a key */                                                    \
    X(TM_WEIGHT_OPERATOR, "taskmanager.memory.managed.consumer-weights.OPERATOR")         \
    X(TM_WEIGHT_STATE, "taskmanager.memory.managed.consumer-weights.STATE_BACKEND")       \
    X(TM_WEIGHT_PYTHON, "taskmanager.memory.managed.consumer-weights.PYTHON")             \
    X(TM_WEIGHT_DATAPROC, "taskmanager.memory.managed.consumer-weights.DATAPROC")         \
    X(TM_EXIT_ON_OOM, "taskmanager.jvm-exit-on-oom")                                      \
    X(TM_RESOURCE_ID, "taskmanager.resource-id")

#define FLINKKEYS_JM(X)                                                    \
    X(JM_PROCESS, "jobmanager.memory.process.size")                        \
    X(JM_FLINK, "jobmanager.memory.flink.size")                            \
    X(JM_HEAP, "jobmanager.memory.heap.size")                              \
    X(JM_OFF_HEAP, "jobmanager.memory.off-heap.size")                      \
    X(JM_DIRECT_LIMIT, "jobmanager.memory.enable-jvm-direct-memory-limit") \
    X(JM_METASPACE, "jobmanager.memory.jvm-metaspace.size")                \
    X(JM_OVERHEAD_FRACTION, "jobmanager.memory.jvm-overhead.fraction")     \
    X(JM_OVERHEAD_MIN, "jobmanager.memory.jvm-overhead.min")               \
    X(JM_OVERHEAD_MAX, "jobmanager.memory.jvm-overhead.max")

#define FLINKKEYS_STATE(X)                                                           \
    X(ROCKSDB_MANAGED, "state.backend.rocksdb.memory.managed")                       \
    X(ROCKSDB_PER_SLOT, "state.backend.rocksdb.memory.fixed-per-slot")               \
    X(ROCKSDB_PER_TM, "state.backend.rocksdb.memory.fixed-per-tm")                   \
    X(ROCKSDB_WRITE_RATIO, "state.backend.rocksdb.memory.write-buffer-ratio")        \
    X(ROCKSDB_HIGH_PRIO, "state.backend.rocksdb.memory.high-prio-pool-ratio")        \
    X(ROCKSDB_PARTITIONED, "state.backend.rocksdb.memory.partitioned-index-filters") \
    X(ROCKSDB_WRITE_BUFFER, "state.backend.rocksdb.writebuffer.size")                \
    X(FORST_WRITE_BUFFER, "state.backend.forst.writebuffer.size")                    \
    X(FORST_MANAGED, "state.backend.forst.memory.managed")                           \
    X(FORST_PER_SLOT, "state.backend.forst.memory.fixed-per-slot")                   \
    X(FORST_PER_TM, "state.backend.forst.memory.fixed-per-tm")                       \
    X(FORST_WRITE_RATIO, "state.backend.forst.memory.write-buffer-ratio")            \
    X(FORST_HIGH_PRIO, "state.backend.forst.memory.high-prio-pool-ratio")            \
    X(FORST_PARTITIONED, "state.backend.forst.memory.partitioned-index-filters")     \
    X(PYTHON_MANAGED, "python.fn-execution.memory.managed")                          \
    X(CLASSLOADER_ORDER, "classloader.resolve-order")                                \
    X(CLASSLOADER_CHECK_LEAKED, "classloader.check-leaked-classloader")

#define FLINKKEYS(X) FLINKKEYS_TM(X) FLINKKEYS_JM(X) FLINKKEYS_STATE(X)

#define FLINKKEYS_ENUM(sym, name) FLINKKEY_##sym,
enum flinkkey { FLINKKEYS(FLINKKEYS_ENUM) FLINKKEY_COUNT, FLINKKEY_NONE = FLINKKEY_COUNT };
#undef FLINKKEYS_ENUM

/* "" for FLINKKEY_NONE. */
const char *flinkkey_name(enum flinkkey key);
/* The two that are environment variables: never found in a file or an argument. */
bool flinkkey_is_env(enum flinkkey key);
/* FLINKKEY_NONE: not a configuration key we know. */
enum flinkkey flinkkey_find(const char *name);
/* The same for the first n bytes of name. */
enum flinkkey flinkkey_find_n(const char *name, size_t n);
/* The deprecated name of the same option, read when the key itself is absent; FLINKKEY_NONE when there is none. */
enum flinkkey flinkkey_fallback(enum flinkkey key);

#endif
