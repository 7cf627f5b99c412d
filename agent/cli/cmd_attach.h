/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_ATTACH_H
#define CLI_CMD_ATTACH_H
/* `weir attach` and the commands to an agent that is loaded. As the commands of cli/command.h. */

int command_attach(int argc, char **args);
int command_status(int argc, char **args);
int command_report(int argc, char **args);
int command_sheet(int argc, char **args);
int command_pins(int argc, char **args);
int command_set(int argc, char **args);
int command_reset(int argc, char **args);
int command_stop(int argc, char **args);
int command_start(int argc, char **args);

#endif
