// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Sheet;
import dev.weir.test.ground.Shell;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Classes defined while the agent watches: known ones, in each way that Java has, are counted one by one. */
class ClassDefinitionTest {
    private static final String PROGRAM = "dev.weir.programs.";

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    /** COUNT classes with METHODS methods; of those whose file the program makes it says how long they are. */
    private static long define(Shell shell, String way, int count, int methods) {
        return Long.parseLong(shell.ok("classes " + way + " " + count + " " + methods));
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void eachWayIsCountedExactlyAndByFamily(Jdk jdk) {
        try (Shell shell = Shell.start(jdk, Ground.run("definitions-" + jdk.version()), "limit.jvm-metaspace=1g", "-Xcheck:jni")) {
            assertThat(shell.weir().start().path("hooks").path("class").asText()).isEqualTo("ok");
            Map<String, Long> bytes = Map.of("com.acme.gen.Gen*", define(shell, "LOADER", 300, 3),
                    "com.acme.silent.Gen*", define(shell, "NAMELESS", 250, 4),
                    PROGRAM + "ByLookup*", define(shell, "LOOKUP", 200, 5),
                    "com.acme.alone.*", define(shell, "LOADERS", 400, 2));
            Map<String, Integer> counts = Map.of("com.acme.gen.Gen*", 300, "com.acme.silent.Gen*", 250,
                    PROGRAM + "ByLookup*", 200, "com.acme.alone.*", 400);
            JsonNode families = shell.weir().freshSheet().json().path("definitions").path("families");
            counts.forEach((name, count) -> {
                assertThat(figure(families, name, "classes")).as(name).isEqualTo(count.longValue());
                assertThat(figure(families, name, "file_bytes")).as(name).isEqualTo(bytes.get(name));
            });
            whatTheJdkMakesItself(shell, jdk);
            shell.end();
            assertThat(shell.jvm().out()).doesNotContain("WARNING in native", "FATAL");
        }
    }

    private static void whatTheJdkMakesItself(Shell shell, Jdk jdk) {
        String hidden = jdk.version() < 15 ? "ANONYMOUS" : "HIDDEN";
        define(shell, hidden, 500, 3); // a sheet has the largest families only, and first times need other classes
        define(shell, "PROXY", 500, 0);
        define(shell, "LAMBDA", 500, 0);
        JsonNode before = shell.weir().freshSheet().json().path("definitions");
        long bytes = define(shell, hidden, 500, 3);
        define(shell, "PROXY", 600, 0);
        define(shell, "LAMBDA", 700, 0);
        JsonNode after = shell.weir().freshSheet().json().path("definitions");
        String unsafe = jdk.version() < 15 ? "ByUnsafe*" : "ByHidden*";
        assertThat(more(before, after, PROGRAM + unsafe, "classes")).isEqualTo(500);
        assertThat(more(before, after, PROGRAM + unsafe, "file_bytes")).isEqualTo(bytes);
        String proxy = jdk.version() < 16 ? "com.sun.proxy.$Proxy*" : "jdk.proxy*.$Proxy*";
        assertThat(more(before, after, proxy, "classes")).isEqualTo(600);
        assertThat(more(before, after, PROGRAM + "*$$Lambda*", "classes")).as("the shell's own may be made now too")
                .isBetween(700L, 705L);
        assertThat(after.path("classes").asLong() - before.path("classes").asLong()).isBetween(1800L, 1900L);
    }

    private static long more(JsonNode before, JsonNode after, String family, String what) {
        return figure(after.path("families"), family, what) - figure(before.path("families"), family, what);
    }

    /** Of a family that is not among the largest: 0. */
    private static long figure(JsonNode families, String name, String what) {
        for (JsonNode family : families) {
            if (family.path("name").asText().equals(name)) {
                return family.path(what).asLong(-1);
            }
        }
        return 0;
    }

    /** Beside our count stands the VM's own, which has what comes past us. */
    @ParameterizedTest
    @MethodSource("jdks")
    void vmsTotalIsThatOfItsBean(Jdk jdk) {
        try (Shell shell = Shell.start(jdk, Ground.run("definitions-vm-" + jdk.version()), "limit.jvm-metaspace=1g")) {
            define(shell, "LOADERS", 1000, 1);
            shell.ok("jdk-class java.util.concurrent.Phaser");
            shell.ok("loaded");
            shell.weir().freshSheet();
            long loaded = Long.parseLong(shell.ok("loaded"));
            Sheet sheet = shell.weir().freshSheet();
            assertThat(sheet.number("definitions", "vm_loaded")).isEqualTo(loaded);
            assertThat(sheet.number("definitions", "classes")).isBetween(1000L, loaded);
            assertThat(sheet.number("definitions", "unsorted")).isZero();
            shell.end();
        }
    }

    @Test
    void withoutItsHookNothingIsCountedAndThatIsSaid() {
        try (Shell shell = Shell.start(Jdks.of(17), Ground.run("definitions-off"),
                "mode=enforce,limit.jvm-metaspace=1m,hooks=unsafe+throw")) {
            shell.ok("classes LOADER 100 1");
            assertThat(shell.weir().start().path("hooks").path("class").asText()).startsWith("off by option hooks: ");
            assertThat(shell.weir().freshSheet().json().has("definitions")).isFalse();
            shell.end();
        }
    }
}
