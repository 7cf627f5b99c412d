// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Takes direct and Unsafe memory on many threads and says at each quiescent point what the VM's bean
 * and its own books say. Arguments: THREADS ROUNDS [step]. With "step" it waits at each point for a
 * line on stdin, so that somebody can look at it from outside; the end of stdin ends it early.
 * Everything printed is the same in every run.
 */
public final class DirectChurn {
    private final Workers workers;
    private final int rounds;
    private final BufferedReader step;

    private DirectChurn(int threads, int rounds, boolean stepwise) {
        this.workers = new Workers(threads);
        this.rounds = rounds;
        this.step = stepwise
                ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)) : null;
    }

    public static void main(String[] args) throws Exception {
        boolean stepwise = args.length > 2 && args[2].equals("step");
        new DirectChurn(Integer.parseInt(args[0]), Integer.parseInt(args[1]), stepwise).run();
    }

    private void run() throws Exception {
        for (Sizes sizes : Sizes.values()) { // also loads every class before the first point
            workers.each(w -> w.churn(sizes, rounds));
            workers.each(w -> w.hold(sizes));
            release();
        }
        say("base");
        for (Sizes sizes : Sizes.values()) {
            workers.each(w -> w.churn(sizes, rounds / 4));
            workers.each(w -> w.hold(sizes));
            DirectPool.collectDownTo(workers.sum(ChurnThread::heldBuffers));
            say("held-" + sizes.name().toLowerCase());
            release();
            say("freed-" + sizes.name().toLowerCase());
        }
        workers.stop();
    }

    private void release() throws Exception {
        workers.each(ChurnThread::release);
        DirectPool.collectDownTo(0);
    }

    private void say(String point) throws Exception {
        System.out.println(point
                + " direct_count=" + DirectPool.count()
                + " direct_used=" + DirectPool.used()
                + " unsafe_blocks=" + workers.sum(ChurnThread::heldBlocks)
                + " unsafe_bytes=" + workers.sum(ChurnThread::heldUnsafeBytes));
        if (step != null && step.readLine() == null) {
            throw new IllegalStateException("stdin ended at " + point);
        }
    }
}
