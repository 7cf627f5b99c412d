// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkMemory;
import dev.weir.test.ground.FlinkRest;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The test ground itself, without the agent: when these fail, nothing else means anything. */
class HarnessTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    static List<String> flinks() {
        return FlinkHome.versions();
    }

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void churnReachesItsPointsAndGivesEverythingBack(Jdk jdk) {
        Jvm.Plan plan = Jvm.java(jdk, Ground.run("harness-churn-" + jdk.version()))
                .add("-cp", Ground.jar("programs.jar").toString(), "dev.weir.programs.DirectChurn", "4", "2000");
        try (Jvm jvm = plan.start()) {
            assertThat(jvm.awaitExit(Wait.MINUTE)).isZero();
            assertThat(jvm.outLines()).hasSize(5);
            assertThat(jvm.outLines().get(1)).startsWith("held-eights direct_count=96 ");
            assertThat(jvm.outLines().get(4))
                    .isEqualTo("freed-primes direct_count=0 direct_used=0 unsafe_blocks=0 unsafe_bytes=0");
        }
    }

    @ParameterizedTest
    @MethodSource("flinks")
    void flinkRunsEveryJobWithoutTheAgent(String version) throws IOException {
        Path dir = Ground.run("harness-flink-" + version);
        FlinkHome home = FlinkHome.of(version).copyTo(dir.resolve("flink"),
                List.of(Ground.jar("flink-connector-acme.jar")));
        try (FlinkCluster cluster = FlinkCluster.plan(home, dir).taskManagers(2)
                .set("taskmanager.memory.task.off-heap.size", "64m").start()) {
            FlinkRest rest = cluster.rest();
            rest.awaitState(rest.submit(Ground.jar("leaky-job.jar"), "16", "2", "20", "20", "2"), "FINISHED", LIMIT);
            rest.awaitState(rest.submit(Ground.jar("acme-job.jar"), "16", "20", "20"), "FINISHED", LIMIT);
            sort(cluster, dir);
            assertThat(FlinkMemory.taskManager(cluster.taskManager().log()))
                    .containsEntry("task.off-heap", 64L << 20).hasSize(8);
            assertThat(FlinkMemory.jobManager(cluster.jobManager().log())).hasSize(4);
            cluster.stop();
        }
    }

    /** The sort holds managed memory at the gate and nothing afterwards, as Flink's metric says. */
    private static void sort(FlinkCluster cluster, Path dir) throws IOException {
        String job = cluster.rest().submit(Ground.jar("sort-job.jar"), "200000", dir.toString());
        Wait.untilTrue("the gate", LIMIT, () -> Files.exists(dir.resolve("reached")));
        Wait.untilTrue("managed memory in use", LIMIT, () -> managed(cluster) > 0);
        Files.createFile(dir.resolve("open"));
        cluster.rest().awaitState(job, "FINISHED", LIMIT);
        Wait.untilTrue("no managed memory in use", LIMIT, () -> managed(cluster) == 0);
    }

    private static long managed(FlinkCluster cluster) {
        return cluster.taskManagers().stream().mapToLong(tm -> Wait.until("the metric", LIMIT,
                () -> cluster.rest().metric(tm.id(), "Status.Flink.Memory.Managed.Used"))).sum();
    }

    @Test
    void everyJdkHasACollector() {
        assertThat(Jdks.all()).allSatisfy(jdk -> assertThat(jdk.collectors()).contains("Serial", "G1"));
    }
}
