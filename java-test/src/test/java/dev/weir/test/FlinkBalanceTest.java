// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.FlinkCluster;
import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.FlinkProcess;
import dev.weir.test.ground.Gate;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The balance sheet of a real TaskManager, idle and at work, with and without NMT: its lines are its resident memory. */
class FlinkBalanceTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long MIB = 1 << 20;
    private static final double THREE_PERCENT = 0.03;
    private static final int LOOKS = 3;

    @Test
    void linesSumToTheResidentMemory() throws IOException {
        String version = FlinkHome.versions().get(0);
        Path dir = Ground.run("balance-" + version);
        FlinkHome home = FlinkHome.of(version);
        Gate gate = Gate.of("balance-gate");
        try (FlinkCluster cluster = FlinkCluster.plan(home, dir).agent("").taskManagers(2)
                .set("taskmanager.numberOfTaskSlots", 2)
                .taskManagerJvm("tm-2", "-XX:NativeMemoryTracking=summary").start()) {
            for (FlinkProcess tm : cluster.taskManagers()) {
                check(tm, "idle");
            }
            String job = cluster.rest().submit(Ground.jar("shuffle-job.jar"), "1000000000", "4");
            cluster.rest().awaitState(job, "RUNNING", LIMIT);
            for (int i = 0; i < LOOKS; i++) {
                for (FlinkProcess tm : cluster.taskManagers()) {
                    check(tm, "at work");
                }
            }
            cluster.rest().cancel(job);
            cluster.rest().awaitState(job, "CANCELED", LIMIT);
            cluster.rest().submit(Ground.jar("sort-job.jar"), "200000", gate.toString());
            gate.await("reached", LIMIT);
            untouchedPagesAreNotResident(cluster);
            gate.open("open");
        }
    }

    private static void check(FlinkProcess tm, String when) throws IOException {
        double before = kernelsRss(tm);
        Sheet sheet = ask(tm);
        double after = kernelsRss(tm);
        String all = tm.id() + " " + when + ": " + sheet.json();
        long rss = sheet.number("balance", "rss");
        long residual = sheet.number("balance", "residual");
        assertThat(sum(sheet.json().path("balance").path("components")) + sum(sheet.json().path("balance").path("parts")) + residual)
                .as(all).isEqualTo(rss);
        assertThat((double) Math.abs(residual)).as(all).isLessThan(THREE_PERCENT * rss);
        assertThat((double) rss).as(all).isBetween(Math.min(before, after) * (1 - THREE_PERCENT), Math.max(before, after) * (1 + THREE_PERCENT));
    }

    /** A sorter takes its pages at once and writes to few of them. */
    private static void untouchedPagesAreNotResident(FlinkCluster cluster) {
        Sheet sheet = cluster.taskManagers().stream().map(FlinkBalanceTest::ask).filter(s -> s.used("managed") > 0).findFirst().orElseThrow();
        assertThat(sheet.used("managed")).isGreaterThan(100 * MIB);
        assertThat(sheet.json().path("balance").path("components").path("managed").asLong()).isLessThan(sheet.used("managed") / 2);
        assertThat((double) Math.abs(sheet.number("balance", "residual"))).isLessThan(THREE_PERCENT * sheet.number("balance", "rss"));
    }

    private static long sum(JsonNode lines) {
        long sum = 0;
        for (JsonNode line : lines) {
            sum += line.asLong(0);
        }
        return sum;
    }

    /** A reading is kept for twenty times as long as it took. */
    private static Sheet ask(FlinkProcess tm) {
        Instant now = Instant.now();
        return Wait.until("a balance of now", LIMIT, () -> Optional.of(sheet(tm))
                .filter(s -> Instant.parse(s.json().path("balance").path("time").asText()).isAfter(now)));
    }

    private static Sheet sheet(FlinkProcess tm) {
        Instant now = Instant.now();
        Tool.Result result = Tool.run(List.of(Ground.tool().toString(), "sheet", String.valueOf(tm.jvm().pid())), Map.of());
        assertThat(result.exitCode()).as(result.err()).isZero();
        return new Sheet(tm.weir().await("sheet", LIMIT, e -> e.path("reason").asText().equals("request")
                && Instant.parse(e.path("time").asText()).isAfter(now)));
    }

    private static long kernelsRss(FlinkProcess tm) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + tm.jvm().pid() + "/status")).stream().filter(l -> l.startsWith("VmRSS:"))
                .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")) << 10).findFirst().orElseThrow();
    }
}
