/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUT_OUT_SHEET_H
#define OUT_OUT_SHEET_H
/* The balance sheet as text for people: `weir read`, the digest for the pod's status, what a crashed JVM left. Times are
 * UTC. Blocks of lines; no '\n' after the last. */
#include "base/buf.h"
#include "out/ledger_data.h"

enum { OUT_DIGEST_MAX = 4000 }; /* kubelet keeps 4,096 bytes of a termination message */

/* taskmanager orders-tm-1-7, host node-7, pid 4711: Flink 1.20.5, JVM 17.0.15, G1, weir 0.1.0, mode warn */
void out_sheet_who(struct buf *b, const struct ledger_sheet *sheet);
/* Rows in the order of Flink's Web UI, pools, process, what was lost. */
void out_sheet_table(struct buf *b, const struct weir_sheet *sheet);
/* Of the table, the lines behind the rows: pools and cgroup, each behind a '\n'. */
void out_sheet_pools(struct buf *b, const struct weir_sheet *sheet);
/* A line per owner, the largest first; nothing if there are none. */
void out_sheet_owners(struct buf *b, const struct weir_sheet *sheet);
/* Time, level and text of what was said. */
void out_sheet_line(struct buf *b, const struct ledger_line *line);
/* The last words, and `used` of that instant. */
void out_sheet_words(struct buf *b, const struct ledger_words *words);
/* All of it in short: `state` first, then who, table, owners, the last line said. Cut to what fits b. */
void out_sheet_digest(struct buf *b, const char *state, const struct ledger_sheet *sheet);

#endif
