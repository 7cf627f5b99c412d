// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Point;
import dev.weir.test.ground.Programs;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The agent's figures against the VM's bean and the program's own books, on every collector of every
 * JDK at hand, at quiescence, with callers that C2 compiled.
 */
class DirectTruthTest {
    private static final int WARM_UP = 40_000;
    private static final Duration LIMIT = Duration.ofMinutes(2);
    /** What the JDK itself may hold through Unsafe (buffers of its file system calls). */
    private static final long JDK_OWN_UNSAFE = 65_536;

    static Stream<Arguments> jdksAndCollectors() {
        return Jdks.all().stream()
                .flatMap(jdk -> jdk.collectors().stream().map(collector -> Arguments.of(jdk, collector)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("jdksAndCollectors")
    void figuresAreThoseOfTheVmAndOfTheProgram(Jdk jdk, String collector) throws IOException {
        Path dir = Ground.run("direct-" + jdk.version() + "-" + collector);
        List<String> options = List.of("-XX:+Use" + collector + "GC",
                "-Xlog:jit+compilation=debug:file=" + dir.resolve("compilation.log"),
                Ground.agentpath("limit.task.off-heap=1g,stacks=all,interval=1s,dir=" + dir));
        try (Jvm jvm = Programs.churn(jdk, dir, WARM_UP, options, "step").start()) {
            WeirJson weir = new WeirJson(dir);
            Sheet base = checkBase(jvm, weir);
            for (String sizes : List.of("eights", "primes")) {
                checkHeld(next(jvm, "held-" + sizes), weir.freshSheet(), base, sizes.equals("primes") ? 7 : 0);
                jvm.say("on");
                checkFreed(next(jvm, "freed-" + sizes), weir.freshSheet(), base);
                jvm.say("on");
            }
            assertThat(jvm.awaitExit(Wait.MINUTE)).isZero();
            assertThat(weir.exitSheet().kindBlocks("direct")).isZero();
        }
        assertThat(Files.readString(dir.resolve("compilation.log")))
                .containsPattern("\\s4\\s+dev\\.weir\\.programs\\.ChurnThread::(churn|take|swap)\\b");
    }

    private static Sheet checkBase(Jvm jvm, WeirJson weir) {
        Point point = next(jvm, "base");
        Sheet base = weir.freshSheet();
        jvm.say("on");
        assertThat(point.directCount()).isZero();
        assertThat(base.kindBlocks("direct")).isZero();
        assertThat(base.kindBytes("direct")).isZero();
        assertThat(base.kindBytes("unsafe")).isLessThan(JDK_OWN_UNSAFE);
        return base;
    }

    /** Bits counts raw sizes, the agent what was handed to the allocator: up to rounding a block apart. */
    private static void checkHeld(Point point, Sheet sheet, Sheet base, long rounding) {
        assertThat(sheet.kindBlocks("direct")).as("direct blocks").isEqualTo(point.directCount());
        assertThat(sheet.kindBytes("direct") - point.directUsed()).as("direct bytes above the bean's")
                .isBetween(0L, rounding * point.directCount());
        assertThat(sheet.kindBlocks("unsafe") - base.kindBlocks("unsafe")).as("unsafe blocks")
                .isEqualTo(point.unsafeBlocks());
        assertThat(sheet.kindBytes("unsafe") - base.kindBytes("unsafe")).as("unsafe bytes")
                .isEqualTo(point.unsafeBytes());
        assertThat(sheet.used("undecided")).as("every call is walked").isZero();
        assertThat(sheet.pool("direct", "used")).as("the VM's own figure").isEqualTo(point.directUsed());
        assertThat(sheet.number("agent", "untracked")).isZero();
        assertThat(sheet.number("agent", "stale")).isZero();
    }

    private static void checkFreed(Point point, Sheet sheet, Sheet base) {
        assertThat(point.directCount()).isZero();
        assertThat(sheet.kindBlocks("direct")).isZero();
        assertThat(sheet.kindBytes("direct")).isZero();
        assertThat(sheet.kindBlocks("unsafe")).isEqualTo(base.kindBlocks("unsafe"));
        assertThat(sheet.kindBytes("unsafe")).isEqualTo(base.kindBytes("unsafe"));
    }

    private static Point next(Jvm jvm, String name) {
        return Point.parse(jvm.awaitLine("^" + name + " ", LIMIT));
    }
}
