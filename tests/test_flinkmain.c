/* SPDX-License-Identifier: Apache-2.0 */
/* test_flinkmain.c: Flink's processes by their main classes. */
#include "model/flinkmain.h"

#include <CUnit/CUnit.h>
#include <stddef.h>

#include "suite.h"

static void flinkmain_role_of_flinks_processes_alone(void)
{
    static const char *const tm[] = {
        "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
        "org.apache.flink.yarn.YarnTaskExecutorRunner",
        "org.apache.flink.kubernetes.taskmanager.KubernetesTaskExecutorRunner",
        "org.apache.flink.mesos.entrypoint.MesosTaskExecutorRunner"
    };
    static const char *const jm[] = {
        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
        "org.apache.flink.container.entrypoint.StandaloneApplicationClusterEntryPoint",
        "org.apache.flink.container.entrypoint.StandaloneJobClusterEntryPoint",
        "org.apache.flink.yarn.entrypoint.YarnJobClusterEntrypoint",
        "org.apache.flink.kubernetes.entrypoint.KubernetesSessionClusterEntrypoint"
    };
    static const char *const other[] = { "",
                                         "org.apache.flink.client.cli.CliFrontend",
                                         "com.x.TaskManagerRunner",
                                         "TaskManagerRunner",
                                         "org.apache.flink.runtime.TaskManagerRunner2",
                                         "org.apache.flink.runtime.util.bash.BashJavaUtils" };
    for (size_t i = 0; i < sizeof tm / sizeof tm[0]; i++)
        CU_ASSERT_EQUAL(flinkmain_role(tm[i]), WEIR_ROLE_TASKMANAGER);
    for (size_t i = 0; i < sizeof jm / sizeof jm[0]; i++)
        CU_ASSERT_EQUAL(flinkmain_role(jm[i]), WEIR_ROLE_JOBMANAGER);
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        CU_ASSERT_EQUAL(flinkmain_role(other[i]), WEIR_ROLE_OTHER);
}

SUITE(flinkmain, NULL, NULL, CASE(flinkmain_role_of_flinks_processes_alone));
