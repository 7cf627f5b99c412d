// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkMemory;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Wait;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The test ground itself, without the agent: when these fail, nothing else means anything. */
class HarnessTest {
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
    void flinkRunsTheHealthyJobWithoutTheAgent(String version) {
        FlinkHome home = FlinkHome.of(version);
        try (FlinkCluster cluster = FlinkCluster.plan(home, Ground.run("harness-flink-" + version))
                .set("taskmanager.memory.task.off-heap.size", "64m").start()) {
            String job = cluster.rest().submit(Ground.jar("leaky-job.jar"), "16", "2", "20", "20", "1");
            cluster.rest().awaitState(job, "FINISHED", Duration.ofMinutes(1));
            assertThat(FlinkMemory.taskManager(cluster.taskManager().log()))
                    .containsEntry("task.off-heap", 64L << 20).hasSize(8);
            assertThat(FlinkMemory.jobManager(cluster.jobManager().log())).hasSize(4);
            assertThat(Wait.until("Flink's metric", Wait.MINUTE,
                    () -> cluster.rest().metric("tm-1", "Status.JVM.Memory.Direct.MemoryUsed"))).isPositive();
            cluster.stop();
        }
    }

    @Test
    void everyJdkHasACollector() {
        assertThat(Jdks.all()).allSatisfy(jdk -> assertThat(jdk.collectors()).contains("Serial", "G1"));
    }
}
