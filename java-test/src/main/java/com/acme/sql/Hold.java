// SPDX-License-Identifier: Apache-2.0
package com.acme.sql;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.table.functions.ScalarFunction;

/** SQL function TAKE_MEMORY(value, mib, dir) of a library in lib/: takes its memory once, then hands values through. */
public final class Hold extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private transient ByteBuffer held;

    public Long eval(Long value, Integer mib, String dir) throws Exception {
        if (held == null) {
            held = ByteBuffer.allocateDirect(mib << 20);
            Files.createFile(Path.of(dir, "held"));
        }
        return value;
    }
}
