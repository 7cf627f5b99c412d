// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Gate;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.OomReport;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.WeirJson;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Managed memory beside jobs that need none. The sheet says it after ten minutes, which is too long here; beside an
 * OutOfMemoryError one minute is enough.
 */
class FlinkUnusedTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long MINUTE = 60_000;

    private static FlinkCluster start(FlinkHome home, Path dir) {
        return FlinkCluster.plan(home, dir).agent("mode=warn")
                .set("taskmanager.numberOfTaskSlots", 2)
                .set("taskmanager.memory.task.off-heap.size", "32m").start();
    }

    @Test
    void statelessJobsLeaveItUnused() {
        String version = FlinkHome.versions().get(0);
        Path dir = Ground.run("unused-" + version);
        FlinkHome home = FlinkHome.of(version).copyTo(dir.resolve("flink"), List.of());
        Gate gate = Gate.of("unused-gate");
        try (FlinkCluster cluster = start(home, dir)) {
            FlinkProcess tm = cluster.taskManager();
            cluster.rest().submit(Ground.jar("crowd-job.jar"), "20", "200", gate.toString());
            gate.await("hoarded", LIMIT);
            tm.weir().await("sheet", LIMIT, e -> e.path("unused_managed_ms").asLong() > MINUTE);
            assertThat(tm.weir().events("sheet")).noneMatch(e -> e.has("diagnosis"));
            gate.open("ask");
            OomReport oom = OomReport.only(tm);
            JsonNode unused = oom.json().path("diagnosis").get(1);
            assertThat(unused.path("id").asText()).isEqualTo("managed-unused");
            assertThat(unused.path("text").asText()).containsPattern("while jobs ran for 6\\d s");
            assertThat(oom.text()).contains("also    managed memory is set aside and not used")
                    .contains("taskmanager.memory.managed.size: 0b");
            assertThat(oom.text()).as("how full it was before").containsPattern("direct pool +\\d+\\.\\d of 288\\.0 MiB  "
                    + "\\(1 min ago \\d+\\.\\d( KiB)?; the limit is Flink's\\)");
            assertThat(oom.json().path("direct_before").path("used").asLong()).as("a TaskManager just started")
                    .isLessThan(170L << 20);
            assertThat(oom.json().path("direct_before").path("ms_ago").asLong()).isBetween(MINUTE, 2 * MINUTE);
            assertThat(unused.path("advice")).hasSize(2);
            long now = process(home, tm, List.of());
            assertThat(process(home, tm, options(unused.path("advice").get(0)))).isEqualTo(now);
            assertThat(process(home, tm, options(unused.path("advice").get(1)))).isEqualTo(now - (512L << 20));
        }
    }

    /** A sort takes pages while it runs; that it ended does not make them unused. */
    @Test
    void oneBatchOperatorIsEnoughToSayNothing() {
        String version = FlinkHome.versions().get(1);
        Path dir = Ground.run("used-" + version);
        FlinkHome home = FlinkHome.of(version).copyTo(dir.resolve("flink"), List.of());
        Gate gate = Gate.of("used-sort-gate");
        Gate crowd = Gate.of("used-gate");
        try (FlinkCluster cluster = start(home, dir)) {
            FlinkProcess tm = cluster.taskManager();
            cluster.rest().submit(Ground.jar("crowd-job.jar"), "20", "8", crowd.toString());
            crowd.await("hoarded", LIMIT);
            tm.weir().await("sheet", LIMIT, e -> e.path("unused_managed_ms").asLong() > 0);
            String sort = cluster.rest().submit(Ground.jar("sort-job.jar"), "200000", gate.toString());
            gate.await("reached", LIMIT);
            gate.open("open");
            cluster.rest().awaitState(sort, "FINISHED", LIMIT);
            assertThat(tm.weir().freshSheet().used("managed")).as("given back").isZero();
            assertThat(tm.weir().freshSheet().json().has("unused_managed_ms")).isFalse();
            assertThat(WeirText.aboveInfo(tm.jvm().err())).isEmpty();
        }
    }

    private static List<String> options(JsonNode way) {
        List<String> options = new ArrayList<>();
        way.fields().forEachRemaining(e -> {
            if (!e.getKey().equals("changes")) {
                options.addAll(List.of("-D", e.getKey() + "=" + e.getValue().asText()));
            }
        });
        return options;
    }

    /** Total process size with these options on top. */
    private static long process(FlinkHome home, FlinkProcess tm, List<String> options) {
        List<String> command = new ArrayList<>(List.of(Ground.tool().toString(), "derive", "--flink", home.version(),
                "--conf", tm.dir().resolve("conf").toString(), "--json"));
        command.addAll(options);
        Tool.Result result = Tool.run(command, Map.of());
        assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
        return WeirJson.parse(result.out()).path("total_process").asLong();
    }
}
