/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEIR_SNAPSHOT_HANDLES_H
#define WEIR_SNAPSHOT_HANDLES_H
/* Native objects of RocksDB and ForSt in a sheet: opened and closed per Java class, who left them open, what caches they
 * were given. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weir_stack;

enum { WEIR_TOP_HANDLE_CLASSES = 8, WEIR_TOP_HANDLE_OWNERS = 6, WEIR_TOP_HANDLE_CACHES = 8 };

struct weir_handle_class {
    const char *library, *name; /* "rocksdb", "ColumnFamilyOptions" */
    uint64_t    opened, closed; /* since the agent came; open ones are the difference */
};

/* Open ones of a class that one place in the code opened. */
struct weir_handle_owner {
    const char *library, *name;
    uint64_t    open, ended; /* ended: of these, opened by attempts that have ended */
    uint64_t    runs;        /* how many such attempts */
    int64_t     age_ms;      /* since the first of them was opened */
    const char *creator;     /* com.acme.Compactor.compact(Compactor.java:41), the first frame outside the library; "" not walked */
    const char *source;      /* code source of the deciding frame; "" none */
    bool        job_known;   /* of one of them: */
    uint64_t    job_id[2];
    const char *job_name;
    const struct weir_stack *stack; /* NULL: not walked, or read from a ledger */
};

/* A block cache that is open, and the write buffers that are charged to it. */
struct weir_handle_cache {
    uint64_t cache, write_buffers; /* capacities in bytes */
};

/* What Flink's configuration gives the state backend of each slot (flink-memory-model.md 9). */
struct weir_handle_share {
    bool        known;
    const char *source;  /* "managed memory", or the option that takes it from elsewhere; "nothing": each column family has its own */
    bool        managed; /* it is part of managed memory */
    uint32_t    slots;
    uint64_t    slot;    /* managed memory of a slot */
    uint64_t    bytes, cache, write_buffers; /* of a slot whose only consumer is the state backend; 0 for "nothing" */
};

struct weir_handles {
    bool     measured;
    uint64_t opened, closed;  /* of all classes */
    uint64_t databases;       /* open now */
    int64_t  idle_ms;         /* since the last database was closed; 0: one is open, or none ever was */
    uint64_t ended;           /* open ones of attempts that have ended */
    uint64_t unknown, stale;  /* closed, but never seen opened; closed unseen */
    uint64_t lost;            /* not followed: a table was full, or a native could not be wrapped */
    size_t   class_count, owner_count, cache_count;
    uint64_t caches;          /* open; beyond cache_count those with less */
    uint64_t cache_bytes, write_buffer_bytes; /* capacities of all that are open */
    struct weir_handle_class classes[WEIR_TOP_HANDLE_CLASSES]; /* most open ones first, then most opened */
    struct weir_handle_owner owners[WEIR_TOP_HANDLE_OWNERS];   /* those of ended attempts first, then most open ones */
    struct weir_handle_cache cache[WEIR_TOP_HANDLE_CACHES];    /* largest first */
    struct weir_handle_share share;
};

#endif
