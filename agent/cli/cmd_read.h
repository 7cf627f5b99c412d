/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_READ_H
#define CLI_CMD_READ_H
/* `weir read [--json] FILE`: what a ledger says, of a JVM that runs or is dead. As the commands of cli/command.h. */

int command_read(int argc, char **args);

#endif
