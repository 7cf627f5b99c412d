/* SPDX-License-Identifier: Apache-2.0 */
/* test_derive.c: `weir derive` as its users meet it: the built tool ($WEIR_BIN), its output and exit codes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json_check.h"
#include "suite.h"
#include "tool_run.h"

#define TM "taskmanager.memory."

static char dir[64];

/* With this before it in the shell. Flink's variables are not inherited. */
static void weir(const char *before, const char *arguments)
{
    tool_run("env -u FLINK_CONF_DIR -u FLINK_TM_HEAP -u FLINK_JM_HEAP %s '%s' %s", before, tool_path(), arguments);
}

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    fclose(f);
}

static void setup(void)
{
    snprintf(dir, sizeof dir, "%s/weir-derive-XXXXXX", P_tmpdir);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
}

static void teardown(void)
{
    static const char *const names[] = { "config.yaml", "flink-conf.yaml", "other.txt" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void json_is_the_promised_object(void)
{
    weir("", "derive --json --flink 1.20.4 -D " TM "process.size=1728m");
    CU_ASSERT_EQUAL(tool_exit, 0);
    CU_ASSERT_STRING_EQUAL(
        tool_out, "{\"role\":\"taskmanager\",\"flink\":\"1.20.4\",\"components\":{\"framework.heap\":"
             "134217728,"
             "\"task.heap\":402653174,\"managed\":536870920,\"framework.off-heap\":134217728,"
             "\"task.off-heap\":0,\"network\":134217730,\"jvm-metaspace\":268435456,"
             "\"jvm-overhead\":201326592},\"total_flink\":1342177280,\"total_process\":1811939328,"
             "\"jvm\":{\"Xmx\":536870902,\"MaxDirectMemorySize\":268435458,"
             "\"MaxMetaspaceSize\":268435456}}\n");
    weir("", "derive --json --role jm --flink 2.3 -D jobmanager.memory.process.size=1600m");
    CU_ASSERT_EQUAL(tool_exit, 0);
    CU_ASSERT_STRING_EQUAL(
        tool_out, "{\"role\":\"jobmanager\",\"flink\":\"2.3\",\"components\":{\"heap\":1073741824,"
             "\"off-heap\":134217728,\"jvm-metaspace\":268435456,\"jvm-overhead\":201326592},"
             "\"total_flink\":1207959552,\"total_process\":1677721600,"
             "\"jvm\":{\"Xmx\":1073741824,\"MaxMetaspaceSize\":268435456}}\n");
    weir("", "derive --json --role=jm --flink=2.3 -Djobmanager.memory.process.size=1600m "
             "-Djobmanager.memory.enable-jvm-direct-memory-limit=true");
    tool_expect(0, "\"MaxDirectMemorySize\":134217728,");
}

static void an_error_is_json_on_stdout_and_text_on_stderr(void)
{
    weir("", "derive --json --flink 2.3 -D " TM "process.size=1.5g 2>/dev/null");
    CU_ASSERT_EQUAL(tool_exit, 2);
    CU_ASSERT_STRING_EQUAL(
        tool_out, "{\"error\":{\"code\":\"READ\",\"key\":\"taskmanager.memory.process.size\","
             "\"message\":\"taskmanager.memory.process.size is no memory size: '1.5g' is not a "
             "whole number "
             "with one of the units b k m g t\"}}\n");
    weir("", "derive --flink 2.3 -D " TM "process.size=600m 2>&1 >/dev/null");
    tool_expect(2, "weir derive: SUM-T: framework heap (128.000mb (134217728 bytes))");
    tool_expect(2, "left by total process memory (600.000mb (629145600 bytes))\n");
    tool_expect(2, "  option  taskmanager.memory.process.size\n  hint    derives with "
              "taskmanager.memory.process.size: 982m\n");
    weir("", "derive --flink 2.3 -D " TM "process.size=600m 2>/dev/null");
    CU_ASSERT_STRING_EQUAL(tool_out, "");
}

static void odd_values_stay_valid_json(void)
{
    weir("", "derive --json -D \"$(printf '" TM
             "process.size=\\001\\033[31m\"\\\\\\n\\342\\204')\" 2>/dev/null");
    CU_ASSERT_EQUAL(tool_exit, 2);
    tool_out[strcspn(tool_out, "\n")] = '\0';
    CU_ASSERT_TRUE(json_check(tool_out));
}

static void the_table_has_the_web_uis_rows_in_order(void)
{
    static const char *const rows[] = {
        "\nframework.heap ",
        "\ntask.heap ",
        "\nmanaged ",
        "\nframework.off-heap ",
        "\ntask.off-heap ",
        "\nnetwork ",
        "\njvm-metaspace ",
        "\njvm-overhead ",
        "\ntotal flink ",
        "\ntotal process ",
        "\nJVM flags\n  -Xmx536870902 ",
        "\ndynamic properties\n  -D taskmanager.memory.framework.heap.size=134217728b "
    };
    weir("", "derive -D " TM "process.size=1728m");
    tool_expect(0, "TaskManager of Flink 2.3 (assumed, the newest known; --flink names another)\n");
    tool_expect(0, "jvm-overhead                   201326592            192.0 MiB   0.1 of total "
              "process memory = 172.8 MiB, "
              "raised to the minimum\n");
    const char *at = tool_out;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *found = strstr(at, rows[i]);
        CU_ASSERT_PTR_NOT_NULL(found);
        at = found != NULL ? found : at;
    }
    weir("", "derive --role jm --flink 1.20 -D jobmanager.memory.process.size=1600m");
    tool_expect(0, "JobManager of Flink 1.20\n");
}

static void the_version_chooses_the_file_of_a_directory(void)
{
    char arguments[256];
    write_file("config.yaml", "taskmanager:\n  memory:\n    process.size: 2g\n");
    snprintf(arguments, sizeof arguments, "derive --flink 2.3 --json --conf %s", dir);
    weir("", arguments);
    tool_expect(0, "\"total_process\":2147483648,");
    write_file("flink-conf.yaml", TM "process.size: 3g\n");
    weir("", arguments);
    tool_expect(0, "\"total_process\":2147483648,");
    snprintf(arguments, sizeof arguments, "derive --flink 1.20 --json --conf %s", dir);
    weir("", arguments);
    tool_expect(0, "\"total_process\":3221225472,");
    snprintf(arguments, sizeof arguments, "derive --flink 1.20 --conf %s -D " TM "process.size=4g",
             dir);
    weir("", arguments);
    tool_expect(0, "4096.0 MiB   taskmanager.memory.process.size");
    tool_expect(0, "/flink-conf.yaml\n");
    snprintf(arguments, sizeof arguments, "derive --flink 1.20 --json --conf %s/config.yaml", dir);
    weir("", arguments);
    tool_expect(0, "\"total_process\":2147483648,");
}

static void a_configuration_that_cannot_be_read_says_why(void)
{
    char arguments[256];
    snprintf(arguments, sizeof arguments, "derive --flink 2.3 --json --conf %s 2>&1", dir);
    weir("", arguments);
    tool_expect(2, "{\"error\":{\"code\":\"CONF\",\"key\":\"\",");
    tool_expect(2, "has no configuration file");
    write_file("flink-conf.yaml", TM "process.size: 3g\n");
    weir("", arguments);
    tool_expect(2, "has flink-conf.yaml only, which Flink 2.0 and newer do not read");
    tool_expect(2, "name the version with --flink");
    write_file("config.yaml", "a: 1\na: 2\n");
    weir("", arguments);
    tool_expect(2, "config.yaml: line 2: the same key twice in one mapping");
    write_file("config.yaml", "key:value\n");
    weir("", arguments);
    tool_expect(2, "not a mapping of keys to values");
    weir("", "derive --conf /nowhere/at/all 2>&1");
    tool_expect(2, "CONF: /nowhere/at/all: No such file or directory");
}

static void the_environment_counts_as_in_flinks_scripts(void)
{
    char before[128];
    write_file("config.yaml", TM "flink.size: 1280m\n");
    snprintf(before, sizeof before, "FLINK_CONF_DIR=%s", dir);
    weir(before, "derive --json");
    tool_expect(0, "\"total_flink\":1342177280,");
    weir(before, "derive --json -D " TM
                 "process.size=2g"); /* a -D that sets a total: the directory is not read */
    tool_expect(0, "\"total_process\":2147483648,");
    weir(before, "derive --json -D " TM "task.off-heap.size=1m");
    tool_expect(0, "\"total_flink\":1342177280,");
    weir("FLINK_TM_HEAP=1024m", "derive --flink 1.20");
    tool_expect(0, "1024.0 MiB   FLINK_TM_HEAP\n");
    weir("FLINK_JM_HEAP=512m", "derive --json --role jm --flink 1.20");
    tool_expect(0, "\"heap\":536870912,");
    weir("FLINK_TM_HEAP=1024m", "derive --flink 2.0 2>&1");
    tool_expect(2, "FLINK_TM_HEAP is not read since Flink 2.0");
}

static void bad_usage_is_named_and_exits_with_2(void)
{
    static const struct {
        const char *arguments, *part;
    } rows[] = {
        { "derive --what 2>&1",
          "unknown option --what; it takes --role --flink --conf -D --deployment --slot --json --help\n" },
        { "derive word 2>&1", "unknown option word;" },
        { "derive --role boss 2>&1", "--role takes tm or jm\n" },
        { "derive --flink new 2>&1", "--flink takes a version such as 1.20 or 2.3.0\n" },
        { "derive --flink 2>&1", "--flink takes a version" },
        { "derive -D 2>&1", "-D takes KEY=VALUE\n" },
        { "derive --json=x 2>&1", "unknown option --json=x;" },
        { "derive --flink 1.8 -D " TM "process.size=1g 2>&1",
          "VERSION: Flink 1.8 has no unified memory model" },
        { "derive --flink 1.8 --role jm 2>&1",
          "VERSION: Flink 1.8 has no unified JobManager memory model" },
        { "2>&1", "usage: weir COMMAND" },
        { "dervie 2>&1", "weir: unknown command dervie\nusage: weir COMMAND" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        weir("", rows[i].arguments);
        tool_expect(2, rows[i].part);
    }
    weir("", "derive -D " TM "proces.size=1g -D " TM "process.size=1728m 2>&1 >/dev/null");
    CU_ASSERT_STRING_EQUAL(
        tool_out, "weir derive: -D taskmanager.memory.proces.size plays no part in memory, ignored\n");
    CU_ASSERT_EQUAL(tool_exit, 0);
}

static void help_and_version_answer(void)
{
    weir("", "help");
    tool_expect(0, "  derive ");
    weir("", "--help");
    tool_expect(0, "  derive ");
    weir("", "help derive");
    tool_expect(0, "usage: weir derive [--role tm|jm]");
    weir("", "derive --help");
    tool_expect(0, "usage: weir derive [--role tm|jm]");
    weir("", "version");
    tool_expect(0, "weir 0.");
}

static void secrets_are_not_printed(void)
{
    char arguments[256];
    write_file("config.yaml", "s3.secret-key: hunter2\n" TM "process.size: 1728m\nx: [hunter2\n");
    snprintf(arguments, sizeof arguments, "derive --conf %s -D s3.access=hunter2 2>&1", dir);
    weir("", arguments);
    CU_ASSERT_EQUAL(tool_exit, 2);
    CU_ASSERT_PTR_NULL(strstr(tool_out, "hunter2"));
}

static void batch_answers_line_by_line(void)
{
    weir("printf 'tm\\tnone\\t\\t-\\t-\\t-D\\t" TM
         "process.size=1728m\\njm\\tlegacy\\ta: b\\\\n\\t-\\t=x\\n' |",
         "derive --batch --flink 1.20.5");
    CU_ASSERT_EQUAL(tool_exit, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(tool_out, "ok {\"role\":\"taskmanager\",\"flink\":\"1.20.5\","));
    CU_ASSERT_PTR_NOT_NULL(strstr(tool_out, "\nerror READ FLINK_JM_HEAP ICE<ICE<NFE\n"));
}

SUITE(derive, setup, teardown, CASE(json_is_the_promised_object),
      CASE(an_error_is_json_on_stdout_and_text_on_stderr), CASE(odd_values_stay_valid_json),
      CASE(the_table_has_the_web_uis_rows_in_order),
      CASE(the_version_chooses_the_file_of_a_directory),
      CASE(a_configuration_that_cannot_be_read_says_why),
      CASE(the_environment_counts_as_in_flinks_scripts), CASE(bad_usage_is_named_and_exits_with_2),
      CASE(help_and_version_answer), CASE(secrets_are_not_printed),
      CASE(batch_answers_line_by_line));
