// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A running JobManager or TaskManager: its JVM, its log, and what the agent in it writes. */
public record FlinkProcess(String id, Jvm jvm, Path dir) implements AutoCloseable {

    /** What scripts/flink-jvm.sh got from BashJavaUtils, with the derivation Flink logged. */
    public String flagsLog() {
        return read(dir.resolve(id.startsWith("tm") ? "tm-flags.log" : "jm-flags.log"));
    }

    public String log() {
        return read(dir.resolve(id.startsWith("tm") ? "flink-tm.log" : "flink-jm.log"));
    }

    public WeirJson weir() {
        return new WeirJson(dir.resolve("weir"));
    }

    @Override
    public void close() {
        jvm.close();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
