// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes direct memory, MIB at a time every MS milliseconds, and holds it, until somebody ends it. Starts with a line on stdin, and
 * has a child process. Arguments: MIB MS.
 */
public final class Eater {
    private Eater() {
    }

    public static void main(String[] args) throws Exception {
        Process child = new ProcessBuilder("sleep", "120").start();
        System.out.println("ready");
        if (System.in.read() < 0) {
            child.destroy();
            return;
        }
        eat(Integer.parseInt(args[0]) << 20, Integer.parseInt(args[1]));
    }

    private static void eat(int size, int millis) throws InterruptedException {
        List<ByteBuffer> held = new ArrayList<>();
        while (true) {
            held.add(ByteBuffer.allocateDirect(size));
            Thread.sleep(millis);
        }
    }
}
