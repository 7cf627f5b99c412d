/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_CHECK_H
#define CLI_CMD_CHECK_H
/* `weir check DIR`: before a rollout, on the host or in the image: does the library load here, can its files be written. As
 * the commands of cli/command.h. */

int command_check(int argc, char **args);

#endif
