// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import dev.weir.test.ground.WeirText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The agent twice in one JVM, from two paths: the image's and the user's. The first one works, the second one says why not. */
class TwinTest {
    private static final String OPTIONS = "=mode=observe,limit.task.off-heap=1g,dir=";

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void secondCopyStaysDormant(Jdk jdk) throws IOException {
        Path dir = Ground.run("twin-" + jdk.version());
        Path first = Files.createDirectory(dir.resolve("first"));
        Path second = Files.createDirectory(dir.resolve("second"));
        Path copy = Files.copy(Ground.lib(), dir.resolve("weir-copy.so"));
        try (Jvm jvm = Jvm.java(jdk, dir).add("-agentpath:" + Ground.lib() + OPTIONS + first)
                .add("-agentpath:" + copy + OPTIONS + second)
                .add("-cp", Ground.jar("programs.jar").toString(), "dev.weir.programs.Endings", "return").start()) {
            assertThat(jvm.awaitExit(Wait.MINUTE)).isZero();
            assertThat(WeirText.aboveInfo(jvm.err())).singleElement().asString()
                    .contains("another copy of libweir.so is loaded: " + Ground.lib() + "; this one stays dormant");
            assertThat(WeirText.lines(jvm.err()).stream().filter(l -> l.contains(" watching "))).hasSize(1);
        }
        assertThat(second).isEmptyDirectory();
        assertThat(new WeirJson(first).exitSheet().used("task.off-heap", "direct")).isEqualTo(5 << 20);
    }
}
