// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Point;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * 16 threads at a limit that half of what they want would fill: no second without progress, nothing
 * counted wrong afterwards, a bounded rate of collections. -Dweir.stress.seconds=600 for a long run.
 */
class EnforceStressTest {
    private static final int SECONDS = Integer.getInteger("weir.stress.seconds", 20);
    private static final long LIMIT = 32L << 20;
    /** One collection at a time and a wait after each; ZGC counts a cycle and its three pauses. */
    private static final int COLLECTIONS_A_SECOND = 400;
    private static final Pattern LINE = Pattern.compile(
            "second \\d+ taken=(\\d+) refused=(\\d+) used=(\\d+) collections=(\\d+)");

    /** The program's counters at the end of one second. */
    private record Second(long taken, long refused, long collections) {
    }

    /** SECONDS each. */
    @ParameterizedTest(name = "JDK {0} {1} stacks={2}")
    @CsvSource({"17,G1,all", "25,G1,auto", "25,Z,all"})
    void countersAreExactAtTheLimit(int version, String collector, String stacks) {
        run(version, collector, stacks, SECONDS);
    }

    /** The other collectors, a quarter of it. */
    @ParameterizedTest(name = "JDK {0} {1} stacks={2}")
    @CsvSource({"17,Serial,auto", "17,Parallel,all", "17,Z,auto", "17,Shenandoah,all", "25,Shenandoah,auto"})
    void countersAreExactWithEachCollector(int version, String collector, String stacks) {
        run(version, collector, stacks, (SECONDS + 3) / 4);
    }

    private static void run(int version, String collector, String stacks, int seconds) {
        Jdk jdk = Jdks.of(version);
        Path dir = Ground.run("enforce-stress-" + version + "-" + collector);
        Jvm.Plan plan = Jvm.java(jdk, dir).add("-Xmx256m", "-XX:+Use" + collector + "GC");
        if (version >= 23) {
            plan.add("--sun-misc-unsafe-memory-access=allow");
        }
        plan.add(Ground.agentpath("mode=enforce,limit.task.off-heap=32m,interval=1s,stacks=" + stacks + ",dir=" + dir), "-cp",
                Ground.jar("programs.jar").toString(), "dev.weir.programs.EnforceStress", "16",
                String.valueOf(seconds), "8", "1000000");
        try (Jvm jvm = plan.start()) {
            WeirJson weir = new WeirJson(dir);
            jvm.awaitLine("^ready$", Wait.MINUTE);
            Sheet base = weir.freshSheet();
            jvm.say("go");
            jvm.awaitLine("^second 1 ", Wait.MINUTE);
            Point end = Point.parse(jvm.awaitLine("^end ", Duration.ofSeconds(2L * seconds + 90)));
            jvm.awaitLine("^strange=0$", Wait.MINUTE);
            checkProgress(jvm.outLines(), seconds, jdk + " " + collector + " stacks=" + stacks);
            checkEnd(end, weir, base);
            jvm.endStdin();
            assertThat(jvm.awaitExit(Wait.MINUTE)).isZero();
            assertThat(weir.events("breach")).anyMatch(e -> e.path("action").asText().equals("deny"));
        }
    }

    private static void checkProgress(List<String> lines, int count, String what) {
        List<Second> seconds = new ArrayList<>(List.of(new Second(0, 0, 0)));
        for (String line : lines) {
            Matcher m = LINE.matcher(line);
            if (m.matches()) {
                seconds.add(new Second(number(m, 1), number(m, 2), number(m, 4)));
            }
        }
        assertThat(seconds).hasSize(count + 1);
        for (int i = 1; i < seconds.size(); i++) {
            assertThat(seconds.get(i).taken()).as("taken in second " + i).isGreaterThan(seconds.get(i - 1).taken());
        }
        Second last = seconds.get(count);
        System.out.printf("%s: %d taken, %d refused, %.1f collections a second%n", what, last.taken(), last.refused(),
                (double) last.collections() / count);
        assertThat(last.refused()).isPositive();
        assertThat(last.collections()).isLessThan((long) COLLECTIONS_A_SECOND * count);
    }

    private static long number(Matcher m, int group) {
        return Long.parseLong(m.group(group));
    }

    private static void checkEnd(Point end, WeirJson weir, Sheet base) {
        Sheet sheet = weir.freshSheet();
        assertThat(end.directCount()).isZero();
        assertThat(sheet.kindBlocks("direct")).isZero();
        assertThat(sheet.kindBytes("direct")).isZero();
        assertThat(sheet.kindBlocks("unsafe")).isEqualTo(base.kindBlocks("unsafe"));
        assertThat(sheet.kindBytes("unsafe")).isEqualTo(base.kindBytes("unsafe"));
        assertThat(sheet.used("task.off-heap")).isEqualTo(base.used("task.off-heap"));
        assertThat(sheet.number("components", "task.off-heap", "peak")).as("the highest use ever")
                .isLessThanOrEqualTo(LIMIT);
        assertThat(sheet.number("agent", "stale") + sheet.number("agent", "untracked")).isZero();
    }
}
