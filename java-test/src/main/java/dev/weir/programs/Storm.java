// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds MIB blocks of 1 MiB and then never stops taking and freeing direct buffers on THREADS threads,
 * until it is killed or its stdin ends. Arguments: THREADS MIB. Prints "storming" once all threads do.
 */
public final class Storm {
    private static final int MIB = 1 << 20;
    private static final int CHURNED = 4_099;
    private static final List<ByteBuffer> HELD = new ArrayList<>();

    private Storm() {
    }

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < Integer.parseInt(args[1]); i++) {
            hold();
        }
        for (int i = 0; i < Integer.parseInt(args[0]); i++) {
            Thread thread = new Thread(Storm::churn, "storm-" + i);
            thread.setDaemon(true);
            thread.start();
        }
        System.out.println("storming");
        while (System.in.read() >= 0) {
            continue;
        }
    }

    private static void hold() {
        HELD.add(ByteBuffer.allocateDirect(MIB));
    }

    private static void churn() {
        while (true) {
            NativeMemory.clean(NativeMemory.direct(CHURNED));
        }
    }
}
