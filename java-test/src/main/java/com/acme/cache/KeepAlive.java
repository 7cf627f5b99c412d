// SPDX-License-Identifier: Apache-2.0
package com.acme.cache;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A library for Flink's lib/ with the classic mistake: what it hands out stays in a static, for ever. */
public final class KeepAlive {
    private static final List<ByteBuffer> HELD = new ArrayList<>();

    private KeepAlive() {
    }

    public static synchronized ByteBuffer take(int bytes) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
        HELD.add(buffer);
        return buffer;
    }
}
