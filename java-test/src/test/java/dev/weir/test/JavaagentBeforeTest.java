// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.early.EarlyAgent;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A -javaagent that stands before us takes memory before we are live: it has a row of its own. */
class JavaagentBeforeTest {
    static List<Jdk> jdks() {
        return Jdks.all();
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void whatWasTakenBeforeUsHasItsOwnRow(Jdk jdk) {
        Path dir = Ground.run("before-" + jdk.version());
        List<String> options = List.of("-javaagent:" + Ground.jar("early-agent.jar"),
                Ground.agentpath("limit.task.off-heap=1g,interval=1s,dir=" + dir));
        try (Jvm jvm = Programs.hello(jdk, dir, options, "0", "wait").start()) {
            jvm.awaitLine("hello", Wait.MINUTE);
            Sheet sheet = new WeirJson(dir).freshSheet();
            assertThat(sheet.number("before_weir", "blocks")).isEqualTo(EarlyAgent.COUNT);
            assertThat(sheet.number("before_weir", "bytes")).isEqualTo((long) EarlyAgent.COUNT * EarlyAgent.SIZE);
            assertThat(sheet.used("task.off-heap")).isZero();
            assertThat(sheet.pool("direct", "used")).isEqualTo((long) EarlyAgent.COUNT * EarlyAgent.SIZE);
            jvm.endStdin();
            assertThat(jvm.awaitExit(Wait.MINUTE)).isZero();
        }
    }
}
