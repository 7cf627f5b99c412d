/* SPDX-License-Identifier: Apache-2.0 */
/* test_flink19.c: memory of before the unified model, against Flink 1.9.3's own classes and its start scripts' numbers. */
#include "model/flink19.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_text.h"
#include "json_check.h"
#include "suite.h"
#include "tool_run.h"
#include "tsv.h"

#define MIB(n) ((uint64_t)(n) << 20)

static struct flinkconf        conf;
static struct flink19          model;
static struct flinkmodel_error err;

/* "key=value;key=value" */
static enum weir_rc derive(const char *options, enum weir_role role,
                           enum flinkmodel_deployment where)
{
    conf_text(&conf, options);
    return flink19_derive(&conf, role, where, (struct flink_version){ 1, 9, 3 }, &model, &err);
}

static void expect(uint64_t bytes, const char *mebibytes, char **f, const char *what)
{
    if (bytes != MIB(strtoull(mebibytes, NULL, 10)))
        fprintf(stderr, "%s %s: %s is %llu MiB, not %s\n", f[0], f[1], what,
                (unsigned long long)(bytes >> 20), mebibytes);
    CU_ASSERT_EQUAL(bytes, MIB(strtoull(mebibytes, NULL, 10)));
}

static void container(char **f)
{
    enum weir_rc rc = derive(f[1], WEIR_ROLE_TASKMANAGER, FLINKMODEL_YARN);
    bool         refused = strcmp(f[2], "-") == 0;
    if ((rc != WEIR_OK) != refused)
        fprintf(stderr, "%s %s: %s\n", f[0], f[1], rc == WEIR_OK ? "derived" : err.message);
    CU_ASSERT_EQUAL(rc, refused ? WEIR_EINVAL : WEIR_OK);
    if (rc != WEIR_OK || refused)
        return;
    expect(model.cutoff, f[2], f, "cutoff");
    expect(model.heap, f[3], f, "heap");
    expect(model.direct, f[4], f, "direct");
}

static void containers_are_flinks(void)
{
    CU_ASSERT_EQUAL(tsv_each("derive_19.tsv", 5, container), 157);
}

static void check_flags(const char *expected)
{
    char       text[128];
    struct buf b;
    buf_init(&b, text, sizeof text);
    flink19_put_flags(&b, &model);
    CU_ASSERT_STRING_EQUAL(text, expected);
}

/* Flink's own tests of 1.9 and its scripts: heap MiB of a standalone TaskManager. */
static void standalone_is_the_start_scripts(void)
{
    static const struct {
        const char *options;
        unsigned    heap;
    } rows[] = {
        { "taskmanager.heap.size=1024m", 922 },
        { "taskmanager.heap.mb=1024", 922 },
        { "taskmanager.heap.size=1073741824", 922 },
        { "taskmanager.heap.size=1000m", 900 },
        { "taskmanager.heap.size=1000m;taskmanager.network.memory.fraction=0.2", 800 },
        { "taskmanager.heap.size=1000m;taskmanager.memory.off-heap=true;taskmanager.memory.size="
          "10m",
          890 },
        { "taskmanager.heap.size=1000m;taskmanager.memory.off-heap=true;taskmanager.memory.size=10",
          890 },
        { "taskmanager.heap.size=1000m;taskmanager.memory.off-heap=true;taskmanager.memory."
          "fraction=0.1",
          810 },
        { "taskmanager.heap.size=1000m;taskmanager.network.numberOfBuffers=2048", 1000 },
        { "taskmanager.heap.size=1000m;taskmanager.memory.process.size=5g", 900 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(derive(rows[i].options, WEIR_ROLE_TASKMANAGER, FLINKMODEL_STANDALONE),
                        WEIR_OK);
        if (model.heap != MIB(rows[i].heap))
            fprintf(stderr, "%s: %llu\n", rows[i].options, (unsigned long long)(model.heap >> 20));
        CU_ASSERT_EQUAL(model.heap, MIB(rows[i].heap));
    }
    CU_ASSERT_EQUAL(derive(rows[0].options, WEIR_ROLE_TASKMANAGER, FLINKMODEL_STANDALONE), WEIR_OK);
    check_flags("-Xms922M -Xmx922M -XX:MaxDirectMemorySize=8388607T");
    flinkconf_set_env(&conf, FLINKKEY_ENV_TM_HEAP, "1000m");
    CU_ASSERT_EQUAL(flink19_derive(&conf, WEIR_ROLE_TASKMANAGER, FLINKMODEL_STANDALONE,
                                   (struct flink_version){ 1, 9, 3 }, &model, &err),
                    WEIR_OK);
    CU_ASSERT_EQUAL(model.heap, MIB(900));
}

static void a_jobmanager_has_a_heap_and_nothing_else(void)
{
    CU_ASSERT_EQUAL(derive("jobmanager.heap.size=1024m", WEIR_ROLE_JOBMANAGER, FLINKMODEL_YARN),
                    WEIR_OK);
    CU_ASSERT_EQUAL(model.heap, MIB(424));
    check_flags("-Xms424m -Xmx424m");
    CU_ASSERT_EQUAL(derive("", WEIR_ROLE_JOBMANAGER, FLINKMODEL_YARN), WEIR_OK);
    CU_ASSERT_EQUAL(model.heap, MIB(424)); /* the option's default is 1024m */
    CU_ASSERT_EQUAL(
        derive("jobmanager.heap.size=1024m", WEIR_ROLE_JOBMANAGER, FLINKMODEL_STANDALONE), WEIR_OK);
    check_flags("-Xms1024m -Xmx1024m");
    CU_ASSERT_EQUAL(derive("", WEIR_ROLE_JOBMANAGER, FLINKMODEL_STANDALONE), WEIR_EINVAL);
    CU_ASSERT_EQUAL(err.code, FLINKMODEL_NONE);
}

static void what_flink_refuses_names_its_option(void)
{
    static const struct {
        const char          *options;
        enum flinkmodel_code code;
        const char          *key;
    } rows[] = {
        { "taskmanager.heap.size=1.5g", FLINKMODEL_READ, "taskmanager.heap.size" },
        { "taskmanager.heap.mb=x", FLINKMODEL_VALUE, "taskmanager.heap.mb" },
        { "taskmanager.heap.size=1g;containerized.heap-cutoff-ratio=1", FLINKMODEL_RANGE,
          "containerized.heap-cutoff-ratio" },
        { "taskmanager.heap.size=1g;yarn.heap-cutoff-min=1024", FLINKMODEL_RANGE,
          "yarn.heap-cutoff-min" },
        { "taskmanager.heap.size=1g;taskmanager.network.memory.min=2g", FLINKMODEL_RANGE,
          "taskmanager.network.memory.min" },
        { "taskmanager.heap.size=1g;taskmanager.network.memory.min=1g", FLINKMODEL_SUM_T,
          "taskmanager.network.memory.min" },
        { "taskmanager.heap.size=1g;taskmanager.memory.off-heap=true;taskmanager.memory.size=1g",
          FLINKMODEL_SUM_T, "taskmanager.memory.size" },
        { "taskmanager.heap.size=1g;taskmanager.memory.fraction=abc", FLINKMODEL_FLOAT,
          "taskmanager.memory.fraction" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(derive(rows[i].options, WEIR_ROLE_TASKMANAGER, FLINKMODEL_YARN),
                        WEIR_EINVAL);
        CU_ASSERT_EQUAL(err.code, rows[i].code);
        CU_ASSERT_STRING_EQUAL(err.key, rows[i].key);
    }
}

static void versions_have_one_model_each(void)
{
    CU_ASSERT_TRUE(flink19_has(WEIR_ROLE_TASKMANAGER, (struct flink_version){ 1, 9, -1 }));
    CU_ASSERT_FALSE(flink19_has(WEIR_ROLE_TASKMANAGER, (struct flink_version){ 1, 10, 0 }));
    CU_ASSERT_TRUE(flink19_has(WEIR_ROLE_JOBMANAGER, (struct flink_version){ 1, 10, 3 }));
    CU_ASSERT_FALSE(flink19_has(WEIR_ROLE_JOBMANAGER, (struct flink_version){ 1, 11, 0 }));
    CU_ASSERT_FALSE(flink19_has(WEIR_ROLE_TASKMANAGER, (struct flink_version){ 1, 8, 0 }));
}

static void tool(int code, const char *arguments, const char *part)
{
    tool_flink("derive", arguments);
    tool_expect(code, part);
}

static void the_tool_derives_old_versions(void)
{
    tool(0,
         "--flink 1.9.3 --deployment yarn --json -D taskmanager.heap.size=2048m "
         "-D taskmanager.memory.off-heap=true",
         "{\"role\":\"taskmanager\",\"flink\":\"1.9.3\",\"deployment\":\"yarn\",\"container\":"
         "2147483648,"
         "\"cutoff\":629145600,\"components\":{\"heap\":408944640,\"managed\":");
    tool_out[strcspn(tool_out, "\n")] = '\0';
    CU_ASSERT_TRUE(json_check(tool_out));
    tool(0, "--flink 1.9 -D taskmanager.heap.size=1024m", "TaskManager of Flink 1.9\n\nrow ");
    CU_ASSERT_PTR_NOT_NULL(strstr(tool_out, "\nJVM flags\n  -Xms922M -Xmx922M "));
    tool(0, "--flink 1.10 --role jm -D jobmanager.heap.size=1g",
         "\nJVM flags\n  -Xms1024m -Xmx1024m\n");
    tool(2, "--flink 1.9 -D taskmanager.memory.process.size=1g",
         "NONE: taskmanager.heap.size is not configured");
    tool(2, "--flink 1.9 --slot none -D taskmanager.heap.size=1g",
         "--slot is of Flink 1.10 and newer\n");
    tool(2, "--flink 1.9 --deployment local",
         "VERSION: local execution is known of Flink 1.10 and newer\n");
    tool(2, "--flink 1.8 -D taskmanager.heap.size=1g",
         "VERSION: Flink 1.8 has no unified memory model");
}

SUITE(flink19, NULL, NULL, CASE(containers_are_flinks), CASE(standalone_is_the_start_scripts),
      CASE(a_jobmanager_has_a_heap_and_nothing_else), CASE(what_flink_refuses_names_its_option),
      CASE(versions_have_one_model_each), CASE(the_tool_derives_old_versions));
