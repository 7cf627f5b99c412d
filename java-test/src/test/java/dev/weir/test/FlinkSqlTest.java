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
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.OomReport;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A SQL job: code generated on the TaskManager, no user jar, a function in lib/. */
class FlinkSqlTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String VERSION = FlinkHome.versions().get(1); // all of its jars are published
    private static final int HELD_MIB = 24;

    @Test
    void generatedCodeIsBookedByWhomItCalls() {
        Path dir = Ground.run("sql");
        FlinkHome home = FlinkHome.of(VERSION).copyTo(dir.resolve("flink"), List.of(Ground.jar("acme-sql.jar"),
                Ground.published("flink-table-api-java-uber"), Ground.published("flink-table-runtime"),
                Ground.published("flink-table-planner-loader"), Ground.published("flink-cep")));
        Gate gate = Gate.of("sql-gate");
        try (FlinkCluster cluster = FlinkCluster.plan(home, dir).agent("mode=warn")
                .set("taskmanager.memory.task.off-heap.size", "32m").set("taskmanager.numberOfTaskSlots", 2).start()) {
            FlinkProcess tm = cluster.taskManager();
            String job = submit(cluster, home, dir, gate);
            gate.await("held", LIMIT);
            Sheet sheet = tm.weir().freshSheet();
            checkFunction(sheet, job);
            checkManaged(cluster, tm, job);
            cluster.rest().cancel(job);
            tm.weir().awaitSheet("no managed memory after the job", LIMIT, s -> s.used("managed") == 0);
            tm.awaitGarbageGone();
            for (FlinkProcess process : cluster.processes()) {
                assertThat(WeirText.aboveInfo(process.jvm().err())).as(process.id()).isEmpty();
                assertThat(process.weir().events("breach")).isEmpty();
            }
            checkReadPool(tm);
            cluster.rest().submit(Ground.jar("leaky-job.jar"), "16", "40", "1000", "20", "1");
            OomReport oom = OomReport.only(tm);
            assertThat(oom.firstLine()).startsWith("ERROR weir - direct OutOfMemoryError: BUDGET too small, no leak");
            assertThat(oom.jobsWithEnded()).isEmpty();
        }
    }

    /** Plans in a JVM of its own with Flink's lib/, as the SQL client does. */
    private static String submit(FlinkCluster cluster, FlinkHome home, Path dir, Gate gate) {
        try (Jvm client = Jvm.java(Jdks.of(17), dir).name("sql").add("-Xmx512m", "-cp",
                home.classPath() + ":" + Ground.jar("sql-program.jar"), "com.example.sql.SqlProgram",
                String.valueOf(cluster.rest().port()), String.valueOf(HELD_MIB), gate.toString()).start()) {
            return client.awaitLine("^job [0-9a-f]{32}$", LIMIT).substring("job ".length());
        }
    }

    /** Called by a class that Janino made, whose loader hangs below a user-code loader without a jar. */
    private static void checkFunction(Sheet sheet, String job) {
        assertThat(owners(sheet, job, "direct")).as("Flink's own pools are not the job's").singleElement().satisfies(o -> {
            assertThat(o.path("component").asText()).isEqualTo("task.off-heap");
            assertThat(o.path("source").asText()).isEqualTo("acme-sql.jar");
            assertThat(o.path("bytes").asLong()).isEqualTo((long) HELD_MIB << 20);
            assertThat(o.path("state").asText()).isEqualTo("running");
            assertThat(o.path("java_stack").toString()).contains("com.acme.sql.Hold.eval", "BatchExecCalc$");
        });
        assertThat(sheet.used("task.off-heap", "direct")).isEqualTo((long) HELD_MIB << 20);
    }

    /**
     * The first batch job made Flink take the buffers for reading shuffles, and they stay for the next one: they
     * are the TaskManager's, and no leak of an attempt that has ended.
     */
    private static void checkReadPool(FlinkProcess tm) {
        List<JsonNode> owners = new ArrayList<>();
        tm.weir().freshSheet().json().path("owners").forEach(owners::add);
        assertThat(owners).filteredOn(o -> o.path("java_stack").toString().contains("BatchShuffleReadBufferPool"))
                .singleElement().satisfies(o -> {
                    assertThat(o.path("component").asText()).isEqualTo("framework.off-heap");
                    assertThat(o.path("bytes").asLong()).isEqualTo(64L << 20);
                    assertThat(o.has("job_id")).as(o.toString()).isFalse();
                });
    }

    /** The aggregation's own memory is Flink's managed memory, whatever generated class asked for it. */
    private static void checkManaged(FlinkCluster cluster, FlinkProcess tm, String job) {
        Wait.untilTrue("Flink's figure of managed memory to be the sheet's", LIMIT, () -> {
            Sheet sheet = tm.weir().freshSheet();
            return sheet.used("managed") > 0 && sheet.used("managed", "unsafe") == sheet.used("managed")
                    && cluster.rest().metric(tm.id(), "Status.Flink.Memory.Managed.Used").orElse(-1L) == sheet.used("managed");
        });
        assertThat(owners(tm.weir().freshSheet(), job, "unsafe")).anySatisfy(o -> {
            assertThat(o.path("component").asText()).isEqualTo("managed");
            assertThat(o.path("java_stack").toString()).contains("HashAgg");
        });
    }

    private static List<JsonNode> owners(Sheet sheet, String job, String kind) {
        List<JsonNode> owners = new ArrayList<>();
        sheet.json().path("owners").forEach(owners::add);
        owners.removeIf(o -> !o.path("job_id").asText().equals(job) || !o.path("kind").asText().equals(kind));
        return owners;
    }
}
