// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the VM takes for itself, and its heap: against its own beans and jcmd, with and without NMT. */
class OverheadTest {
    private static final long MIB = 1 << 20;

    static Stream<Arguments> jdks() {
        return Jdks.all().stream().flatMap(jdk -> Stream.of(Arguments.of(jdk, "G1", "off"), Arguments.of(jdk, "Serial", "summary")));
    }

    @ParameterizedTest(name = "{0} {1} NMT {2}")
    @MethodSource("jdks")
    void figuresAreTheVmsOwn(Jdk jdk, String collector, String nmt) throws IOException, InterruptedException {
        Path dir = Ground.run("overhead-" + jdk.version() + "-" + collector + "-" + nmt);
        List<String> options = List.of("-Xms64m", "-Xmx256m", "-XX:+Use" + collector + "GC", "-XX:NativeMemoryTracking=" + nmt,
                Ground.agentpath("limit.task.off-heap=1g,interval=1s,dir=" + dir));
        try (Jvm jvm = Jvm.java(jdk, dir).add(options).add("-cp", Ground.jar("programs.jar").toString())
                .add("dev.weir.programs.Beans").start()) {
            jvm.awaitLine("ready", Wait.MINUTE);
            WeirJson weir = new WeirJson(dir);
            weir.awaitSheet("the code cache", Wait.MINUTE, s -> s.json().path("overhead").path("code").isIntegralNumber());
            Map<String, Long> before = beans(jvm, 1);
            Sheet sheet = weir.freshSheet();
            Map<String, Long> after = beans(jvm, 2);
            assertThat(sheet.number("overhead", "code")).as("code cache").isBetween(before.get("code"), after.get("code"));
            checkHeap(sheet, after);
            checkResidual(sheet);
            checkCollector(sheet, nmt.equals("off") ? null : jcmd(jdk, jvm));
        }
    }

    /** The program itself takes next to nothing between two sheets. */
    private static void checkHeap(Sheet sheet, Map<String, Long> bean) {
        assertThat(sheet.pool("heap", "committed")).isEqualTo(bean.get("committed"));
        assertThat(sheet.pool("heap", "used")).isBetween(40 * MIB, bean.get("used"));
        assertThat(sheet.pool("heap", "after_gc")).isBetween(40 * MIB, sheet.pool("heap", "used"));
        assertThat(sheet.pool("heap", "peak")).isGreaterThanOrEqualTo(sheet.pool("heap", "used"));
    }

    /** What no line of the balance sheet has. */
    private static void checkResidual(Sheet sheet) {
        long rss = sheet.number("balance", "rss");
        assertThat(Math.abs(sheet.number("balance", "residual"))).as(sheet.json().path("balance").toString()).isLessThan(rss * 3 / 100);
        assertThat(sheet.number("process", "residual")).isLessThan(rss * 3 / 100);
    }

    private static void checkCollector(Sheet sheet, String summary) {
        if (summary == null) {
            assertThat(sheet.json().path("overhead").path("gc").isNull()).as("not known without NMT").isTrue();
            return;
        }
        Matcher m = Pattern.compile("- +GC \\(reserved=\\d+KB, committed=(\\d+)KB\\)").matcher(summary);
        assertThat(m.find()).as(summary).isTrue();
        long committed = Long.parseLong(m.group(1)) << 10;
        assertThat(sheet.number("overhead", "gc")).isBetween(committed - committed / 10, committed + committed / 10);
        assertThat(sheet.number("overhead", "vm")).as("symbols alone").isGreaterThan(MIB);
    }

    private static Map<String, Long> beans(Jvm jvm, int time) {
        jvm.say("on");
        Wait.untilTrue("the beans' line", Wait.MINUTE, () -> jvm.outLines().size() > time);
        return Stream.of(jvm.outLines().get(time).split(" ")).map(word -> word.split("="))
                .collect(Collectors.toMap(pair -> pair[0], pair -> Long.parseLong(pair[1])));
    }

    private static String jcmd(Jdk jdk, Jvm jvm) throws IOException, InterruptedException {
        Process p = new ProcessBuilder(jdk.home().resolve("bin/jcmd").toString(), String.valueOf(jvm.pid()),
                "VM.native_memory", "summary").redirectErrorStream(true).start();
        String text = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(p.waitFor()).as(text).isZero();
        return text;
    }
}
