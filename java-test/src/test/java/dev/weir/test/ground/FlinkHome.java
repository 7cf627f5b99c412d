// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A Flink as scripts/flink.sh lays it out, and private copies of it for one cluster. */
public record FlinkHome(String version, Path dir) {

    /** The versions the project tests against; the pinning is in scripts/flink.sh. */
    public static List<String> versions() {
        return script("--list").lines().toList();
    }

    public static FlinkHome of(String version) {
        return new FlinkHome(version, Path.of(script(version).trim()));
    }

    public Path conf() {
        return dir.resolve("conf");
    }

    public String classPath() {
        return dir.resolve("lib") + "/*";
    }

    /** A home of its own whose lib/ also holds the given jars; Flink's jars are links. */
    public FlinkHome copyTo(Path target, List<Path> extraJars) {
        try {
            Path lib = Files.createDirectories(target.resolve("lib"));
            for (Path jar : list(dir.resolve("lib"))) {
                Files.createSymbolicLink(lib.resolve(jar.getFileName()), jar);
            }
            for (Path jar : extraJars) {
                Files.copy(jar, lib.resolve(jar.getFileName()));
            }
            Path conf = Files.createDirectories(target.resolve("conf"));
            for (Path file : list(conf())) {
                Files.copy(file, conf.resolve(file.getFileName()));
            }
            return new FlinkHome(version, target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> list(Path dir) throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.sorted().toList();
        }
    }

    private static String script(String argument) {
        Tool.Result result = Tool.run(List.of(Ground.script("flink.sh").toString(), argument), Map.of());
        if (result.exitCode() != 0) {
            throw new AssertionError("scripts/flink.sh " + argument + ": " + result.err());
        }
        return result.out();
    }
}
