/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_OPTIONS_H
#define CLI_CMD_OPTIONS_H
/* `weir options [--markdown]`: what the agent's option string takes. As the commands of cli/command.h: args is what
 * follows the name, the result an exit code. */

int command_options(int argc, char **args);

#endif
