// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Programs;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of class loaders has 16,384 places. */
class ManyLoadersTest {
    private static final int NEARLY_FULL = 14_000;
    private static final int TOO_MANY = 17_000;
    private static final int PLACES = 16_384;
    private static final String FOREIGN = "framework.off-heap"; // where the code of such loaders belongs

    static Stream<Jdk> jdks() {
        return Jdks.all().stream();
    }

    /** Twice as many as nearly fill it, one half after the other: the dead make room. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void placesOfDeadLoadersAreUsedAgain(Jdk jdk) {
        Path dir = Ground.run("many-loaders-" + jdk.version());
        try (Jvm jvm = Programs.manyLoaders(jdk, dir, agent(dir), NEARLY_FULL).start()) {
            WeirJson weir = new WeirJson(dir);
            jvm.awaitLine("^held", Wait.MINUTE);
            check(weir.freshSheet(), NEARLY_FULL);
            jvm.say("on");
            jvm.awaitLine("^dropped", Wait.MINUTE);
            weir.awaitSheet("the buffers are gone", Wait.MINUTE, s -> s.blocks(FOREIGN) < 100);
            weir.freshSheet(); // a tick lies between
            weir.freshSheet();
            jvm.say("on");
            jvm.awaitLine("^held " + NEARLY_FULL, Wait.MINUTE);
            Sheet sheet = weir.freshSheet();
            check(sheet, NEARLY_FULL);
            assertThat(sheet.number("agent", "dropped", "stacks")).isZero();
            jvm.say("on");
            assertThat(jvm.awaitExit(Wait.MINUTE)).isZero();
        }
    }

    /** All of them alive: those beyond have no identity, which is said, and their bytes are where they belong. */
    @Test
    void loadersBeyondTheTableAreJudgedRight() {
        Path dir = Ground.run("too-many-loaders");
        try (Jvm jvm = Programs.manyLoaders(Jdks.of(17), dir, agent(dir), TOO_MANY).start()) {
            jvm.awaitLine("^held", Wait.MINUTE);
            Sheet sheet = new WeirJson(dir).freshSheet();
            check(sheet, TOO_MANY);
            assertThat(sheet.number("agent", "dropped", "stacks")).isGreaterThanOrEqualTo(TOO_MANY - PLACES);
        }
    }

    private static List<String> agent(Path dir) {
        return List.of(Ground.agentpath("mode=observe,stacks=all,limit.task.off-heap=1g,interval=1s,dir=" + dir));
    }

    private static void check(Sheet sheet, int loaders) {
        assertThat(sheet.blocks(FOREIGN)).isBetween((long) loaders, loaders + 20L);
        assertThat(sheet.used("task.off-heap")).isZero();
        assertThat(sheet.used("undecided")).isZero();
    }
}
