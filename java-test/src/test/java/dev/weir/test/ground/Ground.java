// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Where things lie: the repository, the agent, the packed programs, and a directory for each run. */
public final class Ground {
    private Ground() {
    }

    public static Path root() {
        return property("weir.root");
    }

    /** The agent; a missing one fails the test, it is never skipped. */
    public static Path lib() {
        return existing(property("weir.lib"), "run make first");
    }

    /** The tool `weir`. */
    public static Path tool() {
        return existing(property("weir.bin"), "run make first");
    }

    /** What stands in for the agent where the tool is tested: tests/fixture/attachlib.c. */
    public static Path attachLibrary() {
        return existing(root().resolve("build/fixture/libweir.so"), "run make build/fixture/libweir.so first");
    }

    /** Native code of the program Pins: java-test/src/main/c/holdlib.c. */
    public static Path holdLibrary() {
        return existing(root().resolve("build/fixture/libhold.so"), "run make build/fixture/libhold.so first");
    }

    /** Native code of the program NativeStacks: java-test/src/main/c/stacklib.c. */
    public static Path stackLibrary() {
        return existing(root().resolve("build/fixture/libstack.so"), "run make build/fixture/libstack.so first");
    }

    /** Native code of the program HeapShell: java-test/src/main/c/heaplib.cpp, as one, two or guest. */
    public static Path heapLibrary(String name) {
        return existing(root().resolve("build/fixture/libjniheap" + name + ".so"), "run make build/fixture/libjniheap" + name + ".so first");
    }

    public static Path script(String name) {
        return existing(root().resolve("scripts").resolve(name), "the checkout is incomplete");
    }

    public static Path jar(String name) {
        return existing(property("weir.jars").resolve(name), "it is packed in Maven's process-classes");
    }

    /** A published jar as pom.xml pins it: ARTIFACT-VERSION.jar. */
    public static Path published(String artifact) {
        try (Stream<Path> jars = Files.list(property("weir.jars"))) {
            return jars.filter(jar -> jar.getFileName().toString().matches("\\Q" + artifact + "\\E-\\d[^/]*\\.jar"))
                    .findFirst().orElseThrow(() -> new AssertionError("pom.xml copies no " + artifact));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The JVM option that loads the agent. */
    public static String agentpath(String options) {
        return "-agentpath:" + lib() + (options.isEmpty() ? "" : "=" + options);
    }

    /** A fresh directory target/runs/NAME; what an earlier run left there is removed. */
    public static Path run(String name) {
        Path dir = property("weir.jars").resolveSibling("runs").resolve(name.replaceAll("[^A-Za-z0-9._-]", "_"));
        try {
            remove(dir);
            return Files.createDirectories(dir);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void remove(Path dir) throws IOException {
        if (!Files.exists(dir)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(dir)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private static Path property(String key) {
        String value = System.getProperty(key);
        if (value == null) {
            throw new IllegalStateException("system property " + key + " is not set; run through Maven");
        }
        return Path.of(value).toAbsolutePath().normalize();
    }

    private static Path existing(Path path, String hint) {
        if (!Files.exists(path)) {
            throw new AssertionError(path + " does not exist: " + hint);
        }
        return path;
    }
}
