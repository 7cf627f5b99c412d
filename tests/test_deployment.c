/* SPDX-License-Identifier: Apache-2.0 */
/* test_deployment.c: the derivation where not Flink's start scripts start the process. */
#include <stdio.h>
#include <string.h>

#include "conf_text.h"
#include "json_check.h"
#include "model/flinkmodel.h"
#include "suite.h"
#include "tool_run.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define TIB    ((uint64_t)1 << 40)
#define TM     "taskmanager.memory."

static struct flinkconf        conf;
static struct flinkmodel       model;
static struct flinkmodel_error err;

static enum weir_rc derive(const char *options, enum flinkmodel_deployment where,
                           const char *version)
{
    struct flink_version v;
    CU_ASSERT_EQUAL_FATAL(flink_version_parse(version, &v), WEIR_OK);
    conf_text(&conf, options);
    return flinkmodel_deployed(&conf, WEIR_ROLE_TASKMANAGER, where, v, &model, &err);
}

static void check(uint64_t overhead, uint64_t process)
{
    CU_ASSERT_EQUAL(model.rows[WEIR_JVM_OVERHEAD].bytes, overhead);
    CU_ASSERT_EQUAL(model.process.bytes, process);
}

static void an_active_resourcemanager_adds_a_byte_at_times(void)
{
    CU_ASSERT_EQUAL(derive(TM "process.size=1988m", FLINKMODEL_STANDALONE, "1.20"), WEIR_OK);
    check(208456911, 2084569088);
    CU_ASSERT_EQUAL(derive(TM "process.size=1988m", FLINKMODEL_YARN, "1.20"), WEIR_OK);
    check(208456912, 2084569089);
    CU_ASSERT_EQUAL(derive(TM "process.size=1988m", FLINKMODEL_KUBERNETES, "2.3"), WEIR_OK);
    check(208456912, 2084569089);
    CU_ASSERT_EQUAL(derive(TM "process.size=1988m", FLINKMODEL_YARN, "1.12"), WEIR_OK);
    check(208456911, 2084569088);
    CU_ASSERT_EQUAL(derive(TM "process.size=1993m", FLINKMODEL_STANDALONE, "1.20"), WEIR_OK);
    CU_ASSERT_EQUAL(model.rows[WEIR_JVM_OVERHEAD].bytes, 208981199);
    CU_ASSERT_EQUAL(derive(TM "process.size=1993m", FLINKMODEL_YARN, "1.20"), WEIR_OK);
    CU_ASSERT_EQUAL(model.rows[WEIR_JVM_OVERHEAD].bytes, 208981200);
}

static void most_totals_are_the_same_for_both(void)
{
    static const char *const sizes[] = { "1728m", "3g",  "4g",  "5000m", "7777m",
                                         "8g",    "10g", "20g", "65000m" };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char option[96];
        snprintf(option, sizeof option, TM "process.size=%s", sizes[i]);
        CU_ASSERT_EQUAL(derive(option, FLINKMODEL_STANDALONE, "2.3"), WEIR_OK);
        struct flinkmodel scripts = model;
        CU_ASSERT_EQUAL(derive(option, FLINKMODEL_YARN, "2.3"), WEIR_OK);
        check(scripts.rows[WEIR_JVM_OVERHEAD].bytes, scripts.process.bytes);
    }
}

/* How often, of the whole MiB from 1024 to 39999. */
static void it_is_never_more_than_a_byte(void)
{
    int differ = 0;
    for (int mib = 1024; mib < 40000; mib++) {
        char option[96];
        snprintf(option, sizeof option, TM "process.size=%dm", mib);
        if (derive(option, FLINKMODEL_YARN, "1.20") != WEIR_OK)
            continue;
        uint64_t more = model.process.bytes - MIB(mib);
        CU_ASSERT_TRUE(more <= 1);
        differ += more != 0;
    }
    CU_ASSERT_EQUAL(differ, 780);
}

static void legacy_totals_are_the_containers_there(void)
{
    CU_ASSERT_EQUAL(derive("taskmanager.heap.size=1728m", FLINKMODEL_YARN, "1.20"), WEIR_OK);
    check(201326592, 1811939328);
    CU_ASSERT_EQUAL(model.flink.bytes, MIB(1280));
    CU_ASSERT_EQUAL(derive("taskmanager.heap.size=1728m", FLINKMODEL_STANDALONE, "1.20"), WEIR_OK);
    CU_ASSERT_EQUAL(model.flink.bytes, MIB(1728));
}

static void a_container_is_whole_mebibytes(void)
{
    uint64_t request = 0, limit = 0;
    CU_ASSERT_EQUAL(derive(TM
                           "process.size=1811939329;kubernetes.taskmanager.memory.limit-factor=1.5",
                           FLINKMODEL_KUBERNETES, "1.20"),
                    WEIR_OK);
    CU_ASSERT_EQUAL(flinkmodel_container(&conf, FLINKMODEL_KUBERNETES, &model, &request, &limit),
                    WEIR_OK);
    CU_ASSERT_TRUE(request == MIB(1728) && limit == MIB(2592));
    CU_ASSERT_EQUAL(flinkmodel_container(&conf, FLINKMODEL_YARN, &model, &request, &limit), WEIR_OK);
    CU_ASSERT_TRUE(request == MIB(1728) && limit == MIB(1728));
    CU_ASSERT_EQUAL(derive(TM "process.size=2g;kubernetes.taskmanager.memory.limit-factor=0.5",
                           FLINKMODEL_KUBERNETES, "1.20"),
                    WEIR_OK);
    CU_ASSERT_EQUAL(flinkmodel_container(&conf, FLINKMODEL_KUBERNETES, &model, &request, &limit),
                    WEIR_EINVAL);
}

static void local_execution_needs_no_configuration(void)
{
    static const struct {
        enum weir_component component;
        uint64_t            bytes;
    } rows[] = {
        { WEIR_TASK_HEAP, TIB },
        { WEIR_TASK_OFF_HEAP, TIB },
        { WEIR_NETWORK, 67108864 },
        { WEIR_MANAGED, 134217728 },
        { WEIR_FRAMEWORK_HEAP, 134217728 },
        { WEIR_FRAMEWORK_OFF_HEAP, 134217728 },
        { WEIR_JVM_METASPACE, 268435456 },
        { WEIR_JVM_OVERHEAD, 1073741824 },
    };
    CU_ASSERT_EQUAL(derive("", FLINKMODEL_LOCAL, "1.12"), WEIR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CU_ASSERT_EQUAL(model.rows[rows[i].component].bytes, rows[i].bytes);
    CU_ASSERT_TRUE(model.cpu_cores == 1000000 && !model.has_direct && !model.has_metaspace);
    CU_ASSERT_EQUAL(derive("", FLINKMODEL_LOCAL, "1.11"), WEIR_OK);
    CU_ASSERT_EQUAL(model.rows[WEIR_TASK_HEAP].bytes, INT64_MAX);
    CU_ASSERT_EQUAL(model.rows[WEIR_JVM_OVERHEAD].how, FLINKMODEL_ABSENT);
}

static void local_execution_takes_some_options(void)
{
    const char *sizes = TM "process.size=1g;" TM "framework.heap.size=1m;" TM "network.max=32m;" TM
                           "managed.size=512m;" TM "managed.fraction=0.9;" TM "task.heap.size=2g";
    CU_ASSERT_EQUAL(derive(sizes, FLINKMODEL_LOCAL, "2.3"), WEIR_OK);
    CU_ASSERT_EQUAL(model.rows[WEIR_NETWORK].bytes, MIB(32));
    CU_ASSERT_EQUAL(model.rows[WEIR_MANAGED].bytes, MIB(512));
    CU_ASSERT_EQUAL(model.rows[WEIR_TASK_HEAP].bytes, MIB(2048));
    CU_ASSERT_EQUAL(model.rows[WEIR_FRAMEWORK_HEAP].bytes, MIB(128));
    CU_ASSERT_EQUAL(model.process.how, FLINKMODEL_ABSENT);
    CU_ASSERT_EQUAL(derive(sizes, FLINKMODEL_LOCAL, "1.19"), WEIR_OK); /* forgotten since 1.20 */
    CU_ASSERT_EQUAL(model.rows[WEIR_FRAMEWORK_HEAP].bytes, MIB(1));
    CU_ASSERT_EQUAL(derive(TM "network.min=1m;" TM "network.max=2m", FLINKMODEL_LOCAL, "2.3"),
                    WEIR_EINVAL);
    CU_ASSERT_EQUAL(err.code, FLINKMODEL_RANGE);
    CU_ASSERT_EQUAL(derive(TM "network.min=1m;" TM "network.max=1m", FLINKMODEL_LOCAL, "2.3"),
                    WEIR_OK);
    CU_ASSERT_EQUAL(derive(TM "managed.size=1.5g", FLINKMODEL_LOCAL, "2.3"), WEIR_EINVAL);
    CU_ASSERT_EQUAL(err.code, FLINKMODEL_READ);
}

static void tool(int code, const char *arguments, const char *part)
{
    tool_flink("derive", arguments);
    tool_expect(code, part);
}

static void the_tool_says_what_is_asked_for(void)
{
    tool(0, "--deployment yarn --flink 1.20 -D " TM "process.size=1988m",
         "\ncontainer\n  asked for with 1988.0 MiB\n");
    tool(0,
         "--deployment kubernetes --json --flink 1.20 -D " TM "process.size=2g "
         "-D kubernetes.taskmanager.memory.limit-factor=1.5",
         ",\"deployment\":\"kubernetes\",\"container\":{\"request\":2147483648,\"limit\":"
         "3221225472}}\n");
    tool(0, "--deployment local --flink 2.3",
         "\nno process is sized: of these rows only network and managed bound anything\n");
    CU_ASSERT_PTR_NULL(strstr(tool_out, "-Xmx"));
    tool(0, "--deployment local --flink 2.3 --json --slot none -D taskmanager.numberOfTaskSlots=2",
         "\"jvm-overhead\":1073741824},\"deployment\":\"local\",\"slot\":{\"slots\":2,");
    tool_out[strcspn(tool_out, "\n")] = '\0';
    CU_ASSERT_TRUE(json_check(tool_out));
    tool(2, "--deployment mesos", "--deployment takes standalone, yarn, kubernetes or local\n");
    tool(2, "--deployment local --role jm", "local execution has no JobManager process\n");
    tool(2,
         "--deployment kubernetes -D kubernetes.taskmanager.memory.limit-factor=x -D " TM
         "process.size=2g",
         "VALUE: kubernetes.taskmanager.memory.limit-factor has to be a number");
}

SUITE(deployment, NULL, NULL, CASE(an_active_resourcemanager_adds_a_byte_at_times),
      CASE(most_totals_are_the_same_for_both), CASE(it_is_never_more_than_a_byte),
      CASE(legacy_totals_are_the_containers_there), CASE(a_container_is_whole_mebibytes),
      CASE(local_execution_needs_no_configuration), CASE(local_execution_takes_some_options),
      CASE(the_tool_says_what_is_asked_for));
