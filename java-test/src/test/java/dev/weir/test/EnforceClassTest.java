// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.test.ground.Attach;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Shell;
import dev.weir.test.ground.Wait;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** mode=enforce and class definitions on plain JVMs: what is refused over the limit of metaspace, and what never is. */
class EnforceClassTest {
    private static final long MIB = 1 << 20;
    private static final String ENFORCE = "mode=enforce,limit.jvm-metaspace=24m";
    private static final String FLINKS_WORDS = "(?is).*(metaspace|direct buffer memory|java heap space).*";
    /** What one definition may commit beyond the reading that passed it: a chunk for the class and one for its loader. */
    private static final long A_CLASS = 512 << 10;

    static List<Jdk> jdks() {
        return Jdks.all();
    }

    private static Shell start(String name, Jdk jdk, String options, String... jvmOptions) {
        return Shell.start(jdk, Ground.run("enforce-class-" + name + "-" + jdk.version()), options, jvmOptions);
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void definitionsStopAtTheLimitAndGoOnWhenItIsRaised(Jdk jdk) {
        try (Shell shell = start("limit", jdk, ENFORCE, "-Xcheck:jni", "-XX:+EnableDynamicAgentLoading")) {
            String text = shell.refused("classes LOADER 9000 30");
            long committed = Long.parseLong(shell.ok("committed"));
            assertThat(committed).as("stopped at the limit, not before and not far behind").isBetween(24 * MIB, 24 * MIB + A_CLASS);
            assertThat(text).startsWith("weir: class-metadata: a class file of ").doesNotMatch(FLINKS_WORDS)
                    .contains(" 24.000mb (25165824 bytes) used (mode=enforce) for class com.acme.gen.Gen");
            checkDenial(shell.weir().await("breach", Wait.MINUTE, e -> e.path("action").asText().equals("deny")));
            shell.refused("class com.acme.Later 5");
            shell.refused("classes LOOKUP 1 5");
            shell.refused("classes " + (jdk.version() < 15 ? "ANONYMOUS" : "HIDDEN") + " 1 5");
            shell.refused("classes LOADERS 1 5");
            whatTheJdkNeeds(shell);
            try (Attach attach = new Attach(shell.jvm(), Ground.run("enforce-class-set-" + jdk.version()))) {
                attach.ok("set,limit.jvm-metaspace=64m");
            }
            assertThat(shell.ok("class com.acme.Later 5")).isEqualTo("5");
            shell.ok("classes LOADER 500 30");
            assertThat(shell.weir().freshSheet().number("definitions", "denied")).isGreaterThanOrEqualTo(5);
            shell.end();
            assertThat(shell.jvm().out()).doesNotContain("WARNING in native", "FATAL");
            assertThat(shell.weir().events("oom")).as("a denial is a breach").isEmpty();
        }
    }

    private static void checkDenial(JsonNode breach) {
        assertThat(breach.path("component").asText()).isEqualTo("jvm-metaspace");
        assertThat(breach.path("kind").asText()).isEqualTo("class");
        assertThat(breach.path("limit").asLong()).isEqualTo(24 * MIB);
        assertThat(breach.path("used").asLong()).isBetween(24 * MIB, 24 * MIB + A_CLASS);
        assertThat(breach.path("requested").asLong()).isBetween(500L, 5000L);
        assertThat(breach.path("thread").asText()).isEqualTo("main");
        assertThat(breach.path("java_stack").toString()).contains("java.lang.ClassLoader.defineClass")
                .contains("dev.weir.programs.EnforceClasses");
    }

    /** Its own classes, of the boot and the platform loader, and what it links for the program. */
    private static void whatTheJdkNeeds(Shell shell) {
        shell.ok("jdk-class java.util.concurrent.Phaser");
        shell.ok("jdk-class java.sql.Timestamp");
        shell.ok("classes LAMBDA 20 0");
        shell.refused("class com.acme.Later 5");
    }

    /** A loader that is dropped makes room: the collector is asked before anybody is refused. On JDK 11 what was committed stays. */
    @ParameterizedTest
    @MethodSource("jdks")
    void loadersThatAreDroppedMakeRoom(Jdk jdk) {
        try (Shell shell = start("churn", jdk, ENFORCE)) {
            for (int i = 0; i < 12; i++) {
                shell.ok("classes LOADERS 500 30"); // about 5 MiB
                shell.ok("classes-drop");
            }
            assertThat(Long.parseLong(shell.ok("committed"))).isLessThan(24 * MIB + 4 * A_CLASS);
            shell.end();
            assertThat(shell.weir().events("breach")).noneMatch(e -> e.path("action").asText().equals("deny"));
        }
    }

    /** Without an option the VM's own limit counts, a little before the VM's own error. */
    @ParameterizedTest
    @MethodSource("jdks")
    void vmsLimitIsDeniedBeforeTheVmDoes(Jdk jdk) {
        try (Shell shell = start("vm", jdk, "mode=enforce,limit.mapped=1g", "-XX:MaxMetaspaceSize=32m")) {
            assertThat(shell.refused("classes LOADER 9000 30")).startsWith("weir: class-metadata: ")
                    .contains(" of 32.000mb (33554432 bytes) used, denied from 31.000mb (32505856 bytes) on ");
            assertThat(Long.parseLong(shell.ok("committed"))).isBetween(31 * MIB, 32 * MIB);
            whatTheJdkNeeds(shell);
            shell.end();
            assertThat(shell.weir().events("oom")).isEmpty();
        }
    }

    @Test
    void vmsOwnWordingRehearsesProduction() {
        try (Shell shell = start("as-jvm", Jdks.of(17), ENFORCE + ",deny-as=jvm")) {
            assertThat(shell.refused("classes LOADER 9000 30")).isEqualTo("Metaspace");
            shell.end();
        }
    }

    @Test
    void classThatIsCalledMetaspaceIsNotNamed() {
        try (Shell shell = start("name", Jdks.of(17), ENFORCE)) {
            shell.refused("classes LOADER 9000 30");
            assertThat(shell.refused("class com.acme.MyMetaSpace 1")).startsWith("weir: class-metadata: ").doesNotMatch(FLINKS_WORDS);
            shell.end();
        }
    }

    @Test
    void nothingIsRefusedUnlessAskedFor() {
        for (String options : List.of("mode=enforce,deny=task.off-heap", "mode=warn", "mode=enforce,deny=none")) {
            try (Shell shell = start("not-" + options, Jdks.of(17), options + ",limit.jvm-metaspace=8m")) {
                shell.ok("classes LOADER 3000 30");
                assertThat(shell.weir().freshSheet().used("jvm-metaspace")).isGreaterThan(10 * MIB);
                assertThat(shell.weir().events("breach")).noneMatch(e -> e.path("action").asText().equals("deny"));
                shell.end();
            }
        }
    }
}
