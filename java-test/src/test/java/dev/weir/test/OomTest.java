// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** OutOfMemoryErrors of plain JVMs: each is told once, and the program sees the very same error as without the agent. */
class OomTest {
    private static final String PROGRAM = "dev.weir.programs.OutOfMemory";
    private static final List<String> DIRECT = List.of("-XX:MaxDirectMemorySize=64m");
    private static final int STORM = 100_000;
    private static final int STORM_SECONDS = 14; // longer than the agent's 10 s between two of a kind

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    /** How the memory ends, the pool, and what the program reads. */
    static Stream<Arguments> endings() {
        return Jdks.all().stream().flatMap(jdk -> Stream.of(
                Arguments.of(jdk, "plain", "other", "java.lang.OutOfMemoryError: x"),
                Arguments.of(jdk, "subclass", "other", PROGRAM + "$Full: y"),
                Arguments.of(jdk, "heap", "heap", "java.lang.OutOfMemoryError: Java heap space"),
                Arguments.of(jdk, "metaspace", "metaspace", "java.lang.OutOfMemoryError: Metaspace")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void directMemoryIsToldOnceWithTheJdksOwnWords(Jdk jdk) {
        Path dir = Ground.run("oom-direct-" + jdk.version());
        List<String> bare = run(jdk, dir.resolveSibling("oom-direct-bare-" + jdk.version()), null, DIRECT, "direct");
        List<String> seen = run(jdk, dir, "mode=observe", DIRECT, "direct");
        assertThat(seen).as("the program's view").isEqualTo(bare);
        JsonNode oom = only(dir);
        assertThat(oom.path("pool").asText()).isEqualTo("direct");
        assertThat(oom.path("class").asText()).isEqualTo("java.lang.OutOfMemoryError");
        assertThat("java.lang.OutOfMemoryError: " + oom.path("message").asText() + " cause null suppressed 0")
                .isEqualTo(bare.get(0));
        assertThat(oom.path("thread").asText()).isEqualTo("main");
        assertThat(oom.path("number").asLong()).isEqualTo(1);
        checkStack(oom, bare);
        checkFigures(jdk, oom);
    }

    /** The frames the program reads, less the buffer's constructor and with the hidden one of a lambda. */
    private static void checkStack(JsonNode oom, List<String> seen) {
        List<String> frames = new ArrayList<>(texts(oom.path("java_stack")));
        assertThat(frames).first().asString().startsWith("java.nio.Bits.reserveMemory(Bits.java:");
        frames.removeIf(f -> f.contains("$$Lambda"));
        List<String> own = seen.subList(1, seen.size()).stream().takeWhile(l -> l.startsWith("    at "))
                .map(l -> l.replaceFirst("^ +at (java\\.base/)?", ""))
                .filter(l -> !l.startsWith("java.nio.DirectByteBuffer.<init>")).toList();
        assertThat(frames).isEqualTo(own);
    }

    private static void checkFigures(Jdk jdk, JsonNode oom) {
        assertThat(oom.path("pools").path("direct").path("limit").asLong()).isEqualTo(64L << 20);
        assertThat(oom.path("pools").path("direct").path("used").asLong()).isBetween(48L << 20, 49L << 20);
        if (jdk.version() >= 17) { // older ones do not say it
            assertThat(oom.path("requested").asLong()).isEqualTo(32L << 20);
        }
        JsonNode owner = oom.path("owners").path(0);
        assertThat(owner.path("bytes").asLong()).isEqualTo(48L << 20);
        assertThat(owner.path("count").asLong()).isEqualTo(3);
        assertThat(owner.path("java_stack").toString()).contains(PROGRAM + ".direct(OutOfMemory.java:");
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("endings")
    void otherEndingsComeUnderTheirPool(Jdk jdk, String mode, String pool, String text) {
        Path dir = Ground.run("oom-" + mode + "-" + jdk.version());
        List<String> flags = List.of("-Xmx64m", "-XX:MaxMetaspaceSize=32m");
        List<String> bare = run(jdk, dir.resolveSibling("oom-" + mode + "-bare-" + jdk.version()), null, flags, mode);
        List<String> seen = run(jdk, dir, "mode=observe", flags, mode);
        assertThat(bare.get(0)).startsWith(text);
        assertThat(seen).as("the program's view").isEqualTo(bare);
        JsonNode oom = only(dir);
        assertThat(oom.path("pool").asText()).isEqualTo(pool);
        assertThat(texts(oom.path("java_stack"))).as("who met it").anyMatch(f -> f.startsWith(PROGRAM + "."));
        if (pool.equals("other")) { // the VM's own errors are told before they exist
            assertThat(oom.path("class").asText() + ": " + oom.path("message").asText()).isEqualTo(text);
        }
    }

    /** Each kind has its own limit of reports. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void errorOfALibraryHidesNoDirectOne(Jdk jdk) {
        Path dir = Ground.run("oom-hidden-" + jdk.version());
        run(jdk, dir, "mode=observe", DIRECT, "hidden");
        List<JsonNode> events = new WeirJson(dir).events("oom");
        assertThat(events).extracting(e -> e.path("pool").asText()).containsExactly("other", "direct");
        assertThat(events).extracting(e -> e.path("message").asText()).first().isEqualTo("x");
        assertThat(events).allSatisfy(e -> assertThat(e.path("suppressed").asLong()).isZero());
    }

    /** A real Netty whose own limit is half of the JVM's: the report must not send anybody to MaxDirectMemorySize. */
    @Test
    void nettysOwnLimitIsNotTheJvms() {
        Path dir = Ground.run("oom-netty");
        try (Jvm jvm = Jvm.java(Jdks.of(17), dir)
                .add("-XX:MaxDirectMemorySize=64m", "-Dio.netty.maxDirectMemory=33554432",
                        "-Dio.netty.tryReflectionSetAccessible=true", "--add-opens=java.base/java.nio=ALL-UNNAMED",
                        "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                        Ground.agentpath("mode=warn,limit.task.off-heap=1g,interval=1s,dir=" + dir), "-cp",
                        Ground.jar("programs.jar") + ":" + Ground.jar("netty-job.jar"), "dev.weir.programs.NettyLimit")
                .start()) {
            assertThat(jvm.awaitExit(Wait.MINUTE)).as(jvm.err()).isZero();
            JsonNode oom = only(dir);
            assertThat(oom.path("pool").asText()).isEqualTo("netty");
            assertThat(oom.path("class").asText()).isEqualTo("io.netty.util.internal.OutOfDirectMemoryError");
            assertThat(jvm.outLines().get(0)).isEqualTo(oom.path("message").asText());
            assertThat(oom.path("netty").toString()).isEqualTo("{\"used\":20971520,\"max\":33554432}");
            assertThat(oom.path("requested").asLong()).isEqualTo(20 << 20);
            assertThat(oom.path("owners").path(0).path("bytes").asLong()).isEqualTo(20 << 20);
            assertThat(oom.path("owners").path(0).path("kind").asText()).isEqualTo("unsafe");
            assertThat(oom.path("diagnosis").path(0).path("id").asText()).isEqualTo("netty-limit");
            assertThat(oom.path("diagnosis").path(0).path("advice").toString())
                    .isEqualTo("[{\"-Dio.netty.maxDirectMemory\":\"41943040\"}]");
            assertThat(WeirText.aboveInfo(jvm.err())).singleElement().asString()
                    .endsWith("ERROR weir - netty OutOfMemoryError: Netty's own limit was hit, not the JVM's [oom 1]");
            assertThat(jvm.err()).contains("fix     -Dio.netty.maxDirectMemory=41943040");
        }
    }

    /** All JDKs at once: a storm takes its time only to see that the suppressed ones were counted. */
    @Test
    void stormDoesNotFlood() {
        Map<Path, Jvm> running = new LinkedHashMap<>();
        try {
            for (Jdk jdk : jdks()) {
                Path dir = Ground.run("oom-storm-" + jdk.version());
                running.put(dir, plan(jdk, dir, "mode=observe", List.of("-Xmx64m"), "storm",
                        String.valueOf(STORM_SECONDS)).start());
            }
            running.forEach(OomTest::checkStorm);
        } finally {
            running.values().forEach(Jvm::close);
        }
    }

    private static void checkStorm(Path dir, Jvm jvm) {
        assertThat(jvm.awaitExit(Wait.MINUTE)).as(dir + ": " + jvm.err()).isZero();
        assertThat(jvm.err()).doesNotContain("Exception").doesNotContain("JNI");
        String made = jvm.outLines().stream().filter(l -> l.startsWith("made ")).findFirst().orElseThrow();
        List<JsonNode> events = new WeirJson(dir).events("oom");
        assertThat(events).as(dir + ": events").hasSizeBetween(2, 4);
        long number = 0;
        for (JsonNode event : events) {
            number += 1 + event.path("suppressed").asLong();
            assertThat(event.path("number").asLong()).as("counted without a gap").isEqualTo(number);
        }
        assertThat(number).as(dir + ": all of the storm").isBetween((long) STORM + 1, Long.parseLong(made.substring(5)));
        assertThat(WeirText.aboveInfo(jvm.err())).hasSize(events.size());
    }

    /** The JVM's own checker of native code: what it says with the agent is what it says without. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void checkedJniHasNothingToSay(Jdk jdk) {
        List<String> flags = List.of("-Xcheck:jni", "-XX:MaxDirectMemorySize=64m", "-Xmx64m", "-XX:MaxMetaspaceSize=32m");
        for (String mode : List.of("direct", "subclass", "heap", "metaspace")) {
            Path dir = Ground.run("oom-checked-" + mode + "-" + jdk.version());
            List<String> bare = run(jdk, dir.resolveSibling(dir.getFileName() + "-bare"), null, flags, mode);
            assertThat(run(jdk, dir, "mode=observe", flags, mode)).isEqualTo(bare);
        }
    }

    private static Jvm.Plan plan(Jdk jdk, Path dir, String options, List<String> flags, String... arguments) {
        Jvm.Plan plan = Jvm.java(jdk, dir).add(flags);
        if (options != null) {
            plan.add(Ground.agentpath(options + ",limit.task.off-heap=1g,interval=1s,dir=" + dir));
        }
        return plan.add("-cp", Ground.jar("programs.jar").toString(), PROGRAM).add(arguments);
    }

    /** Stdout, less the one line by which JDK 17 and newer announce that some agent is told. */
    private static List<String> run(Jdk jdk, Path dir, String options, List<String> flags, String mode) {
        Path fresh = Ground.run(dir.getFileName().toString());
        try (Jvm jvm = plan(jdk, fresh, options, flags, mode).start()) {
            assertThat(jvm.awaitExit(Wait.MINUTE)).as(jvm.err()).isZero();
            List<String> lines = new ArrayList<>(jvm.outLines());
            lines.removeIf(l -> l.contains("Posting Resource Exhausted event"));
            assertThat(lines).endsWith("done");
            return lines;
        }
    }

    private static JsonNode only(Path dir) {
        List<JsonNode> events = new WeirJson(dir).events("oom");
        assertThat(events).as("oom events").hasSize(1);
        return events.get(0);
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(e -> texts.add(e.asText()));
        return texts;
    }
}
