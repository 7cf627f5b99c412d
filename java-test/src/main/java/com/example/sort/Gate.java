// SPDX-License-Identifier: Apache-2.0
package com.example.sort;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Stands behind the sorted input: at its first record it makes the file "reached" and waits for the
 * file "open" in the same directory, so that somebody can look while the sorter holds its memory.
 */
public final class Gate extends KeyedProcessFunction<Long, Long, Long> {
    private static final long serialVersionUID = 1L;
    private static final long DEADLINE_NANOS = 120_000_000_000L;

    private final String directory;
    private transient boolean passed;

    public Gate(String directory) {
        this.directory = directory;
    }

    @Override
    public void processElement(Long value, Context context, Collector<Long> out) throws Exception {
        if (!passed) {
            pass();
            passed = true;
        }
        out.collect(value);
    }

    private void pass() throws Exception {
        Files.write(Path.of(directory, "reached"), new byte[0]);
        long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (!Files.exists(Path.of(directory, "open"))) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("nobody opened the gate in " + directory);
            }
            Thread.sleep(50);
        }
    }
}
