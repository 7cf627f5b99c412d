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
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A library in lib/ that keeps 36 MiB of every attempt in a static, until 128 MiB (framework.off-heap;
 * task.off-heap is 0 by default) do not hold a fourth: Flink says that this "can mean two things".
 */
class FlinkOomTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long KEPT = 36L << 20;
    private static final int TIMES = 3;

    private static List<String> flinks() {
        return FlinkHome.versions();
    }

    private static FlinkCluster start(FlinkHome home, Path dir, int restarts) {
        return FlinkCluster.plan(home, dir).agent("mode=warn")
                .set("restart-strategy.type", restarts > 0 ? "fixed-delay" : "none")
                .set("restart-strategy.fixed-delay.attempts", restarts)
                .set("restart-strategy.fixed-delay.delay", "2 s").start();
    }

    private static FlinkHome home(String version, Path dir) {
        return FlinkHome.of(version).copyTo(dir.resolve("flink"), List.of(Ground.jar("acme-cache.jar")));
    }

    @Test
    void leakByFailoverIsALeakOfEndedAttempts() {
        String version = flinks().get(1);
        Path dir = Ground.run("oom-failover-" + version);
        FlinkHome home = home(version, dir);
        Gate gate = Gate.of("oom-failover-gate-" + version);
        try (FlinkCluster cluster = start(home, dir, TIMES)) {
            String job = submit(cluster, gate);
            for (int attempt = 0; attempt < TIMES; attempt++) {
                gate.await("held-" + attempt + "-0", LIMIT);
                gate.open("fail-" + attempt);
            }
            OomReport oom = OomReport.only(cluster.taskManager());
            checkVictim(oom, job, TIMES);
            assertThat(oom.jobsWithEnded()).hasSize(1);
            checkJob(oom.job(job), TIMES);
            checkLeak(oom, home, cluster.taskManager());
        }
    }

    /** The same loss, but every time a new job of attempt 0. */
    @Test
    void leakByResubmissionIsALeakOfEndedAttempts() {
        String version = flinks().get(0);
        Path dir = Ground.run("oom-resubmit-" + version);
        FlinkHome home = home(version, dir);
        List<String> jobs = new ArrayList<>();
        try (FlinkCluster cluster = start(home, dir, 0)) {
            for (int submission = 0; submission < TIMES; submission++) {
                Gate gate = Gate.of("oom-resubmit-gate-" + submission);
                jobs.add(submit(cluster, gate));
                gate.await("held-0-0", LIMIT);
                cluster.rest().cancel(jobs.get(submission));
            }
            String last = submit(cluster, Gate.of("oom-resubmit-gate-" + TIMES));
            OomReport oom = OomReport.only(cluster.taskManager());
            checkVictim(oom, last, 0);
            assertThat(oom.jobsWithEnded()).extracting(j -> j.path("job_id").asText())
                    .containsExactlyInAnyOrderElementsOf(jobs);
            jobs.forEach(j -> checkJob(oom.job(j), 1));
            checkLeak(oom, home, cluster.taskManager());
        }
    }

    private static String submit(FlinkCluster cluster, Gate gate) {
        return cluster.rest().submit(Ground.jar("restart-job.jar"), "keep", String.valueOf(KEPT >> 20), gate.toString(), "1");
    }

    private static void checkVictim(OomReport oom, String job, int attempt) {
        assertThat(oom.string("pool")).isEqualTo("direct");
        assertThat(oom.string("class")).isEqualTo("java.lang.OutOfMemoryError");
        checkMessage(oom);
        assertThat(oom.string("job_id")).isEqualTo(job);
        assertThat(oom.string("vertex")).isEqualTo("Holder");
        assertThat(oom.number("attempt")).isEqualTo(attempt);
        assertThat(oom.string("thread")).startsWith("Holder (1/1)#" + attempt);
        assertThat(oom.frames()).first().asString().startsWith("java.nio.Bits.reserveMemory");
        assertThat(oom.frames()).anyMatch(f -> f.startsWith("com.example.restart.Holder.take("));
    }

    /** Flink's Task writes its own text over the JDK's within milliseconds: too late is allowed, Flink's text is not. */
    private static void checkMessage(OomReport oom) {
        if (oom.json().path("message").isNull()) {
            assertThat(oom.json().path("requested").isNull()).isTrue();
            return;
        }
        assertThat(oom.string("message")).startsWith("Cannot reserve " + KEPT + " bytes of direct buffer memory");
        assertThat(oom.number("requested")).isEqualTo(KEPT);
    }

    private static void checkJob(JsonNode sum, int attempts) {
        assertThat(sum.path("job_name").asText()).isEqualTo("restarts");
        assertThat(sum.path("ended").asLong()).isEqualTo(attempts * KEPT);
        assertThat(sum.path("proven").asLong()).as("a collection came after their ends").isEqualTo(attempts * KEPT);
        assertThat(sum.path("attempts_ended").asInt()).isEqualTo(attempts);
    }

    private static void checkLeak(OomReport oom, FlinkHome home, FlinkProcess tm) {
        for (JsonNode owner : oom.owners().subList(0, TIMES)) {
            assertThat(owner.path("source").asText()).endsWith("acme-cache.jar");
            assertThat(owner.path("state").asText()).isEqualTo("ended");
            assertThat(owner.path("bytes").asLong()).isEqualTo(KEPT);
        }
        assertThat(oom.json().path("components").path("task.off-heap").asLong()).isEqualTo(TIMES * KEPT);
        assertThat(oom.firstLine()).startsWith("ERROR weir - direct OutOfMemoryError: LEAK of ended attempts");
        assertThat(oom.text()).contains("108.0").contains("acme-cache.jar");
        boolean asked = oom.number("requested") > 0;
        oom.checkAdvice(home, tm, asked ? TIMES * KEPT : KEPT); // so many attempts more
        Wait.untilTrue("Flink's own text", LIMIT, () -> tm.log().contains("direct out-of-memory error has occurred"));
    }
}
