// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A running JobManager or TaskManager: its JVM, its log, and what the agent in it writes. */
public record FlinkProcess(String id, Jvm jvm, Path dir) implements AutoCloseable {
    private static final long JDKS_OWN = 64L << 10;

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

    /**
     * Collections until task.off-heap is back at nearly 0. The first one alone never does it: Flink's StreamTask
     * has a finalizer, and all that hangs on it goes with the next. A few KiB of the JDK's file buffers may stay
     * with a thread that opened a jar of lib/ first.
     */
    public void awaitGarbageGone() {
        String jcmd = Jdks.of(17).home().resolve("bin/jcmd").toString();
        Wait.untilTrue("what ended attempts left to be collected", Wait.MINUTE, () -> {
            Tool.run(List.of(jcmd, String.valueOf(jvm.pid()), "GC.run"), Map.of());
            return weir().freshSheet().used("task.off-heap") <= JDKS_OWN;
        });
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
