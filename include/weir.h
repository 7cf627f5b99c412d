/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEIR_H
#define WEIR_H
/* The contract every layer shares: components, kinds, levels, result and exit codes. No functions.
 * The ids are the stems of Flink's own option keys; they appear unchanged in options, logs and JSON. */

#define WEIR_VERSION "0.1.0"

enum weir_rc {
    WEIR_OK = 0,
    WEIR_EINVAL, /* malformed input; the message says which */
    WEIR_ENOENT, /* not there */
    WEIR_EFULL,  /* a stated bound was reached, nothing stored */
    WEIR_ENOMEM, /* the kernel gave no memory */
    WEIR_EIO,    /* a file or /proc could not be read or written */
    WEIR_EJVM    /* a JVMTI or JNI call failed */
};

/* Exit codes of the `weir` tool. */
enum weir_exit {
    WEIR_EXIT_OK = 0,
    WEIR_EXIT_OVER = 1, /* found something over its limit, where that is the question */
    WEIR_EXIT_USAGE = 2,
    WEIR_EXIT_UNREACHABLE = 3
};

/* Results of Agent_OnAttach; attach clients show the number (values from 100 on are an agent's). */
enum weir_attach {
    WEIR_ATTACH_OK = 0,
    WEIR_ATTACH_BAD_OPTIONS = 100,
    WEIR_ATTACH_UNSUPPORTED = 101, /* this JVM */
    WEIR_ATTACH_NOT_RUNNING = 102, /* a command, and no agent to do it */
    WEIR_ATTACH_DORMANT = 103,     /* no TaskManager, no JobManager, no limit given */
    WEIR_ATTACH_FAILED = 104,
    WEIR_ATTACH_BUSY = 105         /* another command is being done */
};

enum weir_role {
    WEIR_ROLE_OTHER = 1, /* any other main class: dormant unless an option sets a limit */
    WEIR_ROLE_TASKMANAGER = 2,
    WEIR_ROLE_JOBMANAGER = 4
};
#define WEIR_ROLE_ANY (WEIR_ROLE_OTHER | WEIR_ROLE_TASKMANAGER | WEIR_ROLE_JOBMANAGER)
#define WEIR_ROLE_TM (WEIR_ROLE_OTHER | WEIR_ROLE_TASKMANAGER) /* a plain JVM uses the TM's rows */

/* X(symbol, id, roles that have the row, may an option limit it), in the order of Flink's Web UI. */
#define WEIR_COMPONENTS(X)                                            \
    X(FRAMEWORK_HEAP, "framework.heap", WEIR_ROLE_TM, 1)              \
    X(TASK_HEAP, "task.heap", WEIR_ROLE_TM, 1)                        \
    X(MANAGED, "managed", WEIR_ROLE_TM, 1)                            \
    X(FRAMEWORK_OFF_HEAP, "framework.off-heap", WEIR_ROLE_TM, 1)      \
    X(TASK_OFF_HEAP, "task.off-heap", WEIR_ROLE_TM, 1)                \
    X(NETWORK, "network", WEIR_ROLE_TM, 1)                            \
    X(HEAP, "heap", WEIR_ROLE_JOBMANAGER, 1)                          \
    X(OFF_HEAP, "off-heap", WEIR_ROLE_JOBMANAGER, 1)                  \
    X(JVM_METASPACE, "jvm-metaspace", WEIR_ROLE_ANY, 1)               \
    X(JVM_OVERHEAD, "jvm-overhead", WEIR_ROLE_ANY, 1)                 \
    X(MAPPED, "mapped", WEIR_ROLE_ANY, 1)                             \
    X(UNDECIDED, "undecided", WEIR_ROLE_ANY, 0)                       \
    X(BEFORE_WEIR, "before weir", WEIR_ROLE_ANY, 0)

#define WEIR_ENUM_COMPONENT(sym, id, roles, limitable) WEIR_##sym,
enum weir_component { WEIR_COMPONENTS(WEIR_ENUM_COMPONENT) WEIR_COMPONENT_COUNT };
#undef WEIR_ENUM_COMPONENT

/* How the bytes were taken. */
#define WEIR_KINDS(X)      \
    X(DIRECT, "direct") /* counted by java.nio.Bits */ \
    X(UNSAFE, "unsafe") /* Unsafe, not in Bits */      \
    X(FFM, "ffm")          \
    X(MAPPED, "mapped")    \
    X(NATIVE, "native")    \
    X(CLASS, "class")      \
    X(STACK, "stack")      \
    X(HEAP, "heap")        \
    X(CODE, "code")

#define WEIR_ENUM_KIND(sym, id) WEIR_KIND_##sym,
enum weir_kind { WEIR_KINDS(WEIR_ENUM_KIND) WEIR_KIND_COUNT };
#undef WEIR_ENUM_KIND

/* What the JVM or the kernel really bounds. */
#define WEIR_POOLS(X)         \
    X(HEAP, "heap")           \
    X(DIRECT, "direct")       \
    X(METASPACE, "metaspace") \
    X(THREADS, "threads")     \
    X(PROCESS, "process")

#define WEIR_ENUM_POOL(sym, id) WEIR_POOL_##sym,
enum weir_pool { WEIR_POOLS(WEIR_ENUM_POOL) WEIR_POOL_COUNT };
#undef WEIR_ENUM_POOL

enum weir_level { WEIR_LEVEL_NONE, WEIR_LEVEL_NOTICE, WEIR_LEVEL_WARN, WEIR_LEVEL_CRITICAL };
enum weir_mode { WEIR_MODE_OBSERVE, WEIR_MODE_WARN, WEIR_MODE_ENFORCE };

#endif
