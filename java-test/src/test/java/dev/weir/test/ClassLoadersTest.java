// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import dev.weir.test.ground.WeirJson;
import dev.weir.test.ground.WeirText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Metaspace by class loader, against what the VM tells jcmd, and the first line when there is none left. */
class ClassLoadersTest {
    private static final String PROGRAM = "dev.weir.programs.ClassLoaders";
    private static final String REFLECTION = "jdk.internal.reflect.DelegatingClassLoader";
    private static final int LOADERS = 200;
    private static final int MOST_CLASSES = 17; // as the program has it

    static Stream<Jdk> jdks() {
        return Jdks.all().stream();
    }

    static Stream<Arguments> endings() {
        return jdks().flatMap(jdk -> Stream.of(
                Arguments.of(jdk, "generated", "BUDGET too small, no leak", "metaspace-budget"),
                Arguments.of(jdk, "leaked", "open: many class loaders of one class hold most of it", "metaspace-open")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void figuresByLoaderAreTheVms(Jdk jdk) {
        Path dir = Ground.run("class-loaders-" + jdk.version());
        try (Jvm jvm = plan(jdk, dir, "table", String.valueOf(LOADERS)).start()) {
            jvm.awaitLine("^ready", Wait.MINUTE);
            ask(dir, jvm); // whatever that loads is loaded now
            jcmd(jdk, jvm);
            JsonNode sheet = Wait.until("a sheet whose rows are jcmd's", Wait.MINUTE, () -> {
                JsonNode now = ask(dir, jvm);
                return rows(now).equals(jcmd(jdk, jvm)) ? Optional.of(now) : Optional.empty();
            });
            assertThat(known(sheet)).isEqualTo(expected());
            JsonNode classes = sheet.path("classes");
            int rows = 0;
            for (JsonNode loader : sheet.path("loaders")) {
                rows += loader.path("count").asInt();
            }
            assertThat(classes.path("loaders").asInt()).isEqualTo(rows);
            assertThat(classes.path("used").asLong()).as("the pool's own").isEqualTo(
                    classes.path("metaspace").path("used").asLong());
            assertThat(classes.path("class_space").path("limit").asLong()).isPositive();
            jvm.say("on");
            assertThat(jvm.awaitExit(Wait.MINUTE)).as(jvm.err()).isZero();
            assertThat(WeirText.aboveInfo(jvm.err())).isEmpty();
        }
    }

    /** The error says what filled it; where nobody knows a job, many loaders of one class are no verdict. */
    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("endings")
    void firstLineSaysWhatFilledIt(Jdk jdk, String mode, String headline, String id) {
        Path dir = Ground.run("class-loaders-" + mode + "-" + jdk.version());
        try (Jvm jvm = plan(jdk, dir, mode).start()) {
            WeirJson weir = new WeirJson(dir);
            weir.freshSheet(); // the agent has begun to read
            jvm.say("on");
            jvm.awaitLine("OutOfMemoryError: Metaspace", Wait.MINUTE);
            JsonNode oom = weir.await("oom", Wait.MINUTE, e -> true);
            assertThat(oom.path("pool").asText()).isEqualTo("metaspace");
            assertThat(oom.path("message").asText()).isEqualTo("Metaspace");
            assertThat(oom.path("diagnosis").path(0).path("id").asText()).isEqualTo(id);
            assertThat(oom.path("diagnosis").path(0).path("text").asText()).startsWith(headline + ";");
            JsonNode family = oom.path("classes").path("families").path(0);
            assertThat(family.path("name").asText()).isEqualTo(PROGRAM + "$Gen*");
            assertThat(family.path("classes").asLong()).isGreaterThan(1000);
            assertThat(known(oom)).isNotEmpty().allMatch(l -> l.startsWith(PROGRAM + "$First first-1.0.jar "));
            jvm.say("on");
            assertThat(jvm.awaitExit(Wait.MINUTE)).isZero();
            assertThat(WeirText.aboveInfo(jvm.err())).singleElement().asString()
                    .endsWith("ERROR weir - metaspace OutOfMemoryError: " + headline + " [oom 1]");
        }
    }

    /** Without jdk.management nothing by loader is known, which is said; the rest goes on. */
    @Test
    void jvmWithoutManagementSaysSo() {
        Path dir = Ground.run("class-loaders-unmanaged");
        try (Jvm jvm = Jvm.java(Jdks.of(17), dir).add("--limit-modules", "java.base").add(agent(dir))
                .add("-cp", Ground.jar("programs.jar").toString(), PROGRAM, "table", "3").start()) {
            jvm.awaitLine("^ready", Wait.MINUTE);
            JsonNode sheet = new WeirJson(dir).freshSheet().json();
            assertThat(sheet.path("classes").path("note").asText()).contains("no jdk.management");
            assertThat(sheet.has("loaders")).isFalse();
            jvm.say("on");
            assertThat(jvm.awaitExit(Wait.MINUTE)).as(jvm.err()).isZero();
        }
    }

    private static String agent(Path dir) {
        return Ground.agentpath("limit.task.off-heap=1g,interval=1s,dir=" + dir);
    }

    private static Jvm.Plan plan(Jdk jdk, Path dir, String... arguments) {
        return Jvm.java(jdk, dir).add("-Xmx64m", "-XX:MaxMetaspaceSize=24m", agent(dir), "-cp",
                Ground.jar("programs.jar").toString(), PROGRAM).add(arguments);
    }

    /** A sheet that was asked for: it is read anew, and has all loaders. */
    private static JsonNode ask(Path dir, Jvm jvm) {
        int before = requested(dir).size();
        Tool.Result result = Tool.run(List.of(Ground.tool().toString(), "sheet", "" + jvm.pid()), Map.of());
        assertThat(result.exitCode()).as(result.err()).isZero();
        return Wait.until("the sheet", Wait.MINUTE, () -> requested(dir).stream().skip(before).findFirst());
    }

    private static List<JsonNode> requested(Path dir) {
        return new WeirJson(dir).events("sheet").stream().filter(s -> s.path("reason").asText().equals("request")).toList();
    }

    /** Class of the loader, classes, bytes held and used. Not the boot loader's, who loads for jcmd and for us, nor reflection's,
     *  which the agent sums. */
    private static List<String> rows(JsonNode sheet) {
        List<String> rows = new ArrayList<>();
        for (JsonNode l : sheet.path("loaders")) {
            if (!l.path("loader").asText().isEmpty() && !l.path("loader").asText().equals(REFLECTION)) {
                rows.add(l.path("loader").asText() + " " + l.path("classes") + " " + l.path("held") + " " + l.path("used"));
            }
        }
        return rows.stream().sorted().toList();
    }

    private static List<String> jcmd(Jdk jdk, Jvm jvm) {
        Tool.Result result = Tool.run(List.of(jdk.home().resolve("bin/jcmd").toString(), "" + jvm.pid(),
                "VM.classloader_stats"), Map.of());
        assertThat(result.exitCode()).as(result.err()).isZero();
        int unit = jdk.version() > 15 && jdk.version() < 21 ? 8 : 1; // those print words
        List<String> rows = new ArrayList<>();
        String[] last = null; // a line of hidden classes belongs to the loader above it
        for (String line : result.out().lines().toList()) {
            String[] f = line.trim().split(" +");
            if (line.startsWith("0x")) {
                addRow(rows, last, unit);
                last = new String[] {f[6], f[3], f[4], f[5]};
            } else if (line.contains(" + ")) {
                for (int i = 0; i < 3; i++) {
                    last[i + 1] = String.valueOf(Long.parseLong(last[i + 1]) + Long.parseLong(f[i]));
                }
            }
        }
        addRow(rows, last, unit);
        return rows.stream().sorted().toList();
    }

    private static void addRow(List<String> rows, String[] row, int unit) {
        if (row != null && !row[0].startsWith("<") && !row[0].equals(REFLECTION)) {
            rows.add(row[0] + " " + row[1] + " " + Long.parseLong(row[2]) * unit + " " + Long.parseLong(row[3]) * unit);
        }
    }

    /** What the program made, as the sheet has it. */
    private static List<String> known(JsonNode sheet) {
        List<String> own = new ArrayList<>();
        for (JsonNode l : sheet.path("loaders")) {
            if (l.path("loader").asText().startsWith(PROGRAM)) {
                own.add(l.path("loader").asText() + " " + l.path("source").asText() + " " + l.path("classes"));
            }
        }
        return own.stream().sorted().toList();
    }

    private static List<String> expected() {
        String[] of = {"First first-1.0.jar", "Second second-2.0.jar", "Third third.jar"};
        List<String> own = new ArrayList<>();
        for (int i = 0; i < LOADERS; i++) {
            own.add(PROGRAM + "$" + of[i % 3] + " " + (1 + i % MOST_CLASSES + (i % 5 == 0 ? 1 : 0)));
        }
        return own.stream().sorted().toList();
    }
}
