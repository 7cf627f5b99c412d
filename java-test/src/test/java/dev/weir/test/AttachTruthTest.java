// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.Attach;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Point;
import dev.weir.test.ground.Programs;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Attached while threads compiled by C2 allocate and free: from then on the counts are those of a JVM started with the agent. */
class AttachTruthTest {
    private static final int ROUNDS = 40_000;
    private static final int CYCLES = 1000;
    private static final int EXITS = 10;
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String OPTIONS = "limit.task.off-heap=1g,stacks=all,interval=1s,dir=";

    static Stream<Jdk> jdks() {
        return Jdks.all().stream();
    }

    private static Jvm churn(Jdk jdk, Path dir, int rounds) {
        return Programs.churn(jdk, dir, rounds, List.of("-XX:+IgnoreUnrecognizedVMOptions", "-XX:+EnableDynamicAgentLoading"),
                "load").start();
    }

    private static void underLoad(Jvm jvm) {
        Wait.untilTrue("threads at work, compiled or about to be", LIMIT, () -> {
            long cpu = ProcessHandle.of(jvm.pid()).flatMap(p -> p.info().totalCpuDuration()).map(Duration::toMillis)
                    .orElse(0L);
            return cpu > 450;
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void countsAgreeWithTheBeanAfterAnAttachUnderLoad(Jdk jdk) throws IOException {
        Path dir = Ground.run("attach-" + jdk.version());
        try (Jvm jvm = churn(jdk, dir, ROUNDS)) {
            WeirJson weir = new WeirJson(dir);
            underLoad(jvm);
            try (Attach attach = new Attach(jvm, dir)) {
                assertThat(attach.ok(OPTIONS + dir)).contains("found: ").contains("pause ");
                assertThat(attach.ok("stop")).contains("the hooks are idle");
                assertThat(attach.ok("start")).contains("started");
            }
            jvm.say("enough");
            Sheet base = at(jvm, weir, "base");
            assertThat(base.kindBlocks("direct")).as("all given back, also what was there before").isZero();
            for (String sizes : List.of("eights", "primes")) {
                checkHeld(jvm, weir, base, sizes);
                assertThat(at(jvm, weir, "freed-" + sizes).kindBlocks("direct")).isZero();
            }
            assertThat(jvm.awaitExit(Wait.MINUTE)).isZero();
        }
    }

    private static Sheet at(Jvm jvm, WeirJson weir, String name) {
        jvm.awaitLine("^" + name + " ", LIMIT);
        Sheet sheet = weir.freshSheet();
        jvm.say("on");
        return sheet;
    }

    private static void checkHeld(Jvm jvm, WeirJson weir, Sheet base, String sizes) {
        Point point = Point.parse(jvm.awaitLine("^held-" + sizes + " ", LIMIT));
        Sheet sheet = weir.freshSheet();
        long rounding = sizes.equals("primes") ? 7 : 0;
        assertThat(sheet.kindBlocks("direct")).isEqualTo(point.directCount());
        assertThat(sheet.kindBytes("direct") - point.directUsed()).isBetween(0L, rounding * point.directCount());
        assertThat(sheet.kindBlocks("unsafe") - base.kindBlocks("unsafe")).isEqualTo(point.unsafeBlocks());
        assertThat(sheet.kindBytes("unsafe") - base.kindBytes("unsafe")).isEqualTo(point.unsafeBytes());
        assertThat(sheet.number("agent", "stale")).isZero();
        jvm.say("on");
    }

    /** What was held before the attach is there, in the row of its own, and leaves it again. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void heldBeforeTheAttachIsFound(Jdk jdk) throws IOException {
        Path dir = Ground.run("attach-held-" + jdk.version());
        try (Jvm jvm = Programs.churn(jdk, dir, 2000, List.of(), "step").start()) {
            WeirJson weir = new WeirJson(dir);
            jvm.awaitLine("^base ", LIMIT);
            jvm.say("on");
            Point point = Point.parse(jvm.awaitLine("^held-eights ", LIMIT));
            try (Attach attach = new Attach(jvm, dir)) {
                attach.ok(OPTIONS + dir);
            }
            Sheet sheet = weir.freshSheet();
            assertThat(sheet.blocks("before weir")).isEqualTo(point.directCount());
            assertThat(sheet.used("before weir")).isEqualTo(point.directUsed());
            jvm.say("on");
            jvm.awaitLine("^freed-eights ", LIMIT);
            assertThat(weir.freshSheet().blocks("before weir")).isZero();
        }
    }

    /** Stop, start, and a load that asks, a thousand times while four threads churn: nothing grows, nothing is lost. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void aThousandLoadsUnderLoadLeaveNothingBehind(Jdk jdk) throws IOException {
        Path dir = Ground.run("attach-cycles-" + jdk.version());
        try (Jvm jvm = churn(jdk, dir, Integer.MAX_VALUE)) {
            WeirJson weir = new WeirJson(dir);
            underLoad(jvm);
            try (Attach attach = new Attach(jvm, dir)) {
                attach.ok("ledger=off," + OPTIONS + dir);
                long before = weir.freshSheet().number("agent", "bytes"), code = codeCache(jvm);
                for (int i = 0; i < CYCLES; i++) {
                    attach.ok("stop");
                    attach.ok("start");
                    assertThat(attach.ok("status")).contains("hook unsafe: ok");
                }
                long after = weir.freshSheet().number("agent", "bytes");
                assertThat(after - before).as("agent memory").isLessThan(1 << 20);
                assertThat(codeCache(jvm) - code).as("KiB of code cache").isLessThan(2048);
            }
            assertThat(jvm.isAlive()).isTrue();
            assertThat(Files.readString(dir.resolve("jvm.err"))).doesNotContain("ERROR");
        }
    }

    /** KiB in use; a native that is registered anew leaves a wrapper behind each time. */
    private static long codeCache(Jvm jvm) {
        String jcmd = Jdks.of(17).home().resolve("bin/jcmd").toString();
        String out = Tool.run(List.of(jcmd, String.valueOf(jvm.pid()), "Compiler.codecache"), Map.of()).out();
        Matcher used = Pattern.compile(" used=(\\d+)Kb").matcher(out);
        long sum = 0;
        while (used.find()) {
            sum += Long.parseLong(used.group(1));
        }
        assertThat(sum).as(out).isPositive();
        return sum;
    }

    /** Who comes second is told so; the first one's options hold. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void twoAttachesAtOnceMakeOneAgent(Jdk jdk) throws Exception {
        Path dir = Ground.run("attach-two-" + jdk.version());
        try (Jvm jvm = churn(jdk, dir, Integer.MAX_VALUE)) {
            underLoad(jvm);
            try (Attach one = new Attach(jvm, dir); Attach two = new Attach(jvm, dir)) {
                CompletableFuture<String> first = CompletableFuture.supplyAsync(() -> one.ask(OPTIONS + dir));
                CompletableFuture<String> second = CompletableFuture.supplyAsync(() -> two.ask(OPTIONS + dir));
                List<String> answers = List.of(first.get(), second.get());
                assertThat(answers).filteredOn(a -> a.startsWith("ok\n")).hasSize(1);
                assertThat(answers).filteredOn(a -> a.startsWith("error: the agent is in this JVM already")).hasSize(1);
            }
            assertThat(new WeirJson(dir).events("start")).hasSize(1);
        }
    }

    /** In whatever phase of its end the load meets it, the JVM ends as it would have. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void anAttachDuringTheEndDoesNotChangeIt(Jdk jdk) throws Exception {
        for (int i = 0; i < EXITS; i++) {
            Path dir = Ground.run("attach-exit-" + jdk.version());
            try (Jvm jvm = Programs.hello(jdk, dir, List.of(), "7", "wait").start()) {
                jvm.awaitLine("", LIMIT);
                try (Attach attach = new Attach(jvm, dir)) {
                    CompletableFuture<Void> end = CompletableFuture.runAsync(jvm::endStdin);
                    attach.tryToLoad(OPTIONS + dir);
                    end.get();
                }
                assertThat(jvm.awaitExit(LIMIT)).as(jvm.err()).isEqualTo(7);
                assertThat(jvm.err()).doesNotContain("fatal error");
            }
        }
    }
}
