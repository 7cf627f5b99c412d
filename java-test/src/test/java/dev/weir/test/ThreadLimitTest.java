// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Shell;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real `unable to create native thread`, by limits of the kernel: the report names the one that was hit. */
class ThreadLimitTest {
    private static final Jdk JDK = Jdks.of(17); // where every user can read it
    private static final int STRANGER = 54_321; // nobody else runs as him
    private static final int ROOM = 90;

    private Path place;

    @BeforeEach
    void copyWhatOthersNeed() throws IOException {
        assumeTrue(Tool.run(List.of("id", "-u"), Map.of()).out().equals("0\n"), "these cases need root");
        place = Files.createTempDirectory(Path.of("/var/tmp"), "weir-threads");
        Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxrwxrwx"));
        copy(Ground.jar("programs.jar"), "programs.jar");
        copy(Ground.lib(), "libweir.so");
    }

    private void copy(Path from, String name) throws IOException {
        Path to = Files.copy(from, place.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void removeThem() throws IOException {
        if (place == null) {
            return;
        }
        try (Stream<Path> tree = Files.walk(place)) {
            for (Path path : tree.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /** What a shell does first, then java; the agent writes to `place`. */
    private Shell start(String name, String first, String... as) {
        Path dir = Ground.run("thread-limit-" + name);
        String option = "-agentpath:" + place.resolve("libweir.so") + "=interval=1s,limit.task.off-heap=1g,dir=" + place;
        Jvm.Plan plan = Jvm.command(dir).add("bash", "-c", first + " && exec \"$@\"", "bash").add(as).add(JDK.java().toString(), "-Xmx64m",
                "-XX:ReservedCodeCacheSize=16m", option, "-cp", place.resolve("programs.jar").toString(), "dev.weir.programs.ThreadShell");
        return Shell.of(plan.start(), place);
    }

    private static void checkReport(Shell shell, String limit) {
        assertThat(shell.refused("start 300 pool 512")).startsWith("unable to create native thread");
        JsonNode oom = shell.weir().await("oom", Wait.MINUTE, e -> true);
        assertThat(oom.path("pool").asText()).isEqualTo("threads");
        assertThat(oom.path("diagnosis").path(0).path("id").asText()).isEqualTo("thread-limit");
        JsonNode hit = null;
        for (JsonNode one : oom.path("threads").path("limits")) {
            hit = one.path("name").asText().equals(limit) ? one : hit;
        }
        assertThat(hit).as(limit + " in " + oom.path("threads")).isNotNull();
        assertThat(hit.path("limit").asInt()).isEqualTo(ROOM);
        assertThat(hit.path("used").asInt()).isBetween(ROOM - 4, ROOM);
        String first = Wait.until("the report", Wait.MINUTE, () -> WeirText.aboveInfo(shell.jvm().err()).stream()
                .filter(l -> l.contains("threads OutOfMemoryError")).findFirst());
        assertThat(first).contains("threads OutOfMemoryError: the limit that was hit is " + limit + " ", " of " + ROOM + ", most are ",
                "pool-* created at dev.weir.programs.ThreadShell.launch(ThreadShell.java:");
        assertThat(oom.path("threads").path("families").path(0).path("name").asText()).isEqualTo("pool-*");
        shell.end();
        assertThat(shell.weir().events("oom")).hasSize(1);
    }

    @Test
    void limitPerUserIsNamed() {
        try (Shell shell = start("user", "ulimit -u " + ROOM, "setpriv", "--reuid", "" + STRANGER, "--regid", "" + STRANGER,
                "--clear-groups")) {
            assertThat(shell.weir().start().path("pools").path("threads").path("limit").asInt()).isEqualTo(ROOM);
            assertThat(shell.weir().start().path("pools").path("threads").path("source").asText()).isEqualTo("ulimit -u");
            checkReport(shell, "ulimit -u");
        }
    }

    /** A group for processes in the hierarchy that counts them: v1, or v2 where it is handed down. */
    private static Path pidsGroup() throws IOException {
        for (String root : List.of("/sys/fs/cgroup/pids", "/sys/fs/cgroup")) {
            Path group = Path.of(root, "weir-test-" + ProcessHandle.current().pid());
            if (!Files.isWritable(Path.of(root, "cgroup.procs"))) {
                continue;
            }
            try {
                Files.createDirectory(group);
                if (Files.isWritable(group.resolve("pids.max"))) {
                    return group;
                }
                Files.delete(group);
            } catch (IOException e) {
                continue; // read-only, as in most containers
            }
        }
        return null;
    }

    @Test
    void limitOfTheControlGroupIsNamed() throws IOException {
        Path group = pidsGroup();
        assumeTrue(group != null, "no writable pids controller");
        try {
            Files.writeString(group.resolve("pids.max"), "" + ROOM);
            try (Shell shell = start("group", "echo $$ > " + group.resolve("cgroup.procs"))) {
                checkReport(shell, "pids.max");
            }
        } finally {
            Wait.untilTrue("the group to be empty", Wait.MINUTE, () -> group.toFile().delete() || !Files.exists(group));
        }
    }
}
