// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code weir check DIR}: each thing that would go wrong at the rollout is said before it. */
class CheckTest {
    private Path dir;

    @BeforeEach
    void directory() {
        dir = Ground.run("check");
    }

    private static Tool.Result check(String... words) {
        List<String> command = new ArrayList<>(List.of(Ground.tool().toString(), "check"));
        command.addAll(List.of(words));
        return Tool.run(command, Map.of());
    }

    private static void refused(Tool.Result result, String line) {
        assertThat(result.out()).containsPattern("(?m)^NOT OK +" + line);
        assertThat(result.exitCode()).isEqualTo(1);
    }

    @Test
    void aGoodPlaceIsFoundGoodAndLeftAsItWas() throws IOException {
        Tool.Result result = check(dir.toString());
        assertThat(result.out()).containsPattern("(?m)^ok +library +.*libweir\\.so$")
                .contains("ok       directory  " + dir + ": writable").contains("ok       stacks     of native memory: whole")
                .doesNotContain("NOT OK");
        assertThat(result.exitCode()).isZero();
        try (var files = Files.list(dir)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void aDirectoryThatIsNotThereIsNamed() {
        refused(check(dir.resolve("none").toString()), "directory +.*/none: no file can be made there by this user: No such file");
    }

    @Test
    void aFileThatIsNoLibraryIsRefusedInTheLinkersWords() throws IOException {
        Path text = Files.writeString(dir.resolve("libweir.so"), "not a library");
        refused(check(dir.toString(), "--lib", text.toString()), "library +.*(file too short|invalid ELF header)");
    }

    /** What lies beside the library is taken, whatever the system has: by the tool as by the agent. */
    @Test
    void anUnwinderThatCannotBeLoadedMakesStacksShort() throws IOException {
        Path lib = Files.copy(Ground.lib(), dir.resolve("libweir.so"));
        Files.writeString(dir.resolve("libunwind-x86_64.so.8"), "not a library");
        Tool.Result result = check(dir.toString(), "--lib", lib.toString());
        assertThat(result.out()).containsPattern("(?m)^short +stacks +libunwind-x86_64.so.8 cannot be loaded from beside libweir.so");
        assertThat(result.exitCode()).isZero();
    }

    @Test
    void aLibraryThatIsNoAgentIsRefused() {
        refused(check(dir.toString(), "--lib", "/proc/self/exe"), "library +");
    }

    @Test
    void anotherUsersDirectoryIsRefused() throws IOException {
        assumeTrue(Tool.run(List.of("id", "-u"), Map.of()).out().equals("0\n"), "setpriv needs root");
        Files.setPosixFilePermissions(dir, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        Tool.Result result = Tool.run(List.of("setpriv", "--reuid", "65534", "--clear-groups", Ground.tool().toString(), "check",
                dir.toString(), "--lib", Ground.lib().toString()), Map.of());
        refused(result, "directory +.*: no file can be made there by this user: Permission denied");
    }

    @Test
    void aForgottenSwitchIsSeen() throws IOException {
        Files.createFile(dir.resolve("weir.off"));
        refused(check(dir.toString()), "weir.off +is there");
    }

    @Test
    void withoutADirectoryItSaysHowItIsUsed() {
        assertThat(check().exitCode()).isEqualTo(2);
        assertThat(check().err()).startsWith("usage: weir check DIR");
        assertThat(check(dir.toString(), "--what").exitCode()).isEqualTo(2);
        assertThat(check("--help").exitCode()).isZero();
    }
}
