// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Programs;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whose malloc it was: the library's own functions, then the Java frames that called it, on threads of
 * all kinds and in states in which Java's frames must not be touched; and that a walk between
 * GetPrimitiveArrayCritical and its end stops no collector.
 */
class NativeStackTest {
    private static final int BLOCK = 1_000_003; // of dev.weir.programs.NativeStacks
    private static final String LIB = "libstack.so`";
    private static final String PROGRAM = "dev.weir.programs.NativeStacks.";
    private static final int CRITICAL_CALLS_FROM = 22; // java.lang.foreign is final
    private static final int VIRTUAL_FROM = 21;

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void nativeFramesComeFirstThenJavas(Jdk jdk) {
        Path dir = Ground.run("native-stacks-" + jdk.version());
        try (Jvm jvm = Programs.nativeStacks(jdk, dir, List.of(agent(dir)), "hold").start()) {
            WeirJson weir = new WeirJson(dir);
            assertThat(weir.start().path("hooks").path("native stacks").asText()).isEqualTo("ok");
            jvm.awaitLine("^held$", Wait.MINUTE);
            check(jdk, owners(weir.freshSheet()));
            jvm.say("on");
            jvm.awaitLine("^given$", Wait.MINUTE);
            assertThat(owners(weir.freshSheet())).as("owners after everything was given back").isEmpty();
            jvm.say("on");
            assertThat(jvm.awaitExit(Wait.MINUTE)).isZero();
            assertThat(jvm.err()).doesNotContain("WARNING in native method", "FATAL ERROR");
        }
    }

    private static String agent(Path dir) {
        return Ground.agentpath("limit.task.off-heap=1g,interval=1s,stacks=all,dir=" + dir);
    }

    /** The library's, by their bytes. */
    private static Map<Long, JsonNode> owners(Sheet sheet) {
        List<JsonNode> found = new ArrayList<>();
        sheet.json().path("owners").forEach(found::add);
        return found.stream().filter(o -> o.path("source").asText().equals("libstack.so"))
                .collect(Collectors.toMap(o -> o.path("bytes").asLong(), o -> o));
    }

    private static void check(Jdk jdk, Map<Long, JsonNode> owners) {
        String inner = LIB + "stack_take\n" + LIB + "stack_outer\n";
        String take = inner + LIB + "Java_dev_weir_programs_NativeStacks_take";
        JsonNode java = owner(owners, 5);
        assertThat(text(java, "native_stack")).isEqualTo(take);
        assertThat(text(java, "java_stack").replaceAll(":\\d+\\)", ":N)")).isEqualTo(PROGRAM + "take(Native Method)\n" + PROGRAM
                + "java(NativeStacks.java:N)\n" + PROGRAM + "hold(NativeStacks.java:N)\n" + PROGRAM + "main(NativeStacks.java:N)");
        assertThat(java.path("source").asText()).isEqualTo("libstack.so");

        // two threads that Java never saw and one that was attached: one family, and no Java frame
        JsonNode threads = owner(owners, 2 + 2 + 3);
        assertThat(text(threads, "native_stack")).startsWith(inner + "libstack.so+0x").endsWith("\nthread stack-pool-*");
        assertThat(threads.path("java_stack")).isEmpty();
        assertThat(threads.path("count").asInt()).isEqualTo(3);

        // the exception that was pending is the program's to find: it says "held" only then
        JsonNode throwing = owner(owners, 1);
        assertThat(text(throwing, "native_stack")).startsWith(inner + LIB + "Java_dev_weir_programs_NativeStacks_takeThrowing");
        assertThat(throwing.path("java_stack")).isEmpty();
        if (jdk.version() >= VIRTUAL_FROM) {
            JsonNode virtual = owner(owners, 6);
            assertThat(text(virtual, "native_stack")).isEqualTo(take);
            assertThat(text(virtual, "java_stack")).startsWith(PROGRAM + "take(Native Method)\n" + PROGRAM + "lambda$virtual$0(")
                    .contains("java.lang.VirtualThread.run(");
        }
        if (jdk.version() >= CRITICAL_CALLS_FROM) {
            JsonNode past = owner(owners, 4);
            assertThat(text(past, "native_stack")).startsWith(inner + "thread ");
            assertThat(past.path("java_stack")).isEmpty();
        }
    }

    private static JsonNode owner(Map<Long, JsonNode> owners, int blocks) {
        List<Long> near = owners.keySet().stream().filter(b -> b / BLOCK == blocks).toList();
        assertThat(near).as("owner of " + blocks + " blocks among " + owners).hasSize(1);
        return owners.get(near.get(0));
    }

    private static String text(JsonNode owner, String list) {
        List<String> lines = new ArrayList<>();
        owner.path(list).forEach(line -> lines.add(line.asText()));
        return String.join("\n", lines);
    }

    /** Tens of thousands of walks, beside a collector that works as fast as it can. */
    @ParameterizedTest
    @ValueSource(ints = {17, 25})
    void walksInCriticalRegionsStopNoCollector(int version) throws IOException {
        Jdk jdk = Jdks.of(version);
        for (String collector : List.of("-XX:+UseG1GC", "-XX:+UseSerialGC", "-XX:+UseParallelGC", "-XX:+UseZGC")) {
            Path dir = Ground.run("native-critical-" + version + collector);
            Path gc = dir.resolve("gc.log");
            try (Jvm jvm = Programs.nativeStacks(jdk, dir, List.of(collector, "-Xmx96m", "-Xlog:gc:file=" + gc, agent(dir)),
                    "critical", "700").start()) {
                assertThat(jvm.awaitExit(Duration.ofSeconds(40))).as(collector).isZero();
                // the VM itself may say that an allocation waited long for a critical region to end
                String last = jvm.outLines().get(jvm.outLines().size() - 1);
                long turns = Long.parseLong(last.substring("turns=".length()));
                assertThat(turns).as("turns beside " + collector).isGreaterThan(1000);
                assertThat(Files.readAllLines(gc).stream().filter(l -> l.contains(" GC(")).count()).as(collector).isGreaterThan(3);
                JsonNode held = owner(owners(new WeirJson(dir).exitSheet()), 7);
                assertThat(text(held, "native_stack")).endsWith(LIB + "Java_dev_weir_programs_NativeStacks_holdCritical");
                assertThat(text(held, "java_stack")).startsWith(PROGRAM + "holdCritical(Native Method)\n" + PROGRAM + "critical(");
            }
        }
    }

    /** Threads attach, take and detach while System.exit ends the VM under them. */
    @ParameterizedTest
    @MethodSource("jdks")
    void theVmEndsInTheMidstOfWalks(Jdk jdk) {
        for (int millis = 80; millis < 200; millis += 50) {
            Path dir = Ground.run("native-exit-" + jdk.version() + "-" + millis);
            try (Jvm jvm = Programs.nativeStacks(jdk, dir, List.of(agent(dir)), "exit", String.valueOf(millis)).start()) {
                assertThat(jvm.awaitExit(Wait.MINUTE)).as(jvm.err()).isEqualTo(7);
            }
        }
    }

    /** -Xcheck:jni warns, on the program's stdout, of each JNI call in a critical region: ours must not be among them. */
    @Test
    void underCheckJniNothingIsPrinted() {
        Path dir = Ground.run("native-check-jni");
        try (Jvm jvm = Programs.nativeStacks(Jdks.of(17), dir, List.of("-Xcheck:jni", agent(dir)), "critical", "200").start()) {
            assertThat(jvm.awaitExit(Wait.MINUTE)).isZero();
            assertThat(jvm.outLines()).hasSize(1).first().asString().startsWith("turns=");
            assertThat(new WeirJson(dir).start().path("hooks").path("native stacks").asText()).startsWith("without Java frames");
            JsonNode held = owner(owners(new WeirJson(dir).exitSheet()), 7);
            assertThat(text(held, "native_stack")).contains(LIB + "Java_dev_weir_programs_NativeStacks_holdCritical");
        }
    }
}
