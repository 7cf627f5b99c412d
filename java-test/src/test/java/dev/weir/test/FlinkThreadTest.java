// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.FlinkRest;
import dev.weir.test.ground.Gate;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Threads of one TaskManager: a healthy job, one that leaks threads at each restart, one that is denied threads. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FlinkThreadTest {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final Path JOB = Ground.jar("restart-job.jar");
    private static final Path HEALTHY = Ground.jar("leaky-job.jar");
    private static final int RESTARTS = 10;
    private static final int RESUBMISSIONS = 3;
    private static final int PER_RUN = 3; // threads that an attempt starts
    private static final String FAMILY = "acme-io-*-*";
    private static FlinkCluster cluster;

    @BeforeAll
    static void startCluster() {
        FlinkHome home = FlinkHome.of(FlinkHome.versions().get(0))
                .copyTo(Ground.run("threads").resolve("flink"), List.of(Ground.jar("acme-cache.jar")));
        cluster = FlinkCluster.plan(home, Ground.run("threads-cluster")).agent("mode=warn").set("restart-strategy.type", "fixed-delay")
                .set("restart-strategy.fixed-delay.attempts", RESTARTS).set("restart-strategy.fixed-delay.delay", "100 ms").start();
    }

    @AfterAll
    static void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static JsonNode threads() {
        return tm().weir().freshSheet().json().path("threads");
    }

    private static FlinkProcess tm() {
        return cluster.taskManager();
    }

    private static JsonNode leaking(JsonNode threads) {
        return threads.path("families").path(0);
    }

    @Test
    @Order(1)
    void healthyJobsLeaveNothing() {
        FlinkRest rest = cluster.rest();
        for (int i = 0; i < RESUBMISSIONS; i++) {
            rest.awaitState(rest.submit(HEALTHY, "1", "2", "10", "10", "1"), "FINISHED", LIMIT);
        }
        JsonNode threads = threads();
        assertThat(threads.path("ended").asInt()).isZero();
        assertThat(threads.path("java").asInt()).isGreaterThan(30);
        assertThat(WeirText.aboveInfo(tm().jvm().err())).isEmpty();
    }

    @Test
    @Order(2)
    void leakOfEachFailoverIsTold() {
        Gate gate = Gate.of("threads-failover");
        for (int attempt = 0; attempt <= RESTARTS; attempt++) {
            gate.open("fail-" + attempt);
        }
        String job = cluster.rest().submit(JOB, "threads", "1", gate.toString(), "1");
        cluster.rest().awaitState(job, "FAILED", LIMIT);
        checkFigures((RESTARTS + 1) * PER_RUN, RESTARTS + 1, job);
        JsonNode warned = tm().weir().await("breach", LIMIT, e -> e.path("reason").asText().equals("threads-left"));
        assertThat(warned.path("component").asText()).isEqualTo("threads");
        assertThat(warned.path("diagnosis").path(0).path("id").asText()).isEqualTo("thread-leak");
        String line = Wait.until("the warning", LIMIT, () -> WeirText.aboveInfo(tm().jvm().err()).stream()
                .filter(l -> l.contains("threads: ")).findFirst());
        assertThat(line).containsPattern("WARN  weir - threads: \\d+ of ended attempts live on: LEAK of ended attempts, "
                + "\\+" + PER_RUN + " threads per restart: \\d+ " + java.util.regex.Pattern.quote(FAMILY)
                + " created at com\\.example\\.restart\\.Holder\\.startThreads\\(Holder\\.java:\\d+\\) \\[the job jar\\]");
    }

    private static void checkFigures(int ended, int runs, String job) {
        JsonNode family = leaking(Wait.until(ended + " threads of ended attempts", LIMIT, () -> {
            JsonNode threads = threads();
            return threads.path("ended").asInt() == ended ? java.util.Optional.of(threads) : java.util.Optional.empty();
        }));
        assertThat(family.path("name").asText()).isEqualTo(FAMILY);
        assertThat(family.path("threads").asInt()).isEqualTo(ended);
        assertThat(family.path("restarts").asInt()).isEqualTo(runs);
        assertThat(family.path("per_restart").asDouble()).isEqualTo(PER_RUN);
        assertThat(family.path("job_id").asText()).isEqualTo(job);
        assertThat(family.path("creator").asText()).startsWith("com.example.restart.Holder.startThreads(Holder.java:");
        assertThat(family.path("java_stack").toString()).contains("java.lang.Thread.start0", "Holder.map(Holder.java:",
                "org.apache.flink.runtime.taskmanager.Task.run");
        assertThat(family.path("stack_reserved").asLong()).isGreaterThanOrEqualTo((long) ended << 20);
    }

    @Test
    @Order(3)
    void leakOfEachResubmissionIsTold() {
        String job = "";
        for (int i = 0; i < RESUBMISSIONS; i++) {
            Gate gate = Gate.of("threads-again-" + i);
            job = cluster.rest().submit(JOB, "threads", "1", gate.toString(), "1");
            gate.await("held-0-0", LIMIT);
            cluster.rest().cancel(job);
        }
        checkFigures((RESTARTS + 1 + RESUBMISSIONS) * PER_RUN, RESTARTS + 1 + RESUBMISSIONS, job);
    }

    private static void set(String options) {
        Tool.Result result = Tool.run(List.of(Ground.tool().toString(), "set", "" + tm().jvm().pid(), options), Map.of());
        assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    }

    /** The job fails by name; Flink's own threads are let be, so the same TaskManager runs the next one. */
    @Test
    @Order(4)
    void deniedJobFailsWithOurTextAndTheNextRuns() {
        FlinkRest rest = cluster.rest();
        set("mode=enforce,deny=threads,limit.threads=" + (threads().path("java").asInt() - 20));
        Gate gate = Gate.of("threads-denied");
        String job = rest.submit(JOB, "threads", "1", gate.toString(), "1");
        rest.awaitState(job, "FAILED", LIMIT);
        assertThat(rest.get("/jobs/" + job + "/exceptions").toString())
                .contains("java.lang.OutOfMemoryError: weir: threads (jvm-overhead): 1 requested, ", "(mode=enforce)")
                .contains("com.example.restart.Holder.startThreads");
        JsonNode deny = tm().weir().await("breach", LIMIT, e -> e.path("action").asText().equals("deny"));
        assertThat(deny.path("component").asText()).isEqualTo("threads");
        assertThat(deny.path("job_id").asText()).isEqualTo(job);
        rest.awaitState(rest.submit(HEALTHY, "1", "2", "10", "10", "1"), "FINISHED", LIMIT);
        assertThat(tm().jvm().isAlive()).isTrue();
        assertThat(rest.taskManagers()).containsExactly(tm().id());
        assertThat(tm().log()).doesNotContain("FATAL", "Fatal error occurred");
        assertThat(threads().path("ended").asInt()).as("none was started").isEqualTo((RESTARTS + 1 + RESUBMISSIONS) * PER_RUN);
    }
}
