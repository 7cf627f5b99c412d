// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Programs;
import dev.weir.test.ground.WeirJson;
import dev.weir.test.ground.WeirText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** JVM modes and neighbours that must not notice the agent: both streams equal those of a bare run. */
class FlagsMatrixTest {
    private static final int ROUNDS = 300;
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final List<String> FLAGS = List.of("-Xmixed", "-Xint", "-Xcomp", "-Xcheck:jni", "-Xshare:on",
            "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,quiet=y,address=127.0.0.1:0");

    static Stream<Arguments> jdksAndFlags() {
        return Stream.of(Jdks.of(17), Jdks.of(25))
                .flatMap(jdk -> FLAGS.stream().map(flag -> Arguments.of(jdk, flag)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("jdksAndFlags")
    void bothStreamsAreThoseOfABareRun(Jdk jdk, String flag) throws IOException {
        Path dir = Ground.run("flags-" + jdk.version() + flag.replaceAll("=.*", ""));
        Path log = dir.resolve("weir.log");
        String agent = Ground.agentpath("limit.task.off-heap=1g,dir=" + dir + ",log=" + log);
        Streams bare = run(jdk, dir, "bare", List.of(flag));
        Streams with = run(jdk, dir, "with", List.of(flag, agent));
        assertThat(with).isEqualTo(bare);
        assertThat(WeirText.aboveInfo(Files.readString(log))).isEmpty();
        WeirJson weir = new WeirJson(dir);
        assertThat(weir.start().path("hooks").path("unsafe").asText()).isEqualTo("ok");
        assertThat(weir.exitSheet().kindBlocks("direct")).as("all was given back").isZero();
        assertThat(weir.events("stop")).hasSize(1);
    }

    private record Streams(int exitCode, String out, String err) {
    }

    private static Streams run(Jdk jdk, Path dir, String name, List<String> options) {
        try (Jvm jvm = Programs.churn(jdk, dir, ROUNDS, new ArrayList<>(options)).name(name).start()) {
            int code = jvm.awaitExit(LIMIT);
            return new Streams(code, jvm.out(), jvm.err());
        }
    }
}
