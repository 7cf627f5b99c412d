// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.WeirText;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Program arguments of a TaskManager, many or long: read all, or what was left out is said. */
class ManyArgumentsTest {
    private static final String VERSION = "1.20.5";

    /** How many properties, of how many characters, and whether some are beyond what is kept. */
    @ParameterizedTest
    @CsvSource({"600, 1, false", "1100, 1, true", "100, 1000, true"})
    void whatIsNotReadIsSaid(int count, int length, boolean cut) {
        String[] words = new String[2 * count];
        for (int i = 0; i < count; i++) {
            words[2 * i] = "-D";
            words[2 * i + 1] = "my.key-" + i + "=" + "x".repeat(length);
        }
        try (FlinkCluster cluster = FlinkCluster.plan(FlinkHome.of(VERSION), Ground.run("arguments-" + count))
                .agent("").taskManagerArguments("-D", "taskmanager.memory.task.off-heap.size=48m")
                .taskManagerArguments(words).start()) {
            FlinkProcess tm = cluster.taskManager();
            JsonNode start = tm.weir().start();
            assertThat(start.path("role").asText()).isEqualTo("taskmanager");
            assertThat(start.path("limits").path("task.off-heap").path("bytes").asLong()).isEqualTo(48 << 20);
            String text = "more program arguments than 2048, or than 64 KiB of them";
            assertThat(start.path("warnings").toString().contains(text)).isEqualTo(cut);
            assertThat(WeirText.aboveInfo(tm.jvm().err()).stream().filter(l -> l.contains(text))).hasSize(cut ? 1 : 0);
        }
    }
}
