// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Point;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Shell;
import dev.weir.test.ground.Wait;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** mode=enforce on plain JVMs: what is refused, how it is said, and that nothing is left of it. */
class EnforceTest {
    private static final int MIB = 1 << 20;
    private static final String ENFORCE = "mode=enforce,limit.task.off-heap=32m";
    /** What Flink overwrites or takes for the VM's own errors. */
    private static final String FLINKS_WORDS = "(?is).*(metaspace|direct buffer memory|java heap space).*";

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    static List<Jdk> jdksWithArenas() {
        return Jdks.all().stream().filter(jdk -> jdk.version() >= 21).toList();
    }

    private static Shell start(String name, Jdk jdk, String options, String... jvmOptions) {
        Path dir = Ground.run("enforce-" + name + "-" + jdk.version());
        return Shell.start(jdk, dir, options, jvmOptions);
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void directBuffersStopAtTheLimitAndTheBooksAgree(Jdk jdk) {
        try (Shell shell = start("direct", jdk, ENFORCE, "-Xcheck:jni")) {
            for (int i = 0; i < 31; i++) {
                shell.ok("direct " + MIB);
            }
            long used = shell.weir().freshSheet().used("task.off-heap"); // the JDK may hold a little through Unsafe
            String text = shell.refused("direct " + 2 * MIB);
            checkText(text, "task.off-heap", 2 * MIB, used, 32 * MIB);
            shell.ok("direct " + (32 * MIB - used)); // to the byte
            checkText(shell.refused("direct 1"), "task.off-heap", 8, 32 * MIB, 32 * MIB);
            checkBooks(shell, 32 * MIB);
            goOn(shell);
            shell.end();
            assertThat(shell.jvm().out()).doesNotContain("WARNING", "FATAL");
        }
    }

    /** Smaller requests, a request in the place of another, and everything again when all was given back. */
    private static void goOn(Shell shell) {
        shell.ok("free 3");
        shell.ok("direct " + MIB / 2);
        shell.refused("direct " + MIB);
        shell.ok("direct " + MIB / 2);
        shell.ok("free-all");
        assertThat(shell.point().directCount()).isZero();
        Wait.untilTrue("the second after a collection that freed nothing", Wait.MINUTE,
                () -> shell.ask("direct " + 31 * MIB).startsWith("ok "));
        checkBooks(shell, 31 * MIB);
    }

    private static void checkText(String text, String component, long requested, long used, long limit) {
        assertThat(text).startsWith("weir: " + component + ": ").contains("(mode=enforce)");
        assertThat(text).doesNotMatch(FLINKS_WORDS);
        assertThat(bytes(text)).as("requested, used, limit in " + text).containsExactly(requested, used, limit);
    }

    /** "8 bytes" and "1024.000kb (1048576 bytes)", in order. */
    private static List<Long> bytes(String text) {
        return Pattern.compile("(\\d+) bytes").matcher(text).results()
                .map(m -> Long.parseLong(m.group(1))).toList();
    }

    /** The VM's bean, the program and the agent, at rest. */
    private static void checkBooks(Shell shell, long atMost) {
        Point point = shell.point();
        Sheet sheet = shell.weir().freshSheet();
        assertThat(sheet.kindBlocks("direct")).as("direct blocks").isEqualTo(point.directCount());
        assertThat(sheet.kindBytes("direct") - point.directUsed()).as("direct bytes above the bean's")
                .isBetween(0L, 7 * point.directCount());
        assertThat(sheet.pool("direct", "used")).isEqualTo(point.directUsed());
        assertThat(sheet.used("task.off-heap")).isLessThanOrEqualTo(atMost);
        assertThat(sheet.number("agent", "stale") + sheet.number("agent", "untracked")).isZero();
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void unsafeIsRefusedCleanly(Jdk jdk) {
        try (Shell shell = start("unsafe", jdk, ENFORCE, "-Xcheck:jni")) {
            Sheet base = shell.weir().freshSheet();
            assertThat(shell.ok("unsafe " + 20 * MIB)).isEqualTo("1");
            assertThat(shell.ok("unsafe " + 4 * MIB)).isEqualTo("2");
            checkText(shell.refused("unsafe " + 9 * MIB), "task.off-heap", 9 * MIB,
                    base.used("task.off-heap") + 24 * MIB, 32 * MIB);
            /* only the growth is asked for */
            checkText(shell.refused("realloc 2 " + 14 * MIB), "task.off-heap", 10 * MIB,
                    base.used("task.off-heap") + 24 * MIB, 32 * MIB);
            shell.ok("verify 2");
            shell.ok("realloc 2 " + 11 * MIB); // 20 + 11: fits, though both blocks of it together would not
            shell.ok("verify 1");
            checkUnsafe(shell, base, 2, 31 * MIB);
            shell.ok("realloc 1 " + MIB);
            shell.ok("unsafe " + 19 * MIB);
            checkUnsafe(shell, base, 3, 31 * MIB);
            shell.ok("in CLINIT " + 16 * MIB); // passed: beyond the limit
            shell.ok("realloc 3 " + 18 * MIB); // smaller: asks for nothing
            shell.refused("realloc 3 " + 19 * MIB);
            shell.ok("realloc 3 " + 18 * MIB); // as large
            shell.ok("free-all");
            checkUnsafe(shell, base, 0, 0);
            shell.end();
            assertThat(shell.jvm().out()).doesNotContain("WARNING", "FATAL");
        }
    }

    private static void checkUnsafe(Shell shell, Sheet base, long blocks, long bytes) {
        Point point = shell.point();
        Sheet sheet = shell.weir().freshSheet();
        assertThat(point.unsafeBlocks()).isEqualTo(blocks);
        assertThat(point.unsafeBytes()).isEqualTo(bytes);
        assertThat(sheet.kindBlocks("unsafe") - base.kindBlocks("unsafe")).isEqualTo(blocks);
        assertThat(sheet.kindBytes("unsafe") - base.kindBytes("unsafe")).isEqualTo(bytes);
    }

    @Test
    void vmsOwnWordingRehearsesProduction() {
        try (Shell shell = start("as-jvm", Jdks.of(17), ENFORCE + ",deny-as=jvm")) {
            shell.ok("direct " + 20 * MIB);
            assertThat(shell.refused("direct " + 20 * MIB)).matches("Cannot reserve 20971520 bytes of direct buffer "
                    + "memory \\(allocated: \\d+, limit: 33554432\\)");
            shell.end();
            assertThat(shell.weir().events("oom")).as("a denial is a breach").isEmpty();
        }
    }

    /** Everything dropped: what is live always fits, so the collector is asked, and nobody is refused. */
    @ParameterizedTest
    @MethodSource("jdks")
    void garbageIsCollectedBeforeADenial(Jdk jdk) {
        try (Shell shell = start("churn", jdk, ENFORCE)) {
            shell.ok("direct " + 16 * MIB);
            assertThat(shell.ok("churn 300 " + MIB)).isEqualTo("300");
            shell.ok("collected");
            checkBooks(shell, 17 * MIB);
            /* a collection that frees nothing makes the next denials immediate, for a second */
            shell.ok("direct " + 15 * MIB);
            shell.refused("direct " + 2 * MIB);
            String[] tries = shell.ok("try 300 " + 2 * MIB).split(" ");
            assertThat(tries[0]).isEqualTo("300");
            assertThat(Long.parseLong(tries[1])).as("ms for 300 denials").isLessThan(300 * 100);
            shell.ok("free 2");
            Wait.untilTrue("the second to pass", Wait.MINUTE, () -> shell.ask("churn 100 " + MIB).equals("ok 100"));
            shell.end();
        }
    }

    /** Room that a collection made and another thread took first must not count as a futile collection. */
    @ParameterizedTest
    @MethodSource("jdks")
    void garbageOfManyThreadsIsCollectedBeforeADenial(Jdk jdk) {
        try (Shell shell = start("crowd", jdk, ENFORCE)) {
            String[] crowd = shell.ok("crowd 4 4000 " + MIB).split(" ");
            long taken = Long.parseLong(crowd[0]);
            assertThat(taken).isGreaterThan(200);
            assertThat(Long.parseLong(crowd[1])).as("refused, of %d taken", taken).isLessThanOrEqualTo(taken / 100);
            shell.ok("collected");
            checkBooks(shell, MIB);
            shell.end();
        }
    }

    @Test
    void withoutExplicitCollectionsADenialIsImmediate() {
        try (Shell shell = start("no-explicit-gc", Jdks.of(17), ENFORCE, "-XX:+DisableExplicitGC")) {
            assertThat(shell.jvm().err()).containsPattern("WARN  weir - -XX:\\+DisableExplicitGC: ");
            assertThat(shell.weir().start().path("warnings").toString()).contains("DisableExplicitGC");
            shell.ok("direct " + 31 * MIB);
            String[] tries = shell.ok("try 40 " + 2 * MIB).split(" ");
            assertThat(tries[0]).isEqualTo("40");
            assertThat(Long.parseLong(tries[1])).as("ms for 40 denials, none of which waits 255").isLessThan(4000);
            shell.end();
        }
    }

    @ParameterizedTest
    @MethodSource("jdksWithArenas")
    void arenasAreRefusedWhereTheJdkTakesThatWell(Jdk jdk) {
        try (Shell shell = start("ffm", jdk, ENFORCE)) {
            shell.ok("direct " + 20 * MIB);
            if (jdk.version() <= 24) { // refused after Bits counted it: it would never be taken off again
                shell.ok("ffm " + 20 * MIB);
                assertThat(shell.weir().freshSheet().used("task.off-heap", "ffm")).isEqualTo(20 * MIB);
            } else {
                checkText(shell.refused("ffm " + 20 * MIB), "task.off-heap", 20 * MIB,
                        shell.weir().freshSheet().used("task.off-heap"), 32 * MIB);
                assertThat(shell.weir().freshSheet().used("task.off-heap", "ffm")).isZero();
                shell.ok("ffm " + 8 * MIB);
                assertThat(shell.weir().freshSheet().used("task.off-heap", "ffm")).isEqualTo(8 * MIB);
            }
            shell.ok("ffm-close");
            shell.ok("free-all");
            assertThat(shell.point().directUsed()).isZero();
            assertThat(shell.weir().freshSheet().used("task.off-heap", "ffm")).isZero();
            shell.end();
        }
    }

    /** One line in ten seconds for however many denials, and the number of the others in the next. */
    @Test
    void denialsAreToldAsBreachesAndCounted() {
        try (Shell shell = start("events", Jdks.of(17), ENFORCE)) {
            shell.ok("direct " + 31 * MIB);
            shell.refused("direct " + 2 * MIB);
            JsonNode first = shell.weir().await("breach", Wait.MINUTE, e -> true);
            checkBreach(first);
            assertThat(first.path("suppressed").asLong()).isZero();
            assertThat(first.path("java_stack").toString()).contains("dev.weir.programs.EnforceShell.main");
            assertThat(shell.ok("try 50 " + 2 * MIB)).startsWith("50 ");
            JsonNode second = Wait.until("the next denial to be told", Duration.ofSeconds(30), () -> {
                shell.refused("direct " + 2 * MIB);
                return shell.weir().events("breach").stream().skip(1).findFirst();
            });
            checkBreach(second);
            long refusals = second.path("suppressed").asLong();
            assertThat(refusals).isGreaterThanOrEqualTo(50);
            assertThat(millis(second) - millis(first)).as("ms between two lines").isGreaterThanOrEqualTo(8_900);
            shell.end();
            assertThat(shell.weir().events("oom")).as("a denial is a breach").isEmpty();
            assertThat(shell.jvm().err()).contains("ERROR weir - task.off-heap denied (mode=enforce): 31.0 of 32.0 MiB, "
                    + "2.0 MiB requested by \"main\"").contains("(" + refusals + " more since the last line)");
        }
    }

    private static long millis(JsonNode event) {
        return event.path("uptime_ms").asLong();
    }

    private static void checkBreach(JsonNode breach) {
        assertThat(breach.path("action").asText()).isEqualTo("deny");
        assertThat(breach.path("level").asText()).isEqualTo("critical");
        assertThat(breach.path("component").asText()).isEqualTo("task.off-heap");
        assertThat(breach.path("kind").asText()).isEqualTo("direct");
        assertThat(breach.path("requested").asLong()).isEqualTo(2 * MIB);
        assertThat(breach.path("limit").asLong()).isEqualTo(32 * MIB);
        assertThat(breach.path("used").asLong()).isBetween(31L * MIB, 32L * MIB);
        assertThat(breach.path("thread").asText()).isEqualTo("main");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mode=enforce,deny=none", "mode=enforce,deny=managed",
        "mode=warn", "mode=observe"})
    void nothingIsRefusedUnlessAskedFor(String options) {
        try (Shell shell = start("not-" + options, Jdks.of(17), options + ",limit.task.off-heap=8m")) {
            shell.ok("direct " + 20 * MIB);
            shell.ok("unsafe " + 20 * MIB);
            assertThat(shell.weir().freshSheet().used("task.off-heap")).isGreaterThanOrEqualTo(40 * MIB);
            assertThat(shell.weir().events("breach")).noneMatch(e -> e.path("action").asText().equals("deny"));
            shell.end();
        }
    }
}
