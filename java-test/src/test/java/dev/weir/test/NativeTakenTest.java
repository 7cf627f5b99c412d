// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Shell;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Native memory that Java code takes through the JDK's zlib, or by a malloc that it looked up itself. */
class NativeTakenTest {
    private static final long DEFLATER = 268_208;
    private static final long INFLATER = 40_040;

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    private static Shell start(Jdk jdk, String name, String jars, String limit, String... options) {
        Path dir = Ground.run(name + "-" + jdk.version());
        return Shell.of(Jvm.java(jdk, dir).add("-Xmx256m", "-Xcheck:jni").add(options)
                .add(Ground.agentpath("limit.task.off-heap=" + limit + ",interval=1s,dir=" + dir)).add("-cp", Ground.jar("programs.jar") + jars)
                .add("dev.weir.programs.NativeShell").start(), dir);
    }

    private static long taken(JsonNode sheet, String component) {
        return sheet.path("components").path(component).path("by_kind").path("native").asLong();
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void deflatersThatAreNeverEndedHaveAnOwner(Jdk jdk) {
        try (Shell shell = start(jdk, "zlib", "", "1g")) {
            assertThat(shell.weir().start().path("hooks").path("zlib").asText()).isEqualTo("ok");
            long before = jdk.version() == 25 ? inUse(jdk, shell) : 0;
            shell.ok("deflaters 400");
            shell.ok("inflaters 100");
            JsonNode sheet = shell.weir().freshSheet().json();
            assertThat(taken(sheet, "task.off-heap")).isEqualTo(400 * DEFLATER + 100 * INFLATER);
            JsonNode owner = sheet.path("owners").get(0);
            assertThat(owner.path("kind").asText()).isEqualTo("native");
            assertThat(owner.path("bytes").asLong()).isEqualTo(400 * DEFLATER);
            assertThat(owner.path("java_stack").toString()).contains("java.util.zip.Deflater.init(Native Method)",
                    "dev.weir.programs.NativeShell.deflaters(NativeShell.java:");
            if (jdk.version() == 25) { // the only one that tells what malloc itself says
                assertThat((double) inUse(jdk, shell) - before).isCloseTo(400.0 * DEFLATER + 100 * INFLATER, within(0.03 * 400 * DEFLATER));
            }
            shell.ok("classes");
            assertThat(taken(shell.weir().freshSheet().json(), "task.off-heap")).as("an archive's inflater is the JVM's")
                    .isEqualTo(400 * DEFLATER + 100 * INFLATER);
            shell.ok("end");
            JsonNode after = shell.weir().freshSheet().json();
            assertThat(taken(after, "task.off-heap")).isZero();
            assertThat(after.path("agent").path("unknown_frees").asLong()).isZero();
            shell.end();
            assertThat(shell.jvm().out()).doesNotContain("WARNING", "FATAL");
        }
    }

    /** Diagnosis 9: whose streams fill the share, in the first line that says that it is full. */
    @Test
    void deflatersThatFillAShareAreNamedWithTheirCaller() {
        try (Shell shell = start(Jdks.of(17), "zlib-share", "", "32m")) {
            shell.ok("deflaters 130");
            JsonNode breach = shell.weir().await("breach", Wait.MINUTE, e -> e.path("component").asText().equals("task.off-heap"));
            assertThat(breach.path("diagnosis").get(0).path("id").asText()).isEqualTo("native-growth");
            assertThat(breach.path("diagnosis").get(0).path("text").asText()).containsPattern(
                    "java.util.zip.Deflater.init has 3[0-9.]+ MiB in 1[0-9]+ live blocks, [0-9]+ % of the row's .* native.*, called by "
                            + "dev.weir.programs.NativeShell.deflaters:\\d+ \\[programs.jar]");
            assertThat(shell.jvm().err()).containsPattern(
                    "WARN  weir - task.off-heap over its declared share: .*: native memory, outside the JVM's own limits");
            shell.end();
        }
    }

    /** What glibc has given out, by malloc_info(3). */
    private static long inUse(Jdk jdk, Shell shell) {
        Tool.Result result = Tool.run(List.of(jdk.home().resolve("bin/jcmd").toString(), String.valueOf(shell.jvm().pid()), "System.native_heap_info"),
                Map.of());
        String total = result.out().substring(result.out().lastIndexOf("</heap>"));
        long bytes = 0;
        Matcher m = Pattern.compile("<(\\w+) type=\"(\\w+)\"(?: count=\"\\d+\")? size=\"(\\d+)\"").matcher(total);
        while (m.find()) {
            long size = Long.parseLong(m.group(3));
            String what = m.group(1) + " " + m.group(2);
            bytes += what.equals("system current") || what.equals("total mmap") ? size
                    : what.equals("total fast") || what.equals("total rest") ? -size : 0;
        }
        return bytes;
    }

    /** Netty 4.2 on a JDK that lets it: neither the pool nor its bean knows of these bytes. */
    @Test
    void nettysOwnMallocIsCountedToTheByte() {
        Jdk jdk = Jdks.of(25);
        String jars = ":" + Ground.jar("netty-buffer-4.2.20.Final.jar") + ":" + Ground.jar("netty-common-4.2.20.Final.jar");
        try (Shell shell = start(jdk, "netty-malloc", jars, "20m", "--enable-native-access=ALL-UNNAMED")) {
            assertThat(shell.weir().start().path("hooks").path("ffm").asText()).isEqualTo("ok");
            long held = Long.parseLong(shell.ok("buffers 37 1000003"));
            assertThat(held).isEqualTo(37 * 1_000_003L);
            JsonNode sheet = shell.weir().freshSheet().json();
            assertThat(taken(sheet, "task.off-heap")).isEqualTo(held);
            assertThat(sheet.path("components").path("task.off-heap").path("by_kind").path("direct").asLong()).as("a trial of Netty's").isLessThan(1000);
            assertThat(sheet.path("owners").get(0).path("java_stack").toString()).contains("io.netty.util.internal.CleanerJava24Linker.malloc",
                    "dev.weir.programs.NativeShell$Buffers.take(NativeShell.java:");
            JsonNode breach = shell.weir().await("breach", Wait.MINUTE, e -> e.path("component").asText().equals("task.off-heap"));
            assertThat(breach.path("diagnosis").get(0).path("text").asText())
                    .contains("allocated by netty 4.2 through malloc: inside the container, outside MaxDirectMemorySize;");
            assertThat(sheet.path("netty_malloc").path("bytes").asLong()).isEqualTo(held);
            assertThat(shell.ok("release 36")).isEqualTo("1000003");
            JsonNode after = shell.weir().freshSheet().json();
            assertThat(taken(after, "task.off-heap")).isEqualTo(1_000_003);
            assertThat(after.path("agent").path("unknown_frees").asLong()).isZero();
            shell.end();
            assertThat(shell.jvm().out()).doesNotContain("WARNING", "FATAL");
        }
    }
}
