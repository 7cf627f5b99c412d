// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Gate;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jars;
import dev.weir.test.ground.OomReport;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** 40 threads write 4 MiB of the heap each through a channel; java.nio keeps a direct copy for every one. */
class FlinkChannelsTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final Path JAR = Ground.jar("channels-job.jar");
    private static final long BUFFER = 4L << 20;
    private static final String[] FORTY = { "40", String.valueOf(BUFFER >> 10) };
    private static final String CAP = "-Djdk.nio.maxCachedBufferSize=262144";

    static List<String> flinks() {
        return FlinkHome.versions();
    }

    private static FlinkCluster.Plan plan(String name, String version) {
        return FlinkCluster.plan(FlinkHome.of(version), Ground.run(name + "-" + version)).agent("mode=warn")
                .set("restart-strategy.type", "none");
    }

    private static String submit(FlinkCluster cluster, Gate gate) {
        return cluster.rest().submit(JAR, FORTY[0], FORTY[1], gate.toString());
    }

    @ParameterizedTest
    @MethodSource("flinks")
    void cachesOfThreadsAreTheFirstLine(String version) {
        Gate gate = Gate.of("channels-gate-" + version);
        try (FlinkCluster cluster = plan("channels", version).start()) {
            String job = submit(cluster, gate);
            OomReport oom = OomReport.only(cluster.taskManager());
            assertThat(oom.firstLine()).startsWith("ERROR weir - direct OutOfMemoryError: NIO's temporary buffers, "
                    + "cached per thread, hold what is missing [oom 1");
            assertThat(oom.text()).contains("fix     " + CAP);
            assertThat(oom.json().path("diagnosis").path(0).path("id").asText()).isEqualTo("nio-temporary-buffers");
            assertThat(oom.string("thread")).startsWith("part-writer-");
            assertThat(oom.string("job_id")).isEqualTo(job);
            checkOwner(oom.owners().get(0), job);
        }
    }

    private static void checkOwner(JsonNode owner, String job) {
        assertThat(owner.path("component").asText()).isEqualTo("task.off-heap");
        assertThat(owner.path("source").asText()).matches(Jars.sourcePattern(JAR));
        assertThat(owner.path("job_id").asText()).isEqualTo(job);
        assertThat(owner.path("bytes").asLong()).isEqualTo(owner.path("count").asLong() * BUFFER).isGreaterThan(100L << 20);
        assertThat(owner.path("java_stack").toString()).contains("sun.nio.ch.Util.getTemporaryDirectBuffer",
                "com.example.channels.ChannelsJob$Writers.write");
    }

    /** The advice taken: the same job, the same sizes, and nothing is said. */
    @Test
    void withTheAdvisedCapTheSameJobIsSilent() {
        String version = flinks().get(0);
        Gate gate = Gate.of("channels-capped-gate");
        try (FlinkCluster cluster = plan("channels-capped", version).env("JDK_JAVA_OPTIONS", CAP).start()) {
            String job = submit(cluster, gate);
            gate.await("held", LIMIT);
            FlinkProcess tm = cluster.taskManager();
            assertThat(tm.weir().freshSheet().used("task.off-heap", "direct")).as("smaller ones are kept")
                    .isLessThan(64L << 10);
            cluster.rest().cancel(job);
            assertThat(WeirText.aboveInfo(tm.jvm().err())).isEmpty();
            assertThat(tm.weir().events("oom")).isEmpty();
        }
    }
}
