// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Gate;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A job that restarts under mode=enforce: what its last attempt dropped is garbage, but hangs on Flink's
 * StreamTask, which has a finalizer: one collection frees nothing of it.
 */
class FlinkEnforceRestartTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int MIB = 40; // of 64: one attempt fits, two do not
    private static final int RESTARTS = 4;

    static List<String> flinks() {
        return FlinkHome.versions();
    }

    private static FlinkCluster.Plan plan(FlinkHome home, Path dir) {
        return FlinkCluster.plan(home, dir).agent("mode=enforce")
                .set("taskmanager.memory.task.off-heap.size", "64m").set("restart-strategy.type", "fixed-delay")
                .set("restart-strategy.fixed-delay.attempts", RESTARTS)
                .set("restart-strategy.fixed-delay.delay", "100 ms");
    }

    @ParameterizedTest
    @MethodSource("flinks")
    void whatTheLastAttemptDroppedMakesRoomForTheNext(String version) {
        Gate gate = Gate.of("enforce-restart-gate-" + version);
        try (FlinkCluster cluster = plan(FlinkHome.of(version), Ground.run("enforce-restart-" + version)).start()) {
            FlinkProcess tm = cluster.taskManager();
            String job = cluster.rest().submit(Ground.jar("restart-job.jar"), "drop", String.valueOf(MIB),
                    gate.toString(), "1");
            for (int attempt = 0; attempt < RESTARTS; attempt++) {
                awaitHeldOrDenied(gate, tm, attempt);
                assertThat(denials(tm)).as("denials before attempt %d", attempt).isEmpty();
                gate.open("fail-" + attempt);
            }
            awaitHeldOrDenied(gate, tm, RESTARTS);
            assertThat(denials(tm)).isEmpty();
            assertThat(tm.weir().freshSheet().used("task.off-heap")).isBetween((long) MIB << 20, 64L << 20);
            cluster.rest().cancel(job);
        }
    }

    /** Kept by a library in lib/: no number of collections frees it, and few are made. */
    @ParameterizedTest
    @MethodSource("flinks")
    void whatTheLastAttemptLeakedIsStillDenied(String version) {
        Gate gate = Gate.of("enforce-leak-gate-" + version);
        Path dir = Ground.run("enforce-leak-" + version);
        FlinkHome home = FlinkHome.of(version).copyTo(dir.resolve("flink"), List.of(Ground.jar("acme-cache.jar")));
        try (FlinkCluster cluster = plan(home, dir)
                .env("JAVA_TOOL_OPTIONS", "-Xlog:gc:file=" + dir.resolve("gc-%p.log")).start()) {
            FlinkProcess tm = cluster.taskManager();
            String job = cluster.rest().submit(Ground.jar("restart-job.jar"), "keep", String.valueOf(MIB),
                    gate.toString(), "1");
            gate.await("held-0-0", LIMIT);
            gate.open("fail-0");
            cluster.rest().awaitState(job, "FAILED", LIMIT);
            assertThat(gate.has("held-1-0")).isFalse();
            assertThat(denials(tm)).isNotEmpty();
            assertThat(tm.weir().freshSheet().used("task.off-heap")).isLessThanOrEqualTo(64L << 20);
            assertThat(collections(dir.resolve("gc-" + tm.jvm().pid() + ".log"))).as("collections for %d attempts", RESTARTS)
                    .isBetween(2L, 3L * RESTARTS);
        }
    }

    /** Those that somebody asked for. */
    private static long collections(Path log) {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.filter(l -> l.contains("(System.gc())")).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void awaitHeldOrDenied(Gate gate, FlinkProcess tm, int attempt) {
        Wait.untilTrue("attempt " + attempt + " to hold its memory, or to be denied it", LIMIT,
                () -> gate.has("held-" + attempt + "-0") || !denials(tm).isEmpty());
    }

    private static List<JsonNode> denials(FlinkProcess tm) {
        return tm.weir().events("breach").stream().filter(e -> e.path("action").asText().equals("deny")).toList();
    }
}
