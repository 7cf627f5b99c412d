// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The tool's side of attach, on real JVMs: what it asks, what it makes of each answer, and that no JVM is harmed. The library
 * loaded is tests/fixture/attachlib.c, which gives the answers that are asked of it; the last case loads the agent itself.
 */
class AttachTest {
    private static final int STARTS = 20; // per JDK
    private static final Jdk ANY = Jdks.of(17);

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    private static Tool.Result weir(String... words) {
        List<String> command = new ArrayList<>(List.of(Ground.tool().toString()));
        command.addAll(List.of(words));
        return Tool.run(command, Map.of());
    }

    private static Tool.Result attach(Answering jvm, String... more) {
        List<String> words = new ArrayList<>(List.of("attach", "" + jvm.pid(), "--lib", Ground.attachLibrary().toString()));
        words.addAll(List.of(more));
        return weir(words.toArray(String[]::new));
    }

    private static void assertOk(Tool.Result result, String out) {
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo(out);
        assertThat(result.exitCode()).isZero();
    }

    private static void assertRefused(Tool.Result result, int code, String part) {
        assertThat(result.err()).contains(part).hasLineCount(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.exitCode()).isEqualTo(code);
    }

    private static void signal(String name, Answering jvm) {
        assertThat(Tool.run(List.of("kill", "-" + name, "" + jvm.pid()), Map.of()).exitCode()).isZero();
    }

    private static char state(Answering jvm) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + jvm.pid() + "/stat"));
        return stat.charAt(stat.lastIndexOf(')') + 2);
    }

    private static boolean aReplyIsThere() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/tmp"))) {
            return files.anyMatch(f -> f.getFileName().toString().startsWith(".weir-reply-"));
        }
    }

    /** What an attach makes in /tmp; the socket stays, by design of the JVM. Somebody else's may be there for a moment. */
    private static void assertNothingLeft(Answering jvm) {
        assertThat(Path.of("/tmp/.attach_pid" + jvm.pid())).doesNotExist();
        Wait.untilTrue("no file of a reply to be left", Duration.ofSeconds(10), () -> !aReplyIsThere());
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void everyAnswerOfAnAgentIsUnderstood(Jdk jdk) throws IOException {
        try (Answering jvm = Answering.ready(jdk, Ground.run("attach-answers-" + jdk.version()))) {
            String pid = "" + jvm.pid();
            assertRefused(weir("status", pid), 3, "Weir is not loaded in JVM " + pid + ": weir attach " + pid);
            assertOk(attach(jvm), "load 1 of uid 0: \n");
            assertOk(attach(jvm, "mode=enforce,limit.task.off-heap=64m"),
                    "load 2 of uid 0: mode=enforce,limit.task.off-heap=64m\n");
            assertOk(weir("status", pid), "load 3 of uid 0: status\n");
            assertOk(weir("set", pid, "mode=warn"), "load 4 of uid 0: set,mode=warn\n");
            assertRefused(weir("set", pid, "conf=error=option mode=x: no"), 2, "weir set: option mode=x: no");
            assertRefused(weir("stop", pid, "conf=error=it cannot"), 3, "weir stop: it cannot");
            assertOk(weir("start", pid, "conf=code=0"), "");
            assertRefused(weir("reset", pid, "conf=code=100"), 2, "the agent refused the options");
            assertRefused(weir("sheet", pid, "conf=code=101"), 3, "too old");
            assertRefused(weir("report", pid, "conf=code=-7"), 3, "the agent answered with code -7");
            assertOk(weir("report", pid, "conf=noisy"), "load 11 of uid 0: report,conf=noisy?[2J\n");
            assertRefused(weir("set", pid, "conf=" + "x".repeat(1000)), 2, "at most 1024 bytes");
            jvm.assertUnharmed();
            assertNothingLeft(jvm);
        }
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void withoutSignalHandlersTheSocketIsThere(Jdk jdk) throws IOException {
        try (Answering jvm = Answering.ready(jdk, Ground.run("attach-xrs-" + jdk.version()), "-Xrs")) {
            assertOk(attach(jvm), "load 1 of uid 0: \n");
            jvm.assertUnharmed();
            Files.delete(Path.of("/tmp/.java_pid" + jvm.pid())); // now only SIGQUIT could help, and it would kill
            assertRefused(weir("status", "" + jvm.pid(), "--timeout", "1"), 3, "runs with -Xrs and its attach socket");
            jvm.assertUnharmed();
            assertNothingLeft(jvm);
        }
    }

    /** A signal would print all threads into the program's stdout, wherever the flag was given. */
    @ParameterizedTest
    @MethodSource("jdks")
    void aJvmThatForbidsAttachIsNotSignalled(Jdk jdk) throws IOException {
        Path dir = Ground.run("attach-disabled-" + jdk.version());
        String flag = "-XX:+DisableAttachMechanism";
        Path arguments = Files.writeString(dir.resolve("arguments"), flag + "\n");
        Path flags = Files.writeString(dir.resolve("flags"), "+DisableAttachMechanism\n");
        List<List<String>> ways = List.of(List.of(flag), List.of("-XX:+PerfDisableSharedMem", flag),
                List.of("@" + arguments), List.of("-XX:-UsePerfData", "@" + arguments),
                List.of("-XX:-UsePerfData", "-XX:Flags=" + flags));
        for (List<String> way : ways) {
            try (Answering jvm = Answering.ready(jdk, dir, way.toArray(String[]::new))) {
                assertRefused(attach(jvm), 3, "was started with -XX:+DisableAttachMechanism: take that out");
                jvm.assertUnharmed();
            }
        }
    }

    @Test
    void theFlagIsFoundInTheEnvironmentToo() {
        Path dir = Ground.run("attach-disabled-environment");
        var plan = Jvm.command(dir).env("JAVA_TOOL_OPTIONS", "-XX:+DisableAttachMechanism")
                .add(Answering.command(ANY, Ground.jar("programs.jar"), "-XX:-UsePerfData"));
        var process = plan.start();
        try (Answering jvm = Answering.of(process, process.pid()).awaitReady()) {
            assertRefused(attach(jvm), 3, "DisableAttachMechanism");
            jvm.assertUnharmed();
        }
    }

    /** In its first moments SIGQUIT ends a JVM. */
    @ParameterizedTest
    @MethodSource("jdks")
    void aJvmThatIsJustStartingLives(Jdk jdk) throws IOException {
        Path dir = Ground.run("attach-starting-" + jdk.version());
        for (int i = 0; i < STARTS; i++) {
            try (Answering jvm = Answering.start(jdk, dir)) {
                assertOk(attach(jvm), "load 1 of uid 0: \n");
                jvm.awaitReady().assertUnharmed();
                assertNothingLeft(jvm);
            }
        }
    }

    /** Up to 17 a JVM loads an agent before it is live. */
    @ParameterizedTest
    @MethodSource("jdks")
    void theAgentItselfMeetsAJvmThatIsJustStarting(Jdk jdk) {
        Path dir = Ground.run("attach-agent-starting-" + jdk.version());
        for (int i = 0; i < STARTS; i++) {
            try (Answering jvm = Answering.start(jdk, dir)) {
                Tool.Result attached = weir("attach", "" + jvm.pid(), "limit.task.off-heap=32m,ledger=off,dir=" + dir);
                assertThat(attached.err()).isEmpty();
                assertThat(attached.exitCode()).isZero();
                jvm.awaitReady().assertUnharmed();
                assertThat(weir("status", "" + jvm.pid()).out()).contains("hook unsafe: ok");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void aStoppedJvmIsWaitedForAndSaid(Jdk jdk) throws IOException {
        try (Answering jvm = Answering.ready(jdk, Ground.run("attach-stopped-" + jdk.version()))) {
            for (int i = 1; i <= 2; i++) { // before it has a socket, and after
                signal("STOP", jvm);
                Wait.untilTrue("the stop", Wait.MINUTE, () -> state(jvm) == 'T');
                assertRefused(attach(jvm, "--timeout", "1"), 3, "is stopped (state T): continue it with kill -CONT");
                signal("CONT", jvm);
                jvm.assertUnharmed();
                assertOk(attach(jvm), "load " + i + " of uid 0: \n");
            }
            jvm.assertUnharmed();
            assertNothingLeft(jvm);
        }
    }

    /** Two signals would make the second one a thread dump. */
    @ParameterizedTest
    @MethodSource("jdks")
    void twoAtOnceSendOneSignal(Jdk jdk) throws IOException {
        Path dir = Ground.run("attach-two-" + jdk.version());
        for (int i = 0; i < 5; i++) {
            try (Answering jvm = Answering.ready(jdk, dir)) {
                var first = CompletableFuture.supplyAsync(() -> attach(jvm));
                var second = CompletableFuture.supplyAsync(() -> attach(jvm));
                assertThat(List.of(first.join().out(), second.join().out()))
                        .containsExactlyInAnyOrder("load 1 of uid 0: \n", "load 2 of uid 0: \n");
                jvm.assertUnharmed();
                assertNothingLeft(jvm);
            }
        }
    }

    @Test
    void anAnswerThatDoesNotComeIsNotWaitedForLonger() throws IOException {
        Path dir = Ground.run("attach-held");
        Path gate = Files.createFile(dir.resolve("gate"));
        try (Answering jvm = Answering.ready(ANY, dir)) {
            assertRefused(attach(jvm, "conf=hold=" + gate, "--timeout", "1"), 3,
                    "took the request but gave no answer in time; it may still carry it out");
            assertNothingLeft(jvm);
            Files.delete(gate);
            assertOk(weir("status", "" + jvm.pid()), "load 2 of uid 0: status\n");
            jvm.assertUnharmed();
            assertNothingLeft(jvm);
        }
    }

    @Test
    void aJvmThatEndsMeanwhileIsSaid() throws IOException {
        Path dir = Ground.run("attach-killed");
        Path gate = Files.createFile(dir.resolve("gate"));
        try (Answering jvm = Answering.ready(ANY, dir)) {
            assertOk(attach(jvm), "load 1 of uid 0: \n");
            var held = CompletableFuture.supplyAsync(() -> weir("status", "" + jvm.pid(), "conf=hold=" + gate));
            Wait.untilTrue("the load", Wait.MINUTE, AttachTest::aReplyIsThere);
            signal("KILL", jvm);
            assertRefused(held.join(), 3, "weir status: ");
            assertNothingLeft(jvm);
        }
    }

    /** An interrupted tool leaves no file. */
    @Test
    void anInterruptedToolCleansUp() throws Exception {
        Path dir = Ground.run("attach-interrupted");
        Path gate = Files.createFile(dir.resolve("gate"));
        try (Answering jvm = Answering.ready(ANY, dir)) {
            assertOk(attach(jvm), "load 1 of uid 0: \n");
            Process tool = new ProcessBuilder(Ground.tool().toString(), "status", "" + jvm.pid(), "conf=hold=" + gate).start();
            Wait.untilTrue("the load", Wait.MINUTE, AttachTest::aReplyIsThere);
            assertThat(Tool.run(List.of("kill", "-TERM", "" + tool.pid()), Map.of()).exitCode()).isZero();
            assertThat(tool.waitFor()).isEqualTo(3);
            assertNothingLeft(jvm);
            Files.delete(gate);
            jvm.assertUnharmed();
        }
    }

    @Test
    void whatIsNoLibraryOfOursIsNotLoaded() throws IOException {
        Path dir = Ground.run("attach-library");
        Path text = Files.writeString(dir.resolve("text.so"), "no library");
        Path other = Files.copy(Path.of("/proc/self/exe").toRealPath(), dir.resolve("other.so"));
        byte[] bytes = Files.readAllBytes(Ground.attachLibrary());
        bytes[18] = (byte) 183; // e_machine: aarch64
        Path arm = Files.write(dir.resolve("arm.so"), bytes);
        try (Answering jvm = Answering.ready(ANY, dir)) {
            String pid = "" + jvm.pid();
            assertRefused(weir("attach", pid, "--lib", dir + "/none.so"), 3, "none.so: No such file or directory");
            assertRefused(weir("attach", pid, "--lib", text.toString()), 3, "text.so is no libweir.so");
            assertRefused(weir("attach", pid, "--lib", other.toString()), 3, "other.so is no libweir.so");
            assertRefused(weir("attach", pid, "--lib", arm.toString()), 3, "arm.so is built for aarch64, JVM " + pid
                    + " runs on x86-64");
            jvm.assertUnharmed();
            assertThat(Path.of("/tmp/.java_pid" + pid)).doesNotExist(); // it was not even spoken to
        }
    }

    @Test
    void aJvmIsWaitedForByItsMain() throws IOException {
        Path dir = Ground.run("attach-wait");
        String name = "answer-" + ProcessHandle.current().pid() + ".jar"; // nobody else's
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, "dev.weir.programs.Answer");
        manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, Ground.jar("programs.jar").toUri().toString());
        new JarOutputStream(Files.newOutputStream(dir.resolve(name)), manifest).close();
        var waiting = CompletableFuture.supplyAsync(() -> weir("attach", "--wait", name, "--lib",
                Ground.attachLibrary().toString(), "--timeout", "60"));
        var process = Jvm.java(ANY, dir).add("-Xmx64m", "-jar", dir.resolve(name).toString()).start();
        try (Answering jvm = Answering.of(process, process.pid())) {
            assertOk(waiting.join(), "load 1 of uid 0: \n");
            jvm.awaitReady().assertUnharmed();
            String row = weir("list").out().lines().filter(l -> l.trim().startsWith(jvm.pid() + " ")).findFirst().orElseThrow();
            assertThat(row).matches(" *\\d+ root +" + name + " +17\\.\\d+\\S* +yes +yes").hasSizeLessThan(80);
        }
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void theAgentItselfStartsAndObeys(Jdk jdk) {
        Path dir = Ground.run("attach-agent-" + jdk.version());
        try (Answering jvm = Answering.ready(jdk, dir)) {
            String pid = "" + jvm.pid();
            assertThat(weir("attach", pid, "limit.task.off-heap=32m,dir=" + dir).exitCode()).isZero();
            assertThat(weir("status", pid).out()).contains("mode warn", "hook unsafe: ok");
            assertThat(weir("sheet", pid).out()).containsPattern("task\\.off-heap +0\\.0 +0\\.0 +- +32\\.0");
            assertThat(weir("set", pid, "mode=observe").exitCode()).isZero();
            assertThat(weir("status", pid).out()).contains("mode observe");
            assertThat(weir("stop", pid).exitCode()).isZero();
            assertThat(weir("start", pid).exitCode()).isZero();
            assertRefused(weir("set", pid, "dir=/"), 2, "option dir=/: cannot be changed while the JVM runs");
            jvm.assertUnharmed();
        }
    }
}
