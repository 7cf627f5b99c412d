/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEIR_SNAPSHOT_THREADS_H
#define WEIR_SNAPSHOT_THREADS_H
/* Threads in a sheet: how many, whose, what their stacks hold, and the limits they run into. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weir_stack;

enum { WEIR_TOP_FAMILIES = 5, WEIR_THREAD_LIMITS = 7, WEIR_FAMILY_NAME = 64 };

/* A limit that a further thread may run into, and how much of it is taken. */
struct weir_thread_limit {
    const char *name;        /* "pids.max", "ulimit -u", "threads-max", "pid_max", "max_map_count", "limit.threads" */
    uint64_t    used, limit; /* in its own unit: threads; max_map_count: mappings, of which a thread takes two */
    uint64_t    left;        /* threads that still fit */
    bool        at_least;    /* more may be used than can be seen from inside this container */
    bool        refused;     /* the kernel counted a refusal by it in the last seconds */
};

/* Threads of one name but for its numbers: pulsar-client-io-*, GC Thread#*. */
struct weir_thread_family {
    const char *name;
    bool        java;               /* false: the VM's own, or a native library's; by the kernel's name, of 15 characters */
    uint64_t    threads;
    uint64_t    reserved, resident; /* of their stacks, bytes */
    uint64_t    ended;              /* started by attempts that have ended, in code of the user, a connector or a library */
    uint64_t    runs;               /* executions that left those: jobs and their restarts */
    int64_t     every_ms;           /* time between the ends of two of these, on average; 0 not known */
    bool        job_known;          /* whose job the last of these, else the last thread of an attempt, was started by */
    uint64_t    job_id[2];
    const char *job_name;
    const char *creator;            /* who creates most of them: com.acme.Sink.open(Sink.java:41); "": the VM, native code, or
                                     * before weir */
    const char *source;             /* code source of that frame, "" if none */
    const struct weir_stack *stack; /* the whole of it; NULL: as above, or read from a ledger */
};

struct weir_threads {
    bool     known;
    uint64_t tasks;              /* of this process, as the kernel counts */
    uint64_t java;               /* of these, Java's; without hidden ones of the VM and agents' */
    uint64_t ended;              /* of these, as in a family */
    int64_t  stacks_ms;          /* what follows was read so long ago; -1: not yet */
    uint64_t reserved, resident; /* of all stacks that were found, bytes */
    uint64_t not_found;          /* threads whose stack was not */
    bool     share_known;
    uint64_t share;              /* bytes of jvm-overhead that what else is measured of it leaves to stacks */
    size_t   limit_count, family_count;
    struct weir_thread_limit  limits[WEIR_THREAD_LIMITS]; /* what leaves least first */
    struct weir_thread_family families[WEIR_TOP_FAMILIES]; /* those of ended attempts first, then by threads */
    uint64_t other_families, other_threads; /* beside them */
};

#endif
