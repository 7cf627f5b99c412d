/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_TOP_H
#define CLI_CMD_TOP_H
/* `weir top PID|FILE`: a ledger's sheet, again and again. As the commands of cli/command.h. */

int command_top(int argc, char **args);

#endif
