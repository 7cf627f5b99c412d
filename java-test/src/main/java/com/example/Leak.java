// SPDX-License-Identifier: Apache-2.0
package com.example;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.util.Collector;

/** Takes one direct buffer per record until it holds its number, then passes records through. */
public final class Leak extends RichFlatMapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;

    private final int bytes;
    private final int count;
    private final long pauseMillis;
    private transient List<ByteBuffer> held;

    public Leak(int bytes, int count, long pauseMillis) {
        this.bytes = bytes;
        this.count = count;
        this.pauseMillis = pauseMillis;
    }

    @Override
    public void flatMap(Long value, Collector<Long> out) throws Exception {
        if (held == null) {
            held = new ArrayList<>();
        }
        if (held.size() < count) {
            held.add(ByteBuffer.allocateDirect(bytes));
        }
        if (pauseMillis > 0) {
            Thread.sleep(pauseMillis);
        }
        out.collect(value);
    }
}
