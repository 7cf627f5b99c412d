// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * stacks=auto in a storm of small blocks: every byte is counted exactly, walking stays cheap, and the estimates of whose the
 * unwalked bytes are come out near the truth.
 */
class SampledTruthTest {
    private static final int BLOCKS = 200_000;
    private static final long HELD = 512L * BLOCKS;
    /** What the JDK itself may hold through Unsafe, and the one block that the storm has in hand. */
    private static final long OTHER = 65_536;

    static Stream<Jdk> jdks() {
        return Jdks.all().stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void bytesAreExactAndSharesAreEstimated(Jdk jdk) throws IOException {
        Path dir = Ground.run("sampled-" + jdk.version());
        Path rules = dir.resolve("weir.rules");
        Files.writeString(rules, "dev.weir.programs.Sampled$Alpha = managed\ndev.weir.programs.Sampled$Beta = network\n");
        List<String> options = List.of(Ground.agentpath("limit.task.off-heap=1g,interval=1s,rules=" + rules + ",dir=" + dir));
        try (Jvm jvm = Programs.sampled(jdk, dir, options).start()) {
            WeirJson weir = new WeirJson(dir);
            jvm.awaitLine("^held ", Wait.MINUTE);
            checkHeld(weir.freshSheet());
            jvm.say("on");
            jvm.awaitLine("^freed", Wait.MINUTE);
            checkFreed(weir.freshSheet());
            jvm.say("on");
            assertThat(jvm.awaitExit(Wait.MINUTE)).isZero();
        }
    }

    private static void checkHeld(Sheet sheet) {
        long undecided = sheet.used("undecided");
        assertThat(all(sheet)).as("bytes of all rows").isBetween(HELD, HELD + OTHER);
        assertThat(undecided).as("most of the blocks were not walked").isGreaterThan(HELD / 2);
        assertThat(estimated(sheet, "managed") + estimated(sheet, "network") + estimated(sheet, "task.off-heap")
                + estimated(sheet, "framework.off-heap")).as("estimates sum to the row").isEqualTo(undecided);
        double alpha = sheet.used("managed") + estimated(sheet, "managed");
        assertThat(alpha / HELD).as("Alpha's share, in truth 0.75").isCloseTo(0.75, within(0.15));
        assertThat(sheet.json().at("/agent/walk_share").asDouble()).as("of one CPU").isLessThan(0.03);
        assertThat(sheet.number("agent", "walk_mean")).isGreaterThan(64);
    }

    private static void checkFreed(Sheet sheet) {
        assertThat(all(sheet)).isLessThan(OTHER);
        assertThat(sheet.number("agent", "stale")).isZero();
        assertThat(sheet.number("agent", "untracked")).isZero();
    }

    private static long all(Sheet sheet) {
        return Stream.of("managed", "network", "task.off-heap", "framework.off-heap", "undecided")
                .mapToLong(sheet::used).sum();
    }

    private static long estimated(Sheet sheet, String component) {
        return sheet.json().at("/components/" + component + "/estimated").asLong();
    }
}
