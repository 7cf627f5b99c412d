/* SPDX-License-Identifier: Apache-2.0 */
/* tool_run.c: a shell, a pipe, a temporary directory. */
#include "tool_run.h"

#include <CUnit/CUnit.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger_fixture.h"

char          tool_out[65536], tool_dir[64], tool_ledger_path[128];
int           tool_exit;
unsigned char tool_ledger[LEDGER_SIZE];

const char *tool_path(void)
{
    const char *path = getenv("WEIR_BIN");
    return path != NULL ? path : "build/weir";
}

void tool_run(const char *format, ...)
{
    char    command[4096];
    va_list ap;
    va_start(ap, format);
    int length = vsnprintf(command, sizeof command, format, ap);
    va_end(ap);
    CU_ASSERT_TRUE_FATAL(length > 0 && (size_t)length < sizeof command);
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    size_t n = fread(tool_out, 1, sizeof tool_out - 1, p);
    tool_out[n] = '\0';
    int status = pclose(p);
    tool_exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void tool_flink(const char *command, const char *arguments)
{
    tool_run("env -u FLINK_CONF_DIR -u FLINK_TM_HEAP -u FLINK_JM_HEAP '%s' %s %s 2>&1", tool_path(), command, arguments);
}

void tool_expect(int code, const char *part)
{
    bool found = strstr(tool_out, part) != NULL;
    if (tool_exit != code || !found)
        fprintf(stderr, "exit %d (not %d), no '%s' in:\n%s\n", tool_exit, code, part, tool_out);
    CU_ASSERT_EQUAL(tool_exit, code);
    CU_ASSERT_TRUE(found);
}

void tool_ledger_setup(void)
{
    snprintf(tool_dir, sizeof tool_dir, "%s/weir-ledger-XXXXXX", P_tmpdir);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(tool_dir));
    snprintf(tool_ledger_path, sizeof tool_ledger_path, "%s/box.ledger", tool_dir);
    ledger_fixture_file(tool_ledger, 2);
}

void tool_ledger_teardown(void)
{
    (void)unlink(tool_ledger_path);
    CU_ASSERT_EQUAL(rmdir(tool_dir), 0);
}

void tool_ledger_write(size_t len)
{
    FILE *f = fopen(tool_ledger_path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(fwrite(tool_ledger, 1, len, f), len);
    fclose(f);
}
