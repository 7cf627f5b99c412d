// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Shell;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** `weir top` on a JVM whose memory moves: in a pipe, on terminals made by script(1), past a mount namespace. */
class TopTest {
    private static final int MIB = 1 << 20;
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String HOME = "\u001b[H";
    private static final String SHOW_CURSOR = "\u001b[?25h";
    private static final Pattern ROW = Pattern.compile("\ntask\\.off-heap +([\\d.]+) +[\\d.]+ +32\\.0\\* \\[(#*) *([]!]) +\\d+ %"
            + "(?: +(\\S+))?");

    @Test
    void pipedSheetsFollowTheMemoryAndTellTheEnd() {
        Path dir = Ground.run("top-piped");
        try (Shell shell = start(dir); Jvm top = top(dir, "--interval", "1", pid(shell.jvm())).start()) {
            awaitUsed(top, "0.0");
            shell.ok("direct " + 16 * MIB);
            Matcher half = awaitUsed(top, "16.0");
            assertThat(half.group(2)).hasSize(5);
            assertThat(half.group(4)).as("MiB/min").startsWith("+");
            shell.ok("direct " + 48 * MIB);
            assertThat(awaitUsed(top, "64.0").group(3)).isEqualTo("!");
            assertThat(once(dir, shell.jvm()).exitCode()).as("over its declared share").isEqualTo(1);
            shell.ok("free-all");
            assertThat(awaitUsed(top, "0.0", top.out().length()).group(4)).as("since the first sheet").isEqualTo("0.0");
            assertThat(once(dir, shell.jvm()).exitCode()).isZero();
            shell.end();
            assertThat(top.awaitExit(LIMIT)).isZero();
            assertThat(top.out()).contains("\nthe JVM stopped in order at ").doesNotContain("\u001b");
            assertNarrow(top.out(), 80);
        }
    }

    /** The pid, the name of the ledger and its directory are gone; the last sheet is not. */
    @Test
    void killedJvmLeavesItsLastSheetAndAStoppedOneNoNews() throws IOException {
        Path dir = Ground.run("top-killed");
        try (Shell shell = start(dir); Jvm top = top(dir, "--interval", "1", pid(shell.jvm())).start()) {
            shell.ok("direct " + 24 * MIB);
            awaitUsed(top, "24.0");
            run("kill", "-STOP", pid(shell.jvm()));
            Wait.untilTrue("no news", LIMIT, () -> top.out().contains("NO NEWS for "));
            run("kill", "-CONT", pid(shell.jvm()));
            int before = top.out().length();
            Wait.untilTrue("news", LIMIT, () -> top.out().indexOf("running: ", before) > 0);
            run("kill", "-KILL", pid(shell.jvm()));
            assertThat(top.awaitExit(LIMIT)).isZero();
            String last = top.out().substring(top.out().lastIndexOf("the JVM ended without stop; last sheet of "));
            assertThat(rows(last)).hasSize(1).allSatisfy(r -> assertThat(r.group(1)).isEqualTo("24.0"));
            assertThat(last).contains("\nowner 24.0 MiB direct in 1 block");
        }
    }

    @Test
    void terminalIsRedrawnFollowsTheWindowAndIsRestored() {
        for (String end : List.of("q", "\u0003")) {
            Path dir = Ground.run("top-terminal-" + (end.equals("q") ? "q" : "interrupt"));
            try (Shell shell = start(dir); Jvm terminal = terminal(dir, "xterm", pid(shell.jvm())).start()) {
                awaitUsed(terminal, "0.0");
                shell.ok("direct " + 16 * MIB);
                awaitUsed(terminal, "16.0");
                assertThat(terminal.out()).contains("\u001b[?25l" + HOME + "\u001b[2J");
                assertFrames(frames(terminal.out()), 80, 24);
                int before = frames(terminal.out()).size();
                resize(terminal, 60, 12);
                Wait.untilTrue("frames of the new size", LIMIT, () -> frames(terminal.out()).size() > before + 2);
                assertFrames(frames(terminal.out()).subList(before + 2, before + 3), 60, 12);
                terminal.type(end);
                terminal.awaitLine("^restored 0", LIMIT);
                assertThat(terminal.out()).contains(SHOW_CURSOR);
            }
        }
    }

    @Test
    void signalRestoresTheTerminalAndEndsTheToolAsItWould() {
        Path dir = Ground.run("top-term");
        try (Shell shell = start(dir); Jvm terminal = terminal(dir, "xterm", pid(shell.jvm())).start()) {
            awaitUsed(terminal, "0.0");
            run("kill", "-TERM", String.valueOf(tool(terminal).pid()));
            terminal.awaitLine("^restored 143", LIMIT);
            assertThat(terminal.out()).contains(SHOW_CURSOR);
        }
    }

    @Test
    void dumbTerminalGetsSheetAfterSheet() {
        Path dir = Ground.run("top-dumb");
        try (Shell shell = start(dir); Jvm terminal = terminal(dir, "dumb", pid(shell.jvm())).start()) {
            Wait.untilTrue("three sheets", LIMIT, () -> rows(terminal.out()).size() >= 3);
            assertThat(terminal.out()).doesNotContain("\u001b");
            assertNarrow(terminal.out(), 80);
        }
    }

    /** The ledger lies on a disk that only the JVM sees, and was deleted there: the agent makes a new one. */
    @Test
    void jvmInAMountNamespaceOfItsOwnIsReached() throws IOException {
        Path dir = Ground.run("top-namespace");
        Path own = Files.createDirectory(dir.resolve("own"));
        String mount = "mount -t tmpfs -o size=8m weir '" + own + "' || exit 9; exec \"$@\"";
        Jvm.Plan plan = Jvm.command(dir, "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh",
                Jdks.of(17).java().toString(), Ground.agentpath("limit.task.off-heap=32m,dir=" + own),
                "-cp", Ground.jar("programs.jar").toString(), "dev.weir.programs.Storm", "1", "16");
        try (Jvm jvm = plan.start()) {
            jvm.awaitLine("storming", LIMIT);
            assertThat(own).isEmptyDirectory();
            Wait.untilTrue("what it holds in its sheet", LIMIT, () -> once(dir, jvm).out().contains(" 16.0 "));
            assertThat(once(dir, jvm).exitCode()).isZero();
        }
    }

    // ---- the tool

    private static Shell start(Path dir) {
        return Shell.start(Jdks.of(17), dir, "limit.task.off-heap=32m");
    }

    private static String pid(Jvm jvm) {
        return String.valueOf(jvm.pid());
    }

    private static Jvm.Plan top(Path dir, String... arguments) {
        return Jvm.command(dir, Ground.tool().toString(), "top").add(arguments).env("TERM", "xterm").name("top");
    }

    private static Tool.Result once(Path dir, Jvm jvm) {
        return Tool.run(List.of(Ground.tool().toString(), "top", "--once", pid(jvm)), Map.of());
    }

    /** On a pty of 80 columns and 24 rows; says how the tool ended and whether the terminal is as it was. */
    private static Jvm.Plan terminal(Path dir, String type, String pid) {
        String command = "trap : INT; stty cols 80 rows 24; before=$(stty -g); '" + Ground.tool()
                + "' top --interval 1 " + pid + "; code=$?; [ \"$before\" = \"$(stty -g)\" ] && echo restored $code";
        // Ctrl-C must reach the tool, though whoever started the tests in the background had it ignored
        return Jvm.command(dir, "env", "--default-signal=INT", "script", "-qec", command, "/dev/null").env("TERM", type).env("SHELL", "/bin/sh")
                .name("terminal");
    }

    private static ProcessHandle tool(Jvm terminal) {
        return ProcessHandle.of(terminal.pid()).orElseThrow().descendants()
                .filter(p -> p.info().command().orElse("").equals(Ground.tool().toString())).findFirst().orElseThrow();
    }

    private static void resize(Jvm terminal, int columns, int rows) {
        try {
            Path tty = Files.readSymbolicLink(Path.of("/proc/" + tool(terminal).pid() + "/fd/1"));
            run("stty", "-F", tty.toString(), "cols", String.valueOf(columns), "rows", String.valueOf(rows));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void run(String... command) {
        Tool.Result result = Tool.run(List.of(command), Map.of());
        assertThat(result.exitCode()).as(String.join(" ", command) + ": " + result.err()).isZero();
    }

    // ---- what it shows

    private static List<Matcher> rows(String text) {
        List<Matcher> found = new ArrayList<>();
        Matcher row = ROW.matcher(text.replace("\r", "").replace("\u001b[K", ""));
        while (row.find()) {
            Matcher copy = ROW.matcher(row.group());
            assertThat(copy.find()).isTrue();
            found.add(copy);
        }
        return found;
    }

    private static Matcher awaitUsed(Jvm top, String mib) {
        return awaitUsed(top, mib, 0);
    }

    private static Matcher awaitUsed(Jvm top, String mib, int from) {
        return Wait.until("a sheet with " + mib + " MiB", LIMIT, () -> rows(top.out().substring(from)).stream()
                .filter(r -> r.group(1).equals(mib)).findFirst());
    }

    /** Complete ones: each ends where the rest of the screen is cleared. */
    private static List<String> frames(String text) {
        List<String> frames = new ArrayList<>();
        for (String part : text.replace("\u001b[2J", "").split(Pattern.quote(HOME))) {
            int end = part.indexOf("\u001b[J");
            if (end >= 0) {
                frames.add(part.substring(0, end).replace("\u001b[K", "").replace("\r", ""));
            }
        }
        return frames;
    }

    private static void assertFrames(List<String> frames, int columns, int rows) {
        assertThat(frames).isNotEmpty().allSatisfy(frame -> {
            assertNarrow(frame, columns);
            assertThat(frame.lines().count()).isLessThanOrEqualTo(rows);
        });
    }

    private static void assertNarrow(String text, int columns) {
        assertThat(text.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(columns));
    }
}
