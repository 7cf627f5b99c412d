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
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Functions with libraries that bring allocators of their own, all within a declared share of one TaskManager:
 * booked to whom they belong, to the byte that the library itself counts, and not a word above INFO.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FlinkLibrariesTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String VERSION = FlinkHome.versions().get(0);
    private static final Path CONNECTOR = Ground.published("flink-sql-connector-kafka");
    private static final Path KAFKA_JOB = Ground.jar("kafka-job.jar");
    private static final long FETCH = 50L << 20;
    private static final int RECORD = 1_000_000;
    private static final int RECORDS = 52; // one fetch holds them all
    private static FlinkCluster cluster;

    @BeforeAll
    static void start() {
        Path dir = Ground.run("libraries");
        FlinkHome home = FlinkHome.of(VERSION).copyTo(dir.resolve("flink"), List.of(CONNECTOR,
                Ground.published("flink-connector-base")));
        cluster = FlinkCluster.plan(home, dir).agent("mode=warn")
                .set("taskmanager.memory.managed.size", "64m")
                .set("taskmanager.memory.task.off-heap.size", "160m").start();
    }

    @AfterAll
    static void close() {
        cluster.close();
    }

    @ParameterizedTest
    @CsvSource({
        "netty-job.jar, 3000, 16, '', direct, io.netty.buffer.PoolArena$DirectArena",
        "netty-job.jar, 3000, 16, nocleaner, unsafe, io.netty.buffer.PoolArena$DirectArena",
        "arrow-job.jar, 6, 1000000, Unsafe, unsafe, org.apache.arrow.memory.unsafe.UnsafeAllocationManager",
        "arrow-job.jar, 48, 100000, Netty, direct, io.netty.buffer.PoolArena$DirectArena",
        "channels-job.jar, 40, 1500, '', direct, com.example.channels.ChannelsJob$Writers"})
    @Order(1)
    void librarysOwnFigureIsTheOwners(String jar, String count, String size, String way, String kind, String by) {
        FlinkProcess tm = cluster.taskManager();
        Gate gate = Gate.of("libraries-gate");
        String job = cluster.rest().submit(Ground.jar(jar), count, size, gate.toString(), way);
        try {
            long held = gate.number("held", LIMIT);
            assertThat(held).isGreaterThan(32L << 20);
            Sheet sheet = tm.weir().freshSheet();
            List<JsonNode> owners = owners(sheet, job);
            assertThat(owners).allSatisfy(o -> {
                assertThat(o.path("component").asText()).isEqualTo("task.off-heap");
                assertThat(o.path("source").asText()).matches(Jars.sourcePattern(Ground.jar(jar)));
                assertThat(o.path("vertex").asText()).isEqualTo("Borrower");
            });
            assertThat(owners.stream().filter(o -> o.path("kind").asText().equals(kind))
                    .filter(o -> o.path("java_stack").toString().contains(by))
                    .mapToLong(o -> o.path("bytes").asLong()).sum()).isEqualTo(held);
            assertThat(sheet.used("task.off-heap")).as("with what its classes and the JDK's files keep beside it")
                    .isBetween(held, held + (128L << 10));
        } finally {
            cluster.rest().cancel(job);
        }
        tm.awaitGarbageGone();
    }

    /** Both clients of one topic, each with a fetch of 50 MB in java.nio's cache of its thread. */
    @Test
    @Order(2)
    void kafkasClientsAreTheConnectorsAndTheJobs() {
        FlinkProcess tm = cluster.taskManager();
        Gate gate = Gate.of("libraries-kafka-gate");
        try (KafkaBroker broker = KafkaBroker.start(Ground.run("libraries-broker"))) {
            broker.fill("truth", RECORDS, RECORD);
            String job = cluster.rest().submit(KAFKA_JOB, broker.servers(), "truth", String.valueOf(FETCH),
                    gate.toString(), "both");
            Wait.untilTrue("both readers at the end of the topic", LIMIT, () ->
                    gate.number("plain", LIMIT) == (long) RECORDS * RECORD
                            && gate.number("relocated", LIMIT) == (long) RECORDS * RECORD);
            long fetch = gate.number("plain-fetch", LIMIT);
            assertThat(fetch).as("all records at once, by the client's own metric").isBetween((long) RECORDS * RECORD, FETCH);
            List<JsonNode> owners = owners(tm.weir().freshSheet(), job);
            owners.removeIf(o -> o.path("bytes").asLong() < fetch);
            assertThat(owners).hasSize(2);
            checkFetch(owners, "Reader", Jars.sourcePattern(KAFKA_JOB), "\"org.apache.kafka.common.network.", fetch);
            checkFetch(owners, "Source: Relocated", ".*\\Q" + CONNECTOR.getFileName() + "\\E",
                    "\"org.apache.flink.kafka.shaded.org.apache.kafka.common.network.", fetch);
            checkBean(tm);
            cluster.rest().cancel(job);
            tm.awaitGarbageGone();
        }
    }

    private static void checkFetch(List<JsonNode> owners, String vertex, String source, String frame, long fetch) {
        assertThat(owners).filteredOn(o -> o.path("vertex").asText().startsWith(vertex)).singleElement().satisfies(o -> {
            assertThat(o.path("component").asText()).isEqualTo("task.off-heap");
            assertThat(o.path("kind").asText()).isEqualTo("direct");
            assertThat(o.path("source").asText()).matches(source);
            assertThat(o.path("bytes").asLong()).as("the records and the answer around them").isBetween(fetch, fetch + 4096);
            assertThat(o.path("java_stack").toString()).contains("sun.nio.ch.Util.getTemporaryDirectBuffer", frame);
        });
    }

    /** What Flink reads from the VM's bean, as soon as no buffer comes or goes. */
    private static void checkBean(FlinkProcess tm) {
        Wait.untilTrue("the bean to agree", LIMIT, () -> {
            Sheet sheet = tm.weir().freshSheet();
            long count = cluster.rest().metric(tm.id(), "Status.JVM.Memory.Direct.Count").orElse(-1L);
            long above = sheet.kindBytes("direct")
                    - cluster.rest().metric(tm.id(), "Status.JVM.Memory.Direct.MemoryUsed").orElse(-1L);
            return sheet.kindBlocks("direct") == count && above >= 0 && above <= 7 * count;
        });
    }

    /** Each leaves what only a collection frees; together they stay within the share. */
    @Test
    @Order(3)
    void tenJobsOneAfterAnotherAreNoLeak() {
        FlinkProcess tm = cluster.taskManager();
        for (int i = 0; i < 10; i++) {
            String job = cluster.rest().submit(Ground.jar("leaky-job.jar"), "12", "1", "5", "5", "1");
            cluster.rest().awaitState(job, "FINISHED", LIMIT);
        }
        tm.awaitGarbageGone();
    }

    @Test
    @Order(9)
    void nothingAboveInfoWasSaid() {
        cluster.stop();
        for (FlinkProcess process : cluster.processes()) {
            assertThat(WeirText.aboveInfo(process.jvm().err())).as(process.id()).isEmpty();
            assertThat(process.weir().events("breach")).isEmpty();
            assertThat(process.weir().events("oom")).isEmpty();
            assertThat(process.weir().events()).allSatisfy(e -> assertThat(e.path("diagnosis")).isEmpty());
        }
    }

    private static List<JsonNode> owners(Sheet sheet, String job) {
        List<JsonNode> owners = new ArrayList<>();
        sheet.json().path("owners").forEach(owners::add);
        owners.removeIf(o -> !o.path("job_id").asText().equals(job));
        return owners;
    }
}
