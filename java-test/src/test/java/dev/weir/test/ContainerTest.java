// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Ledgers;
import dev.weir.test.ground.MemoryGroup;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import dev.weir.test.ground.WeirText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A JVM in a memory cgroup with a limit, up to the kernel's kill: what is said before, and what is left after. Diagnosis 11. */
class ContainerTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long MIB = 1 << 20;
    private static final long ROOM = 160 * MIB;
    private static final int KILLED = 137;

    /** `before` is run by a shell in the group, which then becomes the JVM. */
    private static Jvm start(MemoryGroup group, Path dir, String before, String... arguments) {
        return Jvm.command(dir, "sh", "-c", "echo $$ > " + group.processes() + "; " + before + "exec \"$@\"", "sh",
                        Jdks.of(17).java().toString(), "-Xmx48m", "-XX:MaxDirectMemorySize=1g",
                        Ground.agentpath("limit.task.off-heap=64m,interval=1s,last=last,dir=" + dir), "-cp", Ground.jar("programs.jar").toString(),
                        "dev.weir.programs.Eater").add(arguments).start();
    }

    private static MemoryGroup group(String name) {
        MemoryGroup group = MemoryGroup.make(name, ROOM);
        assumeTrue(group != null, "no writable memory controller");
        return group;
    }

    @Test
    void whatTheKernelKilledIsReadFromTheLedger() throws IOException {
        Path dir = Ground.run("container-kill");
        try (MemoryGroup group = group("kill"); Jvm jvm = start(group, dir, "", "2", "250")) {
            jvm.awaitLine("^ready$", LIMIT);
            WeirJson weir = new WeirJson(dir);
            Sheet first = weir.awaitSheet("a child", LIMIT, s -> s.number("children", "count") == 1);
            assertThat(first.json().path("children").path("processes").path(0).path("name").asText()).isEqualTo("sleep");
            assertThat(first.number("container", "limit")).isEqualTo(ROOM);
            assertThat(first.pool("process", "limit")).isEqualTo(ROOM);
            assertThat(first.pool("process", "used")).isEqualTo(first.number("container", "charge"));
            assertThat(Files.readString(dir.resolve("jvm.err"))).doesNotContain("container");
            jvm.say("");
            assertThat(jvm.awaitExit(LIMIT)).isEqualTo(KILLED);
            checkLines(weir, jvm);
            checkLedger(Ledgers.only(Ledgers.of(dir)));
            assertThat(Files.readString(dir.resolve("last"))).contains("the container is about to be killed: ", " of 160.0 MiB without page cache");
        }
    }

    /** First a warning that the rest will not do, then the last one. */
    private static void checkLines(WeirJson weir, Jvm jvm) {
        List<JsonNode> lines = weir.events("breach").stream().filter(e -> e.path("component").asText().equals("process")).toList();
        assertThat(lines).as(jvm.err()).hasSizeGreaterThanOrEqualTo(2);
        assertThat(lines.get(0).path("level").asText()).isEqualTo("warn");
        JsonNode last = lines.get(lines.size() - 1);
        assertThat(last.path("level").asText()).isEqualTo("critical");
        assertThat(last.path("limit").asLong()).isEqualTo(ROOM);
        assertThat(last.path("used").asLong()).isBetween(ROOM * 95 / 100, ROOM);
        assertThat(last.path("limit_source").asText()).isEqualTo("cgroup");
        JsonNode container = last.path("container");
        assertThat(container.path("biggest").asText()).isEqualTo("task.off-heap");
        assertThat(container.path("growing").asText()).isEqualTo("task.off-heap");
        assertThat(container.path("bytes_a_minute").asLong()).as("2 MiB each 250 ms").isBetween(200 * MIB, 600 * MIB);
        assertThat(container.path("left_ms").asLong()).isBetween(0L, 10_000L);
        assertThat(last.path("owners").path(0).path("java_stack").toString()).contains("dev.weir.programs.Eater.eat");
        assertThat(last.path("diagnosis").path(0).path("id").asText()).isEqualTo("container-kill");
        assertThat(jvm.err()).containsPattern("WARN  weir - the container is too small for what may still come: \\d")
                .containsPattern("ERROR weir - the container is about to be killed: \\d+\\.\\d of 160\\.0 MiB without page cache \\(9\\d %\\), "
                        + "\\+\\d+\\.\\d MiB a minute, full in \\d+ s; most over its budget: task\\.off-heap \\d+\\.\\d of 64\\.0 MiB; "
                        + "growing most: task\\.off-heap");
    }

    private static void checkLedger(Path ledger) {
        Sheet last = Ledgers.sheet(ledger);
        assertThat(last.number("container", "charge")).isGreaterThan(ROOM * 95 / 100);
        assertThat(last.used("task.off-heap")).isGreaterThan(96 * MIB);
        assertThat(Ledgers.read(ledger)).startsWith("the JVM ended without stop; last sheet of ")
                .containsPattern("\ncgroup   1\\d\\d\\.\\d of 160\\.0 MiB without page cache, \\+\\d+\\.\\d MiB a minute, full in ")
                .containsPattern("\nbelow    1 process of .* resident: sleep \\d+ ")
                .contains(" critical the container is about to be killed: ");
    }

    /** The kernel drops it before it kills. */
    @Test
    void pageCacheIsNoReasonToWarn() throws IOException {
        Path dir = Ground.run("container-cache");
        Path file = dir.resolve("file");
        try (MemoryGroup group = group("cache");
                Jvm jvm = start(group, dir, "head -c 300000000 /dev/zero > " + file + "; ", "1", "1000")) {
            jvm.awaitLine("^ready$", LIMIT);
            Sheet sheet = new WeirJson(dir).awaitSheet("the group", LIMIT, s -> s.json().path("balance").isObject());
            assertThat(sheet.number("container", "usage")).as(sheet.json().path("container").toString()).isGreaterThan(ROOM * 80 / 100);
            assertThat(sheet.number("container", "charge")).isLessThan(ROOM / 2);
            assertThat(WeirText.aboveInfo(jvm.err())).isEmpty();
            jvm.endStdin();
            assertThat(jvm.awaitExit(LIMIT)).isZero();
        } finally {
            Files.deleteIfExists(file);
        }
    }
}
