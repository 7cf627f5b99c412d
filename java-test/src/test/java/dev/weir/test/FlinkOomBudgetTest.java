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
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Direct memory that runs out without a leak: running operators hold it, or ended attempts left only garbage. */
class FlinkOomBudgetTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long MIB = 1L << 20;

    private static List<String> flinks() {
        return FlinkHome.versions();
    }

    private static FlinkCluster start(FlinkHome home, Path dir, int restarts) {
        return plan(home, dir, restarts).start();
    }

    private static FlinkCluster.Plan plan(FlinkHome home, Path dir, int restarts) {
        FlinkCluster.Plan plan = FlinkCluster.plan(home, dir).agent("mode=warn")
                .set("taskmanager.memory.task.off-heap.size", "32m")
                .set("restart-strategy.type", restarts > 0 ? "fixed-delay" : "none");
        if (restarts > 0) {
            plan.set("restart-strategy.fixed-delay.attempts", restarts)
                    .set("restart-strategy.fixed-delay.delay", "1 s");
        }
        return plan;
    }

    /** First within its share, in silence; then the same job with a hoard of nearly all that there is. */
    @Test
    void hoarderIsToldFromItsVictim() {
        String version = flinks().get(0);
        Path dir = Ground.run("oom-crowd-" + version);
        FlinkHome home = FlinkHome.of(version).copyTo(dir.resolve("flink"), List.of());
        try (FlinkCluster cluster = start(home, dir, 0)) {
            healthy(cluster, Gate.of("oom-crowd-healthy-" + version));
            Gate gate = Gate.of("oom-crowd-sick-" + version);
            String job = submit(cluster, 130, 40, gate);
            gate.await("hoarded", LIMIT);
            gate.open("ask");
            OomReport oom = OomReport.only(cluster.taskManager());
            assertThat(gate.has("served")).isFalse();
            checkVictim(oom, job);
            checkHoarder(oom, job);
            assertThat(oom.firstLine()).startsWith("ERROR weir - direct OutOfMemoryError: BUDGET too small");
            oom.checkAdvice(home, cluster.taskManager(), 5 * MIB); // 131 + 40 of 160, and Flink's own
            Wait.untilTrue("Flink's own text", LIMIT,
                    () -> cluster.taskManager().log().contains("direct out-of-memory error has occurred"));
        }
    }

    private static void healthy(FlinkCluster cluster, Gate gate) {
        String job = submit(cluster, 20, 8, gate);
        gate.await("hoarded", LIMIT);
        gate.open("ask");
        gate.await("served", LIMIT);
        cluster.rest().cancel(job);
        FlinkProcess tm = cluster.taskManager();
        tm.awaitGarbageGone();
        assertThat(WeirText.aboveInfo(tm.jvm().err())).as("a job within its share").isEmpty();
        assertThat(tm.weir().events("oom")).isEmpty();
    }

    private static void checkVictim(OomReport oom, String job) {
        assertThat(oom.string("pool")).isEqualTo("direct");
        assertThat(oom.number("requested")).isIn(40 * MIB, -1L); // -1: Flink's text was there first
        assertThat(oom.string("vertex")).isEqualTo("Victim");
        assertThat(oom.string("job_id")).isEqualTo(job);
        assertThat(oom.string("state")).isEqualTo("running");
        assertThat(oom.string("thread")).startsWith("Victim (1/1)#0");
        assertThat(oom.frames()).anyMatch(f -> f.startsWith("com.example.crowd.Victim.map("));
        assertThat(oom.text()).containsPattern("victim +\"Victim \\(1/1\\)#0\"");
    }

    private static void checkHoarder(OomReport oom, String job) {
        JsonNode first = oom.owners().get(0);
        assertThat(first.path("vertex").asText()).isEqualTo("Hoarder");
        assertThat(first.path("state").asText()).isEqualTo("running");
        assertThat(first.path("bytes").asLong()).isEqualTo(130 * MIB);
        assertThat(first.path("count").asLong()).isEqualTo(130);
        assertThat(oom.job(job).path("running").asLong()).isBetween(131 * MIB, 132 * MIB);
        assertThat(oom.jobsWithEnded()).as("nobody had ended at the throw").isEmpty();
    }

    /**
     * Three attempts left 36 MiB each, referenced by nobody. The JDK's one collection before the error does
     * not free them (StreamTask has a finalizer), yet they are no leak. Any two collections would free them
     * before that, and on a slow machine there were some: so the young generation and the metaspace begin
     * large enough for none.
     */
    @Test
    void garbageOfRestartsIsNoLeak() {
        String version = flinks().get(1);
        Path dir = Ground.run("oom-garbage");
        FlinkHome home = FlinkHome.of(version).copyTo(dir.resolve("flink"), List.of(Ground.jar("acme-cache.jar")));
        Gate gate = Gate.of("oom-garbage-gate");
        try (FlinkCluster cluster = plan(home, dir, 3).taskManagerJvm("-Xmn320m").taskManagerJvm("-XX:MetaspaceSize=200m").start()) {
            cluster.rest().submit(Ground.jar("restart-job.jar"), "drop", "36,36,36,90", gate.toString(), "1");
            for (int attempt = 0; attempt < 3; attempt++) {
                gate.await("held-" + attempt + "-0", LIMIT);
                gate.open("fail-" + attempt);
            }
            OomReport oom = OomReport.only(cluster.taskManager());
            assertThat(oom.string("vertex")).isEqualTo("Holder");
            assertThat(oom.number("attempt")).isEqualTo(3);
            assertThat(oom.jobsWithEnded()).allSatisfy(j -> assertThat(j.path("proven").asLong()).isZero());
            assertThat(oom.firstLine()).startsWith("ERROR weir - direct OutOfMemoryError: BUDGET too small, no leak");
            assertThat(oom.json().path("diagnosis").toString()).contains("of ended attempts were garbage");
            cluster.taskManager().awaitGarbageGone();
        }
    }

    private static String submit(FlinkCluster cluster, int hoard, int victim, Gate gate) {
        return cluster.rest().submit(Ground.jar("crowd-job.jar"), String.valueOf(hoard), String.valueOf(victim),
                gate.toString());
    }
}
