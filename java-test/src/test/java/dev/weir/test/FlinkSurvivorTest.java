// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Gate;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Sources;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The warning before any OutOfMemoryError: what ended attempts left outlived two full collections, which
 * the job itself asks for. The budget is far from full.
 */
class FlinkSurvivorTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final int MIB = 20;
    private static final long BYTES = (long) MIB << 20;
    private static final long NIO = 64 << 10; // temporary buffers for the gate's files
    private static final int RESTARTS = 2;
    private static final int PAUSE_SECONDS = 5; // finalizers and cleaners have run by then, and the agent has looked

    static List<String> flinks() {
        return FlinkHome.versions();
    }

    private static FlinkCluster start(String name, String version, String mode) {
        Path dir = Ground.run(name + "-" + version);
        FlinkHome home = FlinkHome.of(version).copyTo(dir.resolve("flink"), List.of(Ground.jar("acme-cache.jar")));
        return FlinkCluster.plan(home, dir).agent("mode=" + mode)
                .set("taskmanager.memory.task.off-heap.size", "256m")
                .set("restart-strategy.type", "fixed-delay")
                .set("restart-strategy.fixed-delay.attempts", RESTARTS)
                .set("restart-strategy.fixed-delay.delay", "100 ms").start();
    }

    @ParameterizedTest
    @MethodSource("flinks")
    void whatSurvivesIsSaidAndGarbageIsNot(String version) {
        try (FlinkCluster cluster = start("survivor", version, "warn")) {
            FlinkProcess tm = cluster.taskManager();
            Gate healthy = Gate.of("survivor-drop-" + version);
            String good = restart(cluster, "drop", healthy);
            collect(tm, healthy, 3);
            assertThat(tm.weir().freshSheet().used("task.off-heap")).as("of the attempt that runs")
                    .isBetween(BYTES, BYTES + NIO);
            assertThat(WeirText.aboveInfo(tm.jvm().err())).as("a healthy job").isEmpty();
            cluster.rest().cancel(good);
            Gate gate = Gate.of("survivor-keep-" + version);
            String job = restart(cluster, "keep", gate);
            collect(tm, gate, 1);
            assertThat(WeirText.aboveInfo(tm.jvm().err())).as("one collection proves nothing").isEmpty();
            gate.open("collect-2");
            JsonNode breach = tm.weir().await("breach", LIMIT, e -> true);
            checkEvent(breach, job);
            checkText(tm.jvm().err());
            collect(tm, gate, 4);
            assertThat(WeirText.aboveInfo(tm.jvm().err())).as("once, as long as it does not grow").hasSize(1);
            assertThat(tm.weir().events("breach")).hasSize(1);
        }
    }

    @Test
    void observeIsSilent() {
        String version = flinks().get(0);
        try (FlinkCluster cluster = start("survivor-observe", version, "observe")) {
            Gate gate = Gate.of("survivor-observe-gate");
            restart(cluster, "keep", gate);
            collect(cluster.taskManager(), gate, 3);
            assertThat(cluster.taskManager().weir().events("breach")).isEmpty();
            assertThat(WeirText.aboveInfo(cluster.taskManager().jvm().err())).isEmpty();
        }
    }

    /** Attempts 0 and 1 have failed, 2 runs. */
    private static String restart(FlinkCluster cluster, String mode, Gate gate) {
        String job = cluster.rest().submit(Ground.jar("restart-job.jar"), mode, String.valueOf(MIB), gate.toString(), "1");
        for (int attempt = 0; attempt < RESTARTS; attempt++) {
            gate.await("held-" + attempt + "-0", LIMIT);
            gate.open("fail-" + attempt);
        }
        gate.await("held-" + RESTARTS + "-0", LIMIT);
        cluster.taskManager().weir().await("attempt", LIMIT, e -> e.path("phase").asText().equals("end")
                && e.path("job_id").asText().equals(job) && e.path("vertex").asText().equals("Holder")
                && e.path("attempt").asInt() == RESTARTS - 1);
        pause(cluster.taskManager());
        return job;
    }

    /** The collections up to the last one that have not been yet, and time after each. */
    private static void collect(FlinkProcess tm, Gate gate, int last) {
        for (int n = 1; n <= last; n++) {
            if (!gate.has("collect-" + n)) {
                gate.open("collect-" + n);
            }
            if (!gate.has("collected-" + n)) {
                gate.await("collected-" + n, LIMIT);
                pause(tm);
            }
        }
    }

    /** Until the agent's own clock is so much further. */
    private static void pause(FlinkProcess tm) {
        Instant later = Instant.now().plusSeconds(PAUSE_SECONDS);
        tm.weir().await("sheet", LIMIT, e -> Instant.parse(e.path("time").asText()).isAfter(later));
    }

    private static void checkEvent(JsonNode breach, String job) {
        assertThat(breach.path("level").asText()).isEqualTo("warn");
        assertThat(breach.path("reason").asText()).isEqualTo("survived");
        assertThat(breach.path("component").asText()).isEqualTo("task.off-heap");
        assertThat(breach.path("used").asLong()).isBetween((RESTARTS + 1) * BYTES,
                (RESTARTS + 1) * BYTES + NIO);
        assertThat(breach.path("job_id").asText()).isEqualTo(job);
        assertThat(breach.path("state").asText()).isEqualTo("ended");
        JsonNode survived = breach.path("survived");
        assertThat(survived.path("job_id").asText()).isEqualTo(job);
        assertThat(survived.path("job_name").asText()).isEqualTo("restarts");
        assertThat(survived.path("bytes").asLong()).isEqualTo(RESTARTS * BYTES);
        assertThat(survived.path("blocks").asLong()).isEqualTo(RESTARTS);
        assertThat(survived.path("attempts").toString()).isEqualTo("[0,1]");
        assertThat(survived.path("full_gcs").asLong()).isEqualTo(2);
        assertThat(breach.path("java_stack").toString()).contains(Sources.frame("com.acme.cache.KeepAlive", "take", "allocateDirect"));
        assertThat(breach.path("diagnosis").path(0).path("id").asText()).isEqualTo("direct-leak");
        assertThat(breach.path("owners")).hasSize(RESTARTS);
        breach.path("owners").forEach(o -> {
            assertThat(o.path("bytes").asLong()).isEqualTo(BYTES);
            assertThat(o.path("state").asText()).isEqualTo("ended");
        });
    }

    private static void checkText(String stderr) {
        List<String> lines = stderr.lines().toList();
        int at = lines.indexOf(WeirText.aboveInfo(stderr).get(0));
        assertThat(lines.get(at)).containsPattern("WARN  weir - 40\\.0 MiB of 2 ended attempts \\(#0 #1\\) of job restarts "
                + "\\([0-9a-f]{4}\\.\\.[0-9a-f]{4}\\) survived 2 full GCs in 2 blocks; task\\.off-heap 60\\.0 of 256\\.0 MiB");
        assertThat(lines.subList(at, lines.size())).anyMatch(l -> l.contains("com.acme.cache.KeepAlive.take")
                && l.contains("[acme-cache.jar]"));
    }
}
