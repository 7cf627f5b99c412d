// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Attach;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Shell;
import dev.weir.test.ground.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What native libraries take, to the byte: by malloc, operator new and mmap, under the C library's allocator and under others. */
class NativeHeapTest {
    private static final String ONE = "libjniheapone.so";
    private static final String TWO = "libjniheaptwo.so";
    private static final int EACH = 997;

    /** Every JDK with glibc's malloc; the oldest of Flink's images and the newest with the two that are preloaded. */
    static Stream<Arguments> places() {
        Stream<Arguments> plain = Jdks.all().stream().map(jdk -> Arguments.of(jdk, ""));
        Stream<Arguments> others = Stream.of(17, 25).flatMap(version -> Stream.of("libjemalloc.so.2", "libtcmalloc_minimal.so.4")
                .map(allocator -> Arguments.of(Jdks.of(version), allocator)));
        return Stream.concat(plain, others);
    }

    private static String preloaded(String allocator) {
        try (Stream<Path> dirs = Files.list(Path.of("/usr/lib"))) {
            return dirs.map(dir -> dir.resolve(allocator)).filter(Files::exists).findFirst()
                    .orElseThrow(() -> new AssertionError(allocator + " is missing; see scripts/deps.sh test")).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Jvm.Plan plan(Jdk jdk, Path dir, String... options) {
        Jvm.Plan plan = Jvm.java(jdk, dir).add("-Xmx256m").add(options);
        if (jdk.version() > 23) {
            plan.add("--enable-native-access=ALL-UNNAMED");
        }
        return plan.add("-cp", Ground.jar("programs.jar").toString()).add("dev.weir.programs.HeapShell",
                Ground.heapLibrary("one").toString(), Ground.heapLibrary("two").toString());
    }

    private static Shell start(Jdk jdk, String name, String allocator, String options) {
        Path dir = Ground.run(name + "-" + jdk.version() + allocator);
        Jvm.Plan plan = plan(jdk, dir, Ground.agentpath("limit.task.off-heap=2g,interval=1s,dir=" + dir + options));
        if (!allocator.isEmpty()) {
            plan.env("LD_PRELOAD", preloaded(allocator));
        }
        return Shell.of(plan.start(), dir);
    }

    private static JsonNode native_(Shell shell) {
        return shell.weir().freshSheet().json().path("native");
    }

    private static JsonNode library(JsonNode sheet, String name) {
        for (JsonNode library : sheet.path("native").path("libraries")) {
            if (library.path("name").asText().equals(name)) {
                return library;
            }
        }
        throw new AssertionError("no " + name + " in " + sheet.path("native"));
    }

    private static void holds(JsonNode sheet, String name, long bytes, long blocks) {
        assertThat(library(sheet, name).path("bytes").asLong()).as(name).isEqualTo(bytes);
        assertThat(library(sheet, name).path("blocks").asLong()).as(name).isEqualTo(blocks);
    }

    private static void nothingOdd(JsonNode sheet) {
        assertThat(sheet.path("agent").path("stale").asLong()).as("stale").isZero();
        assertThat(sheet.path("agent").path("untracked").asLong()).as("untracked").isZero();
        assertThat(sheet.path("native").path("unknown_frees").asLong()).as("unknown frees").isZero();
        assertThat(sheet.path("native").path("left_out").asLong()).as("left out").isZero();
        assertThat(sheet.path("native").has("trouble")).isFalse();
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("places")
    void sumsAreExact(Jdk jdk, String allocator) {
        try (Shell shell = start(jdk, "heap", allocator, "")) {
            assertThat(shell.weir().start().path("hooks").path("native").asText()).isEqualTo("ok");
            long one = Long.parseLong(shell.ok("take " + EACH));
            long two = Long.parseLong(shell.ok("other 101"));
            JsonNode sheet = shell.weir().freshSheet().json();
            holds(sheet, ONE, one, 11 * EACH);
            holds(sheet, TWO, two, 101);
            assertThat(library(sheet, ONE).path("component").asText()).isEqualTo("task.off-heap");
            JsonNode row = sheet.path("components").path("task.off-heap");
            assertThat(row.path("by_kind").path("native").asLong()).isEqualTo(one + two);
            assertThat(row.path("used").asLong()).isGreaterThanOrEqualTo(one + two);
            nothingOdd(sheet);
            assertThat(shell.ok("throws")).isEqualTo("true");
            assertThat(shell.ok("fork")).isEqualTo("23");
            long nothings = Long.parseLong(shell.ok("change 100"));
            shell.ok("threads 4 20000");
            sheet = shell.weir().freshSheet().json();
            holds(sheet, ONE, one, 11 * EACH);
            shell.ok("give");
            sheet = shell.weir().freshSheet().json();
            holds(sheet, ONE, 0, 0);
            holds(sheet, TWO, 0, 0);
            assertThat(library(sheet, ONE).path("peak").asLong()).isGreaterThanOrEqualTo(one);
            assertThat(nothings).as("realloc(p, 0) answers null in all of them").isZero();
            nothingOdd(sheet);
            shell.end();
            assertThat(shell.jvm().out()).doesNotContain("WARNING", "FATAL");
        }
    }

    /** Loaded, used and unloaded while its slots are written and given up: nothing holds it, and no sum is off. */
    @Test
    void librariesCanBeUnloadedAsBefore() {
        Jdk jdk = Jdks.of(17);
        try (Shell shell = start(jdk, "heap-guests", "", "")) {
            long held = Long.parseLong(shell.ok("take 7"));
            long until = System.nanoTime() + 3_000_000_000L;
            for (int i = 0; System.nanoTime() < until; i++) {
                assertThat(shell.ok("visit " + Ground.heapLibrary("guest") + " 50")).isEqualTo("50");
            }
            JsonNode sheet = shell.weir().freshSheet().json();
            holds(sheet, ONE, held, 77);
            assertThat(sheet.path("agent").path("stale").asLong()).isZero();
            assertThat(sheet.path("native").path("left_out").asLong()).isZero();
            shell.ok("give");
            holds(shell.weir().freshSheet().json(), ONE, 0, 0);
            shell.end();
        }
    }

    /** Blocks from before are unknown frees and no error. */
    @Test
    void attachedItCountsFromThenOn() {
        Jdk jdk = Jdks.of(17);
        Path dir = Ground.run("heap-attach");
        try (Shell shell = Shell.of(plan(jdk, dir).start(), dir)) {
            shell.ok("take 3");
            try (Attach attach = new Attach(shell.jvm(), dir)) {
                attach.ok("limit.task.off-heap=2g,interval=1s,dir=" + dir);
            }
            assertThat(native_(shell).path("bytes").asLong()).isZero();
            shell.ok("give");
            assertThat(native_(shell).path("unknown_frees").asLong()).as("but for the pages").isEqualTo(30);
            long held = Long.parseLong(shell.ok("take 5"));
            holds(shell.weir().freshSheet().json(), ONE, held, 55);
            shell.ok("give");
            holds(shell.weir().freshSheet().json(), ONE, 0, 0);
            shell.end();
        }
    }

    @Test
    void theOptionNamesLibrariesOrNone() {
        Jdk jdk = Jdks.of(17);
        try (Shell shell = start(jdk, "heap-two", "", ",native=jniheaptwo")) {
            shell.ok("take 3");
            long two = Long.parseLong(shell.ok("other 5"));
            JsonNode sheet = shell.weir().freshSheet().json();
            holds(sheet, TWO, two, 5);
            assertThat(sheet.path("native").path("bytes").asLong()).isEqualTo(two);
            shell.end();
        }
        try (Shell shell = start(jdk, "heap-off", "", ",native=off")) {
            assertThat(shell.weir().start().path("hooks").path("native").asText()).startsWith("off by option native");
            shell.ok("take 3");
            assertThat(shell.weir().freshSheet().json().has("native")).isFalse();
            shell.end();
        }
    }

    /** Only where it is asked for, and only of libraries that are named. */
    @Test
    void beyondTheLimitMallocFailsWhereItIsAskedFor() {
        Path dir = Ground.run("heap-deny");
        String options = "mode=enforce,limit.task.off-heap=16m,deny=task.off-heap+native,interval=1s,dir=" + dir;
        try (Shell shell = Shell.of(plan(Jdks.of(17), dir, Ground.agentpath(options + ",deny-native=jniheap")).start(), dir)) {
            assertThat(shell.weir().start().path("hooks").path("native").asText()).startsWith("ok; denied memory are only libraries with jniheap");
            shell.ok("take 1"); // whose the library is
            assertThat(Integer.parseInt(shell.ok("until 1000000"))).isEqualTo(16);
            JsonNode breach = shell.weir().await("breach", Wait.MINUTE, e -> e.path("action").asText().equals("deny"));
            assertThat(breach.path("component").asText()).isEqualTo("task.off-heap");
            assertThat(breach.path("kind").asText()).isEqualTo("native");
            assertThat(breach.path("requested").asLong()).isEqualTo(1_000_000);
            assertThat(breach.path("java_stack").toString()).contains("dev.weir.programs.HeapShell.until(HeapShell.java:");
            shell.ok("give");
            assertThat(Integer.parseInt(shell.ok("until 1000000"))).isEqualTo(16);
            shell.end();
        }
    }

    @Test
    void itsOwnersHaveTheJavaCallerWhereEveryCallIsWalked() {
        try (Shell shell = start(Jdks.of(17), "heap-all", "", ",stacks=all")) {
            long one = Long.parseLong(shell.ok("take 11"));
            JsonNode sheet = shell.weir().freshSheet().json();
            holds(sheet, ONE, one, 121);
            long owned = 0;
            for (JsonNode owner : sheet.path("owners")) {
                if (!owner.path("source").asText().equals(ONE)) {
                    continue; // the JDK's own inflater
                }
                assertThat(owner.path("native_stack").toString()).contains("Java_dev_weir_programs_HeapShell_00024One_take");
                assertThat(owner.path("java_stack").toString()).contains("dev.weir.programs.HeapShell.take(HeapShell.java:");
                owned += owner.path("bytes").asLong();
            }
            assertThat(owned).as("five of eleven ways").isBetween(one / 3, one);
            shell.ok("give");
            holds(shell.weir().freshSheet().json(), ONE, 0, 0);
            nothingOdd(shell.weir().freshSheet().json());
            shell.end();
        }
    }
}
