/* SPDX-License-Identifier: Apache-2.0 */
/* flinkmain.c: the main classes of Flink's processes, of every deployment from 1.10 to 2.x. */
#include "model/flinkmain.h"

#include <stddef.h>
#include <string.h>

#include "base/poison.h"

/* flink-memory-model.md 5.3 */
static const struct {
    const char    *main_class;
    enum weir_role role;
} mains[] = {
    { "org.apache.flink.runtime.taskexecutor.TaskManagerRunner", WEIR_ROLE_TASKMANAGER },
    { "org.apache.flink.yarn.YarnTaskExecutorRunner", WEIR_ROLE_TASKMANAGER },
    { "org.apache.flink.kubernetes.taskmanager.KubernetesTaskExecutorRunner", WEIR_ROLE_TASKMANAGER },
    { "org.apache.flink.mesos.entrypoint.MesosTaskExecutorRunner", WEIR_ROLE_TASKMANAGER },
    { "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint", WEIR_ROLE_JOBMANAGER },
    { "org.apache.flink.container.entrypoint.StandaloneApplicationClusterEntryPoint", WEIR_ROLE_JOBMANAGER },
    { "org.apache.flink.container.entrypoint.StandaloneJobClusterEntryPoint", WEIR_ROLE_JOBMANAGER },
    { "org.apache.flink.yarn.entrypoint.YarnSessionClusterEntrypoint", WEIR_ROLE_JOBMANAGER },
    { "org.apache.flink.yarn.entrypoint.YarnApplicationClusterEntryPoint", WEIR_ROLE_JOBMANAGER },
    { "org.apache.flink.yarn.entrypoint.YarnJobClusterEntrypoint", WEIR_ROLE_JOBMANAGER },
    { "org.apache.flink.kubernetes.entrypoint.KubernetesSessionClusterEntrypoint", WEIR_ROLE_JOBMANAGER },
    { "org.apache.flink.kubernetes.entrypoint.KubernetesApplicationClusterEntrypoint", WEIR_ROLE_JOBMANAGER },
    { "org.apache.flink.mesos.entrypoint.MesosSessionClusterEntrypoint", WEIR_ROLE_JOBMANAGER },
    { "org.apache.flink.mesos.entrypoint.MesosJobClusterEntrypoint", WEIR_ROLE_JOBMANAGER },
};

enum weir_role flinkmain_role(const char *main_class)
{
    for (size_t i = 0; i < sizeof mains / sizeof mains[0]; i++)
        if (strcmp(main_class, mains[i].main_class) == 0)
            return mains[i].role;
    return WEIR_ROLE_OTHER;
}
