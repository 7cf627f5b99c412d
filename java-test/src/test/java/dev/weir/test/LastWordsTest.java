// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Ledgers;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** How a JVM ends that tells no agent; and that all others end without a word about it. */
class LastWordsTest {
    private static final String PROGRAM = "dev.weir.programs.Endings";
    private static final String HEAP = "java.lang.OutOfMemoryError: Java heap space";
    private static final int ABORTED = 128 + 6;
    private static final int TERMINATED = 128 + 15;
    private static final int KILLED = 128 + 9;
    private static final int EXIT_ON_OOM = 3;
    private static final String LOG_ERROR = "^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3} ERROR weir - ";

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    /** A flag, the code of the end, and the words. */
    static Stream<Arguments> flags() {
        return Jdks.all().stream().flatMap(jdk -> Stream.of(
                Arguments.of(jdk, "ExitOnOutOfMemoryError", EXIT_ON_OOM),
                Arguments.of(jdk, "CrashOnOutOfMemoryError", ABORTED)));
    }

    /** Ways out of which VMDeath tells: the arguments, the code, and whose doing it is. */
    static Stream<Arguments> ordinaryEnds() {
        return Jdks.all().stream().flatMap(jdk -> Stream.of(
                Arguments.of(jdk, "return", "0", 0, ""),
                Arguments.of(jdk, "exit", "3", 3, "System.exit by " + PROGRAM + ".main(Endings.java:"),
                Arguments.of(jdk, "halt", "-17", 239, "Runtime.halt by " + PROGRAM + ".main(Endings.java:")));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("flags")
    void flagThatEndsTheJvmIsNamedWithTheError(Jdk jdk, String flag, int code) {
        Path dir = Ground.run("words-" + flag + "-" + jdk.version());
        String words = "JVM ended by " + flag + ": " + HEAP;
        try (Jvm jvm = plan(jdk, dir, "", List.of("-XX:+" + flag), "heap").start()) {
            assertThat(jvm.awaitExit(Wait.MINUTE)).isEqualTo(code);
            assertThat(WeirText.aboveInfo(jvm.err())).singleElement().asString().matches(LOG_ERROR + words);
        }
        Path ledger = Ledgers.only(Ledgers.of(dir));
        assertThat(Ledgers.read(ledger)).startsWith("the JVM ended without stop; last sheet of ")
                .containsPattern("\nlast words [-0-9TZ:.]*: " + words + "\n  used then, in MiB: .*task.off-heap 5.0")
                .containsOnlyOnce("last words");
        assertThat(new WeirJson(dir).events("stop")).isEmpty();
        assertThat(next(jdk, dir)).containsOnlyOnce("previous JVM ended without stop at ")
                .containsPattern("\n  last words [-0-9TZ:.]*: " + words + "\n");
    }

    /** Memory that java.nio.Bits counts: its error is made by Java code, of which the flags know nothing. */
    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("flags")
    void directMemoryDoesNotMeetTheFlags(Jdk jdk, String flag, int code) {
        Path dir = Ground.run("words-direct-" + flag + "-" + jdk.version());
        try (Jvm jvm = plan(jdk, dir, "", List.of("-XX:+" + flag, "-XX:MaxDirectMemorySize=16m"), "direct").start()) {
            assertThat(jvm.awaitExit(Wait.MINUTE)).isEqualTo(1).isNotEqualTo(code);
            assertOrdinary(jvm.err(), dir);
            assertThat(jvm.err()).contains("direct OutOfMemoryError");
        }
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("ordinaryEnds")
    void ordinaryEndNamesItsCallerAndHasNoLastWords(Jdk jdk, String way, String argument, int code, String by) {
        Path dir = Ground.run("words-" + way + "-" + jdk.version());
        List<String> flags = List.of("-XX:+ExitOnOutOfMemoryError", "-XX:+CrashOnOutOfMemoryError");
        try (Jvm jvm = plan(jdk, dir, "", flags, way, argument).start()) {
            assertThat(jvm.awaitExit(Wait.MINUTE)).isEqualTo(code);
            assertOrdinary(jvm.err(), dir);
            assertThat(WeirText.aboveInfo(jvm.err())).isEmpty();
            assertEndedBy(jvm.err(), dir, by);
        }
    }

    private static void assertEndedBy(String err, Path dir, String by) {
        JsonNode stop = new WeirJson(dir).events("stop").get(0);
        assertThat(stop.path("reason").asText()).isEqualTo("vm exit");
        assertThat(stop.path("by").asText()).startsWith(by);
        assertThat(stop.has("by")).isEqualTo(!by.isEmpty());
        String line = by.isEmpty() ? "vm exit\n" : "vm exit: " + by;
        assertThat(err).contains("INFO  weir - stopped: " + line);
        assertThat(Ledgers.read(Ledgers.only(Ledgers.of(dir)))).contains("Z: " + line);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void terminationHasNoLastWordsEither(Jdk jdk) {
        Path dir = Ground.run("words-term-" + jdk.version());
        assertThat(signalled(jdk, dir, "TERM", TERMINATED)).isEmpty();
        assertThat(new WeirJson(dir).events("stop").get(0).path("by").asText()).isEqualTo("a signal");
        assertThat(Ledgers.read(Ledgers.only(Ledgers.of(dir)))).startsWith("the JVM stopped in order at ");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void killLeavesNoTimeForWords(Jdk jdk) {
        Path dir = Ground.run("words-kill-" + jdk.version());
        assertThat(signalled(jdk, dir, "KILL", KILLED)).isEmpty();
        assertThat(Ledgers.read(Ledgers.only(Ledgers.of(dir)))).startsWith("the JVM ended without stop")
                .doesNotContain("last words");
    }

    /** A crash in native code: the flags that are on have nothing to do with it. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void crashPointsToItsFile(Jdk jdk) {
        Path dir = Ground.run("words-segv-" + jdk.version());
        assertThat(signalled(jdk, dir, "SEGV", ABORTED)).singleElement().asString()
                .matches(LOG_ERROR + "JVM ended by a fatal error of its own: its hs_err file says which");
        assertThat(dir.toFile().list()).anyMatch(f -> f.startsWith("hs_err_pid"));
        assertThat(Ledgers.read(Ledgers.only(Ledgers.of(dir)))).contains("fatal error of its own");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void switchedOffSaysSoAndNothingElse(Jdk jdk) {
        Path dir = Ground.run("words-off-" + jdk.version());
        try (Jvm jvm = plan(jdk, dir, "hooks=unsafe+throw,", List.of("-XX:+ExitOnOutOfMemoryError"), "heap").start()) {
            assertThat(jvm.awaitExit(Wait.MINUTE)).isEqualTo(EXIT_ON_OOM);
            assertThat(WeirText.aboveInfo(jvm.err())).isEmpty();
        }
        assertThat(new WeirJson(dir).start().path("hooks").path("exit").asText()).startsWith("off by option hooks");
        assertThat(Ledgers.read(Ledgers.only(Ledgers.of(dir)))).doesNotContain("last words");
    }

    // ---- programs

    private static Jvm.Plan plan(Jdk jdk, Path dir, String options, List<String> flags, String... arguments) {
        return Jvm.java(jdk, dir).add("-Xmx64m").add(flags)
                .add(Ground.agentpath(options + "mode=observe,limit.task.off-heap=1g,dir=" + dir))
                .add("-cp", Ground.jar("programs.jar").toString(), PROGRAM).add(arguments);
    }

    /** What the agent said above INFO in a JVM that this signal ended. */
    private static List<String> signalled(Jdk jdk, Path dir, String signal, int code) {
        List<String> flags = List.of("-XX:+ExitOnOutOfMemoryError", "-XX:+CrashOnOutOfMemoryError");
        try (Jvm jvm = plan(jdk, dir, "", flags, "wait").start()) {
            jvm.awaitLine("holding", Wait.MINUTE);
            Wait.untilTrue("the ledger", Wait.MINUTE, () -> Ledgers.of(dir).size() == 1);
            Wait.untilTrue("its first sheet", Wait.MINUTE, () -> jvm.err().contains(" watching ")
                    && Tool.run(List.of(Ground.tool().toString(), "read", Ledgers.of(dir).get(0).toString()), Map.of())
                            .exitCode() == 0);
            Tool.run(List.of("kill", "-" + signal, String.valueOf(jvm.pid())), Map.of());
            assertThat(jvm.awaitExit(Wait.MINUTE)).isEqualTo(code);
            return WeirText.aboveInfo(jvm.err());
        }
    }

    /** The next JVM of the same directory, which finds what was left. */
    private static String next(Jdk jdk, Path dir) {
        try (Jvm jvm = plan(jdk, dir, "", new ArrayList<>(), "return").name("next").start()) {
            assertThat(jvm.awaitExit(Wait.MINUTE)).isZero();
            return jvm.err();
        }
    }

    private static void assertOrdinary(String err, Path dir) {
        assertThat(err).doesNotContain("JVM ended");
        assertThat(Ledgers.read(Ledgers.only(Ledgers.of(dir)))).startsWith("the JVM stopped in order at ")
                .doesNotContain("last words");
        assertThat(new WeirJson(dir).events("stop")).hasSize(1);
    }
}
