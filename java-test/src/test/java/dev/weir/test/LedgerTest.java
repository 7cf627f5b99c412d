// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Ledgers;
import dev.weir.test.ground.Programs;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirText;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is left of a JVM that was killed, and what the black box makes of a disk that fails it. */
class LedgerTest {
    private static final long MIB = 1L << 20;
    private static final int HELD = 40; // MiB, of a share of 32
    private static final String BREACH = " warn task.off-heap over its declared share: 32.0 of 32.0 MiB, "
            + "1.0 MiB requested by \"main\"\n";
    private static final Duration LIMIT = Duration.ofMinutes(1);
    /** A sheet is written every second; the rest is for a machine that does other things too. */
    private static final Duration OLDEST = Duration.ofMillis(2500);
    private static final int UNSAFE_WARNS_FROM = 23; // the JDK itself warns about sun.misc.Unsafe
    /** A process namespace of its own, where the JVM is pid 1. */
    private static final List<String> CONTAINER = List.of("unshare", "--user", "--map-root-user", "--pid", "--fork",
            "--mount-proc");

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void killedInTheMiddleOfAStormLeavesItsLastSheetAndTheBreach(Jdk jdk) {
        Path dir = Ground.run("ledger-kill-" + jdk.version());
        Instant killed;
        try (Jvm jvm = storm(jdk, dir, List.of(), "dir=" + dir).start()) {
            Path ledger = awaitBreach(jvm, dir);
            assertThat(Ledgers.read(ledger)).startsWith("the JVM is running; sheet of ");
            awaitSheetAfter(ledger, Instant.now()); // the breach was written on the way to 40 MiB
            awaitSheetAfter(ledger, Instant.now()); // and the second before may load the VM's beans
            killed = Instant.now();
        } // SIGKILL
        Path ledger = Ledgers.only(Ledgers.of(dir));
        Sheet last = Ledgers.sheet(ledger);
        assertThat(time(ledger)).isBetween(killed.minus(OLDEST), killed.plus(OLDEST));
        assertThat(last.used("task.off-heap")).isGreaterThanOrEqualTo(HELD * MIB);
        assertThat(last.number("agent", "dropped", "ledger")).isZero();
        assertThat(last.json().path("owners").path(0).path("java_stack").toString())
                .contains("dev.weir.programs.Storm.hold");
        assertThat(Ledgers.read(ledger)).startsWith("the JVM ended without stop; last sheet of ")
                .contains(BREACH)
                .contains("    at dev.weir.programs.Storm.hold(Storm.java");
    }

    /** A container's JVM is always pid 1, so the pid of the crashed one is alive: it is the new one's. */
    @Test
    void restartWithTheSamePidFindsTheCrashedLedgerAndSaysSo() throws IOException {
        Path dir = Ground.run("ledger-restart");
        String options = "dir=" + dir + ",last=last";
        try (Jvm jvm = storm(Jdks.of(17), dir, CONTAINER, options).name("first").start()) {
            awaitBreach(jvm, dir);
        }
        Path ledger = Ledgers.only(Ledgers.of(dir));
        Instant time = time(ledger);
        assertThat(Files.readString(dir.resolve("last"))).startsWith("weir ").contains(": the JVM was running\n")
                .contains("task.off-heap over its declared share").hasSizeLessThanOrEqualTo(4000);
        Wait.untilTrue("the killed JVM to be gone", LIMIT, () -> Ledgers.read(ledger).startsWith("the JVM ended"));
        String second = hello(dir, CONTAINER, options, "second");
        assertThat(second).contains(" WARN  weir - previous JVM ended without stop at " + time + ", up ")
                .contains(", pid 1: ").contains("\ntask.off-heap ").contains("OVER, declared")
                .contains(BREACH);
        assertThat(Ledgers.crashed(dir)).containsExactly(ledger.resolveSibling(ledger.getFileName() + ".crashed"));
        assertThat(hello(dir, CONTAINER, options, "third")).doesNotContain("previous JVM");
        assertThat(Files.readString(dir.resolve("last"))).contains(": the JVM stopped: vm exit: "
                + "System.exit by dev.weir.programs.Hello.main(Hello.java:");
    }

    @Test
    void ledgerOfAnotherLivingJvmIsLeftAlone() {
        Path dir = Ground.run("ledger-two");
        try (Jvm jvm = storm(dir, "dir=" + dir).start()) {
            Path ledger = awaitBreach(jvm, dir);
            assertThat(hello(dir, "dir=" + dir, "second")).doesNotContain("previous JVM");
            assertThat(Ledgers.read(ledger)).startsWith("the JVM is running");
        }
    }

    @Test
    void stopInOrderIsNoCrashAndTheLastThreeAreKept() {
        Path dir = Ground.run("ledger-stop");
        for (int i = 1; i <= 5; i++) {
            assertThat(hello(dir, "dir=" + dir, "run-" + i)).doesNotContain("previous JVM");
        }
        assertThat(Ledgers.of(dir)).hasSize(3)
                .allSatisfy(l -> assertThat(Ledgers.read(l)).startsWith("the JVM stopped in order at "));
        assertThat(Ledgers.crashed(dir)).isEmpty();
    }

    @Test
    void switchedOffLeavesNothing() throws IOException {
        Path dir = Ground.run("ledger-off");
        hello(dir, "ledger=off,last=off,json=off,dir=" + dir, "jvm");
        try (var files = Files.list(dir)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("jvm.out", "jvm.err");
        }
    }

    /** Full from the start: said once, counted, and written as soon as there is room. */
    @Test
    void fullDiskIsSaidAndCountedAndTheJvmNeverNotices() throws IOException {
        Path dir = Ground.run("ledger-full");
        Path mount = Files.createDirectory(dir.resolve("disk"));
        try (Jvm jvm = storm(Jdks.of(17), dir, onDisk(mount, "64k", true), "dir=" + mount).start()) {
            jvm.awaitLine("storming", LIMIT);
            Wait.untilTrue("the warning", LIMIT, () -> jvm.err().contains("WARN  weir - ledger "));
            Path disk = inside(jvm, mount);
            Files.delete(disk.resolve("fill"));
            Wait.untilTrue("the ledger to be written", LIMIT, () -> jvm.err().contains(" is written again; "));
            Wait.untilTrue("the loss in a sheet", LIMIT, () ->
                    Ledgers.sheet(Ledgers.only(Ledgers.of(disk))).number("agent", "dropped", "ledger") > 0);
            assertUnharmed(jvm);
            assertThat(WeirText.aboveInfo(jvm.err()).stream().filter(l -> l.contains("ledger"))).hasSize(1);
            assertThat(jvm.err()).containsPattern("\n  lost: .*\\d+ ledger writes?");
        }
    }

    /** Its blocks were reserved at the start: a disk that fills up later does not stop it. */
    @Test
    void diskThatFillsUpWhileRunningDoesNotStopTheLedger() throws IOException {
        Path dir = Ground.run("ledger-fills");
        Path mount = Files.createDirectory(dir.resolve("disk"));
        try (Jvm jvm = storm(Jdks.of(17), dir, onDisk(mount, "1m", false), "json=off,dir=" + mount).start()) {
            jvm.awaitLine("storming", LIMIT);
            Path disk = inside(jvm, mount);
            Path ledger = Ledgers.only(Ledgers.of(disk));
            fill(disk.resolve("fill"));
            awaitSheetAfter(ledger, Instant.now());
            assertThat(Ledgers.sheet(ledger).number("agent", "dropped", "ledger")).isZero();
            assertUnharmed(jvm);
        }
    }

    @Test
    void directoryThatIsDeletedIsSaidAndTheLedgerComesBackWithIt() throws IOException {
        Path dir = Ground.run("ledger-deleted");
        Path own = Files.createDirectory(dir.resolve("weir"));
        try (Jvm jvm = storm(dir, "json=off,dir=" + own).start()) {
            Path ledger = awaitBreach(jvm, own);
            Files.delete(ledger);
            Files.delete(own);
            Wait.untilTrue("the warning", LIMIT, () -> jvm.err().contains("WARN  weir - ledger " + ledger + ": No such"));
            Files.createDirectory(own);
            Wait.untilTrue("the ledger to be written", LIMIT, () -> jvm.err().contains(" is written again; "));
            Sheet sheet = Ledgers.sheet(Ledgers.only(Ledgers.of(own)));
            assertThat(sheet.used("task.off-heap")).isGreaterThanOrEqualTo(HELD * MIB);
            assertThat(sheet.number("agent", "dropped", "ledger")).isPositive();
            assertThat(Ledgers.read(ledger)).contains("task.off-heap over its declared share");
            assertUnharmed(jvm);
        }
    }

    /** A cleaner of logs took the file of JSON lines away: the next line makes a new one of that name. */
    @Test
    void jsonLinesThatAreDeletedAreBegunAgain() throws IOException {
        Path dir = Ground.run("json-deleted");
        Path own = Files.createDirectory(dir.resolve("weir"));
        try (Jvm jvm = storm(dir, "interval=1s,json=lines.jsonl,dir=" + own).start()) {
            Path lines = own.resolve("lines.jsonl");
            Wait.untilTrue("lines", LIMIT, () -> Files.exists(lines));
            Files.delete(lines);
            Wait.untilTrue("the file again", LIMIT, () -> Files.exists(lines) && Files.readString(lines).endsWith("}\n"));
            assertThat(Files.readString(lines)).startsWith("{\"event\":");
            assertUnharmed(jvm);
        }
    }

    @Test
    void directoryThatBecomesReadOnlyDoesNotStopTheLedger() throws IOException {
        Path dir = Ground.run("ledger-read-only");
        Path own = Files.createDirectory(dir.resolve("weir"));
        try (Jvm jvm = storm(Jdks.of(17), dir, boundByPermissions(), "json=off,dir=" + own).start()) {
            Path ledger = awaitBreach(jvm, own);
            Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("r-xr-xr-x"));
            awaitSheetAfter(ledger, Instant.now());
            assertThat(Ledgers.sheet(ledger).number("agent", "dropped", "ledger")).isZero();
            assertUnharmed(jvm);
            assertThat(Ledgers.read(ledger)).startsWith("the JVM stopped in order");
        } finally {
            Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    /** Somebody's file is no digest: it stays as it is. */
    @Test
    void lastFileThatIsNoDigestIsNotTouched() throws IOException {
        Path dir = Ground.run("ledger-last");
        Path diary = Files.writeString(dir.resolve("diary"), "x".repeat(5000));
        Path link = Files.createSymbolicLink(dir.resolve("link"), diary);
        for (Path last : Set.of(diary, link)) {
            assertThat(hello(dir, "dir=" + dir + ",last=" + last, "jvm"))
                    .contains("option last: " + last).contains("no digest is written");
        }
        assertThat(Files.readString(diary)).isEqualTo("x".repeat(5000));
    }

    // ---- programs

    /** With a prefix: a command that ends in running the words behind it. */
    private static Jvm.Plan storm(Jdk jdk, Path dir, List<String> prefix, String options) {
        Jvm.Plan plan = Jvm.command(dir).add(prefix).add(jdk.java().toString());
        if (jdk.version() >= UNSAFE_WARNS_FROM) {
            plan.add("--sun-misc-unsafe-memory-access=allow");
        }
        return plan.add("-Xmx128m", Ground.agentpath("limit.task.off-heap=32m,grace=0," + options),
                "-cp", Ground.jar("programs.jar").toString(), "dev.weir.programs.Storm", "4", String.valueOf(HELD));
    }

    private static Jvm.Plan storm(Path dir, String options) {
        return storm(Jdks.of(17), dir, List.of(), options);
    }

    /** Runs Hello to its end; what it said on stderr. */
    private static String hello(Path dir, List<String> prefix, String options, String name) {
        Jvm.Plan plan = Jvm.command(dir).add(prefix).add(Jdks.of(17).java().toString(),
                Ground.agentpath("limit.task.off-heap=32m," + options), "-cp", Ground.jar("programs.jar").toString(),
                "dev.weir.programs.Hello");
        try (Jvm jvm = plan.name(name).start()) {
            assertThat(jvm.awaitExit(LIMIT)).isZero();
            assertThat(jvm.out()).isEqualTo("hello from the program\n");
            return jvm.err();
        }
    }

    private static String hello(Path dir, String options, String name) {
        return hello(dir, List.of(), options, name);
    }

    /** Runs what follows with a tmpfs of this size on a directory, filled up if asked for; only it sees that. */
    private static List<String> onDisk(Path mount, String size, boolean full) {
        String script = "mount -t tmpfs -o size=" + size + " weir '" + mount + "' || exit 9; "
                + (full ? "cat /dev/zero > '" + mount + "/fill' 2> /dev/null; " : "") + "exec \"$@\"";
        return List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh");
    }

    /** Root without the right to ignore permissions; anybody else has none to lose. */
    private static List<String> boundByPermissions() {
        boolean root = Tool.run(List.of("id", "-u"), Map.of()).out().trim().equals("0");
        return root ? List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search") : List.of();
    }

    // ---- looking at them

    /** The breach is in the ledger. */
    private static Path awaitBreach(Jvm jvm, Path dir) {
        jvm.awaitLine("storming", LIMIT);
        Path ledger = Ledgers.only(Ledgers.of(dir));
        Wait.untilTrue("the breach in the ledger", LIMIT, () -> Ledgers.read(ledger).contains(BREACH));
        return ledger;
    }

    private static Instant time(Path ledger) {
        return Instant.parse(Ledgers.sheet(ledger).json().path("time").asText());
    }

    private static void awaitSheetAfter(Path ledger, Instant time) {
        Wait.untilTrue("a sheet after " + time, LIMIT, () -> time(ledger).isAfter(time));
    }

    /** A path of the JVM's own mounts. */
    private static Path inside(Jvm jvm, Path path) {
        return Path.of("/proc/" + jvm.pid() + "/root" + path);
    }

    private static void fill(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < 1 << 10; i++) {
                out.write(new byte[4096]);
            }
            throw new AssertionError("4 MiB fitted on a disk of 1 MiB");
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    private static void assertUnharmed(Jvm jvm) {
        jvm.endStdin();
        assertThat(jvm.awaitExit(LIMIT)).isZero();
        assertThat(jvm.out()).isEqualTo("storming\n");
    }
}
