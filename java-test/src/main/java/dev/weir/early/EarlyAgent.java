// SPDX-License-Identifier: Apache-2.0
package dev.weir.early;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A -javaagent that takes direct memory before any later agent is live: COUNT blocks of SIZE bytes. */
public final class EarlyAgent {
    public static final int COUNT = 3;
    public static final int SIZE = 1_048_576;

    private static final List<ByteBuffer> HELD = new ArrayList<>();

    private EarlyAgent() {
    }

    public static void premain(String options) {
        for (int i = 0; i < COUNT; i++) {
            HELD.add(ByteBuffer.allocateDirect(SIZE));
        }
    }
}
