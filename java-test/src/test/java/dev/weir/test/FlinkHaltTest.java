// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Ground;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A TaskManager that Flink itself ends after an OutOfMemoryError (taskmanager.jvm-exit-on-oom): the stop says whose doing it was. */
class FlinkHaltTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    static List<String> flinks() {
        return FlinkHome.versions();
    }

    @ParameterizedTest
    @MethodSource("flinks")
    void haltNamesFlinksTask(String version) {
        try (FlinkCluster cluster = FlinkCluster.plan(FlinkHome.of(version), Ground.run("halt-" + version))
                .agent("mode=enforce").set("taskmanager.jvm-exit-on-oom", true)
                .set("taskmanager.memory.task.off-heap.size", "16m").start()) {
            FlinkProcess tm = cluster.taskManager();
            cluster.rest().submit(Ground.jar("leaky-job.jar"), "16", "2", "1000", "20", "1");
            JsonNode stop = tm.weir().await("stop", LIMIT, e -> true);
            assertThat(stop.path("reason").asText()).isEqualTo("vm exit");
            assertThat(stop.path("by").asText())
                    .startsWith("Runtime.halt by org.apache.flink.runtime.taskmanager.Task.preProcessException(Task.java:");
            assertThat(tm.jvm().err()).contains("INFO  weir - stopped: vm exit: Runtime.halt by org.apache.flink.");
        }
    }
}
