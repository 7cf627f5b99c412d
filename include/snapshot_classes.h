/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEIR_SNAPSHOT_CLASSES_H
#define WEIR_SNAPSHOT_CLASSES_H
/* Plain data about class loaders, as snapshot.h: what keeps those alive that should be dead. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEIR_MAX_PINS = 12, WEIR_MAX_PINNED = 320, WEIR_PIN_WHAT = 256, WEIR_PIN_SOURCE = 128, WEIR_PIN_PATH = 1024 };

/* X(symbol, name): where the path to a loader begins. */
#define WEIR_PIN_KINDS(X)                          \
    X(STATIC, "static field")                      \
    X(THREAD, "thread")                            \
    X(THREAD_LOCAL, "ThreadLocal")                 \
    X(CONTEXT_LOADER, "context class loader")      \
    X(SHUTDOWN_HOOK, "shutdown hook")              \
    X(JNI_GLOBAL, "JNI global")                    \
    X(LOADER, "another loader") /* itself pinned */\
    X(VM, "the VM")

#define WEIR_ENUM_PIN(sym, name) WEIR_PIN_##sym,
enum weir_pin_kind { WEIR_PIN_KINDS(WEIR_ENUM_PIN) WEIR_PIN_KIND_COUNT };
#undef WEIR_ENUM_PIN

/* X(symbol, name): how a loader that was searched for is held. */
#define WEIR_HOLDS(X)                                                                   \
    X(UNKNOWN, "unknown")             /* the search had to end before it was seen */    \
    X(PINNED, "pinned")                                                                 \
    X(CACHED, "bounded cache")        /* only by a cache that lets go by itself */      \
    X(SOFT, "only softly held")       /* goes when heap is short */                     \
    X(GARBAGE, "not yet collected")   /* by nothing */                                  \
    X(GONE, "gone")                   /* not there any more, or without any class */

#define WEIR_ENUM_HOLD(sym, name) WEIR_HOLD_##sym,
enum weir_hold { WEIR_HOLDS(WEIR_ENUM_HOLD) WEIR_HOLD_COUNT };
#undef WEIR_ENUM_HOLD

/* One reason why loaders stay alive; pins that differ in numbers only are one. */
struct weir_pin {
    enum weir_pin_kind kind;
    bool               bounded;  /* a cache that lets go by itself, Flink's compiled code: no leak */
    bool               soft;     /* over a soft reference */
    bool               cut;      /* the path was not followed to a root: kind and what mean nothing */
    uint32_t           loaders;  /* how many of those searched for it holds */
    uint32_t           threads;  /* kinds of a thread: how many of such a name; else 0 */
    char               what[WEIR_PIN_WHAT];     /* static com.x.Y.CACHE; thread "pool-*-thread-*"; ... */
    char               source[WEIR_PIN_SOURCE]; /* code source of the static's class: x.jar; "" unknown or the JDK's */
    char               path[WEIR_PIN_PATH];     /* from the root: static com.x.Y.CACHE -> HashMap.table[] -> ... */
};

struct weir_pinned { /* one loader that was searched for */
    uint32_t       loader; /* its tag (jvm/loaders) */
    enum weir_hold hold;
    uint32_t       pins;   /* bit i: pins[i] holds it */
};

/* What is searched for. */
struct pins_query {
    const uint32_t *loaders;   /* tags (jvm/loaders) of the loaders that should be dead; their children go with them */
    size_t          count;
    const char     *glob;      /* instead, when not NULL: loaders whose class name matches */
    bool            with_classes; /* of those that, with their children, have defined no class nothing is said; else GONE */
    int64_t         budget_us; /* no further walk is begun, and a walk is broken off, when all have taken so long */
};

/* What a search found, and what it cost. */
struct weir_pins {
    size_t             pinned_count;
    struct weir_pinned pinned[WEIR_MAX_PINNED];
    uint32_t           left_out;  /* loaders beyond the bound: not searched for */
    size_t             pin_count;
    struct weir_pin    pins[WEIR_MAX_PINS]; /* those that hold most loaders first */
    uint32_t           more_pins; /* beyond the bound */
    uint32_t           walks;     /* over the heap, the program stopped during each */
    int64_t            pause_us, longest_us;
    uint64_t           edges;     /* references looked at */
    uint32_t           tagged;    /* most objects that had a tag at a time */
    bool               out_of_time; /* something is not known for lack of time */
    bool               enough;      /* the last walk was ended when every loader's holder was known: there may be others */
};

#endif
