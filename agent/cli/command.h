/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H
/* The commands of `weir`, one function each; they return an exit code of enum weir_exit. args: what follows the
 * command's name. */

int command_derive(int argc, char **args);
int command_network(int argc, char **args);

#endif
