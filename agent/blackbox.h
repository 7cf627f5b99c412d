/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BLACKBOX_H
#define BLACKBOX_H
/* The black box: a ledger file (include/ledger.h) and the digest in the `last` file, kept up to date while the JVM lives.
 * All but blackbox_last_words() is the reporter's alone. */
#include <stdint.h>

#include "out/ledger_data.h"
#include "snapshot.h"

struct blackbox_setup {
    const char              *path; /* expanded; "" none is kept */
    const char              *last; /* expanded file of the digest; "" /dev/termination-log where there is one */
    bool                     last_off;
    struct ledger_id         id;
    const struct weir_start *start; /* copied; its texts outlive the process */
};

/* Says what an earlier JVM of this host left without a stop, next to `path`; then makes the file. What fails is said
 * once and counted, and tried again with each write. */
void blackbox_open(const struct blackbox_setup *setup);
/* What was said, for the next write; the digest is due then. what: a level's name, deny or oom. */
void blackbox_note(int64_t time_ms, const char *what, const char *text);
/* The sheet of now: every second, and after what was noted. */
void blackbox_write(const struct weir_header *header, const struct weir_sheet *sheet);
/* The last sheet and the stop mark. */
void blackbox_stop(const struct weir_header *header, const struct weir_sheet *sheet, const char *reason);
/* Mode or limits have changed; copied as above. */
void blackbox_describe(const struct weir_start *start);
/* The sheet of the last write, with what was said last. */
const struct ledger_sheet *blackbox_sheet(void);
/* Writes that failed so far. */
uint64_t blackbox_lost(void);

/* For hooks on the ways out that end the JVM without VMDeath: any thread, also inside a hook; one pwrite of a block that
 * needs no formatting. The first caller's words count. A child of fork writes nothing. */
void blackbox_last_words(const char *text, int64_t time_ms, const uint64_t used[WEIR_COMPONENT_COUNT],
                       const bool known[WEIR_COMPONENT_COUNT]);

#endif
