// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Shell;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirText;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** mode=enforce on mapped files: the JDK's own error, the collection it makes first, and exact books afterwards. */
class EnforceMappedTest {
    private static final int MIB = 1 << 20;
    private static final String ENFORCE = "mode=enforce,deny=mapped,limit.mapped=32m,limit.task.off-heap=1m";
    /** What the JDK makes of ENOMEM, with or without an agent. */
    private static final String FAILED =
            "failed java.io.IOException: Map failed cause java.lang.OutOfMemoryError: Map failed";
    private static final int SEGMENTS_FROM = 22;

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    /** Each JDK with each way to map that it has and that the program can undo. */
    static Stream<Arguments> ways() {
        return Jdks.all().stream().flatMap(jdk -> Stream.of("BUFFER", "SEGMENT")
                .filter(way -> way.equals("BUFFER") || jdk.version() >= SEGMENTS_FROM)
                .map(way -> Arguments.of(jdk, way)));
    }

    private static Shell start(String name, Jdk jdk, String options, String... jvmOptions) {
        return Shell.start(jdk, Ground.run("enforce-mapped-" + name + "-" + jdk.version()), options, jvmOptions);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("ways")
    void mappingsStopAtTheLimitAndTheBooksAgree(Jdk jdk, String way) {
        try (Shell shell = start(way, jdk, ENFORCE, "-Xcheck:jni")) {
            shell.ok("map " + way + " " + 20 * MIB);
            shell.ok("map " + way + " " + 11 * MIB);
            assertThat(shell.ok("map " + way + " " + 2 * MIB)).isEqualTo(FAILED);
            checkBooks(shell, 2, 31 * MIB);
            checkDenial(shell, 31 * MIB, 2 * MIB);
            shell.ok("map " + way + " " + MIB); // to the byte
            assertThat(shell.ok("map " + way + " 1")).isEqualTo(FAILED);
            checkBooks(shell, 3, 32 * MIB);
            shell.ok("unmap-all");
            checkBooks(shell, 0, 0);
            assertThat(shell.ok("map " + way + " " + 32 * MIB)).isEqualTo("1");
            checkBooks(shell, 1, 32 * MIB);
            shell.end();
            assertThat(shell.jvm().out()).doesNotContain("WARNING", "FATAL");
        }
    }

    /** The VM's bean and the agent, at rest. */
    private static void checkBooks(Shell shell, long blocks, long bytes) {
        assertThat(shell.ok("mapped")).isEqualTo(blocks + " " + bytes);
        Sheet sheet = shell.weir().freshSheet();
        assertThat(sheet.used("mapped")).isEqualTo(bytes);
        assertThat(sheet.kindBytes("mapped")).isEqualTo(bytes);
        assertThat(sheet.kindBlocks("mapped")).isEqualTo(blocks);
        assertThat(sheet.number("agent", "stale") + sheet.number("agent", "untracked")).isZero();
    }

    private static void checkDenial(Shell shell, long used, long requested) {
        JsonNode breach = shell.weir().await("breach", Wait.MINUTE, e -> e.path("action").asText().equals("deny"));
        assertThat(breach.path("component").asText()).isEqualTo("mapped");
        assertThat(breach.path("kind").asText()).isEqualTo("mapped");
        assertThat(breach.path("used").asLong()).isEqualTo(used);
        assertThat(breach.path("limit").asLong()).isEqualTo(32 * MIB);
        assertThat(breach.path("requested").asLong()).isEqualTo(requested);
        assertThat(breach.path("thread").asText()).isEqualTo("main");
        assertThat(breach.path("suppressed").asLong()).isZero();
        assertThat(breach.path("java_stack").toString()).contains("dev.weir.programs.EnforceMapped.map");
        Wait.untilTrue("the line", Wait.MINUTE, () -> shell.jvm().err().contains(
                "ERROR weir - mapped denied (mode=enforce): 31.0 of 32.0 MiB, 2.0 MiB requested by \"main\""));
        assertThat(shell.weir().events("oom")).as("a denial is told once").isEmpty();
    }

    /** The JDK collects and tries once more by itself: what was dropped makes room, and nobody is denied. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void whatWasDroppedIsCollectedFirst(Jdk jdk) {
        try (Shell shell = start("dropped", jdk, ENFORCE)) {
            shell.ok("map BUFFER " + 31 * MIB);
            shell.ok("map-drop");
            assertThat(shell.ok("map BUFFER " + 30 * MIB)).isEqualTo("1");
            checkBooks(shell, 1, 30 * MIB);
            shell.end();
            assertThat(shell.weir().events("breach")).noneMatch(e -> e.path("action").asText().equals("deny"));
        }
    }

    /** A copy fails as a mapping does or finds another way; whichever, the program gets what the JDK has for it. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void jdksOwnMappingsLeaveNothingBehind(Jdk jdk) {
        try (Shell shell = start("copy", jdk, ENFORCE)) {
            shell.ok("map BUFFER " + 31 * MIB);
            assertThat(shell.ok("copy " + 3 * MIB)).isIn(FAILED, String.valueOf(3 * MIB));
            checkBooks(shell, 1, 31 * MIB);
            shell.end();
        }
    }

    @Test
    void denialsOfOneKindAreCounted() {
        try (Shell shell = start("many", Jdks.of(17), ENFORCE)) {
            shell.ok("map BUFFER " + 31 * MIB);
            for (int i = 0; i < 5; i++) {
                assertThat(shell.ok("map BUFFER " + 2 * MIB)).isEqualTo(FAILED);
            }
            Wait.untilTrue("the next denial to be told", Wait.MINUTE, () -> {
                shell.ok("map BUFFER " + 2 * MIB);
                return shell.weir().events("breach").size() > 1;
            });
            assertThat(shell.weir().events("breach").get(1).path("suppressed").asLong()).isGreaterThanOrEqualTo(4);
            shell.end();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mode=enforce,limit.mapped=1m", "mode=warn,deny=mapped,limit.mapped=1m",
        "mode=enforce,deny=mapped,limit.task.off-heap=1m"})
    void nothingIsRefusedUnlessAskedFor(String options) {
        try (Shell shell = start("not-" + options, Jdks.of(17), options)) {
            assertThat(shell.ok("map BUFFER " + 64 * MIB)).isEqualTo("1");
            checkBooks(shell, 1, 64 * MIB);
            boolean limited = options.contains("limit.mapped");
            assertThat(WeirText.aboveInfo(shell.jvm().err()).stream().filter(l -> l.contains("without limit.mapped")))
                    .hasSize(limited ? 0 : 1);
            assertThat(shell.weir().events("breach")).noneMatch(e -> e.path("action").asText().equals("deny"));
            shell.end();
        }
    }
}
