/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUTPUTS_H
#define OUTPUTS_H
/* Where the agent writes: log, JSON lines, ledger and digest, as the options name them. The reporter's thread only. */
#include "files.h"
#include "model/options.h"
#include "out/ledger_data.h"
#include "snapshot.h"

/* dir: output directory, "" none; all outlive the process. */
void outputs_init(const struct options *options, const char *dir, const char *host);
/* Lines go there from now on, or stay on stderr. */
void outputs_log(void);
/* json->fd is -1 where none is written. */
void outputs_json(struct files_stream *json);
/* Also says what an earlier JVM left: after our own start. */
void outputs_blackbox(const struct ledger_id *id, const struct weir_start *start);

#endif
