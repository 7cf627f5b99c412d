// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkClusters;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.FlinkRest;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** mode=enforce in a real Flink: the job fails by name, the TaskManager lives on, Flink itself is let be. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FlinkEnforceTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Path LEAKY = Ground.jar("leaky-job.jar");
    private static final Path EDGE = Ground.jar("edge-job.jar");
    private static final Path GENERATOR = Ground.jar("generator-job.jar");

    /** One TaskManager with 32m for its tasks, for several cases. */
    @RegisterExtension
    static final FlinkClusters LIMITED = new FlinkClusters(version -> start("limited", version, "32m", 1));

    private static final String REFUSED = "java.lang.OutOfMemoryError: weir: task.off-heap: ";
    private static final String CLASS_REFUSED = "java.lang.OutOfMemoryError: weir: class-metadata: a class file of ";

    static List<String> flinks() {
        return FlinkHome.versions();
    }

    private static FlinkCluster start(String name, String version, String offHeap, int taskManagers) {
        return FlinkCluster.plan(FlinkHome.of(version), Ground.run("enforce-" + name + "-" + version))
                .agent("mode=enforce,limit.jvm-metaspace=128m").taskManagers(taskManagers).set("taskmanager.jvm-exit-on-oom", taskManagers > 1)
                .set("taskmanager.memory.task.off-heap.size", offHeap).start();
    }

    @ParameterizedTest
    @MethodSource("flinks")
    @Order(1)
    void jobFailsWithOurTextAndTheSameProcessRunsTheNext(String version) {
        FlinkCluster cluster = LIMITED.of(version);
        FlinkProcess tm = cluster.taskManager();
        FlinkRest rest = cluster.rest();
        checkFailure(rest, rest.submit(LEAKY, "16", "4", "1000", "20", "1"), REFUSED, "com.example.Leak.flatMap");
        checkDenial(tm.weir().await("breach", LIMIT, e -> e.path("action").asText().equals("deny")));
        checkFailure(rest, rest.submit(EDGE, "static", "0", "-", "10", "1"), REFUSED, "com.example.edge.Edge");
        /* what the failed jobs held is garbage by now: the collector makes room */
        rest.awaitState(rest.submit(LEAKY, "16", "2", "20", "20", "1"), "FINISHED", LIMIT);
        assertThat(tm.jvm().isAlive()).isTrue();
        assertThat(rest.taskManagers()).containsExactly(tm.id());
        assertThat(tm.weir().freshSheet().used("task.off-heap")).isLessThanOrEqualTo(32L << 20);
        assertThat(tm.weir().events("start")).hasSize(1);
        assertThat(tm.weir().start().path("warnings").toString()).doesNotContain("jvm-exit-on-oom", "implies");
    }

    private static void checkFailure(FlinkRest rest, String job, String refused, String frame) {
        rest.awaitState(job, "FAILED", LIMIT);
        JsonNode exceptions = rest.get("/jobs/" + job + "/exceptions");
        assertThat(exceptions.toString()).contains(refused).contains(frame).contains("mode=enforce")
                .doesNotContain("The metaspace out-of-memory", "The direct out-of-memory");
    }

    private static void checkDenial(JsonNode breach) {
        assertThat(breach.path("component").asText()).isEqualTo("task.off-heap");
        assertThat(breach.path("used").asLong()).isBetween(32L << 20, (32L << 20) + 65_536);
        assertThat(breach.path("requested").asLong()).isEqualTo(16L << 20);
        assertThat(breach.path("limit").asLong()).isEqualTo(32L << 20);
        assertThat(breach.path("thread").asText()).startsWith("Flat Map (1/1)#0");
        assertThat(breach.path("owners").path(0).path("job_name").asText()).isEqualTo("orders");
    }

    /** The next one needs classes too: those of the first must have gone for it. */
    @ParameterizedTest
    @MethodSource("flinks")
    @Order(2)
    void jobThatGeneratesClassesFailsWithOurTextAndTheSameProcessRunsTheNext(String version) {
        FlinkProcess tm = LIMITED.of(version).taskManager();
        FlinkRest rest = LIMITED.of(version).rest();
        checkFailure(rest, rest.submit(GENERATOR, "10000", "300"), CLASS_REFUSED, "com.example.gen.Generator.map");
        rest.awaitState(rest.submit(GENERATOR, "20", "300"), "FINISHED", LIMIT);
        JsonNode breach = tm.weir().await("breach", LIMIT,
                e -> e.path("action").asText().equals("deny") && e.path("component").asText().equals("jvm-metaspace"));
        assertThat(breach.path("kind").asText()).isEqualTo("class");
        assertThat(breach.path("job_name").asText()).isEqualTo("rules");
        assertThat(breach.path("thread").asText()).startsWith("Source: Sequence Source -> Generator");
        assertThat(breach.path("used").asLong()).isBetween(128L << 20, 129L << 20);
        assertThat(tm.jvm().isAlive()).isTrue();
        assertThat(rest.taskManagers()).containsExactly(tm.id());
        assertThat(tm.weir().events("start")).hasSize(1);
        assertThat(tm.log()).doesNotContain("FATAL", "Fatal error occurred");
    }

    /** A task on its way out gets what it asks for: else it would not get there. */
    @ParameterizedTest
    @MethodSource("flinks")
    @Order(3)
    void cancelAndCleanupAreNotDenied(String version) throws IOException {
        Path notes = Files.createDirectories(Ground.run("enforce-notes-" + version));
        FlinkRest rest = LIMITED.of(version).rest();
        Path closed = notes.resolve("closed");
        cancelRunning(rest, rest.submit(EDGE, "close", "48", closed.toString(), "100000", "50"));
        assertThat(closed).content().startsWith("taken 50331648 ");
        Path atTheEnd = notes.resolve("at-the-end");
        rest.awaitState(rest.submit(EDGE, "close", "48", atTheEnd.toString(), "10", "1"), "FINISHED", LIMIT);
        assertThat(atTheEnd).content().startsWith("taken 50331648 ");
        if (version.startsWith("1.")) { // later ones have no such source
            Path source = notes.resolve("source");
            cancelRunning(rest, rest.submit(EDGE, "cancel", "40", source.toString(), "0", "0"));
            assertThat(source).content().startsWith("taken 41943040 on Canceler for ");
        }
        checkFailure(rest, rest.submit(LEAKY, "16", "4", "1000", "20", "1"), REFUSED, "com.example.Leak.flatMap");
        assertThat(LIMITED.of(version).taskManager().log()).doesNotContain("FATAL", "Fatal error occurred");
    }

    private static void cancelRunning(FlinkRest rest, String job) {
        Wait.untilTrue("all tasks of the job to run", LIMIT, () -> {
            List<String> states = rest.get("/jobs/" + job).path("vertices").findValuesAsText("status");
            return !states.isEmpty() && states.stream().allMatch("RUNNING"::equals);
        });
        rest.cancel(job);
    }

    /** Nothing may be taken by tasks, Flink's own Netty, RPC and network buffers are not theirs. */
    @ParameterizedTest
    @MethodSource("flinks")
    @Order(4)
    void flinkItselfIsNeverDeniedAtALimitOfNothing(String version) {
        try (FlinkCluster cluster = start("zero", version, "0", 2)) {
            FlinkRest rest = cluster.rest();
            rest.awaitState(rest.submit(LEAKY, "1", "0", "200", "5", "2"), "FINISHED", LIMIT);
            for (FlinkProcess tm : cluster.taskManagers()) {
                JsonNode start = tm.weir().start();
                assertThat(start.path("limits").path("task.off-heap").path("bytes").asLong(-1)).isZero();
                assertThat(start.path("warnings").toString()).contains("taskmanager.jvm-exit-on-oom is true");
                assertThat(tm.jvm().err()).containsPattern("WARN  weir - taskmanager\\.jvm-exit-on-oom is true: ");
                assertThat(tm.weir().freshSheet().used("framework.off-heap")).as("RPC, shuffle").isPositive();
                assertThat(tm.weir().freshSheet().used("network")).isPositive();
                assertThat(tm.weir().events("breach")).noneMatch(e -> e.path("action").asText().equals("deny"));
            }
            cluster.stop();
            for (FlinkProcess tm : cluster.taskManagers()) {
                assertThat(tm.log()).doesNotContain("OutOfMemoryError");
            }
        }
    }
}
