// SPDX-License-Identifier: Apache-2.0
package com.example.edge;

import java.nio.ByteBuffer;
import org.apache.flink.api.common.functions.RichMapFunction;

/** Passes records through and takes its buffer where it is told to. */
final class Edge extends RichMapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;

    private final String where;
    private final int bytes;
    private final String note;
    private final long pauseMillis;

    Edge(String where, int bytes, String note, long pauseMillis) {
        this.where = where;
        this.bytes = bytes;
        this.note = note;
        this.pauseMillis = pauseMillis;
    }

    /** Initialised at the first record; its initialiser is code of the job's own jar. */
    private static final class Initialised {
        static final ByteBuffer BUFFER = ByteBuffer.allocateDirect(64 << 20);
    }

    @Override
    public Long map(Long value) throws Exception {
        Thread.sleep(pauseMillis);
        return where.equals("static") ? value + Initialised.BUFFER.capacity() : value;
    }

    @Override
    public void close() throws Exception {
        if (where.equals("close")) {
            Note.take(bytes, note);
        }
    }
}
