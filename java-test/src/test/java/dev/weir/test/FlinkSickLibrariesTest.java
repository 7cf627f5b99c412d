// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Gate;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jars;
import dev.weir.test.ground.KafkaBroker;
import dev.weir.test.ground.OomReport;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The libraries of FlinkLibrariesTest, too much of them: first each over a declared share of 32m, on a TaskManager
 * of its own; then each until nothing is left. The first line must say which, and the report whose.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FlinkSickLibrariesTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final long MIB = 1L << 20;
    private static final long SHARE = 32 * MIB;
    private static final Path NETTY = Ground.jar("netty-job.jar");
    private static final Path ARROW = Ground.jar("arrow-job.jar");
    private static final Path CONNECTOR = Ground.published("flink-sql-connector-kafka");
    private static final String CHUNK = "io.netty.buffer.PoolArena$DirectArena.newChunk";
    private static FlinkCluster cluster;
    private static FlinkHome home;

    @BeforeAll
    static void start() {
        Path dir = Ground.run("sick");
        home = FlinkHome.of(FlinkHome.versions().get(0)).copyTo(dir.resolve("flink"),
                List.of(CONNECTOR, Ground.published("flink-connector-base")));
        cluster = FlinkCluster.plan(home, dir).agent("mode=warn").taskManagers(3)
                .set("restart-strategy.type", "none")
                .set("taskmanager.memory.managed.size", "64m")
                .set("taskmanager.memory.task.off-heap.size", "32m").start();
    }

    @AfterAll
    static void close() {
        cluster.close();
    }

    @Test
    @Order(1)
    void breachNamesTheLibraryAndItsJar() {
        Gate kafka = Gate.of("sick-kafka-gate");
        try (KafkaBroker broker = KafkaBroker.start(Ground.run("sick-broker"))) {
            broker.fill("truth", 52, 1_000_000);
            String netty = borrow(NETTY, "3000", "16", "sick-netty-gate", "nocleaner");
            checkBreach(netty, "unsafe", 4 * MIB, "Borrower (1/1)#0", Jars.sourcePattern(NETTY), CHUNK);
            String arrow = borrow(ARROW, "48", "100000", "sick-arrow-gate", "Netty");
            checkBreach(arrow, "direct", 4 * MIB, "Borrower (1/1)#0", Jars.sourcePattern(ARROW), CHUNK);
            String job = cluster.rest().submit(Ground.jar("kafka-job.jar"), broker.servers(), "truth",
                    String.valueOf(50 * MIB), kafka.toString(), "relocated");
            checkBreach(job, "direct", 52_000_000, "Source Data Fetcher for Source: Relocated",
                    "\\Q" + CONNECTOR.getFileName() + "\\E",
                    "org.apache.flink.kafka.shaded.org.apache.kafka.common.network.PlaintextTransportLayer.read");
            for (String each : List.of(netty, arrow, job)) {
                cluster.rest().cancel(each);
            }
            assertThat(cluster.taskManagers()).allSatisfy(tm -> {
                assertThat(WeirText.aboveInfo(tm.jvm().err())).as("one library each, said once").hasSize(1);
                tm.awaitGarbageGone();
            });
        }
    }

    private static String borrow(Path jar, String count, String size, String run, String way) {
        return cluster.rest().submit(jar, count, size, Gate.of(run).toString(), way);
    }

    /** The first request that did not fit, in the event and in the first line of the text. */
    private static void checkBreach(String job, String kind, long atLeast, String thread, String source, String frame) {
        FlinkProcess tm = Wait.until("a breach of job " + job, LIMIT, () -> cluster.taskManagers().stream()
                .filter(t -> breach(t, job).isPresent()).findFirst());
        JsonNode breach = breach(tm, job).orElseThrow();
        assertThat(breach.path("component").asText()).isEqualTo("task.off-heap");
        assertThat(breach.path("declared").asBoolean()).isTrue();
        assertThat(breach.path("kind").asText()).isEqualTo(kind);
        assertThat(breach.path("limit").asLong()).isEqualTo(SHARE);
        assertThat(breach.path("requested").asLong()).isBetween(atLeast, atLeast + 65_536);
        assertThat(breach.path("used").asLong() + breach.path("requested").asLong()).isGreaterThan(SHARE);
        assertThat(breach.path("source").asText()).matches(source);
        assertThat(breach.path("java_stack").toString()).contains(frame);
        assertThat(WeirText.aboveInfo(tm.jvm().err())).singleElement().asString()
                .contains("WARN  weir - task.off-heap over its declared share: ").contains(" of 32.0 MiB, ")
                .contains(" requested by \"" + thread);
    }

    private static Optional<JsonNode> breach(FlinkProcess tm, String job) {
        return tm.weir().events("breach").stream().filter(e -> e.path("level").asText().equals("warn"))
                .filter(e -> e.path("job_id").asText().equals(job)).findFirst();
    }

    /** 160 MiB for Flink and tasks do not hold 312; each job on a TaskManager of its own, one after another. */
    @Test
    @Order(2)
    void outOfMemoryErrorNamesTheHolder() {
        List<Gate> gates = List.of(Gate.of("sick-full-0"), Gate.of("sick-full-1"), Gate.of("sick-full-2"));
        gates.forEach(gate -> gate.open("wait"));
        List<String> jobs = List.of(cluster.rest().submit(NETTY, "20000", "16", gates.get(0).toString(), ""),
                cluster.rest().submit(ARROW, "2000", "20000", gates.get(1).toString(), "Netty"),
                cluster.rest().submit(NETTY, "20000", "16", gates.get(2).toString(), "nocleaner"));
        gates.forEach(gate -> gate.await("ready", LIMIT));
        String budget = "ERROR weir - direct OutOfMemoryError: BUDGET too small, no leak [oom 1";
        checkHolder(exhaust(jobs.get(0), gates.get(0), budget), "direct", NETTY);
        checkHolder(exhaust(jobs.get(1), gates.get(1), budget), "direct", ARROW);
        OomReport own = exhaust(jobs.get(2), gates.get(2), "ERROR weir - netty OutOfMemoryError: Netty's own limit "
                + "was hit, not the JVM's [oom 1");
        assertThat(own.string("class")).isEqualTo("io.netty.util.internal.OutOfDirectMemoryError");
        checkHolder(own, "unsafe", NETTY);
    }

    private static OomReport exhaust(String job, Gate gate, String firstLine) {
        gate.open("take");
        FlinkProcess tm = Wait.until("an OutOfMemoryError of job " + job, LIMIT, () -> cluster.taskManagers().stream()
                .filter(t -> t.weir().events("oom").stream().anyMatch(e -> e.path("job_id").asText().equals(job)))
                .findFirst());
        assertThat(gate.has("held")).isFalse();
        OomReport oom = OomReport.only(tm);
        assertThat(oom.firstLine()).startsWith(firstLine);
        assertThat(oom.string("vertex")).isEqualTo("Borrower");
        return oom;
    }

    private static void checkHolder(OomReport oom, String kind, Path jar) {
        JsonNode first = oom.owners().get(0);
        assertThat(first.path("component").asText()).isEqualTo("task.off-heap");
        assertThat(first.path("kind").asText()).isEqualTo(kind);
        assertThat(first.path("source").asText()).matches(Jars.sourcePattern(jar));
        assertThat(first.path("state").asText()).isEqualTo("running");
        assertThat(first.path("bytes").asLong()).as("whole chunks").isEqualTo(first.path("count").asLong() * 4 * MIB)
                .isGreaterThan(128 * MIB);
        assertThat(first.path("java_stack").toString()).contains(CHUNK);
        assertThat(oom.jobsWithEnded()).as("but for a trial buffer of an earlier job, not yet collected")
                .allSatisfy(job -> assertThat(job.path("ended").asLong()).isLessThan(MIB));
    }
}
