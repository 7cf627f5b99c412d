// SPDX-License-Identifier: Apache-2.0
package com.example.rocks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** Each key twice: written, then read. The last one makes the file "filled-SUBTASK" and waits for the file "open". */
public final class State extends KeyedProcessFunction<Long, Long, Long> {
    private static final long serialVersionUID = 1L;
    private static final int VALUE = 1000;
    private static final long DEADLINE_NANOS = 120_000_000_000L;

    private final int keys;
    private final String gate;
    private transient ValueState<byte[]> state;
    private transient Random random;
    private transient int read;

    public State(int keys, String gate) {
        this.keys = keys;
        this.gate = gate;
    }

    @Override
    public void open(Configuration parameters) {
        state = getRuntimeContext().getState(new ValueStateDescriptor<>("values", byte[].class));
        random = new Random(7);
    }

    @Override
    public void processElement(Long number, Context context, Collector<Long> out) throws Exception {
        if (state.value() == null) {
            byte[] value = new byte[VALUE];
            random.nextBytes(value);
            state.update(value);
        } else if (++read == keys / 4) { // half of this subtask's, about
            waitAtTheGate();
        }
        out.collect(number);
    }

    private void waitAtTheGate() throws Exception {
        Files.createFile(Path.of(gate, "filled-" + getRuntimeContext().getTaskInfo().getIndexOfThisSubtask()));
        long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (!Files.exists(Path.of(gate, "open"))) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("nobody opened the gate in " + gate);
            }
            Thread.sleep(50);
        }
    }
}
