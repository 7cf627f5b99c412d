// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkClusters;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkMemory;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jars;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The agent's figures in a healthy Flink (a JobManager, two TaskManagers of one slot, so that a
 * shuffle crosses the network) against Flink's own log and metrics. One cluster per version for all
 * cases; the order matters only in that the last case looks back on everything.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FlinkTruthTest {
    private static final int SEGMENT = 32_768;
    private static final int BUFFER = 16 << 20;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @RegisterExtension
    static final FlinkClusters CLUSTERS = new FlinkClusters(version -> FlinkClusters
            .withLibraries("truth", version, "flink-connector-acme.jar").taskManagers(2).agent("mode=warn")
            .set("taskmanager.memory.task.off-heap.size", "64m").start());

    static List<String> flinks() {
        return FlinkHome.versions();
    }

    @ParameterizedTest
    @MethodSource("flinks")
    @Order(1)
    void taskManagerLimitsAreThoseOfFlinksLog(String version) {
        for (FlinkProcess tm : CLUSTERS.of(version).taskManagers()) {
            JsonNode start = tm.weir().start();
            Map<String, Long> flink = FlinkMemory.taskManager(tm.log());
            assertThat(start.path("role").asText()).isEqualTo("taskmanager");
            assertThat(start.path("tm").asText()).isEqualTo(tm.id());
            assertThat(start.path("flink").asText()).isEqualTo(version);
            assertThat(limits(start)).containsAllEntriesOf(flink);
            assertThat(start.path("pools").path("direct").path("limit").asLong())
                    .isEqualTo(flink.get("framework.off-heap") + flink.get("task.off-heap") + flink.get("network"));
            assertThat(start.path("pools").path("metaspace").path("limit").asLong())
                    .isEqualTo(flink.get("jvm-metaspace"));
            assertThat(declared(start, "task.off-heap")).as("set in config.yaml").isTrue();
            assertThat(declared(start, "framework.off-heap")).as("a default").isFalse();
            assertThat(start.path("hooks").path("unsafe").asText()).isEqualTo("ok");
        }
    }

    @ParameterizedTest
    @MethodSource("flinks")
    @Order(1)
    void jobManagerLimitsAreThoseOfFlinksLog(String version) {
        FlinkProcess jm = CLUSTERS.of(version).jobManager();
        JsonNode start = jm.weir().start();
        assertThat(start.path("role").asText()).isEqualTo("jobmanager");
        assertThat(limits(start)).containsAllEntriesOf(FlinkMemory.jobManager(jm.log()));
        assertThat(jm.weir().freshSheet().used("off-heap")).as("RPC and REST of the JobManager").isPositive();
    }

    @ParameterizedTest
    @MethodSource("flinks")
    @Order(2)
    void networkIsTakenWholeAtStart(String version) {
        for (FlinkProcess tm : CLUSTERS.of(version).taskManagers()) {
            long limit = FlinkMemory.taskManager(tm.log()).get("network");
            Sheet sheet = tm.weir().freshSheet();
            assertThat(sheet.used("network")).isEqualTo(limit / SEGMENT * SEGMENT);
            assertThat(sheet.blocks("network")).isEqualTo(limit / SEGMENT);
            assertThat(sheet.used("network", "direct")).isEqualTo(sheet.used("network"));
            assertThat(sheet.used("task.off-heap")).isZero();
            assertThat(sheet.used("managed")).isZero();
        }
    }

    /** Flink reads the bean; both must agree as soon as no buffer comes or goes. */
    @ParameterizedTest
    @MethodSource("flinks")
    @Order(2)
    void directAndMetaspaceAgreeWithFlinksMetrics(String version) {
        FlinkCluster cluster = CLUSTERS.of(version);
        FlinkProcess tm = cluster.taskManager();
        Wait.untilTrue("Flink's direct metrics to be those of the sheet", LIMIT, () -> {
            Sheet sheet = tm.weir().freshSheet();
            long count = metric(cluster, tm, "Status.JVM.Memory.Direct.Count");
            long used = metric(cluster, tm, "Status.JVM.Memory.Direct.MemoryUsed");
            long above = sheet.kindBytes("direct") - used;
            return sheet.kindBlocks("direct") == count && above >= 0 && above <= 7 * count;
        });
        Wait.untilTrue("Flink's committed metaspace to be that of the sheet", LIMIT, () ->
                tm.weir().freshSheet().used("jvm-metaspace")
                        == metric(cluster, tm, "Status.JVM.Memory.Metaspace.Committed"));
    }

    @ParameterizedTest
    @MethodSource("flinks")
    @Order(3)
    void managedIsWhatTheBatchSortHolds(String version) throws IOException {
        FlinkCluster cluster = CLUSTERS.of(version);
        Path gate = Ground.run("gate-" + version);
        String job = cluster.rest().submit(Ground.jar("sort-job.jar"), "200000", gate.toString());
        Wait.untilTrue("the sorted input", LIMIT, () -> Files.exists(gate.resolve("reached")));
        FlinkProcess tm = Wait.until("a TaskManager that uses managed memory", LIMIT, () -> cluster.taskManagers()
                .stream().filter(t -> metric(cluster, t, "Status.Flink.Memory.Managed.Used") > 0).findFirst());
        assertThat(tm.weir().freshSheet().used("managed"))
                .isEqualTo(metric(cluster, tm, "Status.Flink.Memory.Managed.Used"));
        assertThat(tm.weir().freshSheet().used("managed", "unsafe"))
                .isEqualTo(tm.weir().freshSheet().used("managed"));
        Files.createFile(gate.resolve("open"));
        cluster.rest().awaitState(job, "FINISHED", LIMIT);
        tm.weir().awaitSheet("managed 0 after the job", LIMIT, s -> s.used("managed") == 0);
        assertThat(tm.weir().freshSheet().blocks("managed")).isZero();
    }

    /** Netty's and the RPC's buffers of the same shuffle must not be among the function's. */
    @ParameterizedTest
    @MethodSource("flinks")
    @Order(4)
    void functionsBuffersAreTaskOffHeapAndNothingElseIs(String version) {
        FlinkCluster cluster = CLUSTERS.of(version);
        Path jar = Ground.jar("leaky-job.jar");
        String job = cluster.rest().submit(jar, "16", "2", "400", "50", "2");
        for (FlinkProcess tm : cluster.taskManagers()) {
            Sheet sheet = tm.weir().awaitSheet("the function's two buffers", LIMIT,
                    s -> s.used("task.off-heap") >= 2L * BUFFER);
            assertThat(sheet.used("task.off-heap", "direct")).isEqualTo(2L * BUFFER);
            // The JDK's file buffers of a library that flink-dist bundles, but that lies singly in this lib/ (lz4).
            assertThat(sheet.used("task.off-heap") - 2L * BUFFER).as("not direct").isBetween(0L, 64L << 10);
            assertThat(sheet.used("framework.off-heap", "direct")).as("Netty and RPC").isPositive();
            checkOwner(sheet, jar);
        }
        cluster.rest().awaitState(job, "FINISHED", LIMIT);
    }

    private static void checkOwner(Sheet sheet, Path jar) {
        List<JsonNode> owners = new ArrayList<>();
        sheet.json().path("owners").forEach(owners::add);
        assertThat(owners).filteredOn(o -> o.path("component").asText().equals("task.off-heap"))
                .filteredOn(o -> o.path("kind").asText().equals("direct")).singleElement().satisfies(owner -> {
                    assertThat(owner.path("source").asText()).matches(Jars.sourcePattern(jar));
                    assertThat(owner.path("bytes").asLong()).isEqualTo(2L * BUFFER);
                    assertThat(owner.path("count").asLong()).isEqualTo(2);
                    assertThat(owner.path("java_stack").toString()).contains("com.example.Leak.flatMap");
                });
    }

    @ParameterizedTest
    @MethodSource("flinks")
    @Order(5)
    void healthyClusterPrintsNothingAboveInfo(String version) {
        FlinkCluster cluster = CLUSTERS.of(version);
        cluster.stop();
        for (FlinkProcess process : cluster.processes()) {
            assertThat(WeirText.lines(process.jvm().err())).as("the agent speaks on stderr").isNotEmpty();
            assertThat(WeirText.aboveInfo(process.jvm().err())).as(process.id()).isEmpty();
            assertThat(WeirText.lines(process.jvm().out())).as("stdout is the program's").isEmpty();
            assertThat(process.weir().events("breach")).isEmpty();
            assertThat(process.weir().events("stop")).hasSize(1);
            assertThat(process.weir().exitSheet().number("agent", "untracked")).isZero();
        }
    }

    private static long metric(FlinkCluster cluster, FlinkProcess tm, String name) {
        return Wait.until("metric " + name, LIMIT, () -> cluster.rest().metric(tm.id(), name));
    }

    private static Map<String, Long> limits(JsonNode start) {
        Map<String, Long> limits = new HashMap<>();
        start.path("limits").fields().forEachRemaining(e -> limits.put(e.getKey(), e.getValue().path("bytes").asLong()));
        return limits;
    }

    private static boolean declared(JsonNode start, String component) {
        return start.path("limits").path(component).path("declared").asBoolean();
    }
}
