/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LEDGER_IN_H
#define CLI_LEDGER_IN_H
/* A ledger as the tool reads it, while its JVM may be writing it. */
#include <stdbool.h>

#include "base/buf.h"
#include "out/ledger_data.h"

/* Half a MiB: not for a stack. */
struct ledger_in {
    struct ledger_file file;
    unsigned char      bytes[LEDGER_SIZE + 1]; /* what file's texts point into */
};

/* Of a regular file only: a pipe or a device is no ledger and might never end. -1: why. */
int ledger_in_open(const char *path, struct buf *why);
/* A sheet that is torn by its writer is whole at the next try. False: why, and *in means nothing. */
bool ledger_in_read(int fd, struct ledger_in *in, struct buf *why);
/* Its writer holds it locked as long as it lives. Asked before the last read, that read is of the end. */
bool ledger_in_alive(int fd);

/* The ledger that a process has open, in whatever mount namespace: a descriptor to read it with, also when the process or
 * the file's name is gone since. -1: why. */
int ledger_in_of_pid(long pid, struct buf *why);

#endif
