// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.FlinkHome;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Programs;
import dev.weir.test.ground.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** In a JVM that is no cluster node the agent says nothing and writes nothing: Flink parses stdout. */
class DormantTest {
    static List<String> flinks() {
        return FlinkHome.versions();
    }

    @ParameterizedTest
    @MethodSource("flinks")
    void bashJavaUtilsIsNotDisturbed(String version) throws IOException {
        FlinkHome home = FlinkHome.of(version);
        List<String> program = List.of(
                "-Dlog4j.configurationFile=file:" + home.conf().resolve("log4j-bash-utils.properties"),
                "-cp", home.classPath(), "org.apache.flink.runtime.util.bash.BashJavaUtils",
                "GET_TM_RESOURCE_PARAMS", "--configDir", home.conf().toString());
        Path dir = Ground.run("dormant-bash-" + version);
        compare(dir, program, home.conf(), "BASH_JAVA_UTILS_EXEC_RESULT:-Xmx");
    }

    @ParameterizedTest
    @MethodSource("flinks")
    void cliFrontendIsNotDisturbed(String version) throws IOException {
        FlinkHome home = FlinkHome.of(version);
        Path dir = Ground.run("dormant-cli-" + version);
        List<String> program = List.of("-Dlog.file=" + dir.resolve("client.log"),
                "-Dlog4j.configurationFile=file:" + home.conf().resolve("log4j-cli.properties"),
                "-cp", home.classPath(), "org.apache.flink.client.cli.CliFrontend", "--version");
        compare(dir, program, home.conf(), "Version: " + version);
    }

    @Test
    void anyOtherMainClassIsNotDisturbed() throws IOException {
        List<String> program = List.of("-cp", Ground.jar("programs.jar").toString(), "dev.weir.programs.Hello", "3");
        Path dir = Ground.run("dormant-hello");
        compare(dir, program, dir, "hello from the program");
    }

    private static void compare(Path dir, List<String> program, Path conf, String mustPrint)
            throws IOException {
        Path weir = Files.createDirectories(dir.resolve("weir"));
        Streams bare = run(dir, "bare", List.of(), program, conf);
        Streams with = run(dir, "with",
                List.of(Ground.agentpath("mode=warn,interval=1s,dir=" + weir)), program, conf);
        assertThat(bare.out()).contains(mustPrint);
        assertThat(with).isEqualTo(bare);
        try (Stream<Path> files = Files.list(weir)) {
            assertThat(files).isEmpty();
        }
    }

    private record Streams(int exitCode, String out, String err) {
    }

    private static Streams run(Path dir, String name, List<String> agent, List<String> program, Path conf) {
        Jvm.Plan plan = Jvm.java(Jdks.of(17), dir).add(agent).add(program)
                .env("FLINK_CONF_DIR", conf.toString()).name(name);
        try (Jvm jvm = plan.start()) {
            int code = jvm.awaitExit(Wait.MINUTE);
            return new Streams(code, jvm.out(), jvm.err());
        }
    }
}
