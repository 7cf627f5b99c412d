// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Attach;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Shell;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RocksDB's native objects, opened and closed by a program that knows how many: the RocksDB that Flink ships. */
class RocksHandlesTest {
    private static final String OPTIONS = "limit.managed=1g,interval=1s,dir=";

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    /** The jar of the version that the Flink of this JDK would have. */
    private static Path library(Jdk jdk) {
        return Ground.jar(jdk.version() < 21 ? "frocksdbjni-6.20.3-ververica-2.0.jar" : "frocksdbjni-8.10.0-ververica-1.0.jar");
    }

    private static Jvm.Plan plan(Jdk jdk, Path dir, String... options) {
        Jvm.Plan plan = Jvm.java(jdk, dir).add("-Xmx256m").add(options);
        if (jdk.version() > 23) {
            plan.add("--enable-native-access=ALL-UNNAMED");
        }
        return plan.add("-cp", Ground.jar("programs.jar") + ":" + library(jdk)).add("dev.weir.programs.RocksShell",
                dir.resolve("db").toString());
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void opensAndClosesAreExactAndWhoLeftThemOpenIsNamed(Jdk jdk) {
        Path dir = Ground.run("handles-" + jdk.version());
        try (Shell shell = Shell.of(plan(jdk, dir, "-Xcheck:jni", Ground.agentpath(OPTIONS + dir)).start(), dir)) {
            assertThat(shell.weir().start().path("hooks").path("handles").asText()).isEqualTo("ok");
            shell.ok("open 16 8");
            shell.ok("fill 2000");
            shell.ok("iterate 500");
            shell.ok("iterators 3");
            shell.ok("descriptors 7");
            shell.ok("snapshots 11");
            JsonNode handles = handles(shell);
            assertCounts(handles, "RocksDB", 1, 0);
            assertCounts(handles, "ColumnFamilyHandle", 2, 0);
            assertCounts(handles, "ColumnFamilyOptions", 8, 0);
            assertCounts(handles, "RocksIterator", 503, 500);
            assertCounts(handles, "LRUCache", 1, 0);
            assertCounts(handles, "WriteBufferManager", 1, 0);
            JsonNode top = handles.path("open_by").get(0);
            assertThat(top.path("class").asText()).isEqualTo("ColumnFamilyOptions");
            assertThat(top.path("open").asInt()).isEqualTo(7);
            assertThat(top.path("creator").asText()).startsWith("dev.weir.programs.RocksShell.descriptors(RocksShell.java:");
            assertThat(top.path("java_stack").get(0).asText()).isEqualTo("org.rocksdb.ColumnFamilyHandle.getDescriptor(Native Method)");
            assertThat(handles.path("caches").get(0).path("cache").asLong()).isEqualTo(16L << 20);
            assertThat(handles.path("caches").get(0).path("write_buffers").asLong()).isEqualTo(8L << 20);
            shell.ok("close");
            JsonNode after = handles(shell);
            assertThat(after.path("databases").asInt()).isZero();
            assertCounts(after, "RocksIterator", 503, 503);
            assertCounts(after, "ColumnFamilyOptions", 8, 1);
            assertThat(after.path("cache_count").asInt()).isZero();
            assertThat(after.path("unknown_closed").asInt()).isZero();
            assertThat(after.path("stale").asInt() + after.path("lost").asInt()).isZero();
            shell.end();
            assertThat(shell.jvm().out()).doesNotContain("WARNING", "FATAL");
        }
    }

    /** The library's live bytes against RocksDB's own report: memtables, then a full block cache. */
    @ParameterizedTest
    @ValueSource(ints = {17, 25})
    void liveBytesAreWhatRocksDbReports(int version) {
        Jdk jdk = Jdks.of(version);
        Path dir = Ground.run("rocks-truth-" + jdk.version());
        try (Shell shell = Shell.of(plan(jdk, dir, Ground.agentpath(OPTIONS + dir)).start(), dir)) {
            shell.ok("open 64 0");
            shell.ok("fill 50000");
            assertLive(shell, 50L << 20);
            shell.ok("flush");
            assertThat(shell.ok("read 50000")).isEqualTo("50000");
            assertLive(shell, 45L << 20);
            shell.ok("close");
            assertThat(shell.weir().freshSheet().json().path("components").path("managed").path("by_kind").path("native").asLong())
                    .as("what the library keeps for itself").isLessThan(1L << 20);
            shell.end();
        }
    }

    private static void assertLive(Shell shell, long atLeast) {
        double reported = Double.parseDouble(shell.ok("reported"));
        assertThat(reported).isGreaterThan(atLeast);
        double live = shell.weir().freshSheet().json().path("components").path("managed").path("by_kind").path("native").asDouble();
        assertThat(live / reported).isCloseTo(1, within(0.03));
    }

    /** Natives that were called before weir came have wrappers from then on. */
    @ParameterizedTest
    @ValueSource(ints = {17, 25})
    void attachedItSeesWhatIsOpenedFromThenOn(int version) {
        Jdk jdk = Jdks.of(version);
        Path dir = Ground.run("handles-attach-" + jdk.version());
        String[] options = jdk.version() >= 21 ? new String[] {"-XX:+EnableDynamicAgentLoading", "-Xcheck:jni"} : new String[] {"-Xcheck:jni"};
        try (Shell shell = Shell.of(plan(jdk, dir, options).start(), dir)) {
            shell.ok("open 16 0");
            shell.ok("iterators 2");
            shell.ok("iterate 10");
            try (Attach attach = new Attach(shell.jvm(), dir)) {
                attach.ok(OPTIONS + dir);
            }
            shell.ok("iterators 5");
            shell.ok("iterate 100");
            JsonNode handles = handles(shell);
            assertCounts(handles, "RocksIterator", 105, 100);
            assertThat(handles.path("open_by").get(0).path("open").asInt()).isEqualTo(5);
            shell.ok("close");
            JsonNode after = handles(shell);
            assertCounts(after, "RocksIterator", 105, 105);
            assertThat(after.path("unknown_closed").asInt()).as("2 iterators, 2 column families, database, cache and 2 options, and what the "
                    + "library keeps itself").isBetween(8, 10);
            shell.end();
            assertThat(shell.jvm().out()).doesNotContain("WARNING", "FATAL");
        }
    }

    private static JsonNode handles(Shell shell) {
        return shell.weir().freshSheet().json().path("handles");
    }

    private static void assertCounts(JsonNode handles, String name, int opened, int closed) {
        for (JsonNode c : handles.path("classes")) {
            if (c.path("class").asText().equals(name)) {
                assertThat(c.path("opened").asInt()).as(name + " opened").isEqualTo(opened);
                assertThat(c.path("closed").asInt()).as(name + " closed").isEqualTo(closed);
                return;
            }
        }
        throw new AssertionError("no " + name + " in " + handles);
    }
}
