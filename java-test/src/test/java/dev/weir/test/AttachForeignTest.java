// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weir.test.ground.Answering;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Attach across users and namespaces; needs root, as a CI container has. What the other user runs is copied to a place he can
 * read that no /tmp of a namespace hides. JDK 17 and not a JDK below root's home.
 */
class AttachForeignTest {
    private static final int FLINK = 9999; // the uid of Flink's official image
    private static final int NOBODY = 65534;
    private static final Jdk JDK = Jdks.of(17);

    private Path place;
    private Path dir;

    @BeforeEach
    void copyWhatOthersNeed() throws IOException {
        assumeTrue(Tool.run(List.of("id", "-u"), Map.of()).out().equals("0\n"), "these cases need root");
        dir = Ground.run("attach-foreign");
        place = Files.createTempDirectory(Path.of("/var/tmp"), "weir-attach");
        Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectory(place.resolve("lib"));
        copy(Ground.jar("programs.jar"), "programs.jar");
        copy(Ground.tool(), "weir");
        copy(Ground.attachLibrary(), "lib/libweir.so");
    }

    private void copy(Path from, String name) throws IOException {
        Path to = Files.copy(from, place.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void removeThem() throws IOException {
        try (Stream<Path> tree = Files.walk(place)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private static List<String> as(int uid, List<String> command) {
        List<String> words = new ArrayList<>(List.of("setpriv", "--reuid", "" + uid, "--regid", "" + uid, "--clear-groups"));
        words.addAll(command);
        return words;
    }

    private Tool.Result weirAs(int uid, String... words) {
        List<String> command = new ArrayList<>(List.of(place.resolve("weir").toString()));
        command.addAll(List.of(words));
        return Tool.run(uid == 0 ? command : as(uid, command), Map.of());
    }

    private Answering start(int uid) {
        Jvm jvm = Jvm.command(dir).add(as(uid, Answering.command(JDK, place.resolve("programs.jar")))).start();
        return Answering.of(jvm, jvm.pid()).awaitReady();
    }

    /**
     * A JVM in a PID and mount namespace of its own, with its own /tmp, as another user; the places where we keep the library are
     * not there: prepare is what the namespace's root does first.
     */
    private Answering startInside(String prepare) {
        String inner = "mount -t tmpfs -o mode=1777 none /tmp && " + prepare + " && exec \"$@\"";
        Jvm jvm = Jvm.command(dir).add("unshare", "-p", "-f", "-m", "--propagation", "private", "--mount-proc",
                "--kill-child", "sh", "-c", inner, "sh").add(as(FLINK, Answering.command(JDK, place.resolve("programs.jar")))).start();
        try {
            jvm.awaitLine("^ready$", Wait.MINUTE);
            long pid = ProcessHandle.of(jvm.pid()).orElseThrow().children().findFirst().orElseThrow().pid();
            return Answering.of(jvm, pid);
        } catch (Throwable e) { // nothing may stay behind
            jvm.close();
            throw e;
        }
    }

    private static void assertOk(Tool.Result result, String out) {
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo(out);
        assertThat(result.exitCode()).isZero();
    }

    private static void assertRefused(Tool.Result result, String part) {
        assertThat(result.err()).contains(part).hasLineCount(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.exitCode()).isEqualTo(3);
    }

    private String lib() {
        return place.resolve("lib/libweir.so").toString();
    }

    @Test
    void everyUserReachesHisOwnJvmsAndRootAll() {
        try (Answering jvm = start(NOBODY)) {
            String pid = "" + jvm.pid();
            assertRefused(weirAs(FLINK, "attach", pid, "--lib", lib()), "belongs to nobody (uid 65534): run the same command as "
                    + "that user, or as root with sudo");
            assertRefused(weirAs(FLINK, "status", pid), "belongs to nobody (uid 65534)");
            assertOk(weirAs(NOBODY, "attach", pid, "--lib", lib()), "load 1 of uid 65534: \n");
            assertOk(weirAs(0, "status", pid), "load 2 of uid 65534: status\n");
            jvm.assertUnharmed();
            assertThat(weirAs(0, "list").out()).containsPattern("(?m)^ *" + pid + " nobody +Answer +17\\S* +yes +yes$");
            assertThat(weirAs(FLINK, "list").out()).containsPattern("(?m)^ *" + pid + " nobody +Answer .*no: other user$");
        }
        try (Answering jvm = Answering.ready(JDK, dir)) {
            assertRefused(weirAs(NOBODY, "attach", "" + jvm.pid(), "--lib", lib()), "belongs to root (uid 0)");
            jvm.assertUnharmed();
        }
    }

    /** docker exec as root has no CAP_SYS_PTRACE: what the JVM's own user may see, root sees as him. */
    @Test
    void rootWithoutPtraceReachesAnotherUsersJvm() {
        try (Answering jvm = start(FLINK)) {
            assertOk(Tool.run(List.of("setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace",
                    place.resolve("weir").toString(), "attach", "" + jvm.pid(), "--lib", lib()), Map.of()), "load 1 of uid 9999: \n");
            jvm.assertUnharmed();
        }
    }

    @Test
    void aLibraryThatTheJvmsUserCannotReadIsSaid() throws IOException {
        Files.setPosixFilePermissions(place.resolve("lib"), PosixFilePermissions.fromString("rwx------"));
        try (Answering jvm = start(FLINK)) {
            assertRefused(weirAs(0, "attach", "" + jvm.pid(), "--lib", lib()), "cannot be read by 9999, the user of JVM "
                    + jvm.pid() + ": chmod a+rx it");
            jvm.assertUnharmed();
        }
    }

    /** A file of the JVM's own root, as it is seen from here. */
    private static Path inRoot(Answering jvm, String path) {
        return Path.of("/proc/" + jvm.pid() + "/root" + path);
    }

    @Test
    void aJvmInNamespacesOfItsOwnIsReachedFromOutside() {
        try (Answering jvm = startInside("mount -t tmpfs none " + place + "/lib")) {
            String pid = "" + jvm.pid();
            assertThat(weirAs(0, "list").out()).containsPattern("(?m)^ *" + pid + " 9999 +Answer +17\\S* +no +yes$");
            assertRefused(weirAs(0, "attach", pid, "--lib", lib()), lib() + " is not in the file system of JVM " + pid
                    + ": add --copy /tmp, or copy it yourself: cp " + lib() + " " + inRoot(jvm, "/tmp/libweir.so"));
            assertOk(weirAs(0, "attach", pid, "--lib", lib(), "--copy", "/tmp"), "load 1 of uid 9999: \n");
            assertOk(weirAs(0, "status", pid), "load 2 of uid 9999: status\n");
            assertThat(inRoot(jvm, "/tmp")).isDirectoryNotContaining("glob:**/.{weir,attach}*");
            assertThat(Path.of("/tmp/libweir.so")).doesNotExist();
            jvm.assertUnharmed();
        }
    }

    /** The command of the message, as a person would type it. */
    @Test
    void theCopyThatTheMessageNamesHelps() {
        try (Answering jvm = startInside("mount -t tmpfs none " + place + "/lib")) {
            String pid = "" + jvm.pid();
            String err = weirAs(0, "attach", pid, "--lib", lib()).err();
            String line = err.substring(err.indexOf("cp "), err.indexOf(" ("));
            assertThat(Tool.run(List.of("sh", "-c", line), Map.of()).exitCode()).isZero();
            assertOk(weirAs(0, "attach", pid, "--lib", "/tmp/libweir.so"), "load 1 of uid 9999: \n");
            jvm.assertUnharmed();
        }
    }

    @Test
    void placesTheLibraryCannotBeLoadedFromAreSaid() {
        String prepare = "mkdir /tmp/noexec && mount -t tmpfs -o noexec,mode=755 none /tmp/noexec && mkdir -m 755 /tmp/taken && "
                + "echo else >/tmp/taken/libweir.so";
        try (Answering jvm = startInside(prepare)) {
            String pid = "" + jvm.pid();
            assertRefused(weirAs(0, "attach", pid, "--lib", lib(), "--copy", "/tmp/noexec"), "mounted noexec in JVM " + pid);
            assertRefused(weirAs(0, "attach", pid, "--lib", lib(), "--copy", "/tmp/taken"), "File exists and is another one");
            assertRefused(weirAs(0, "attach", pid, "--lib", lib(), "--copy", "/tmp/none"), "directory /tmp/none of JVM " + pid
                    + ": No such file or directory");
            assertOk(weirAs(0, "attach", pid, "--lib", lib()), "load 1 of uid 9999: \n");
            jvm.assertUnharmed();
        }
    }

    /** A link in a container's file system must not lead us into ours. */
    @Test
    void linksInsideStayInside() {
        String prepare = "mkdir -m 777 /tmp/real && ln -s /tmp/real /tmp/link && mount -t tmpfs none " + place + "/lib";
        try (Answering jvm = startInside(prepare)) {
            assertOk(weirAs(0, "attach", "" + jvm.pid(), "--lib", lib(), "--copy", "/tmp/link"), "load 1 of uid 9999: \n");
            assertThat(inRoot(jvm, "/tmp/real/libweir.so")).exists();
            assertThat(Path.of("/tmp/real")).doesNotExist();
            jvm.assertUnharmed();
        }
    }

    @Test
    void aTmpThatCannotBeWrittenToIsSaid() {
        try (Answering jvm = startInside("mount -o remount,ro none /tmp")) {
            assertRefused(weirAs(0, "attach", "" + jvm.pid(), "--lib", lib()), "/tmp of JVM " + jvm.pid()
                    + ", which attach needs, cannot be written to: Read-only file system");
            jvm.assertUnharmed();
        }
    }

    @Test
    void theAgentItselfStartsInNamespacesOfItsOwn() {
        try (Answering jvm = startInside("mount -t tmpfs none " + place + "/lib")) {
            String pid = "" + jvm.pid();
            Tool.Result attached = weirAs(0, "attach", pid, "--lib", Ground.lib().toString(), "--copy", "/tmp",
                    "limit.task.off-heap=32m,dir=/tmp");
            assertThat(attached.err()).isEmpty();
            assertThat(attached.exitCode()).isZero();
            assertThat(weirAs(0, "status", pid).out()).contains("hook unsafe: ok").contains("pid 1:");
            assertThat(weirAs(0, "stop", pid).exitCode()).isZero();
            jvm.assertUnharmed();
        }
    }
}
