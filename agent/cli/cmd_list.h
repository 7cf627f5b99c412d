/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_LIST_H
#define CLI_CMD_LIST_H
/* `weir list`: the JVMs of this machine, what each is, and which can be attached to. As the commands of cli/command.h. */

int command_list(int argc, char **args);

#endif
