/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DIGEST_H
#define DIGEST_H
/* The digest: what kubelet carries into the pod's status after the pod is gone. Reporter only. */
#include <stdbool.h>

#include "out/ledger_data.h"

/* "": /dev/termination-log, silently not, where there is none or it cannot be written to. A file that is there must be
 * regular and no larger than a digest; else one is made. */
void digest_open(const char *path);
/* Rewrites it; reason: why the JVM stops, "" while it runs. False: there is a file and it could not be written. */
bool digest_write(const struct ledger_sheet *sheet, const char *reason);

#endif
