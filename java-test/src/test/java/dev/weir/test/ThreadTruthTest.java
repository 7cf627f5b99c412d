// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Attach;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Shell;
import dev.weir.test.ground.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Threads of plain JVMs: the figures against the kernel's own, and starts that are denied. */
class ThreadTruthTest {
    private static final int MANY = 1000;
    private static final int STACK_KIB = 3 << 10;
    private static final int JOINED = 5;
    private static final int GUARD_KIB = 32; // is not believed where it was joined with a larger inaccessible mapping
    /** Flink takes an error with these words for the VM's own. */
    private static final String FLINKS_WORDS = "(?is).*(metaspace|direct buffer memory|java heap space).*";

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    private static Shell start(String name, Jdk jdk, String options) {
        Path dir = Ground.run("threads-" + name + "-" + jdk.version());
        return Shell.of(Jvm.java(jdk, dir).add("-Xmx64m", "-Xcheck:jni", Ground.agentpath("interval=1s,dir=" + dir + "," + options),
                "-cp", Ground.jar("programs.jar").toString(), "dev.weir.programs.ThreadShell").start(), dir);
    }

    private static JsonNode family(JsonNode threads, String name) {
        for (JsonNode family : threads.path("families")) {
            if (family.path("name").asText().equals(name)) {
                return family;
            }
        }
        throw new AssertionError("no family " + name + " in " + threads);
    }

    /** A sheet of a moment in which neither the kernel's count nor the bean's changed. */
    private static JsonNode quiet(Shell shell) {
        return Wait.until("figures that stand still over a sheet", Wait.MINUTE, () -> {
            String before = shell.ok("counts");
            JsonNode threads = shell.weir().freshSheet().json().path("threads");
            boolean same = shell.ok("counts").equals(before);
            return same ? java.util.Optional.of(((com.fasterxml.jackson.databind.node.ObjectNode) threads).put("truth", before))
                    : java.util.Optional.empty();
        });
    }

    private static void checkCounts(JsonNode threads) {
        String[] truth = threads.path("truth").asText().split(" ");
        assertThat(threads.path("count").asInt()).as("entries of /proc/self/task").isEqualTo(Integer.parseInt(truth[0]));
        assertThat(threads.path("java").asInt()).as("the bean's count").isEqualTo(Integer.parseInt(truth[1]));
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void countsAndStacksAreTheKernels(Jdk jdk) throws IOException {
        try (Shell shell = start("counts", jdk, "limit.threads=5000")) {
            checkCounts(quiet(shell));
            shell.ok("start " + MANY + " deep " + STACK_KIB);
            JsonNode threads = quiet(shell);
            checkCounts(threads);
            checkStacks(shell.jvm().pid(), threads);
            assertThat(threads.path("families").findValuesAsText("name")).as("the VM's own keep their words").anyMatch(
                    n -> n.startsWith("GC Thread#") || n.startsWith("C2 ") || n.startsWith("C1 ") || n.startsWith("G1 "));
            Sheet sheet = shell.weir().freshSheet();
            assertThat(sheet.used("jvm-overhead", "stack")).isEqualTo(sheet.number("threads", "stack_resident"));
            shell.ok("end");
            checkCounts(quiet(shell));
            shell.end();
            assertThat(shell.jvm().out()).doesNotContain("WARNING", "FATAL");
        }
    }

    /** Of threads that were there first, who created them cannot be told; the rest can, and those that end are let go. */
    @ParameterizedTest
    @MethodSource("jdks")
    void threadsOlderThanWeirAreFound(Jdk jdk) {
        Path dir = Ground.run("threads-older-" + jdk.version());
        try (Shell shell = Shell.of(Jvm.java(jdk, dir).add("-Xmx64m", "-cp", Ground.jar("programs.jar").toString(),
                "dev.weir.programs.ThreadShell").start(), dir); Attach attach = new Attach(shell.jvm(), dir)) {
            shell.ok("start 40 older-pool-thread-whose-name-is-long " + STACK_KIB);
            attach.ok("interval=1s,limit.threads=500,dir=" + dir);
            JsonNode threads = quiet(shell);
            checkCounts(threads);
            JsonNode older = family(threads, "older-pool-thread-whose-name-is-long-*");
            assertThat(older.path("threads").asInt()).isEqualTo(40);
            assertThat(older.path("creator").isNull()).isTrue();
            assertThat(older.path("stack_reserved").asLong()).isBetween((40L * STACK_KIB - JOINED * GUARD_KIB) << 10, 40L * (STACK_KIB + 64) << 10);
            shell.ok("start 10 newer 512");
            assertThat(family(quiet(shell), "newer-*").path("creator").asText()).contains("ThreadShell.launch");
            shell.ok("end");
            JsonNode after = quiet(shell);
            checkCounts(after);
            assertThat(after.path("families").toString()).doesNotContain("older-", "newer-");
            shell.end();
        }
    }

    private static void checkStacks(long pid, JsonNode threads) throws IOException {
        JsonNode deep = family(threads, "deep-*");
        Stacks truth = Stacks.of(pid);
        assertThat(deep.path("threads").asInt()).isEqualTo(MANY);
        /* the kernel joins a stack with a neighbour of the same rights now and then: such a one has another size there */
        assertThat(truth.count).as("stacks of that size in smaps").isBetween(MANY - JOINED, MANY);
        checkSum(deep.path("stack_reserved").asLong(), truth.reserved, truth.count);
        checkSum(deep.path("stack_resident").asLong(), truth.resident, truth.count);
        assertThat(deep.path("java").asBoolean()).isTrue();
        assertThat(deep.path("creator").asText()).startsWith("dev.weir.programs.ThreadShell.launch(ThreadShell.java:");
        assertThat(deep.path("source").asText()).isEqualTo("programs.jar");
        assertThat(deep.path("java_stack").findValuesAsText("").size()).isZero();
        assertThat(deep.path("java_stack").toString()).contains("Thread.start0", "ThreadShell.start(", "ThreadShell.main(");
        assertThat(threads.path("not_found").asInt()).as("threads whose stack was not found").isLessThanOrEqualTo(2);
    }

    /** To the byte, where smaps tells them all; else what it tells of the others. */
    private static void checkSum(long ours, long smaps, int count) {
        if (count == MANY) {
            assertThat(ours).isEqualTo(smaps);
        } else {
            assertThat(ours - smaps * MANY / count).isBetween(-smaps / 100, smaps / 100);
        }
    }

    /** Mappings of STACK_KIB with their guards, from /proc/PID/smaps. */
    private record Stacks(int count, long reserved, long resident) {
        private static final Pattern HEAD = Pattern.compile("^([0-9a-f]+)-([0-9a-f]+) (\\S{4}) .*");

        static Stacks of(long pid) throws IOException {
            int count = 0;
            long reserved = 0;
            long resident = 0;
            long guardFrom = 0;
            long guardTo = 0;
            boolean stack = false;
            for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps"))) {
                Matcher head = HEAD.matcher(line);
                if (head.matches()) {
                    long from = Long.parseUnsignedLong(head.group(1), 16);
                    long to = Long.parseUnsignedLong(head.group(2), 16);
                    long size = to - from + (guardTo == from ? guardTo - guardFrom : 0);
                    stack = head.group(3).startsWith("rw") && guardTo == from && Math.abs(size - ((long) STACK_KIB << 10)) <= 32 << 10;
                    count += stack ? 1 : 0;
                    reserved += stack ? size : 0;
                    boolean guard = head.group(3).startsWith("---");
                    guardFrom = guard ? from : 0;
                    guardTo = guard ? to : -1;
                } else if (stack && line.startsWith("Rss:")) {
                    resident += Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
                }
            }
            return new Stacks(count, reserved, resident);
        }
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void startsBeyondTheLimitAreRefusedAndTheThreadStartsLater(Jdk jdk) {
        try (Shell shell = start("denied", jdk, "mode=enforce,limit.threads=60")) {
            shell.ok("churn 12000"); // more than are walked in a second where nothing can be denied
            String text = shell.refused("start 100 more 512");
            assertThat(text).isEqualTo("weir: threads (jvm-overhead): 1 requested, 60 of 60 used (mode=enforce)")
                    .doesNotMatch(FLINKS_WORDS);
            String state = shell.ok("state");
            assertThat(state).startsWith("NEW ");
            checkCounts(quiet(shell));
            assertThat(shell.ok("counts").split(" ")[1]).as("exactly the limit").isEqualTo("60");
            shell.refused("again");
            JsonNode deny = shell.weir().await("breach", Wait.MINUTE, e -> e.path("action").asText().equals("deny"));
            checkDenial(deny);
            shell.ok("end");
            assertThat(shell.ok("again")).as("the same Thread object, alive").isEqualTo("true");
            checkCounts(quiet(shell));
            shell.end();
            assertThat(shell.weir().events("oom")).as("a denial is a breach").isEmpty();
            assertThat(shell.jvm().out() + shell.jvm().err()).doesNotContain("WARNING", "[warning]", "[error]", "FATAL");
        }
    }

    private static void checkDenial(JsonNode deny) {
        assertThat(deny.path("component").asText()).isEqualTo("threads");
        assertThat(deny.path("kind").asText()).isEqualTo("stack");
        assertThat(deny.path("used").asInt()).isEqualTo(60);
        assertThat(deny.path("limit").asInt()).isEqualTo(60);
        assertThat(deny.path("requested").asInt()).isEqualTo(1);
        assertThat(deny.path("limit_source").asText()).isEqualTo("limit.threads");
        assertThat(deny.path("thread").asText()).isEqualTo("main");
        assertThat(deny.path("source").asText()).isEqualTo("programs.jar");
        assertThat(family(deny.path("threads"), "more-*").path("creator").asText()).contains("ThreadShell.launch");
    }

    /** One thread may live, so all that the JVM and its libraries start themselves is beyond the limit, and is let be. */
    @ParameterizedTest
    @MethodSource("jdks")
    void whatNoUserCodeDecidedIsNotRefused(Jdk jdk) {
        try (Shell shell = start("spared", jdk, "mode=enforce,limit.threads=1")) {
            assertThat(shell.refused("start 1 mine 512")).startsWith("weir: threads (jvm-overhead): 1 requested, ");
            JsonNode deny = shell.weir().await("breach", Wait.MINUTE, e -> e.path("action").asText().equals("deny"));
            assertThat(deny.path("used").asInt()).isGreaterThan(3);
            assertThat(quiet(shell).path("truth").asText()).isNotEmpty();
            shell.end();
        }
    }

    @Test
    void vmsOwnWordingRehearsesProduction() {
        try (Shell shell = start("as-jvm", Jdks.of(17), "mode=enforce,limit.threads=30,deny-as=jvm")) {
            assertThat(shell.refused("start 100 more 512")).startsWith("unable to create native thread: ");
            shell.end();
        }
    }

    @Test
    void denyWithoutThreadsLetsThemStart() {
        try (Shell shell = start("not-denied", Jdks.of(17), "mode=enforce,limit.threads=30,deny=task.off-heap")) {
            shell.ok("start 50 more 512");
            JsonNode level = shell.weir().await("breach", Wait.MINUTE, e -> e.path("component").asText().equals("threads"));
            assertThat(level.path("level").asText()).isEqualTo("critical");
            assertThat(level.path("action").asText()).isEqualTo("warn");
            assertThat(level.path("limit").asInt()).isEqualTo(30);
            assertThat(level.path("diagnosis").path(0).path("id").asText()).isEqualTo("thread-limit");
            List<String> lines = new ArrayList<>(shell.jvm().errLines());
            lines.removeIf(l -> !l.contains(" weir - threads at "));
            assertThat(lines).hasSize(1).first().asString().contains(" of limit.threads, ").contains("more-* created at "
                    + "dev.weir.programs.ThreadShell.launch(ThreadShell.java:");
            shell.end();
        }
    }
}
