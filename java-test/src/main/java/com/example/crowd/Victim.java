// SPDX-License-Identifier: Apache-2.0
package com.example.crowd;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.api.common.functions.MapFunction;

/** Holds 1 MiB from its first record; asks for its MiB when told to, then makes the file "served". */
public final class Victim implements MapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;

    private final int mib;
    private final String gate;
    private transient ByteBuffer small;
    private transient ByteBuffer more;

    public Victim(int mib, String gate) {
        this.mib = mib;
        this.gate = gate;
    }

    @Override
    public Long map(Long value) throws Exception {
        if (small == null) {
            small = ByteBuffer.allocateDirect(1 << 20);
        }
        if (more == null && Files.exists(Path.of(gate, "ask"))) {
            more = ByteBuffer.allocateDirect(mib << 20);
            Files.createFile(Path.of(gate, "served"));
        }
        return value;
    }
}
