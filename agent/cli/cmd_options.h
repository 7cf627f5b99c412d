/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_OPTIONS_H
#define CLI_CMD_OPTIONS_H
/* `weir options [--markdown]`: what the agent's option string takes. */

/* argv[0] is the command's name. The result is an exit code of the tool. */
int cmd_options(int argc, char **argv);

#endif
