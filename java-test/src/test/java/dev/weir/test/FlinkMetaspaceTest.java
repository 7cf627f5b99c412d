// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Gate;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import dev.weir.test.ground.WeirText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A TaskManager whose metaspace is too small for Flink and one job. Flink may end the JVM for it: the report is out before. */
class FlinkMetaspaceTest {
    private static final String KEY = "taskmanager.memory.jvm-metaspace.size";
    private static final String TOO_SMALL = "40m"; // a bare TaskManager 1.20 on JDK 17 has 35 to 38

    @Test
    void tooSmallForWhatRunsIsSaidWithTheSizeThatHolds() {
        String version = FlinkHome.versions().get(0);
        FlinkHome home = FlinkHome.of(version);
        try (FlinkCluster cluster = FlinkCluster.plan(home, Ground.run("metaspace-budget")).jdk(Jdks.of(17)).agent("mode=warn")
                .set(KEY, TOO_SMALL).set("restart-strategy.type", "none").start()) {
            FlinkProcess tm = cluster.taskManager();
            cluster.rest().submit(Ground.jar("restart-job.jar"), "pool", "1", Gate.of("metaspace-budget-gate").toString(), "1");
            JsonNode oom = tm.weir().await("oom", Wait.MINUTE, e -> e.path("pool").asText().equals("metaspace"));
            checkVerdict(tm, oom);
            checkWays(home, tm, oom.path("diagnosis").path(0).path("advice"));
            checkLedger(tm); // whether or not Flink ends this JVM, which depends on the thread that met the error
        }
    }

    private static void checkVerdict(FlinkProcess tm, JsonNode oom) {
        assertThat(oom.path("diagnosis").path(0).path("id").asText()).isEqualTo("metaspace-budget");
        assertThat(oom.path("loaders").toString()).contains("SubmoduleClassLoader", "ClassLoaders$AppClassLoader");
        JsonNode running = oom.path("classes").path("user_code").path("running");
        assertThat(running.path("loaders").asLong()).isLessThanOrEqualTo(1);
        assertThat(Wait.until("the printed report", Wait.MINUTE, () -> WeirText.aboveInfo(tm.jvm().err()).stream()
                .filter(l -> l.contains("metaspace OutOfMemoryError")).findFirst()))
                .endsWith("metaspace OutOfMemoryError: BUDGET too small, no leak [oom 1]");
        assertThat(WeirText.aboveInfo(tm.jvm().err())).as("a level, before it or right after it").anyMatch(l -> l.matches(
                ".* weir - jvm-metaspace at \\d+ %: .* of 40.0 MiB: no leak, what runs needs it"));
    }

    /** Two ways, each derives on the configuration in force and gives the row a quarter more. */
    private static void checkWays(FlinkHome home, FlinkProcess tm, JsonNode advice) {
        assertThat(advice).hasSize(2);
        for (JsonNode way : advice) {
            Map<String, String> options = new LinkedHashMap<>();
            way.fields().forEachRemaining(e -> options.put(e.getKey(), e.getValue().asText()));
            options.remove("changes");
            assertThat(options).containsKey(KEY);
            List<String> command = Stream.concat(Stream.of(Ground.tool().toString(), "derive", "--flink", home.version(), "--conf",
                    tm.dir().resolve("conf").toString(), "--json"),
                    options.entrySet().stream().flatMap(e -> Stream.of("-D", e.getKey() + "=" + e.getValue()))).toList();
            Tool.Result result = Tool.run(command, Map.of());
            assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
            assertThat(WeirJson.parse(result.out()).path("jvm").path("MaxMetaspaceSize").asLong()).isBetween(48L << 20, 52L << 20);
        }
    }

    /** What the ledger knows by class loader, of a JVM that may be dead. */
    private static void checkLedger(FlinkProcess tm) {
        String read = Wait.until("the error in the ledger", Wait.MINUTE, () -> Optional.of(Tool.run(List.of(
                Ground.tool().toString(), "read", ledger(tm).toString()), Map.of()).out())
                .filter(out -> out.contains("metaspace OutOfMemoryError: BUDGET too small, no leak")));
        assertThat(read).contains("metaspace by class loader").containsPattern("(?m)^  loader +.* SubmoduleClassLoader");
    }

    private static Path ledger(FlinkProcess tm) {
        try (Stream<Path> files = Files.list(tm.dir().resolve("weir"))) {
            return files.filter(f -> f.toString().endsWith(".ledger")).findFirst().orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
