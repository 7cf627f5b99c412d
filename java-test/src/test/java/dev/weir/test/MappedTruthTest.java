// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The row "mapped" against BufferPoolMXBean "mapped", the program's own books and the kernel, on every
 * JDK at hand: pieces of files of odd sizes and positions, mapped as buffers and as segments, given
 * back by the program and by the collector, after four threads passed the same addresses around.
 */
class MappedTruthTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int SEGMENTS_FROM = 22; // FileChannel.map with an Arena is final

    /** A line of MappedFiles at a quiescent point. */
    private record Point(String name, long count, long used, long capacity, long ownCount, long ownCapacity,
            long pages) {
        private static final Pattern LINE = Pattern.compile("(\\S+) count=(\\d+) used=(\\d+) capacity=(\\d+)"
                + " own_count=(\\d+) own_capacity=(\\d+) pages=(\\d+)");

        static Point parse(String line) {
            Matcher m = LINE.matcher(line);
            assertThat(m.matches()).as(line).isTrue();
            return new Point(m.group(1), number(m, 2), number(m, 3), number(m, 4), number(m, 5), number(m, 6),
                    number(m, 7));
        }

        private static long number(Matcher m, int group) {
            return Long.parseLong(m.group(group));
        }
    }

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void figuresAreThoseOfTheVmAndOfTheProgram(Jdk jdk) {
        Path dir = Ground.run("mapped-" + jdk.version());
        try (Jvm jvm = files(jdk, dir, 4000, "limit.mapped=1g,interval=1s,dir=" + dir).start()) {
            WeirJson weir = new WeirJson(dir);
            assertThat(weir.start().path("hooks").path("mapped").asText()).isEqualTo("ok");
            for (String name : points(jdk)) {
                Point point = Point.parse(jvm.awaitLine("^" + name + " ", LIMIT));
                check(point, weir.freshSheet());
                jvm.say("on");
            }
            assertThat(jvm.awaitExit(Wait.MINUTE)).isZero();
            assertThat(jvm.outLines()).endsWith("done");
            assertThat(weir.exitSheet().used("mapped")).isZero();
            assertThat(weir.events("breach")).isEmpty();
        }
    }

    private static List<String> points(Jdk jdk) {
        List<String> names = new ArrayList<>(List.of("base", "held-buffer", "freed-buffer"));
        if (jdk.version() >= SEGMENTS_FROM) {
            names.addAll(List.of("held-segment", "freed-segment", "held-auto-segment", "freed-auto-segment"));
        }
        names.add("copied");
        return names;
    }

    /** Equal to the bean byte for byte: both add up what mmap was asked for, from the page border on. */
    private static void check(Point point, Sheet sheet) {
        assertThat(point.ownCount()).as(point.name()).isEqualTo(point.name().startsWith("held") ? 90 : 0);
        assertThat(point.count()).as("the bean's count").isEqualTo(point.ownCount());
        assertThat(point.capacity()).as("the bean's capacity").isEqualTo(point.ownCapacity());
        assertThat(sheet.blocks("mapped")).as("blocks at " + point.name()).isEqualTo(point.count());
        assertThat(sheet.used("mapped")).as("bytes at " + point.name()).isEqualTo(point.used());
        assertThat(sheet.used("mapped", "mapped")).as("of kind mapped").isEqualTo(point.used());
        assertThat(point.pages() - sheet.used("mapped")).as("what the kernel maps more, in whole pages")
                .isBetween(0L, point.count() * (pageSize() - 1));
        assertThat(sheet.used("undecided")).isZero();
        for (String trouble : List.of("stale", "untracked", "unknown_frees")) {
            assertThat(sheet.number("agent", trouble)).as(trouble).isZero();
        }
        if (point.count() > 0) {
            checkOwner(sheet, point.used());
        }
    }

    private static void checkOwner(Sheet sheet, long bytes) {
        long owned = 0;
        for (JsonNode owner : sheet.json().path("owners")) {
            if (owner.path("component").asText().equals("mapped")) {
                owned += owner.path("bytes").asLong();
                assertThat(owner.path("kind").asText()).isEqualTo("mapped");
                assertThat(owner.path("source").asText()).isEqualTo("programs.jar");
                assertThat(owner.path("java_stack").toString()).contains("sun.nio.ch.FileChannelImpl.map(",
                        "dev.weir.programs.MappedFiles.hold(");
            }
        }
        assertThat(owned).as("bytes of the owners").isEqualTo(bytes);
    }

    /** limit.mapped is a declared share; nothing else bounds the row, and it is in no budget. */
    @ParameterizedTest
    @MethodSource("jdks")
    void aLimitIsADeclaredShare(Jdk jdk) {
        Path dir = Ground.run("mapped-limit-" + jdk.version());
        try (Jvm jvm = files(jdk, dir, 0, "limit.mapped=8m,limit.task.off-heap=1m,dir=" + dir).start()) {
            for (String name : points(jdk)) {
                jvm.awaitLine("^" + name + " ", LIMIT);
                jvm.say("on");
            }
            assertThat(jvm.awaitExit(Wait.MINUTE)).isZero();
            List<JsonNode> breaches = new WeirJson(dir).events("breach");
            assertThat(breaches).isNotEmpty()
                    .allSatisfy(b -> assertThat(b.path("component").asText()).isEqualTo("mapped"));
            JsonNode first = breaches.get(0);
            assertThat(first.path("level").asText()).isEqualTo("warn");
            assertThat(first.path("kind").asText()).isEqualTo("mapped");
            assertThat(first.path("declared").asBoolean()).isTrue();
            assertThat(first.path("limit").asLong()).isEqualTo(8 << 20);
            assertThat(first.path("used").asLong() + first.path("requested").asLong()).isGreaterThan(9 << 20);
            assertThat(first.path("source").asText()).isEqualTo("programs.jar");
            assertThat(jvm.err()).contains("mapped over its declared share: ", " of 8.0 MiB, ",
                    "at dev.weir.programs.MappedFiles.hold(");
        }
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void withoutTheHookTheRowIsNotMeasured(Jdk jdk) {
        Path dir = Ground.run("mapped-off-" + jdk.version());
        try (Jvm jvm = files(jdk, dir, 0, "limit.mapped=1m,hooks=unsafe,interval=1s,dir=" + dir).start()) {
            jvm.awaitLine("^base ", LIMIT);
            jvm.say("on");
            jvm.awaitLine("^held-buffer ", LIMIT);
            WeirJson weir = new WeirJson(dir);
            JsonNode row = weir.freshSheet().json().path("components").path("mapped");
            assertThat(row.path("used").isNull()).as(row.toString()).isTrue();
            assertThat(row.path("note").asText()).contains("not measured");
            assertThat(weir.start().path("hooks").path("mapped").asText()).contains("off by option hooks");
            assertThat(weir.events("breach")).isEmpty();
        }
    }

    private static Jvm.Plan files(Jdk jdk, Path dir, int rounds, String options) {
        Jvm.Plan plan = Jvm.java(jdk, dir).add("-Xmx256m");
        if (jdk.version() >= 23) {
            plan.add("--sun-misc-unsafe-memory-access=allow"); // the JDK itself warns about sun.misc.Unsafe
        }
        return plan.add(Ground.agentpath(options), "-cp", Ground.jar("programs.jar").toString(),
                "dev.weir.programs.MappedFiles", dir.toString(), "4", String.valueOf(rounds));
    }

    private static long pageSize() {
        return Long.parseLong(Tool.run(List.of("getconf", "PAGESIZE"), Map.of()).out().trim());
    }
}
