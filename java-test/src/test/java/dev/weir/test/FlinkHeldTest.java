// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.Gate;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.OomReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an OutOfMemoryError's report says of the threads that ended attempts left behind. */
class FlinkHeldTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long KEPT = 36L << 20;
    private static final int TIMES = 3;

    static List<String> flinks() {
        return FlinkHome.versions();
    }

    /** Three threads of each of three attempts; those that the fourth, the victim, has started are not among them. */
    @ParameterizedTest
    @MethodSource("flinks")
    void threadsThatSurviveCloseAreNamed(String version) {
        Path dir = Ground.run("held-" + version);
        try (FlinkCluster cluster = start(version, dir)) {
            String job = failUntilFull(cluster, "threads", "held-gate-" + version);
            OomReport oom = OomReport.only(cluster.taskManager());
            assertThat(oom.string("pool")).isEqualTo("direct");
            assertThat(oom.text()).containsPattern("\n  held +9 threads acme-io-\\*-\\*, started by #0 #1 #2 of job restarts "
                    + "\\(" + job.substring(0, 4) + "\\.\\." + job.substring(28) + "\\), still alive\n  victim ");
            assertThat(oom.json().path("held")).hasSize(1);
            JsonNode held = oom.json().path("held").get(0);
            assertThat(held.path("threads").asText()).isEqualTo("acme-io-*-*");
            assertThat(held.path("count").asInt()).isEqualTo(3 * TIMES);
            assertThat(held.path("job_id").asText()).isEqualTo(job);
            assertThat(held.path("attempts").toString()).isEqualTo("[0,1,2]");
            assertThat(oom.number("held_others")).isZero();
        }
    }

    @Test
    void threadsThatEndAtCloseAreNot() {
        Path dir = Ground.run("held-joined");
        try (FlinkCluster cluster = start(flinks().get(0), dir)) {
            failUntilFull(cluster, "joined", "held-gate-joined");
            OomReport oom = OomReport.only(cluster.taskManager());
            assertThat(oom.firstLine()).contains("LEAK of ended attempts");
            assertThat(oom.text()).doesNotContain("\n  held ");
            assertThat(oom.json().path("held").isArray()).isTrue();
            assertThat(oom.json().path("held")).isEmpty();
            assertThat(oom.number("held_others")).isZero();
        }
    }

    private static FlinkCluster start(String version, Path dir) {
        FlinkHome home = FlinkHome.of(version).copyTo(dir.resolve("flink"), List.of(Ground.jar("acme-cache.jar")));
        return FlinkCluster.plan(home, dir).agent("mode=warn").set("restart-strategy.type", "fixed-delay")
                .set("restart-strategy.fixed-delay.attempts", TIMES)
                .set("restart-strategy.fixed-delay.delay", "2 s").start();
    }

    private static String failUntilFull(FlinkCluster cluster, String mode, String name) {
        Gate gate = Gate.of(name);
        String job = cluster.rest().submit(Ground.jar("restart-job.jar"), mode, String.valueOf(KEPT >> 20), gate.toString(), "1");
        for (int attempt = 0; attempt < TIMES; attempt++) {
            gate.await("held-" + attempt + "-0", LIMIT);
            gate.open("fail-" + attempt);
        }
        return job;
    }
}
