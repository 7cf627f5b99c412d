// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkClusters;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Gate;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whose memory it is: job, vertex, subtask and attempt against what Flink's REST interface says. One
 * cluster per version; each case sees what the jobs of the earlier ones left in the library's static.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FlinkAttemptTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final int RESTARTS = 3;
    private static final int KEPT_MIB = 12;
    private static final int THREADS_MIB = 16; // more than KEPT_MIB: these are the sheet's first owners then
    private static final String SOURCE = "Source: Sequence Source";

    @RegisterExtension
    static final FlinkClusters CLUSTERS = new FlinkClusters(version -> FlinkClusters
            .withLibraries("attempt", version, "acme-cache.jar").agent("mode=observe")
            .set("taskmanager.numberOfTaskSlots", 2)
            .set("taskmanager.memory.task.off-heap.size", "128m")
            .set("restart-strategy.type", "fixed-delay")
            .set("restart-strategy.fixed-delay.attempts", RESTARTS)
            .set("restart-strategy.fixed-delay.delay", "100 ms").start());

    static List<String> flinks() {
        return FlinkHome.versions();
    }

    /** Same job id, numbers 0 to 3; each leaves exactly what it put into the static. */
    @ParameterizedTest
    @MethodSource("flinks")
    @Order(1)
    void failoverCountsTheAttemptsOfOneJob(String version) {
        FlinkCluster cluster = CLUSTERS.of(version);
        FlinkProcess tm = cluster.taskManager();
        Gate gate = Gate.of("attempt-gate-" + version);
        String job = submit(cluster, "keep", KEPT_MIB, gate, 1);
        for (int attempt = 0; attempt < RESTARTS; attempt++) {
            gate.await("held-" + attempt + "-0", LIMIT);
            gate.open("fail-" + attempt);
        }
        gate.await("held-" + RESTARTS + "-0", LIMIT);
        for (int attempt = 0; attempt <= RESTARTS; attempt++) {
            checkSpan(tm, job, attempt, attempt < RESTARTS);
        }
        checkOwnersOfFailover(tm.weir().freshSheet(), job);
        cluster.rest().cancel(job);
        checkSpan(tm, job, RESTARTS, true);
        tm.weir().awaitSheet("the cancelled attempt ended", LIMIT, s -> cacheOwners(s).stream()
                .allMatch(o -> text(o, "state").equals("ended")));
    }

    /** A start and, if it ended, an end of every vertex; the Holder's end says what it left. */
    private static void checkSpan(FlinkProcess tm, String job, int attempt, boolean ended) {
        for (String vertex : List.of(SOURCE, "Holder", "nowhere: Writer")) {
            JsonNode start = await(tm, "start", job, vertex, attempt);
            assertThat(text(start, "job_name")).isEqualTo("restarts");
            if (!ended) {
                assertThat(count(tm, "end", job, vertex, attempt)).as(vertex + " still runs").isZero();
                continue;
            }
            JsonNode end = await(tm, "end", job, vertex, attempt);
            assertThat(end.path("seq").asLong()).isGreaterThan(start.path("seq").asLong());
            assertThat(text(end, "state")).isEqualTo("ended");
            boolean holder = vertex.equals("Holder");
            assertThat(end.path("blocks").asLong()).as(vertex).isEqualTo(holder ? 1 : 0);
            assertThat(end.path("bytes").asLong()).as(vertex).isEqualTo(holder ? (long) KEPT_MIB << 20 : 0);
            assertThat(count(tm, "start", job, vertex, attempt)).isEqualTo(1);
            assertThat(count(tm, "end", job, vertex, attempt)).isEqualTo(1);
        }
    }

    private static void checkOwnersOfFailover(Sheet sheet, String job) {
        List<JsonNode> owners = cacheOwners(sheet);
        assertThat(owners).as("one for each attempt").hasSize(RESTARTS + 1);
        assertThat(owners).extracting(o -> o.path("attempt").asInt()).containsExactlyInAnyOrder(0, 1, 2, 3);
        for (JsonNode owner : owners) {
            boolean runs = owner.path("attempt").asInt() == RESTARTS;
            assertThat(text(owner, "state")).isEqualTo(runs ? "running" : "ended");
            checkIdentity(owner, job, KEPT_MIB);
            assertThat(owner.path("subtask").asInt()).isZero();
        }
    }

    /** What Flink's own threads took belongs to no attempt: RPC, network buffers, the TaskManager's start. */
    @ParameterizedTest
    @MethodSource("flinks")
    @Order(2)
    void frameworksOwnMemoryHasNoJob(String version) {
        List<JsonNode> others = new ArrayList<>();
        for (JsonNode sheet : CLUSTERS.of(version).taskManager().weir().events("sheet")) {
            sheet.path("owners").forEach(others::add);
        }
        others.removeIf(o -> text(o, "component").equals("task.off-heap"));
        assertThat(others).extracting(o -> text(o, "component")).contains("network", "framework.off-heap");
        assertThat(others).allSatisfy(o -> assertThat(o.has("job_id")).as(o.toString()).isFalse());
    }

    /** The same class loader in lib/, the same job name: only Flink's ids tell the submissions apart. */
    @ParameterizedTest
    @MethodSource("flinks")
    @Order(3)
    void resubmissionIsAnotherJobAndThreadsInheritTheirAttempt(String version) {
        FlinkCluster cluster = CLUSTERS.of(version);
        FlinkProcess tm = cluster.taskManager();
        List<String> jobs = new ArrayList<>();
        for (int submission = 0; submission < 2; submission++) {
            Gate gate = Gate.of("attempt-gate-" + version + "-" + submission);
            String job = submit(cluster, "thread", THREADS_MIB, gate, 2);
            gate.await("held-0-0", LIMIT);
            gate.await("held-0-1", LIMIT);
            jobs.add(job);
            checkAgainstRest(cluster, tm, job);
            checkOwnersOfThreads(tm, jobs);
            cluster.rest().cancel(job);
            for (int subtask = 0; subtask < 2; subtask++) {
                assertThat(endOf(tm, job, subtask).path("bytes").asLong()).isEqualTo((long) THREADS_MIB << 20);
            }
        }
        assertThat(jobs.get(0)).isNotEqualTo(jobs.get(1));
    }

    private static JsonNode endOf(FlinkProcess tm, String job, int subtask) {
        return tm.weir().await("attempt", LIMIT, e -> is(e, "end", job, "Holder", 0)
                && e.path("subtask").asInt() == subtask);
    }

    /** Every subtask that Flink names has begun once, with Flink's attempt number, and no other has. */
    private static void checkAgainstRest(FlinkCluster cluster, FlinkProcess tm, String job) {
        JsonNode detail = cluster.rest().get("/jobs/" + job);
        Set<String> flink = new TreeSet<>();
        for (JsonNode vertex : detail.path("vertices")) {
            for (JsonNode subtask : cluster.rest().get("/jobs/" + job + "/vertices/" + text(vertex, "id"))
                    .path("subtasks")) {
                flink.add(text(detail, "name") + "|" + text(vertex, "name") + "|" + subtask.path("subtask").asInt()
                        + "|" + subtask.path("attempt").asInt());
            }
        }
        assertThat(flink).hasSize(6);
        Wait.untilTrue("6 attempts of job " + job, LIMIT, () -> starts(tm, job).size() == 6);
        assertThat(new TreeSet<>(starts(tm, job))).isEqualTo(flink);
    }

    private static List<String> starts(FlinkProcess tm, String job) {
        return tm.weir().events("attempt").stream()
                .filter(e -> text(e, "phase").equals("start") && text(e, "job_id").equals(job))
                .map(e -> text(e, "job_name") + "|" + text(e, "vertex") + "|" + e.path("subtask").asInt() + "|"
                        + e.path("attempt").asInt()).toList();
    }

    /** The last job's owners run, those of the job before have ended. */
    private static void checkOwnersOfThreads(FlinkProcess tm, List<String> jobs) {
        Sheet sheet = tm.weir().freshSheet();
        for (String job : jobs) {
            List<JsonNode> owners = cacheOwners(sheet).stream().filter(o -> text(o, "job_id").equals(job)).toList();
            assertThat(owners).extracting(o -> o.path("subtask").asInt()).containsExactlyInAnyOrder(0, 1);
            boolean runs = job.equals(jobs.get(jobs.size() - 1));
            for (JsonNode owner : owners) {
                checkIdentity(owner, job, THREADS_MIB);
                assertThat(owner.path("attempt").asInt()).as("a new submission counts from 0").isZero();
                assertThat(text(owner, "state")).isEqualTo(runs ? "running" : "ended");
                assertThat(owner.path("java_stack").toString()).contains("java.lang.Thread.run");
            }
        }
    }

    private static void checkIdentity(JsonNode owner, String job, long mib) {
        assertThat(text(owner, "job_id")).isEqualTo(job);
        assertThat(text(owner, "job_name")).isEqualTo("restarts");
        assertThat(text(owner, "vertex")).isEqualTo("Holder");
        assertThat(text(owner, "component")).isEqualTo("task.off-heap");
        assertThat(owner.path("bytes").asLong()).isEqualTo(mib << 20);
        assertThat(owner.path("count").asLong()).isEqualTo(1);
    }

    private static List<JsonNode> cacheOwners(Sheet sheet) {
        List<JsonNode> owners = new ArrayList<>();
        sheet.json().path("owners").forEach(owners::add);
        owners.removeIf(o -> !text(o, "source").endsWith("acme-cache.jar"));
        return owners;
    }

    private static String submit(FlinkCluster cluster, String mode, int mib, Gate gate, int parallelism) {
        return cluster.rest().submit(Ground.jar("restart-job.jar"), mode, String.valueOf(mib), gate.toString(),
                String.valueOf(parallelism));
    }

    private static JsonNode await(FlinkProcess tm, String phase, String job, String vertex, int attempt) {
        return tm.weir().await("attempt", LIMIT, e -> is(e, phase, job, vertex, attempt));
    }

    private static long count(FlinkProcess tm, String phase, String job, String vertex, int attempt) {
        return tm.weir().events("attempt").stream().filter(e -> is(e, phase, job, vertex, attempt)).count();
    }

    private static boolean is(JsonNode event, String phase, String job, String vertex, int attempt) {
        return text(event, "phase").equals(phase) && text(event, "job_id").equals(job)
                && text(event, "vertex").equals(vertex) && event.path("attempt").asInt(-1) == attempt;
    }

    private static String text(JsonNode node, String key) {
        return node.path(key).asText();
    }
}
