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
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The balance sheet of a real TaskManager, idle and at work, with and without NMT: its lines are its resident memory. */
class FlinkBalanceTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long MIB = 1 << 20;
    private static final double THREE_PERCENT = 0.03;
    private static final int LOOKS = 3;
    private static final long PAGE = 4096;
    /** What of NMT's categories other lines of the sheet have. */
    private static final Set<String> ELSEWHERE = Set.of("Java Heap", "Class", "Metaspace", "Thread Stack", "Thread", "Code",
            "Shared class space", "Other");

    @Test
    void linesSumToTheResidentMemory() throws IOException, InterruptedException {
        String version = FlinkHome.versions().get(0);
        Path dir = Ground.run("balance-" + version);
        FlinkHome home = FlinkHome.of(version);
        Gate gate = Gate.of("balance-gate");
        try (FlinkCluster cluster = FlinkCluster.plan(home, dir).agent("").taskManagers(2)
                .set("taskmanager.numberOfTaskSlots", 2)
                .taskManagerJvm("tm-2", "-XX:NativeMemoryTracking=detail").start()) {
            for (FlinkProcess tm : cluster.taskManagers()) {
                check(tm, "idle");
            }
            vmMappingsAreTheVms(cluster.taskManagers().get(1));
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

    /** By the addresses that NMT has of them, page by page as the kernel says. */
    private static void vmMappingsAreTheVms(FlinkProcess tm) throws IOException, InterruptedException {
        Sheet sheet = ask(tm);
        long truth = 0;
        Matcher range = Pattern.compile("(?m)^\\[0x([0-9a-f]+) - 0x([0-9a-f]+)\\] reserved (?:and committed )?\\d+KB for (.*?) *(?:from)?$").matcher(detail(tm));
        try (RandomAccessFile pagemap = new RandomAccessFile("/proc/" + tm.jvm().pid() + "/pagemap", "r")) {
            while (range.find()) {
                if (!ELSEWHERE.contains(range.group(3))) {
                    truth += resident(pagemap, Long.parseLong(range.group(1), 16), Long.parseLong(range.group(2), 16));
                }
            }
        }
        assertThat(truth).as("found something").isGreaterThan(MIB);
        long rss = sheet.number("balance", "rss");
        assertThat((double) sheet.number("balance", "parts", "vm-maps") + sheet.number("balance", "residual"))
                .as(sheet.json().path("balance").toString()).isBetween(truth - THREE_PERCENT * rss, truth + THREE_PERCENT * rss);
    }

    private static String detail(FlinkProcess tm) throws IOException, InterruptedException {
        Process p = new ProcessBuilder(Jdks.of(17).home().resolve("bin/jcmd").toString(), String.valueOf(tm.jvm().pid()),
                "VM.native_memory", "detail").redirectErrorStream(true).start();
        String text = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(p.waitFor()).as(text).isZero();
        return text;
    }

    private static long resident(RandomAccessFile pagemap, long from, long to) throws IOException {
        byte[] entries = new byte[(int) ((to - from) / PAGE * Long.BYTES)];
        pagemap.seek(from / PAGE * Long.BYTES);
        pagemap.readFully(entries);
        LongBuffer pages = ByteBuffer.wrap(entries).order(ByteOrder.nativeOrder()).asLongBuffer();
        long present = 0;
        while (pages.hasRemaining()) {
            present += pages.get() < 0 ? PAGE : 0; // the highest bit
        }
        return present;
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
