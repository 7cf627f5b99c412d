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
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A job's own code on threads that serve no attempt: the JVM's common pool, and a library's thread that another job
 * started. The class loader says whose code it is; Flink keeps it over a failover and makes a new one for a new
 * submission of the same jar.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FlinkJobLoaderTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final int KEPT_MIB = 12;
    private static final int GUEST_MIB = 20; // more than what the earlier case left: the sheet's first owner
    private static final String POOL_THREAD = "ForkJoinPool.commonPool-worker-";

    @RegisterExtension
    static final FlinkClusters CLUSTERS = new FlinkClusters(version -> FlinkClusters
            .withLibraries("job-loader", version, "acme-cache.jar").agent("mode=warn")
            .set("taskmanager.numberOfTaskSlots", 2)
            .set("taskmanager.memory.task.off-heap.size", 2 * KEPT_MIB + "m")
            .set("restart-strategy.type", "fixed-delay")
            .set("restart-strategy.fixed-delay.attempts", 1)
            .set("restart-strategy.fixed-delay.delay", "100 ms").start());

    static List<String> flinks() {
        return FlinkHome.versions();
    }

    /** Two attempts fill one owner, since the loader is the same; the new submission has one of its own. */
    @ParameterizedTest
    @MethodSource("flinks")
    @Order(1)
    void failoverKeepsTheJobAndSubmissionIsAnother(String version) {
        FlinkCluster cluster = CLUSTERS.of(version);
        FlinkProcess tm = cluster.taskManager();
        Gate gate = Gate.of("job-loader-" + version + "-1");
        String first = submit(cluster, "pool", KEPT_MIB, gate);
        gate.await("held-0-0", LIMIT);
        gate.open("fail-0");
        gate.await("held-1-0", LIMIT);
        List<JsonNode> owners = jobOwners(tm);
        assertThat(owners).as("of both attempts").hasSize(1);
        checkOwner(owners.get(0), first, 2, 2 * KEPT_MIB, "shared");
        cancelAndAwaitEnd(cluster, first, 1);

        gate = Gate.of("job-loader-" + version + "-2");
        String second = submit(cluster, "pool", KEPT_MIB, gate);
        gate.await("held-0-0", LIMIT);
        checkBreach(tm, first, second);
        owners = Wait.until("the first job's end", LIMIT, () -> Optional.of(jobOwners(tm))
                .filter(o -> o.size() == 2 && text(o.get(0), "state").equals("ended")));
        checkOwner(owners.get(0), first, 2, 2 * KEPT_MIB, "ended");
        checkOwner(owners.get(1), second, 1, KEPT_MIB, "shared");
        cancelAndAwaitEnd(cluster, second, 0);
    }

    /** The third submission's took it past the declared share: said by its own job's name, the holder by the first's. */
    private static void checkBreach(FlinkProcess tm, String first, String second) {
        JsonNode breach = tm.weir().await("breach", LIMIT, e -> text(e, "reason").equals("share"));
        assertThat(text(breach, "thread")).startsWith(POOL_THREAD);
        assertThat(text(breach, "job_id")).isEqualTo(second);
        assertThat(text(breach, "state")).isEqualTo("shared");
        assertThat(breach.path("attempt").isNull()).isTrue();
        assertThat(breach.path("owners").get(0).path("job_id").asText()).isEqualTo(first);
        String printed = Wait.until("the printed breach", LIMIT, () -> WeirText.aboveInfo(tm.jvm().err()).stream()
                .filter(l -> l.contains("task.off-heap over its declared share")).findFirst());
        assertThat(printed).contains(" of job restarts (" + brief(second) + ")");
        assertThat(tm.jvm().err()).containsPattern("\\], of job restarts \\(" + Pattern.quote(brief(first))
                + "\\),( which has ended,)? by a shared thread"); // the end is looked for within seconds
    }

    private static String brief(String job) {
        return job.substring(0, 4) + ".." + job.substring(job.length() - 4);
    }

    /** The library's thread was started by a job that has ended; it now runs what another one hands it. */
    @ParameterizedTest
    @MethodSource("flinks")
    @Order(2)
    void guestOfALibrarysThreadIsItsOwnJobs(String version) {
        FlinkCluster cluster = CLUSTERS.of(version);
        FlinkProcess tm = cluster.taskManager();
        Gate gate = Gate.of("job-loader-" + version + "-3");
        String starter = submit(cluster, "keeper", 1, gate);
        gate.await("held-0-0", LIMIT);
        cancelAndAwaitEnd(cluster, starter, 0);

        gate = Gate.of("job-loader-" + version + "-4");
        String guest = submit(cluster, "guest", GUEST_MIB, gate);
        gate.await("held-0-0", LIMIT);
        List<JsonNode> owners = jobOwners(tm);
        owners.removeIf(o -> o.path("bytes").asLong() != (long) GUEST_MIB << 20);
        assertThat(owners).hasSize(1);
        checkOwner(owners.get(0), guest, 1, GUEST_MIB, "shared");
        cluster.rest().cancel(guest);
    }

    private static void checkOwner(JsonNode owner, String job, int count, int mib, String state) {
        assertThat(text(owner, "job_id")).isEqualTo(job);
        assertThat(text(owner, "job_name")).isEqualTo("restarts");
        assertThat(text(owner, "state")).isEqualTo(state);
        assertThat(List.of("vertex", "subtask", "attempt")).as("no attempt is meant: " + owner)
                .allMatch(key -> owner.has(key) && owner.path(key).isNull());
        assertThat(text(owner, "component")).isEqualTo("task.off-heap");
        assertThat(text(owner, "loader")).contains("ChildFirstClassLoader");
        assertThat(owner.path("count").asInt()).isEqualTo(count);
        assertThat(owner.path("bytes").asLong()).isEqualTo((long) mib << 20);
    }

    /** Those whose deciding frame is in a job jar, biggest first. */
    private static List<JsonNode> jobOwners(FlinkProcess tm) {
        List<JsonNode> owners = new ArrayList<>();
        tm.weir().freshSheet().json().path("owners").forEach(owners::add);
        owners.removeIf(o -> !text(o, "source").startsWith("blob_p-"));
        return owners;
    }

    private static String submit(FlinkCluster cluster, String mode, int mib, Gate gate) {
        return cluster.rest().submit(Ground.jar("restart-job.jar"), mode, String.valueOf(mib), gate.toString(), "1");
    }

    private static void cancelAndAwaitEnd(FlinkCluster cluster, String job, int attempt) {
        cluster.rest().cancel(job);
        cluster.taskManager().weir().await("attempt", LIMIT, e -> text(e, "phase").equals("end")
                && text(e, "job_id").equals(job) && text(e, "vertex").equals("Holder")
                && e.path("attempt").asInt(-1) == attempt);
    }

    private static String text(JsonNode node, String key) {
        return node.path(key).asText();
    }
}
