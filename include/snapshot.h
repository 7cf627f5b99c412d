/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEIR_SNAPSHOT_H
#define WEIR_SNAPSHOT_H
/* Plain data between the agent and the output formats: what one event or sheet says. Bytes are bytes, times are
 * milliseconds since the epoch. Strings are interned or static, live as long as the process and are never NULL unless
 * the field says so. Numbers of one struct were read at one instant, except owners, which carry their own time. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot_balance.h"
#include "snapshot_definitions.h"
#include "snapshot_handles.h"
#include "snapshot_netty.h"
#include "snapshot_native.h"
#include "snapshot_threads.h"
#include "weir.h"

enum { WEIR_MAX_DEPTH = 64, WEIR_TOP_OWNERS = 5, WEIR_MAX_HOOKS = 20, WEIR_MAX_WARNINGS = 8, WEIR_TOP_JOBS = 4,
       WEIR_MAX_DIAGNOSES = 4, WEIR_MAX_ADVICE = 6, WEIR_MAX_NUMBERS = 8, WEIR_TOP_HELD = 3 };

/* Beside numbers of lines. A native frame: class_name is the library's file, method the function, or "+0x1f40" where it has no
 * name. A thread that Java did not start stands for its own outermost frame: class_name "", method its name's family. */
enum { WEIR_LINE_UNKNOWN = 0, WEIR_LINE_NATIVE_METHOD = -1, WEIR_LINE_NATIVE = -2 };

struct weir_frame {
    const char *class_name; /* com.example.Leak */
    const char *method;
    const char *file;  /* "" if unknown */
    int32_t     line;  /* or one of the above */
};

struct weir_stack {
    uint16_t          count;
    int16_t           decider; /* index of the frame that decided the component; -1 none within the kept frames */
    const char       *source;  /* code source of that frame: leak.jar; "" if none */
    struct weir_frame frames[WEIR_MAX_DEPTH];
};

/* Identity and place in the stream; written into every JSON object. */
struct weir_header {
    const char *host;
    const char *tm; /* taskmanager.resource-id, else host:pid */
    int64_t     pid;
    int64_t     time_ms;
    int64_t     uptime_ms;
    uint64_t    seq;
};

struct weir_limit {
    bool        set;
    bool        declared; /* a person set it */
    uint64_t    bytes;
    const char *source; /* "option", "command line", "configuration file", "derived", "jvm flag", ... */
};

struct weir_row {
    bool              present;  /* this role has the row */
    bool              measured; /* false: nothing counts it yet; used and peak mean nothing */
    const char       *note;     /* why not measured, or which figure is shared; "" if plain */
    uint64_t          used, peak, blocks;
    uint64_t          estimated; /* of the undecided bytes, an estimate; 0 where none is made */
    int64_t           peak_time_ms; /* 0 if never above 0 */
    struct weir_limit limit;
    uint64_t          kind_bytes[WEIR_KIND_COUNT], kind_blocks[WEIR_KIND_COUNT];
};

struct weir_pool_row {
    bool              measured;
    uint64_t          used; /* the VM's or kernel's own figure; threads: a count */
    uint64_t          peak; /* highest that was read, once a second */
    int64_t           peak_time_ms; /* 0 none */
    bool              committed_known, after_gc_known;
    uint64_t          committed; /* the Java heap's, by the VM */
    uint64_t          after_gc;  /* heap: live right after the last collection of each of its parts */
    struct weir_limit limit;
};

/* X(symbol, name): of an owner. shared: a thread that no single attempt owns, or that outlived the one that started it. */
#define WEIR_ATTEMPT_STATES(X) \
    X(UNKNOWN, "unknown")      \
    X(RUNNING, "running")      \
    X(ENDED, "ended")          \
    X(SHARED, "shared")

#define WEIR_ENUM_STATE(sym, name) WEIR_ATTEMPT_##sym,
enum weir_attempt_state { WEIR_ATTEMPT_STATES(WEIR_ENUM_STATE) WEIR_ATTEMPT_STATE_COUNT };
#undef WEIR_ENUM_STATE

/* One execution of one subtask; or only the job, its vertex "", subtask and attempt -1. */
struct weir_attempt {
    bool                    known; /* false: the rest means nothing */
    enum weir_attempt_state state;
    uint64_t                job_id[2]; /* printed as Flink does: 32 hex digits */
    const char             *job_name;  /* "" where this Flink's Task does not hold it (before 1.20) */
    const char             *vertex;    /* task name without subtask */
    int32_t                 subtask, attempt; /* from 0 */
    int64_t                 begin_ms, end_ms; /* end_ms 0: runs; begin_ms 0: only the job is known, by the code that ran */
    uint64_t                bytes, blocks;    /* live, taken by it */
    uint64_t                pooled;           /* of bytes, kind direct: what the direct pool bounds */
    uint64_t                threads;          /* live, its own and those it started */
};

struct weir_owner {
    enum weir_component component;
    enum weir_kind      kind;
    uint64_t            bytes, count;
    uint64_t            estimated; /* kind native: bytes of unwalked calls that the walked ones stand for; 0 none */
    int64_t             age_ms; /* since its first live allocation */
    const char         *loader; /* class of the deciding class loader; "" boot */
    struct weir_attempt attempt;
    struct weir_stack   stack;
};

struct weir_agent_cost {
    uint64_t bytes;           /* resident bytes of our own mappings */
    uint64_t walk_ppm;        /* millionths of one CPU spent on walking stacks since the last sheet; an estimate */
    uint64_t walk_mean;       /* M of stacks=auto in bytes; 0: every call is walked */
    uint64_t dropped_events;  /* ring was full */
    uint64_t dropped_stacks;  /* stack, owner, attempt or loader table was full: component still decided */
    uint64_t untracked_bytes; /* address table was full: allocated, not followed */
    uint64_t stale;           /* a put met a present address */
    uint64_t unknown_frees;   /* freed, but never seen allocated */
    uint64_t lost_ledger;     /* sheets that the ledger or the `last` file could not be given: disk full, file gone */
};

struct weir_process {
    bool     rss_known, cgroup_known, cgroup_limit_known, residual_known;
    uint64_t rss, cgroup, cgroup_limit;
    uint64_t residual; /* of rss: in no row and no pool here; an estimate, since what rows hold need not be resident */
};

/* What the VM and this agent take, as far as it can be told: parts of the row jvm-overhead beside thread stacks. */
struct weir_overhead {
    bool     code_known;
    uint64_t code;  /* code cache, committed */
    bool     nmt;   /* -XX:NativeMemoryTracking is on: */
    uint64_t gc;    /* the collector's structures, committed */
    uint64_t vm;    /* symbols, compiler, internal and the rest, committed */
    uint64_t agent; /* resident */
};

/* One of the VM's two pools for class metadata. */
struct weir_metaspace {
    bool     known;
    uint64_t used, committed;
    bool     limited;
    uint64_t limit;
};

struct weir_classes; /* snapshot_loaders.h */

struct weir_sheet {
    struct weir_row        rows[WEIR_COMPONENT_COUNT];
    struct weir_pool_row   pools[WEIR_POOL_COUNT];
    struct weir_agent_cost agent;
    struct weir_process    process;
    struct weir_definitions definitions;
    struct weir_handles    handles;
    struct weir_netty_malloc netty;
    struct weir_overhead   overhead;
    struct weir_balance    balance;
    /* jobs ran for so long and nobody took managed memory since the start; 0: somebody did, or it cannot be told */
    uint64_t                     unused_managed_ms;
    const struct weir_diagnosis *advice; /* about it; NULL: none */
    struct weir_threads    threads;
    struct weir_native     native;
    struct weir_metaspace      metaspace, class_space; /* the compressed class space is part of the metaspace */
    const struct weir_classes *classes;                /* by class loader, as read last; NULL: not read */
    size_t                 owner_count;
    struct weir_owner      owners[WEIR_TOP_OWNERS];
};

struct weir_hook_state {
    const char *name;  /* "unsafe", "mapped", ... */
    const char *state; /* "ok", or what is missing and what that costs */
};

struct weir_start {
    const char            *version, *jvm, *gc, *flink; /* flink: "" if unknown */
    enum weir_role         role;
    enum weir_mode         mode;
    struct weir_limit      limits[WEIR_COMPONENT_COUNT];
    struct weir_limit      pools[WEIR_POOL_COUNT];
    size_t                 hook_count, warning_count;
    struct weir_hook_state hooks[WEIR_MAX_HOOKS];
    const char            *warnings[WEIR_MAX_WARNINGS]; /* contradictions found, whole sentences */
};

/* An attempt began, or ended and left something behind or nothing. */
struct weir_attempt_event {
    bool                ended;
    struct weir_attempt attempt;
};

/* What one job's attempts hold of the components that the direct pool bounds. */
struct weir_job {
    uint64_t    job_id[2];
    const char *job_name;
    uint64_t    running, ended;  /* bytes */
    uint64_t    proven;          /* of ended: taken by attempts that a completed full collection came after */
    uint32_t    attempts_ended;  /* attempts that have ended and still hold something */
};

/* Flink options that would help, found by running the derivation with them. */
struct weir_advice {
    char key[80], value[32];
    char changes[256]; /* every row that changes, as "task.heap 384.0 -> 256.0 MiB, ..." */
};

struct weir_diagnosis {
    const char        *id;       /* "direct-budget", "direct-leak", ... */
    char               text[512]; /* one line with the numbers */
    size_t             advice_count;
    struct weir_advice advice[WEIR_MAX_ADVICE];
};

#define WEIR_OOM_POOLS(X)     \
    X(DIRECT, "direct")       \
    X(METASPACE, "metaspace") \
    X(HEAP, "heap")           \
    X(THREADS, "threads")     \
    X(NETTY, "netty")         \
    X(OTHER, "other")

#define WEIR_ENUM_OOM(sym, name) WEIR_OOM_##sym,
enum weir_oom_pool { WEIR_OOM_POOLS(WEIR_ENUM_OOM) WEIR_OOM_POOL_COUNT };
#undef WEIR_ENUM_OOM

/* Live threads of one name but for its numbers, started by attempts that have ended. */
struct weir_held {
    char        family[128]; /* pulsar-client-io-* */
    uint64_t    threads;
    size_t      job_count, number_count;
    uint64_t    jobs[WEIR_MAX_NUMBERS][2]; /* whose attempts started them */
    const char *job_name;                  /* of the first */
    int32_t     numbers[WEIR_MAX_NUMBERS]; /* Flink's attempt numbers, each once, ascending; of one job they name the attempts */
    bool        more;                      /* jobs or numbers were left out */
};

/* An OutOfMemoryError at its throw point. */
struct weir_oom {
    enum weir_oom_pool    pool;
    uint64_t              number;     /* which one in this JVM, from 1; suppressed ones counted */
    uint64_t              suppressed; /* of the same kind since the last report */
    const char           *class_name, *message; /* message "" when it could not be read */
    uint64_t              requested;  /* from the message; 0 unknown */
    uint64_t              before_used; /* of the direct pool, */
    int64_t               before_ms;   /* so long ago; 0 not known */
    bool                  netty_known; /* pool NETTY: what this copy of Netty counts, and its own limit */
    uint64_t              netty_used, netty_max;
    const char           *thread;
    struct weir_attempt   attempt;
    struct weir_stack     stack;
    bool                  gc_known;   /* a full collection completed since the start */
    uint64_t              freed;      /* of what ended attempts held: gone with the two collections made for this report */
    int64_t               gc_after_ms; /* the last one began after this time */
    bool                  explicit_gc_off; /* -XX:+DisableExplicitGC: the JDK's own last try was void */
    size_t                job_count;
    struct weir_job       jobs[WEIR_TOP_JOBS]; /* by what their ended attempts hold, biggest first */
    size_t                held_count;
    struct weir_held      held[WEIR_TOP_HELD]; /* most threads first */
    uint64_t              held_others;         /* such threads of further names */
    struct weir_sheet     sheet;      /* of the throw's instant; owners of all components */
    size_t                diagnosis_count;
    struct weir_diagnosis diagnosis[WEIR_MAX_DIAGNOSES];
};

enum weir_reason {
    WEIR_REASON_SHARE,  /* the component exceeds its own share */
    WEIR_REASON_BUDGET, /* framework.off-heap + task.off-heap (JobManager: off-heap) nears or exceeds its sum */
    WEIR_REASON_ROW,    /* a row that the VM bounds (metaspace, heap) nears its limit */
    WEIR_REASON_SLOPE,  /* would fill within 10 minutes at the present slope */
    WEIR_REASON_SURVIVED, /* memory of an ended attempt outlived full collections */
    WEIR_REASON_CONTAINER, /* the container would not hold what may come, or is nearly full */
    WEIR_REASON_THREADS_LEFT, /* threads of ended attempts live on */
    WEIR_REASON_HANDLES_LEFT  /* native objects are left open, or what they keep */
};

/* What one job's ended attempts still hold after full collections that began when they had ended. */
struct weir_survived {
    struct weir_attempt job;         /* of one of them: job id and name */
    uint64_t            bytes, blocks;
    uint64_t            collections; /* full ones since the last of them ended, at least */
    size_t              attempt_count; /* how many hold it */
    size_t              number_count;  /* of these: */
    int32_t             numbers[WEIR_MAX_NUMBERS]; /* Flink's attempt numbers, each once, ascending */
    size_t              other_jobs;  /* of which the same is true */
    uint64_t            other_bytes, other_blocks;
};

struct weir_breach {
    enum weir_level     level;
    bool                denied; /* mode=enforce refused the request */
    bool                of_container; /* used and limit are the container's, without page cache; component means nothing */
    bool                of_threads; /* used, requested and limit count threads; the limit's source names it */
    enum weir_reason    reason;
    enum weir_component component;
    enum weir_kind      kind;
    uint64_t            used;      /* of the component, without the request; a budget's line prints the budget's */
    uint64_t            requested; /* 0 when no single request made it (rows read by the reporter) */
    struct weir_limit   limit;
    uint64_t            budget_used, budget_limit; /* reason BUDGET; else 0 */
    uint64_t            suppressed;                /* lines of this component and level left out since the last */
    const char         *thread;                    /* "" if no single request */
    struct weir_attempt attempt;                   /* of the requesting thread */
    struct weir_stack   stack;                     /* count 0 if no single request */
    struct weir_survived survived;                 /* reason SURVIVED: the rest speaks of its biggest owner */
    size_t              diagnosis_count;
    struct weir_diagnosis diagnosis[1];
    struct weir_sheet   sheet;                     /* the vector of the hook's instant, pools, top owners of the component */
};

#endif
