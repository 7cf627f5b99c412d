/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOOL_RUN_H
#define TESTS_TOOL_RUN_H
/* The built tool, run as its users run it; and a ledger for it, in a directory of the case's own. */
#include <stddef.h>

#include "out/out_ledger.h"

/* $WEIR_BIN, else build/weir. */
const char *tool_path(void);
/* Runs a shell's command; its stdout goes to tool_out, its exit code to tool_exit (-1: it was killed). */
__attribute__((format(printf, 1, 2))) void tool_run(const char *format, ...);
/* A command of the tool with these arguments, stderr in tool_out too, and none of Flink's settings in the environment. */
void tool_flink(const char *command, const char *arguments);
extern char tool_out[65536];
extern int  tool_exit;
/* The exit code, and a part of the output. */
void tool_expect(int code, const char *part);

/* Setup and teardown of a case: TOOL_DIR/box.ledger, not written yet, whose bytes are those of two sheets. */
void tool_ledger_setup(void);
void tool_ledger_teardown(void);
void tool_ledger_write(size_t len);
extern unsigned char tool_ledger[LEDGER_SIZE];
extern char          tool_dir[64], tool_ledger_path[128];

#endif
