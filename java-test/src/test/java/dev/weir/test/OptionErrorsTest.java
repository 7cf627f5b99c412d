// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.params.provider.CsvSource;

/** Our trouble is never the program's: one clear line on stderr, same stdout, same exit code. */
class OptionErrorsTest {
    private static final int EXIT_CODE = 7;

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = ' ', value = {
        "mode=loud mode observe",
        "mode mode observe",
        "nosuch=1 nosuch help",
        "limit.task.off-heap=1.5g limit.task.off-heap 64m",
        "limit.nosuch=1g limit.nosuch task.off-heap",
        "interval=soon interval 1d",
        "depth=0 depth 64",
        "mode=warn,mode=observe mode twice",
        "strict=maybe strict true",
    })
    void badStringIsOneLineThatNamesTheKey(String options, String key, String says) {
        Path dir = Ground.run("options-" + options.replace('=', '-'));
        Ended ended = run(dir, options);
        assertThat(ended.ours()).hasSize(1).first().asString().contains("weir").contains(key).contains(says);
        ended.assertProgramUntouched();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = ' ', value = {"mode=loud,strict=true mode", "strict=true,nosuch=1 nosuch",
        "strict,log=/nonexistent/weir.log log=", "strict,limit.mapped=1g,ledger=/nonexistent/weir.ledger ledger="})
    void strictRefusesTheStart(String options, String key) {
        Ended ended = run(Ground.run("options-strict-" + key.replace("=", "-file")), options);
        assertThat(ended.exitCode()).isNotIn(0, EXIT_CODE);
        assertThat(ended.out()).doesNotContain("hello from the program");
        assertThat(ended.err()).contains(key);
    }

    @Test
    void missingConfigurationIsSaidAndNothingElseHappens() {
        Path dir = Ground.run("options-conf-missing");
        Ended ended = run(dir, "limit.task.off-heap=1g,dir=" + dir + ",conf=" + dir.resolve("absent"));
        assertThat(ended.ours()).anyMatch(l -> l.contains("conf") && l.contains("absent"));
        ended.assertProgramUntouched();
    }

    @Test
    void unreadableConfigurationIsSaidAndNothingElseHappens() throws IOException {
        Path dir = Ground.run("options-conf-broken");
        Files.writeString(dir.resolve("config.yaml"), "taskmanager: [unclosed\n  : : :\n");
        Ended ended = run(dir, "limit.task.off-heap=1g,dir=" + dir + ",conf=" + dir);
        assertThat(ended.ours()).anyMatch(l -> l.contains("conf"));
        ended.assertProgramUntouched();
    }

    @Test
    void unwritableDirectoryIsSaidAndNothingElseHappens() throws IOException {
        Path dir = Ground.run("options-dir");
        Path file = Files.createFile(dir.resolve("file")); // root may write anywhere, but not below a file
        Ended ended = run(dir, "limit.task.off-heap=1g,dir=" + file.resolve("below"));
        assertThat(ended.ours()).anyMatch(l -> l.contains(file.toString()));
        ended.assertProgramUntouched();
    }

    @Test
    void helpPrintsEveryKeyAndTheProgramRuns() {
        Ended ended = run(Ground.run("options-help"), "help=true");
        assertThat(ended.err()).contains("mode", "limit.", "interval", "dir", "strict");
        ended.assertProgramUntouched();
    }

    private record Ended(int exitCode, String out, String err) {
        /** Lines of stderr that are not the program's. */
        List<String> ours() {
            return err.lines().filter(l -> !l.equals("error stream of the program")).toList();
        }

        void assertProgramUntouched() {
            assertThat(exitCode).isEqualTo(EXIT_CODE);
            assertThat(out).isEqualTo("hello from the program\n");
            assertThat(Stream.of(err.split("\n"))).contains("error stream of the program");
        }
    }

    private static Ended run(Path dir, String options) {
        try (Jvm jvm = Programs.hello(Jdks.of(17), dir, List.of(Ground.agentpath(options)),
                String.valueOf(EXIT_CODE)).start()) {
            int code = jvm.awaitExit(Wait.MINUTE);
            return new Ended(code, jvm.out(), jvm.err());
        }
    }
}
