/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_LEDGER_DATA_H
#define OUT_LEDGER_DATA_H
/* What a ledger says, as plain data. */
#include <stdbool.h>
#include <stdint.h>

#include "ledger.h"
#include "snapshot.h"
#include "snapshot_loaders.h"

/* A breach, a denial or an OutOfMemoryError, as it was said. */
struct ledger_line {
    int64_t     time_ms;
    const char *what; /* a level's name, deny or oom */
    const char *text; /* several lines */
};

/* One sheet with all that explains it. */
struct ledger_sheet {
    struct weir_header  header; /* of the instant of the sheet; its host, pid and tm are the JVM's */
    struct weir_start    start;
    struct weir_sheet    sheet;
    struct weir_classes classes;                   /* of a sheet that was read; sheet.classes points to it */
    struct weir_loader  loaders[WEIR_TOP_LOADERS]; /* those that hold most, and of such a sheet all */
    uint32_t            line_count;
    struct ledger_line  lines[LEDGER_LINES]; /* newest first */
};

struct ledger_id {
    int64_t     pid, start_ms;
    const char *host, *version;
};

struct ledger_words {
    bool        there;
    int64_t     time_ms;
    const char *text;
    bool        known[WEIR_COMPONENT_COUNT];
    uint64_t    used[WEIR_COMPONENT_COUNT];
};

/* A ledger that was read. Its texts point into the bytes it was read from. */
struct ledger_file {
    struct ledger_id    id;
    struct ledger_sheet last;
    bool                stopped;
    int64_t             stop_ms;
    const char         *stop_reason;
    struct ledger_words words;
    const char         *damage; /* a part that is damaged, while the rest holds; "" if none */
};

#endif
