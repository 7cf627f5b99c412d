// SPDX-License-Identifier: Apache-2.0
package com.example.crowd;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.api.common.functions.MapFunction;

/** Takes its MiB one by one at the first record and makes the file "hoarded". */
public final class Hoarder implements MapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;
    private static final long PAUSE_MILLIS = 20;

    private final int mib;
    private final String gate;
    private transient ByteBuffer[] hoard;

    public Hoarder(int mib, String gate) {
        this.mib = mib;
        this.gate = gate;
    }

    @Override
    public Long map(Long value) throws Exception {
        if (hoard == null) {
            hoard = new ByteBuffer[mib];
            for (int i = 0; i < mib; i++) {
                hoard[i] = ByteBuffer.allocateDirect(1 << 20);
            }
            Files.createFile(Path.of(gate, "hoarded"));
        }
        Thread.sleep(PAUSE_MILLIS);
        return value;
    }
}
