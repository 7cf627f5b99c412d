// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Phaser;

/**
 * Many threads take small blocks of malloc; then each frees all but every 16th of its own, and lives on. A line on stdin asks
 * for each step, "took" and "freed" answer. The end of stdin ends it. Arguments: LIBRARY THREADS BLOCKS SIZE, of each thread.
 */
public final class Blocks {
    private static final int KEEP = 16;

    private Blocks() {
    }

    private static native long take(int count, int size);

    private static native void thin(long list, int count, int keep);

    public static void main(String[] args) throws Exception {
        System.load(args[0]);
        int threads = Integer.parseInt(args[1]);
        int blocks = Integer.parseInt(args[2]);
        int size = Integer.parseInt(args[3]);
        Phaser steps = new Phaser(threads + 1); // the main thread arrives last: it opens each step
        for (int t = 0; t < threads; t++) {
            Thread thread = new Thread(() -> work(steps, blocks, size), "blocks-" + t);
            thread.setDaemon(true);
            thread.start();
        }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println("ready");
        for (String word : List.of("took", "freed")) {
            in.readLine();
            steps.arriveAndAwaitAdvance(); // begin
            steps.arriveAndAwaitAdvance(); // done
            System.out.println(word);
        }
        in.readLine();
    }

    private static void work(Phaser steps, int blocks, int size) {
        steps.arriveAndAwaitAdvance();
        long list = take(blocks, size);
        steps.arriveAndAwaitAdvance();
        steps.arriveAndAwaitAdvance();
        thin(list, blocks, KEEP);
        steps.arriveAndAwaitAdvance();
        steps.arriveAndAwaitAdvance(); // never: the thread keeps its arena
    }
}
