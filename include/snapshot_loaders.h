/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEIR_SNAPSHOT_LOADERS_H
#define WEIR_SNAPSHOT_LOADERS_H
/* Plain data about metaspace by class loader, as snapshot.h. Read as a whole now and then, not with every sheet: time_ms says
 * when. Bytes held are chunks that belong to the loader; used is what of them is taken. */
#include "snapshot.h"
#include "snapshot_classes.h"

enum { WEIR_TOP_LOADERS = 8, WEIR_TOP_LOADER_JOBS = 4, WEIR_TOP_LIVE_FAMILIES = 5, WEIR_LIVE_FAMILY_NAME = 192 };

/* X(symbol, name): what became of the job that a loader serves. */
#define WEIR_LOADER_FATES(X)                                                                             \
    X(NONE, "")                              /* it serves no job, or that is not known */                 \
    X(RUNNING, "running")                    /* or: not known to have ended */                            \
    X(NOT_COLLECTED, "not yet collected")    /* the job has ended; no collection that tells came after */ \
    X(LEAKED, "leaked")                      /* outlived collections that began after the job's end */    \
    X(CACHED, "held by a cache")             /* the same, but by a soft reference or a bounded cache only */

#define WEIR_ENUM_FATE(sym, name) WEIR_LOADER_##sym,
enum weir_loader_fate { WEIR_LOADER_FATES(WEIR_ENUM_FATE) WEIR_LOADER_FATE_COUNT };
#undef WEIR_ENUM_FATE

/* One class loader; or all of one class and fate whose own figures cannot be told apart (count > 1). */
struct weir_loader {
    uint32_t              count;
    uint32_t              tag;      /* identity in this JVM (jvm/loaders); 0 none */
    uint32_t              of;       /* tag of the user-code loader it is or descends from; 0 none */
    bool                  user;     /* a Flink user-code loader itself */
    bool                  child;    /* descends from one */
    uint64_t              classes, hidden; /* hidden: of classes */
    uint64_t              held, used;
    const char           *class_name; /* of the loader; "" boot */
    const char           *source;   /* the jar of one of its classes; "" none or unknown */
    int64_t               since_ms; /* first seen; 0 not known */
    int64_t               ended_ms; /* its job was seen to have ended; 0 it has not */
    enum weir_loader_fate fate;
    struct weir_attempt   job;      /* only the job */
};

/* The loaders of one job of one fate, children with their user-code loader. */
struct weir_loader_job {
    struct weir_attempt   job; /* known false: user-code loaders of which no job is known */
    enum weir_loader_fate fate;
    uint64_t              loaders, children; /* user-code loaders; what descends from them */
    uint64_t              classes, held, used;
    int64_t               ended_ms; /* the last one */
};

struct weir_fate_sum {
    uint64_t loaders; /* user-code loaders */
    uint64_t jobs;    /* different ones, as far as they are known */
    uint64_t classes, held; /* children included */
};

struct weir_live_family {
    char     name[WEIR_LIVE_FAMILY_NAME]; /* jdk.proxy*.$Proxy* */
    uint64_t classes;                /* alive */
};

struct weir_classes {
    bool                          known;    /* false: `note` says why, the rest means nothing */
    bool                          joined;   /* false: rows cannot be told apart but by the class of the loader */
    const char                   *note;     /* what is missing; "" nothing */
    int64_t                       time_ms, took_us;
    uint64_t                      loaders, classes, held, used; /* of all loaders */
    uint64_t                      left_out; /* loaders beyond our table */
    struct weir_fate_sum          fates[WEIR_LOADER_FATE_COUNT];
    int64_t                       outlived_ms; /* jobs that ended before it outlived two collections; 0 none seen */
    size_t                        loader_count;
    const struct weir_loader     *loader;   /* those that hold most first; the agent's has all, a reader's WEIR_TOP_LOADERS */
    size_t                        job_count;
    struct weir_loader_job        jobs[WEIR_TOP_LOADER_JOBS]; /* leaked ones first, by what they hold */
    bool                          families_known;
    uint64_t                      generated; /* live classes of families that are generated, not written */
    size_t                        family_count;
    struct weir_live_family      families[WEIR_TOP_LIVE_FAMILIES]; /* of them, largest first */
    const struct weir_pins       *pins;     /* NULL: not searched for */
};

#endif
