/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEIR_SNAPSHOT_BALANCE_H
#define WEIR_SNAPSHOT_BALANCE_H
/* The balance sheet: every resident byte of the process in one line of it, what remains in the last one; the allocator below
 * the rows, and the container around the process. Bytes. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir.h"

struct weir_diagnosis;

/* X(symbol, id, words). Beside the components, which hold what was taken by malloc for them. */
#define WEIR_PARTS(X)                                                  \
    X(JAVA_HEAP, "java-heap", "Java heap")                             \
    X(METASPACE, "metaspace", "metaspace")                             \
    X(CODE, "code", "code cache")                                      \
    X(STACKS, "stacks", "thread stacks")                               \
    X(MALLOC, "malloc", "malloc of the VM and others")                 \
    X(RETENTION, "retention", "free in the allocator")                 \
    X(VM_MAPS, "vm-maps", "mappings of the VM")                        \
    X(LIBRARIES, "libraries", "libraries")                             \
    X(FILES, "files", "mapped files")                                  \
    X(AGENT, "agent", "weir")

#define WEIR_ENUM_PART(sym, id, words) WEIR_PART_##sym,
enum weir_part { WEIR_PARTS(WEIR_ENUM_PART) WEIR_PART_COUNT };
#undef WEIR_ENUM_PART

#define WEIR_ALLOCATORS(X)   \
    X(UNKNOWN, "unknown")    \
    X(GLIBC, "glibc")        \
    X(JEMALLOC, "jemalloc")  \
    X(TCMALLOC, "tcmalloc")

#define WEIR_ENUM_ALLOCATOR(sym, name) WEIR_ALLOCATOR_##sym,
enum weir_allocator_kind { WEIR_ALLOCATORS(WEIR_ENUM_ALLOCATOR) WEIR_ALLOCATOR_COUNT };
#undef WEIR_ENUM_ALLOCATOR

/* What serves malloc in this process. */
struct weir_allocator {
    enum weir_allocator_kind kind;
    bool     known;       /* its own figures: */
    uint64_t live;        /* handed out and not given back, with its own rounding */
    uint64_t held;        /* taken from the kernel; may lie there untouched */
    bool     resident_known;
    uint64_t resident;    /* of held: jemalloc and tcmalloc by their word, glibc's arenas by mincore() */
    uint64_t retention;   /* of resident: not live; an estimate */
    uint64_t arenas;      /* 0 not known */
    int64_t  read_ms;     /* when it was asked, wall */
    uint64_t cost_us;     /* that it took to answer */
};

/* A process below this one: a Python worker. */
struct weir_child {
    int32_t  pid;
    char     name[16]; /* the kernel's */
    bool     pss_known;
    uint64_t rss, pss; /* pss: what it shares with others counted in parts */
};
enum { WEIR_TOP_CHILDREN = 5 };

/* Lines of the sheet that are no component: parts, and these. */
enum weir_line { WEIR_LINE_RESIDUAL = WEIR_PART_COUNT, WEIR_LINE_CHILDREN, WEIR_LINE_COUNT };

/* The memory cgroup that leaves least: the process's own, or one above it. */
struct weir_container {
    bool     known;
    bool     limited;
    bool     above;    /* the limit is not the own group's */
    int32_t  version;  /* of cgroups: 1, 2 */
    uint64_t limit, usage;
    bool     stat_known; /* memory.stat: */
    uint64_t anon, file, inactive_file, shmem, kernel;
    uint64_t charge;   /* usage without page cache: what cannot be dropped */
    bool     swap_known;
    uint64_t swap;
    bool     kills_known;
    uint64_t oom_kills; /* so far, in it */
    double   cpus;      /* that its quota and cpuset allow; 0 not known */
    uint64_t host_cpus;
    /* what may still come without anything being wrong, and where that ends */
    uint64_t heap_to_come, managed_to_come; /* not touched yet */
    bool     slope_known;
    int64_t  trend_ms; /* over which */
    int64_t  a_minute;  /* growth of charge */
    int64_t  left_ms;   /* until it is full at that slope; -1 never */
    int32_t  biggest;   /* enum weir_component over its budget by most; -1 none */
    int32_t  growing;   /* what grows most: enum weir_component, or WEIR_COMPONENT_COUNT + enum weir_part or weir_line; -1 none */
    int64_t  growing_a_minute;
};

struct weir_balance {
    bool     known;      /* the parts below */
    int64_t  read_ms;    /* when they were read, wall; */
    int64_t  age_ms;     /* so long before the sheet */
    uint64_t rss, swapped;
    uint64_t rows[WEIR_COMPONENT_COUNT]; /* resident, of what is booked as malloc'ed */
    bool     sampled;    /* that resident part was not looked at block by block: an estimate */
    bool     part_known[WEIR_PART_COUNT];
    uint64_t part[WEIR_PART_COUNT];
    int64_t  residual;   /* rss less all of these */
    uint64_t cost_us;    /* that the last reading took */
    struct weir_allocator allocator;
    struct weir_container container;
    uint64_t child_count, child_rss; /* all processes below this one */
    size_t   child_shown;
    struct weir_child children[WEIR_TOP_CHILDREN]; /* by rss, biggest first */
    const struct weir_diagnosis *retention; /* allocator-retention; NULL: none */
};

#endif
