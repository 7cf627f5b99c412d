// SPDX-License-Identifier: Apache-2.0
package dev.weir.test;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.test.ground.Attach;
import dev.weir.test.ground.Ground;
import dev.weir.test.ground.Jdk;
import dev.weir.test.ground.Jdks;
import dev.weir.test.ground.Jvm;
import dev.weir.test.ground.Programs;
import dev.weir.test.ground.Tool;
import dev.weir.test.ground.Wait;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What pins class loaders is named with its path, and the search itself holds nothing. */
class PinsTest {
    private static final int NO_INHERITED_RIGHTS_FROM = 24; // JEP 486
    private static final int SEARCHES = 20; // each takes about 0.6 MiB of tags
    private static final String SHELF = "static dev.weir.programs.Pins$Shelf.";
    private static final String PAYLOAD = "dev.weir.programs.Pins$Payload";

    static Stream<Jdk> jdks() {
        return Jdks.all().stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("jdks")
    void everyKindOfPinIsNamedWithItsPath(Jdk jdk) {
        Path dir = Ground.run("pins-" + jdk.version());
        try (Jvm jvm = start(jdk, dir); Attach weir = new Attach(jvm, dir)) {
            Session s = new Session(jvm, weir);
            s.check("Static", "3 class loaders: 3 pinned", "3 of 3 by " + SHELF + "CACHE [programs.jar]", SHELF
                    + "CACHE -> ConcurrentHashMap.table[] -> ConcurrentHashMap$Node.val -> Constructor.clazz -> class " + PAYLOAD);
            s.check("Runs", "3 class loaders: 3 pinned", "3 of 3 by 3 threads: thread \"Hikari-* housekeeper\"",
                    "thread \"Hikari-* housekeeper\"." + (jdk.version() < 19 ? "target" : "holder -> Thread$FieldHolder.task")
                            + " -> " + PAYLOAD);
            s.check("Local", "1 class loader: 1 pinned",
                    "1 of 1 by ThreadLocal of thread \"pool-thread-7\", value java.util.ArrayList",
                    "thread \"pool-thread-7\".threadLocals -> ThreadLocal$ThreadLocalMap.table[] -> "
                            + "ThreadLocal$ThreadLocalMap$Entry.value -> ArrayList.elementData[] -> "
                            + "ImmutableCollections$Map1.v0 -> " + PAYLOAD);
            s.check("Context", "1 class loader: 1 pinned", "1 of 1 by context class loader of thread \"pool-thread-7\"",
                    "thread \"pool-thread-7\".contextClassLoader -> dev.weir.programs.Pins$Context");
            if (jdk.version() < NO_INHERITED_RIGHTS_FROM) {
                s.check("Inherits", "1 class loader: 1 pinned", "1 of 1 by thread \"inherits\"",
                        "thread \"inherits\".inheritedAccessControlContext -> AccessControlContext.context[] -> "
                                + "ProtectionDomain.classloader -> dev.weir.programs.Pins$Inherits");
            }
            s.check("Hook", "1 class loader: 1 pinned", "1 of 1 by shutdown hook thread \"closer of files\"",
                    "static java.lang.ApplicationShutdownHooks.hooks -> IdentityHashMap.table[] -> Thread."
                            + (jdk.version() < 19 ? "target" : "holder -> Thread$FieldHolder.task") + " -> " + PAYLOAD);
            s.check("Jni", "1 class loader: 1 pinned", "1 of 1 by JNI global to " + PAYLOAD, "JNI global -> " + PAYLOAD);
            s.check("Child", "1 class loader: 1 pinned", "1 of 1 by " + SHELF + "LIST [programs.jar]",
                    SHELF + "LIST -> ArrayList.elementData[] -> " + PAYLOAD);
            s.deep();
            s.two();
            s.other();
            s.soft();
            s.nothing();
        }
    }

    /** Walks of the heap depend on the collector's heap. */
    @Test
    void otherCollectorsHeapsAreWalkedToo() {
        for (String collector : List.of("-XX:+UseSerialGC", "-XX:+UseZGC", "-XX:+UseParallelGC")) {
            Path dir = Ground.run("pins" + collector);
            try (Jvm jvm = start(Jdks.of(17), dir, collector); Attach weir = new Attach(jvm, dir)) {
                Session s = new Session(jvm, weir);
                s.check("Static", "3 class loaders: 3 pinned", "3 of 3 by " + SHELF + "CACHE [programs.jar]",
                        SHELF + "CACHE -> ");
                s.deep();
            }
        }
    }

    /** The VM's own figure for what its tags take, a collection after many searches. */
    @Test
    void searchesLeaveNoTagsBehind() {
        Path dir = Ground.run("pins-tags");
        try (Jvm jvm = start(Jdks.of(17), dir, "-XX:NativeMemoryTracking=summary"); Attach weir = new Attach(jvm, dir)) {
            Session s = new Session(jvm, weir);
            s.pin("Static");
            for (int i = 0; i < SEARCHES; i++) {
                s.search("Static");
            }
            s.free("Static");
            assertThat(serviceabilityKib(jvm)).isLessThan(2048);
        }
    }

    private static long serviceabilityKib(Jvm jvm) {
        String jcmd = Jdks.of(17).home().resolve("bin/jcmd").toString();
        String out = Tool.run(List.of(jcmd, String.valueOf(jvm.pid()), "VM.native_memory"), Map.of()).out();
        Matcher matcher = Pattern.compile("Serviceability \\(reserved=(\\d+)KB").matcher(out);
        assertThat(matcher.find()).as(out).isTrue();
        return Long.parseLong(matcher.group(1));
    }

    /** By the tool; and what it says of words it does not know. */
    @Test
    void theToolAsks() {
        Path dir = Ground.run("pins-tool");
        try (Jvm jvm = start(Jdks.of(17), dir)) {
            jvm.say("pin Static");
            jvm.awaitLine("^done pin", Wait.MINUTE);
            Tool.Result found = tool(jvm, "loader=*Pins?Static,budget=2000");
            assertThat(found.exitCode()).as(found.err()).isZero();
            assertThat(found.out()).contains("3 of 3 by " + SHELF + "CACHE [programs.jar]");
            assertThat(tool(jvm, "loader=com.nobody.*").out()).contains("no class loader of a class com.nobody.*");
            Tool.Result wrong = tool(jvm, "leader=x");
            assertThat(wrong.exitCode()).isNotZero();
            assertThat(wrong.err()).contains("`leader=x` is not understood");
        }
    }

    /** A heap of a few hundred MiB and no time: what is known by then is said, and the program goes on. */
    @Test
    void theBudgetEndsTheSearch() {
        Path dir = Ground.run("pins-budget");
        try (Jvm jvm = start(Jdks.of(17), dir, "-Xmx768m"); Attach weir = new Attach(jvm, dir)) {
            jvm.say("heap 300");
            jvm.awaitLine("^done heap$", Wait.MINUTE);
            Session s = new Session(jvm, weir);
            s.pin("Nothing");
            String found = weir.ok("pins,loader=*Pins?Nothing,budget=30");
            assertThat(found).contains("1 class loader: 1 unknown", "; more would have taken longer than allowed");
            s.free("Nothing");
        }
    }

    private static Tool.Result tool(Jvm jvm, String words) {
        return Tool.run(List.of(Ground.tool().toString(), "pins", String.valueOf(jvm.pid()), words), Map.of());
    }

    private static String agent(Path dir) {
        return Ground.agentpath("mode=observe,limit.task.off-heap=1g,dir=" + dir);
    }

    private static Jvm start(Jdk jdk, Path dir, String... options) {
        List<String> all = new ArrayList<>(List.of(options));
        all.add(agent(dir));
        Jvm jvm = Programs.pins(jdk, dir, all).start();
        jvm.awaitLine("^ready$", Wait.MINUTE);
        return jvm;
    }

    /** One JVM that is asked for case after case. */
    private record Session(Jvm jvm, Attach weir) {
        void pin(String name) {
            jvm.say("pin " + name);
            jvm.awaitLine("^done pin " + name + "$", Wait.MINUTE);
        }

        /** The pin removed, every loader of the case is collected: neither tag nor reference of a search keeps one. */
        void free(String name) {
            jvm.say("free " + name);
            assertThat(jvm.awaitLine("^done free " + name, Wait.MINUTE)).isEqualTo("done free " + name + " 0");
        }

        String search(String name) {
            return weir.ok("pins,loader=*Pins?" + name);
        }

        void check(String name, String summary, String holder, String path) {
            pin(name);
            String found = search(name);
            assertThat(found).startsWith(summary + "\n");
            assertThat(holders(found)).singleElement().isEqualTo(holder);
            assertThat(found).contains("\n    path " + path);
            assertThat(found).containsPattern("found in \\d+ heap walks over .* references, 0\\.\\d{3} s of pause");
            free(name);
        }

        void deep() {
            pin("Deep");
            String found = search("Deep");
            assertThat(holders(found)).singleElement().isEqualTo("1 of 1 by " + SHELF + "FIRST [programs.jar]");
            assertThat(found).contains("LinkedHashMap$Entry.value -> LinkedHashMap.", " -> ArrayList.elementData[] -> "
                    + "ConcurrentHashMap.table[] -> ConcurrentHashMap$Node.val[] -> ", " -> " + PAYLOAD);
            free("Deep");
        }

        void two() {
            pin("Two");
            assertThat(holders(search("Two"))).containsExactlyInAnyOrder("1 of 1 by " + SHELF + "LIST [programs.jar]",
                    "1 of 1 by " + SHELF + "SECOND [programs.jar]");
            free("Two");
        }

        void other() {
            pin("Other");
            assertThat(holders(search("Other"))).containsExactlyInAnyOrder("1 of 2 by " + SHELF + "chain [programs.jar]",
                    "1 of 2 by another loader that is itself held: loader dev.weir.programs.Pins$Other");
            free("Other");
        }

        void soft() {
            pin("Soft");
            String found = search("Soft");
            assertThat(found).startsWith("1 class loader: 1 only softly held\n");
            assertThat(found).contains("Pins$NamedSoft.referent -> ").contains(SHELF + "softly");
            free("Soft");
        }

        /** Held weakly only: in a WeakHashMap and a WeakReference. */
        void nothing() {
            pin("Nothing");
            String found = search("Nothing");
            assertThat(found).startsWith("1 class loader: 1 not yet collected\n");
            assertThat(holders(found)).isEmpty();
            free("Nothing");
        }

        private static List<String> holders(String found) {
            return found.lines().filter(l -> l.matches("  \\d+ of \\d+ by .*")).map(String::trim).toList();
        }
    }
}
