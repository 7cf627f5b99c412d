// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * A storm of small Unsafe blocks, in which BLOCKS blocks are taken and kept: three quarters by Alpha, one quarter by Beta.
 * Prints "held" and storms on until a line comes in; gives all back, prints "freed" and ends at the next line.
 */
public final class Sampled {
    private static final int BLOCKS = 200_000;
    private static final int SIZE = 512;
    private static final int STORM_SIZE = 64;
    private static volatile boolean storming = true;

    private Sampled() {
    }

    static final class Alpha {
        static long take() {
            return NativeMemory.UNSAFE.allocateMemory(SIZE); // no frame of ours in between: this class decides
        }
    }

    static final class Beta {
        static long take() {
            return NativeMemory.UNSAFE.allocateMemory(SIZE); // no frame of ours in between: this class decides
        }
    }

    public static void main(String[] args) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Thread storm = new Thread(Sampled::storm, "storm");
        storm.start();
        TimeUnit.SECONDS.sleep(4); // until walking has used up what was saved for it
        long[] addresses = new long[BLOCKS];
        for (int i = 0; i < BLOCKS; i++) {
            addresses[i] = i % 4 == 0 ? Beta.take() : Alpha.take();
        }
        System.out.println("held " + BLOCKS + " " + (long) BLOCKS * SIZE);
        input.readLine();
        storming = false;
        storm.join();
        for (long address : addresses) {
            NativeMemory.free(address);
        }
        System.out.println("freed");
        input.readLine();
    }

    private static void storm() {
        while (storming) {
            NativeMemory.free(NativeMemory.allocate(STORM_SIZE));
        }
    }
}
