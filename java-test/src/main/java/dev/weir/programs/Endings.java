// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds 5 MiB of direct memory and ends as its first argument says: "return", "exit" or "halt" with the code of
 * the second, "wait" for a signal, or by an OutOfMemoryError that nobody catches: "heap", "direct".
 */
public final class Endings {
    private static final int MIB = 1 << 20;
    private static final int WAIT_MS = 100_000;
    private static final List<Object> HELD = new ArrayList<>();

    private Endings() {
    }

    public static void main(String[] args) throws Exception {
        HELD.add(ByteBuffer.allocateDirect(5 * MIB));
        System.out.println("holding");
        switch (args[0]) {
            case "return":
                break;
            case "exit":
                System.exit(Integer.parseInt(args[1]));
                break;
            case "halt":
                Runtime.getRuntime().halt(Integer.parseInt(args[1]));
                break;
            case "wait":
                Thread.sleep(WAIT_MS);
                break;
            case "heap":
                while (true) {
                    HELD.add(new byte[MIB]);
                }
            case "direct":
                while (true) {
                    HELD.add(ByteBuffer.allocateDirect(MIB));
                }
            default:
                throw new IllegalArgumentException(args[0]);
        }
    }
}
