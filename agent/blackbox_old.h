/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BLACKBOX_OLD_H
#define BLACKBOX_OLD_H
/* What earlier JVMs of this host left in the ledger's directory. Start-up only. */
#include "out/ledger_data.h"

/* In the directory of `path`: each ledger of id->host that has no stop mark and whose JVM is dead is renamed NAME.crashed,
 * the newest of them is said. Of crashed ones the last three are kept, of others the last two besides `path`. */
void blackbox_old_report(const char *path, const struct ledger_id *id);

#endif
