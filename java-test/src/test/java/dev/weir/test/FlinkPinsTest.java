// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Gate;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Pinning;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * A job submitted and cancelled again and again on one TaskManager: a clean one leaves nothing, one that is pinned is
 * named with its pin.
 */
class FlinkPinsTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final int CLASSES = 300; // about 2 MiB of metaspace a job
    private static final String CACHE = "static com.acme.cache.KeepAlive.CONSTRUCTORS";

    @Test
    void everyPinOfAResubmittedJobIsNamed() {
        Path dir = Ground.run("pins-1.20");
        try (FlinkCluster cluster = cluster(FlinkHome.versions().get(0), dir)) {
            FlinkProcess tm = cluster.taskManager();
            Gate gate = Gate.of("pins-1.20-gate");
            int at = resubmit(cluster, gate, "clean", 0, 10);
            awaitNothingLeft(tm);
            assertThat(WeirText.aboveInfo(tm.jvm().err())).as("clean jobs").isEmpty();
            at = resubmit(cluster, gate, "cache", at, 10);
            at = resubmit(cluster, gate, "thread", at, 3);
            at = resubmit(cluster, gate, "local", at, 3);
            resubmit(cluster, gate, "hook", at, 3);
            String found = awaitPinned(tm, 19);
            assertThat(Pinning.holders(found)).containsExactlyInAnyOrder("10 of 19 by " + CACHE + " [acme-cache.jar]",
                    "3 of 19 by 3 threads: thread \"housekeeper-*\"",
                    "3 of 19 by ThreadLocal of thread \"acme-keeper\", value com.example.keep.Keeper$Note",
                    "3 of 19 by shutdown hook thread \"closer-*\"");
            assertThat(found).containsPattern("path \\Q" + CACHE + " -> ConcurrentHashMap.table[] -> ConcurrentHashMap$Node.\\E"
                    + "(key|val -> Constructor.clazz) -> class \\Qcom.example.keep.Keeper$Note\\E");
            checkLeakSaid(tm);
        }
    }

    @Test
    void pinsAreNamedOnFlink2() {
        Path dir = Ground.run("pins-2");
        try (FlinkCluster cluster = cluster(FlinkHome.versions().get(1), dir)) {
            FlinkProcess tm = cluster.taskManager();
            Gate gate = Gate.of("pins-2-gate");
            int at = resubmit(cluster, gate, "clean", 0, 2);
            awaitNothingLeft(tm);
            at = resubmit(cluster, gate, "cache", at, 2);
            resubmit(cluster, gate, "hook", at, 2);
            assertThat(Pinning.holders(awaitPinned(tm, 4))).containsExactlyInAnyOrder(
                    "2 of 4 by " + CACHE + " [acme-cache.jar]", "2 of 4 by shutdown hook thread \"closer-*\"");
        }
    }

    /**
     * Without being asked, as soon as enough of them have outlived two collections with time between: how many that are is
     * a matter of time. What holds most of them is in the line's first words.
     */
    private static void checkLeakSaid(FlinkProcess tm) {
        JsonNode breach = Wait.until("the leak to be said", LIMIT, () -> {
            Pinning.collect(tm);
            return tm.weir().events("breach").stream().filter(e -> e.path("component").asText().equals("jvm-metaspace"))
                    .findFirst();
        });
        JsonNode diagnosis = breach.path("diagnosis").path(0);
        assertThat(diagnosis.path("id").asText()).isEqualTo("metaspace-leak");
        assertThat(diagnosis.path("text").asText()).containsPattern("(\\d+) class loaders of \\1 ended jobs")
                .contains("held by " + CACHE);
        JsonNode first = breach.path("classes").path("pinned").path("by").path(0);
        assertThat(first.path("kind").asText()).isEqualTo("static field");
        assertThat(first.path("path").asText()).startsWith(CACHE + " -> ConcurrentHashMap.table[] -> ");
        assertThat(tm.jvm().err()).containsPattern("(?m)^  pinned +\\Q" + CACHE + "\\E +\\[acme-cache.jar\\] holds \\d+ of them$");
    }

    private static FlinkCluster cluster(String version, Path dir) {
        FlinkHome home = FlinkHome.of(version).copyTo(dir.resolve("flink"), List.of(Ground.jar("acme-cache.jar")));
        return FlinkCluster.plan(home, dir).agent("mode=warn").set("taskmanager.numberOfTaskSlots", 2)
                .set("web.refresh-interval", 100).start(); // else a job's end is seen 3 s late
    }

    /** One after the other, numbered from `from`; the next number. */
    private static int resubmit(FlinkCluster cluster, Gate gate, String mode, int from, int times) {
        for (int i = from; i < from + times; i++) {
            String job = cluster.rest().submit(Ground.jar("keep-job.jar"), mode, gate.toString(), String.valueOf(i),
                    String.valueOf(CLASSES));
            gate.await("kept-" + i, LIMIT);
            cluster.rest().cancel(job);
        }
        return from + times;
    }

    /** Until as many loaders of ended jobs are alive, and none that only waits for a collection. */
    private static String awaitPinned(FlinkProcess tm, int loaders) {
        return Wait.until(loaders + " pinned loaders", LIMIT, () -> {
            Pinning.collect(tm);
            return Optional.of(Pinning.ask(tm))
                    .filter(f -> f.startsWith(loaders + " class loaders: " + loaders + " pinned\n"));
        });
    }

    private static void awaitNothingLeft(FlinkProcess tm) {
        Wait.untilTrue("the clean jobs' loaders to be collected", LIMIT, () -> {
            Pinning.collect(tm);
            return Pinning.ask(tm).contains("no class loader of a job that has ended is alive");
        });
    }
}
