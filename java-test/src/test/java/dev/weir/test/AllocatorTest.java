// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * What three allocators hold and do not give back: told from what is live to the byte that they round, and called no leak.
 * Diagnosis 10.
 */
class AllocatorTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long MIB = 1 << 20;
    private static final int THREADS = 20;
    private static final int BLOCKS = 10_000;
    private static final int SIZE = 1_000;
    private static final long ALL = (long) THREADS * BLOCKS * SIZE;
    private static final int KEPT = 16; // one of so many

    private record Case(String allocator, String preload, String cure) {
    }

    private static final List<Case> CASES = List.of(new Case("glibc", "", "MALLOC_ARENA_MAX=2"),
            new Case("jemalloc", "libjemalloc.so.2", "MALLOC_CONF="),
            new Case("tcmalloc", "libtcmalloc_minimal.so.4", "TCMALLOC_RELEASE_RATE=10"));

    /** One JVM; `before` is its sheet when all blocks are live. */
    private record Run(Case what, Jvm jvm, WeirJson weir, List<JsonNode> before) implements AutoCloseable {
        static Run start(Case what) {
            Path dir = Ground.run("allocator-" + what.allocator);
            Jvm.Plan plan = Jvm.java(Jdks.of(17), dir).env("LD_PRELOAD", what.preload)
                    .add("-Xmx64m", Ground.agentpath("limit.task.off-heap=1g,dir=" + dir), "-cp", Ground.jar("programs.jar").toString())
                    .add("dev.weir.programs.Blocks", Ground.holdLibrary().toString(), "" + THREADS, "" + BLOCKS, "" + SIZE);
            return new Run(what, plan.start(), new WeirJson(dir), new ArrayList<>());
        }

        void step(String word) {
            jvm.say("");
            jvm.awaitLine("^" + word + "$", LIMIT);
        }

        JsonNode ask() {
            Instant now = Instant.now();
            return Wait.until("a balance of now", LIMIT, () -> Optional.of(sheet())
                    .filter(s -> Instant.parse(s.path("balance").path("time").asText()).isAfter(now)
                            && Instant.parse(s.path("allocator").path("time").asText()).isAfter(now)));
        }

        private JsonNode sheet() {
            Instant now = Instant.now();
            Tool.Result result = Tool.run(List.of(Ground.tool().toString(), "sheet", String.valueOf(jvm.pid())), Map.of());
            assertThat(result.exitCode()).as(result.err()).isZero();
            return weir.await("sheet", LIMIT, e -> e.path("reason").asText().equals("request")
                    && Instant.parse(e.path("time").asText()).isAfter(now));
        }

        @Override
        public void close() {
            jvm.close();
        }
    }

    @Test
    void freeMemoryThatTheAllocatorKeepsIsNoLeak() {
        try (Run glibc = Run.start(CASES.get(0)); Run jemalloc = Run.start(CASES.get(1)); Run tcmalloc = Run.start(CASES.get(2))) {
            List<Run> runs = List.of(glibc, jemalloc, tcmalloc);
            runs.forEach(run -> run.jvm.awaitLine("^ready$", LIMIT));
            runs.forEach(run -> run.step("took"));
            runs.forEach(AllocatorTest::checkLive);
            runs.forEach(run -> run.step("freed"));
            runs.forEach(AllocatorTest::checkRetained);
            runs.forEach(AllocatorTest::checkDiagnosis);
        }
    }

    private static void checkLive(Run run) {
        JsonNode sheet = run.ask();
        JsonNode allocator = sheet.path("allocator");
        String all = sheet.toString();
        assertThat(allocator.path("name").asText()).isEqualTo(run.what.allocator);
        assertThat(allocator.path("live").asLong()).as(all).isGreaterThan(ALL);
        assertThat(allocator.path("resident").asLong()).as(all).isGreaterThan(ALL);
        assertThat(allocator.path("retention").asLong()).as("nothing was freed: " + all).isLessThan(ALL / 8);
        checkSum(sheet);
        run.before.add(sheet);
    }

    /** Live is what the program holds but for the allocator's rounding; the rest is kept. */
    private static void checkRetained(Run run) {
        JsonNode sheet = run.ask();
        String all = sheet.toString();
        long freed = ALL - ALL / KEPT;
        long less = run.before.get(0).path("allocator").path("live").asLong() - sheet.path("allocator").path("live").asLong();
        assertThat(less).as(all).isBetween(freed * 95 / 100, freed * 115 / 100);
        assertThat(sheet.path("allocator").path("retention").asLong()).as(all).isBetween(freed * 80 / 100, freed * 120 / 100);
        checkSum(sheet);
    }

    private static void checkSum(JsonNode sheet) {
        assertThat(Math.abs(sheet.path("balance").path("residual").asLong())).as(sheet.toString())
                .isLessThan(sheet.path("balance").path("rss").asLong() * 3 / 100);
    }

    private static void checkDiagnosis(Run run) {
        JsonNode diagnosis = Wait.until("the diagnosis", LIMIT, () -> Optional.of(run.ask().path("diagnosis").path(0))
                .filter(JsonNode::isObject));
        assertThat(diagnosis.path("id").asText()).isEqualTo("allocator-retention");
        assertThat(diagnosis.path("text").asText()).startsWith("the allocator keeps free memory, no leak; live ")
                .contains(" held by " + run.what.allocator + " (", run.what.cure);
        Wait.untilTrue("the line", LIMIT, () -> run.jvm.err().contains("INFO  weir - the allocator keeps free memory, no leak; live "));
    }
}
