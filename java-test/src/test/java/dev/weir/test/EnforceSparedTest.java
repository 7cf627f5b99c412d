// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.early.EarlyAgent;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Shell;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The never-denied list of mode=enforce, entry by entry, on plain JVMs; a task's cancel and cleanup are
 * in FlinkEnforceTest, arenas in EnforceTest. Each place takes what a common thread is refused.
 */
class EnforceSparedTest {
    private static final int BIG = 16 << 20;
    private static final List<String> THREADS = List.of("flink-akka.actor.default-dispatcher-4",
            "flink-pekko.actor.default-dispatcher-5", "flink-metrics-9", "Flink Netty Client (33211) Thread 0",
            "Flink Netty Server (33211) Thread 1", "flink-rest-server-netty-worker-thread-1",
            "Canceler for Flat Map (1/2)#0 (6d2b).", "Canceler/Interrupts for Flat Map (1/2)#0 (6d2b).",
            "Cancellation Watchdog for Flat Map (1/2)#0 (6d2b).");

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    private static Shell start(String name, Jdk jdk, String options, String... jvmOptions) {
        return Shell.start(jdk, Ground.run("spared-" + name + "-" + jdk.version()),
                "mode=enforce,limit.task.off-heap=9m" + options, jvmOptions);
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void cleanersInitialisersAndTheJvmsThreadsArePassed(Jdk jdk) {
        try (Shell shell = start("threads", jdk, "", "-XX:+EnableDynamicAgentLoading", "-Xcheck:jni")) {
            shell.refused("thread " + BIG + " Flat_Map_(1/2)#0");
            asked(shell, "ATTACH_LISTENER", "Attach Listener");
            asked(shell, "CLINIT", "main");
            asked(shell, "CLEANER", "Cleaner-0");
            asked(shell, "COMMON_CLEANER", "Common-Cleaner");
            asked(shell, "REFERENCE_HANDLER", "Reference Handler");
            asked(shell, "FINALIZER", "Finalizer");
            shell.refused("direct " + BIG);
            shell.end();
            assertThat(shell.jvm().out()).doesNotContain("WARNING in native", "FATAL");
        }
    }

    private static void asked(Shell shell, String place, String thread) {
        assertThat(shell.ok("in " + place + " " + BIG)).endsWith(" " + thread);
        assertThat(shell.weir().freshSheet().used("task.off-heap")).as("booked all the same")
                .isGreaterThanOrEqualTo(BIG);
        shell.ok("free-all");
    }

    /** RPC, Netty and canceler threads by their names: what the program does on them is denied, what others do is not. */
    @ParameterizedTest
    @MethodSource("jdks")
    void flinksThreadsArePassedWithoutAFrameOfTheUser(Jdk jdk) {
        try (Shell shell = start("flink", jdk, ",limit.framework.off-heap=8m,deny=task.off-heap+framework.off-heap")) {
            for (String thread : THREADS) {
                String name = " " + thread.replace(' ', '_');
                assertThat(shell.refused("thread " + BIG + name)).as(thread).startsWith("weir: task.off-heap: ");
                assertThat(shell.ok("jdk-thread " + BIG + name)).as(thread).isEqualTo(String.valueOf(BIG));
            }
            shell.end();
        }
    }

    /** A stack of the JDK's frames alone, against one with the program's behind a library of nobody's. */
    @ParameterizedTest
    @MethodSource("jdks")
    void stackOfTheJdkAloneIsPassed(Jdk jdk) {
        try (Shell shell = start("boot", jdk, ",limit.framework.off-heap=8m,deny=task.off-heap+framework.off-heap")) {
            assertThat(shell.refused("in FOREIGN " + BIG)).startsWith("weir: framework.off-heap: ");
            assertThat(shell.ok("in BOOT_ONLY " + BIG)).isEqualTo(String.valueOf(BIG));
            assertThat(shell.weir().freshSheet().used("framework.off-heap")).isGreaterThanOrEqualTo(BIG);
            assertThat(shell.refused("in FOREIGN " + 4096)).startsWith("weir: framework.off-heap: ");
            shell.end();
        }
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void whatWasTakenBeforeTheVmWasLiveIsPassed(Jdk jdk) {
        try (Shell shell = Shell.start(jdk, Ground.run("spared-early-" + jdk.version()),
                "mode=enforce,limit.task.off-heap=1m,limit.framework.off-heap=0",
                "-javaagent:" + Ground.jar("early-agent.jar"))) {
            assertThat(shell.weir().freshSheet().number("before_weir", "bytes"))
                    .isEqualTo((long) EarlyAgent.COUNT * EarlyAgent.SIZE);
            shell.ok("direct " + (1 << 19));
            shell.refused("direct " + (1 << 20));
            shell.end();
        }
    }
}
