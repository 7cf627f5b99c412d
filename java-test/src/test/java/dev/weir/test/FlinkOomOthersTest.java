// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.Gate;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jars;
import dev.weir.test.ground.OomReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Errors on a TaskManager that look like a full direct pool, and are Netty's own or of a flag. */
class FlinkOomOthersTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String VERSION = FlinkHome.versions().get(0);
    private static final long NETTY_MAX = 32L << 20;
    private static final long CHUNK = 4L << 20;

    private static FlinkCluster start(String name, String jvmOption, String offHeap) {
        Path dir = Ground.run(name);
        FlinkHome home = FlinkHome.of(VERSION).copyTo(dir.resolve("flink"), List.of());
        return FlinkCluster.plan(home, dir).agent("mode=warn").taskManagerJvm(jvmOption)
                .set("taskmanager.memory.task.off-heap.size", offHeap)
                .set("restart-strategy.type", "none").start();
    }

    /** A function's own Netty, in the job jar, is full while the direct pool is nearly empty. */
    @Test
    void nettyOfTheJobJarMeetsItsOwnLimit() {
        try (FlinkCluster cluster = start("oom-netty-flink", "-Dio.netty.maxDirectMemory=" + NETTY_MAX, "160m")) {
            String job = cluster.rest().submit(Ground.jar("netty-job.jar"), "20", String.valueOf(CHUNK >> 10),
                    Gate.of("oom-netty-gate").toString(), "nocleaner");
            OomReport oom = OomReport.only(cluster.taskManager());
            assertThat(oom.firstLine()).startsWith("ERROR weir - netty OutOfMemoryError: Netty's own limit was hit, not the JVM's");
            assertThat(oom.string("pool")).isEqualTo("netty");
            assertThat(oom.string("class")).isEqualTo("io.netty.util.internal.OutOfDirectMemoryError");
            assertThat(oom.string("job_id")).isEqualTo(job);
            assertThat(oom.string("vertex")).isEqualTo("Borrower");
            JsonNode holder = oom.owners().get(0);
            assertThat(holder.path("source").asText()).matches(Jars.sourcePattern(Ground.jar("netty-job.jar")));
            assertThat(holder.path("kind").asText()).isEqualTo("unsafe");
            assertThat(holder.path("job_id").asText()).isEqualTo(job);
            if (oom.number("requested") > 0) { // Flink did not replace the text yet
                assertThat(oom.json().path("netty").path("max").asLong()).isEqualTo(NETTY_MAX);
                assertThat(holder.path("bytes").asLong()).isEqualTo(oom.json().path("netty").path("used").asLong());
                assertThat(oom.text()).contains("fix     -Dio.netty.maxDirectMemory=");
            }
            assertThat(oom.text()).doesNotContain("taskmanager.memory.task.off-heap.size");
        }
    }

    /** Garbage or not: without explicit collections nobody can tell, and the JDK could not make room. */
    @Test
    void explicitGcIsDisabled() {
        try (FlinkCluster cluster = start("oom-gc-off", "-XX:+DisableExplicitGC", "32m")) {
            Gate gate = Gate.of("oom-gc-off-gate");
            cluster.rest().submit(Ground.jar("crowd-job.jar"), "130", "40", gate.toString());
            gate.await("hoarded", LIMIT);
            gate.open("ask");
            OomReport oom = OomReport.only(cluster.taskManager());
            assertThat(oom.firstLine()).startsWith("ERROR weir - direct OutOfMemoryError: open: explicit GC is disabled, "
                    + "so garbage was not collected before it failed");
            JsonNode verdict = oom.json().path("diagnosis").path(0);
            assertThat(verdict.path("id").asText()).isEqualTo("explicit-gc-off");
            assertThat(verdict.path("advice").path(0).has("-XX:-DisableExplicitGC")).isTrue();
            assertThat(oom.text()).contains("; explicit GC off").contains("fix     -XX:-DisableExplicitGC");
        }
    }
}
