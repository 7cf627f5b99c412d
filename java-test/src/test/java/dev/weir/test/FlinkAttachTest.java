// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Attach;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkMemory;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Attached to a real TaskManager in the middle of a batch sort that holds managed memory: what Flink took before is where it
 * belongs; the next job is seen, warned of and, after `set`, denied as if the agent had been there from the start.
 */
class FlinkAttachTest {
    private static final int SEGMENT = 32_768;
    private static final long MIB = 1 << 20;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    static List<String> flinks() {
        return FlinkHome.versions();
    }

    @ParameterizedTest
    @MethodSource("flinks")
    void whatFlinkHoldsIsFoundAndWhatComesIsSeen(String version) throws IOException {
        Path dir = Ground.run("flink-attach-" + version);
        try (FlinkCluster cluster = FlinkCluster.plan(FlinkHome.of(version), dir)
                .set("taskmanager.memory.task.off-heap.size", "64m")
                .set("restart-strategy.type", "none").start()) {
            FlinkProcess tm = cluster.taskManager();
            Files.createDirectories(tm.dir().resolve("weir"));
            try (Attach attach = new Attach(tm.jvm(), tm.dir())) {
                inTheMiddleOfASort(cluster, tm, attach);
                aJobThatComesLater(cluster, tm, attach);
            }
        }
    }

    private static void inTheMiddleOfASort(FlinkCluster cluster, FlinkProcess tm, Attach attach) throws IOException {
        Path gate = Ground.run("gate-attach-" + cluster.rest().port());
        String job = cluster.rest().submit(Ground.jar("sort-job.jar"), "200000", gate.toString());
        Wait.untilTrue("the sorted input", LIMIT, () -> Files.exists(gate.resolve("reached")));
        long managed = Wait.until("Flink's managed metric", LIMIT,
                () -> cluster.rest().metric(tm.id(), "Status.Flink.Memory.Managed.Used").filter(m -> m > 0));
        assertThat(attach.ok("interval=1s,dir=" + tm.dir().resolve("weir"))).contains("tasks running");
        long network = FlinkMemory.taskManager(tm.log()).get("network") / SEGMENT;
        Sheet sheet = tm.weir().freshSheet();
        assertThat(sheet.used("managed")).as("Flink's metric").isEqualTo(managed);
        assertThat(sheet.blocks("network")).isEqualTo(network);
        assertThat(sheet.used("network")).isEqualTo(network * SEGMENT);
        assertThat(sheet.kindBlocks("direct")).as("none of the VM's direct buffers is missing")
                .isEqualTo(metricSoon(cluster, tm, "Status.JVM.Memory.Direct.Count", sheet.kindBlocks("direct")));
        Files.createFile(gate.resolve("open"));
        cluster.rest().awaitState(job, "FINISHED", LIMIT);
        tm.weir().awaitSheet("managed 0 after the job", LIMIT, s -> s.used("managed") == 0);
        assertThat(tm.weir().events("attempt")).as("ends of tasks that ran before the attach").isNotEmpty();
    }

    /** Flink reads the bean twice a second: its figure, as soon as it is this one, or its last. */
    private static long metricSoon(FlinkCluster cluster, FlinkProcess tm, String name, long expected) {
        long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        long now = -1;
        while (System.nanoTime() < until && now != expected) {
            now = cluster.rest().metric(tm.id(), name).orElse(-1L);
        }
        return now;
    }

    private static void aJobThatComesLater(FlinkCluster cluster, FlinkProcess tm, Attach attach) {
        String healthy = cluster.rest().submit(Ground.jar("leaky-job.jar"), "16", "2", "40", "20", "1");
        Sheet held = tm.weir().awaitSheet("the function's two buffers", LIMIT, s -> s.used("task.off-heap") >= 32 * MIB);
        JsonNode owner = held.json().path("owners").path(0);
        assertThat(held.json().path("owners").toString()).contains(healthy);
        assertThat(owner.path("bytes").asLong()).isPositive();
        cluster.rest().awaitState(healthy, "FINISHED", LIMIT);
        assertThat(tm.weir().events("breach")).isEmpty();
        assertThat(attach.ok("set,mode=enforce,limit.task.off-heap=16m")).startsWith("set ");
        String greedy = cluster.rest().submit(Ground.jar("leaky-job.jar"), "16", "4", "40", "20", "1");
        cluster.rest().awaitState(greedy, "FAILED", LIMIT);
        JsonNode denied = tm.weir().await("breach", LIMIT, e -> e.path("action").asText().equals("deny"));
        assertThat(denied.path("component").asText()).isEqualTo("task.off-heap");
        assertThat(denied.path("limit").asLong()).isEqualTo(16 * MIB);
        assertThat(denied.path("java_stack").toString()).contains("com.example.Leak.flatMap");
        attach.ok("set,mode=warn,limit.task.off-heap=64m");
        String next = cluster.rest().submit(Ground.jar("leaky-job.jar"), "16", "1", "40", "20", "1");
        cluster.rest().awaitState(next, "FINISHED", LIMIT);
        assertThat(attach.ok("status")).contains("taskmanager " + tm.id()).contains("mode warn");
        tooMuch(cluster, tm);
    }

    /** More than framework and task off-heap together: first a warning of its share, then the error. */
    private static void tooMuch(FlinkCluster cluster, FlinkProcess tm) {
        String job = cluster.rest().submit(Ground.jar("leaky-job.jar"), "16", "14", "40", "20", "1");
        cluster.rest().awaitState(job, "FAILED", LIMIT);
        tm.weir().await("breach", LIMIT, e -> e.path("level").asText().equals("warn")
                && e.path("component").asText().equals("task.off-heap") && e.path("action").asText().equals("warn"));
        JsonNode oom = tm.weir().await("oom", LIMIT, e -> e.path("pool").asText().equals("direct"));
        assertThat(oom.path("job_id").asText()).isEqualTo(job);
        assertThat(oom.path("owners").path(0).path("job_id").asText()).as("who holds most").isEqualTo(job);
        assertThat(tm.jvm().err()).contains("ERROR weir - direct OutOfMemoryError: ");
    }
}
