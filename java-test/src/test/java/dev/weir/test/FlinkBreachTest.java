// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jars;
import dev.weir.test.ground.Sources;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A TaskManager with task.off-heap 32m whose function takes more: caught in the act, with its stack. */
class FlinkBreachTest {
    private static final int BUFFER = 16 << 20;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    static List<String> flinks() {
        return FlinkHome.versions();
    }

    private static FlinkCluster start(String name, String version, String offHeap) {
        Path dir = Ground.run(name + "-" + version);
        FlinkHome home = FlinkHome.of(version).copyTo(dir.resolve("flink"),
                List.of(Ground.jar("flink-connector-acme.jar")));
        return FlinkCluster.plan(home, dir).agent("mode=warn")
                .set("taskmanager.memory.task.off-heap.size", offHeap).start();
    }

    @ParameterizedTest
    @MethodSource("flinks")
    void functionOfTheJobJarIsNamedWithItsStack(String version) {
        Path jar = Ground.jar("leaky-job.jar");
        try (FlinkCluster cluster = start("breach", version, "32m")) {
            FlinkProcess tm = cluster.taskManager();
            String job = cluster.rest().submit(jar, "16", "4", "20", "100", "1");
            JsonNode breach = tm.weir().await("breach", LIMIT, e -> e.path("level").asText().equals("warn"));
            cluster.rest().awaitState(job, "FINISHED", LIMIT);
            cluster.stop();
            checkFigures(breach, "task.off-heap", 2L * BUFFER, 2L * BUFFER);
            checkStack(breach, Sources.frame("com.example.Leak", "flatMap", "allocateDirect"));
            assertThat(breach.path("source").asText()).matches(Jars.sourcePattern(jar));
            checkOwner(breach.path("owners").path(0), Jars.sourcePattern(jar));
            checkText(tm.jvm().err(), breach.path("thread").asText());
            assertThat(breach.path("thread").asText()).startsWith("Flat Map (1/1)#0");
            assertThat(WeirText.aboveInfo(tm.jvm().err())).as("once, however far it goes").hasSize(1);
            assertThat(WeirText.aboveInfo(cluster.jobManager().jvm().err())).isEmpty();
        }
    }

    /** Code source decides, not the package: the connector's classes are in org.apache.flink. */
    @ParameterizedTest
    @MethodSource("flinks")
    void connectorInLibIsTheTasksNotTheFrameworks(String version) {
        try (FlinkCluster cluster = start("breach-acme", version, "8m")) {
            FlinkProcess tm = cluster.taskManager();
            cluster.rest().submit(Ground.jar("acme-job.jar"), "16", "100", "50");
            JsonNode breach = tm.weir().await("breach", LIMIT, e -> e.path("level").asText().equals("warn"));
            checkFigures(breach, "task.off-heap", 0, 8L << 20);
            checkStack(breach, Sources.frame("org.apache.flink.connector.acme.AcmeLookup", "map", "allocateDirect"));
            assertThat(tm.weir().awaitSheet("the connector's buffer", LIMIT, s -> s.used("task.off-heap") > 0)
                    .used("task.off-heap", "direct")).isEqualTo(BUFFER);
            assertThat(tm.jvm().err()).contains("[flink-connector-acme.jar]");
        }
    }

    private static void checkFigures(JsonNode breach, String component, long used, long limit) {
        assertThat(breach.path("component").asText()).isEqualTo(component);
        assertThat(breach.path("kind").asText()).isEqualTo("direct");
        assertThat(breach.path("used").asLong()).isEqualTo(used);
        assertThat(breach.path("limit").asLong()).isEqualTo(limit);
        assertThat(breach.path("declared").asBoolean()).isTrue();
        assertThat(breach.path("requested").asLong()).isEqualTo(BUFFER);
        assertThat(breach.path("action").asText()).isEqualTo("warn");
        assertThat(breach.path("pools").path("direct").path("used").asLong()).isPositive();
    }

    private static void checkStack(JsonNode breach, String deciding) {
        List<String> frames = texts(breach.path("java_stack"));
        assertThat(frames).first().asString().startsWith("java.nio.");
        assertThat(frames).contains(deciding);
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(e -> texts.add(e.asText()));
        return texts;
    }

    /** Owners are read a moment after the breach: the third buffer may be among them already. */
    private static void checkOwner(JsonNode owner, String source) {
        assertThat(owner.path("component").asText()).isEqualTo("task.off-heap");
        assertThat(owner.path("source").asText()).matches(source);
        assertThat(owner.path("count").asLong()).isBetween(2L, 3L);
        assertThat(owner.path("bytes").asLong()).isEqualTo(owner.path("count").asLong() * BUFFER);
        assertThat(owner.path("java_stack").toString()).contains("com.example.Leak.flatMap");
    }

    /** The lines of DESIGN.md, section 7. */
    private static void checkText(String stderr, String thread) {
        List<String> lines = stderr.lines().toList();
        int at = lines.indexOf(WeirText.aboveInfo(stderr).get(0));
        assertThat(lines.get(at)).contains("WARN  weir - task.off-heap over its declared share: 32.0 of 32.0 MiB, "
                + "16.0 MiB requested by \"" + thread);
        assertThat(lines.get(at + 1)).matches("  direct pool [\\d.]+ of [\\d.]+ MiB: network .*, "
                + "framework.off-heap .*, task.off-heap 32.0 of 32.0");
        assertThat(lines.subList(at + 2, lines.size())).anyMatch(l -> l.startsWith("    at java.nio.ByteBuffer"))
                .anyMatch(l -> l.startsWith("    at com.example.Leak.flatMap(Leak.java:"));
    }
}
