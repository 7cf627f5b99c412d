// SPDX-License-Identifier: Apache-2.0
package com.example.edge;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.functions.source.SourceFunction;

/** Runs until cancelled; cancel() takes the buffer. The interface is Flink 1.x's. */
@SuppressWarnings("deprecation")
final class CancelledSource implements SourceFunction<Long> {
    private static final long serialVersionUID = 1L;

    private final int bytes;
    private final String note;
    private volatile boolean cancelled;

    private CancelledSource(int bytes, String note) {
        this.bytes = bytes;
        this.note = note;
    }

    static void build(StreamExecutionEnvironment env, int bytes, String note) {
        env.addSource(new CancelledSource(bytes, note)).returns(Long.class)
                .sinkTo(new DiscardingSink<>()).name("nowhere");
    }

    @Override
    public void run(SourceContext<Long> context) throws Exception {
        while (!cancelled) {
            context.collect(System.nanoTime());
            Thread.sleep(50);
        }
    }

    @Override
    public void cancel() {
        if (!cancelled) {
            cancelled = true;
            try {
                Note.take(bytes, note);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
