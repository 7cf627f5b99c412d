// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Takes direct and Unsafe memory on many threads and says at each quiescent point what the VM's bean
 * and its own books say. Arguments: THREADS ROUNDS [step|load]. With "step" it waits at each point for a
 * line on stdin, so that somebody can look at it from outside; the end of stdin ends it early. With "load" too, and the
 * work before the first point goes on until such a line comes.
 * Everything printed is the same in every run.
 */
public final class DirectChurn {
    private final Workers workers;
    private final int rounds;
    private final BufferedReader step;
    private final boolean load;

    private DirectChurn(int threads, int rounds, String mode) {
        this.workers = new Workers(threads);
        this.rounds = rounds;
        this.load = mode.equals("load");
        this.step = load || mode.equals("step")
                ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)) : null;
    }

    public static void main(String[] args) throws Exception {
        String mode = args.length > 2 ? args[2] : "";
        new DirectChurn(Integer.parseInt(args[0]), Integer.parseInt(args[1]), mode).run();
    }

    private void run() throws Exception {
        do {
            warmUp();
        } while (load && !step.ready());
        if (load) {
            step.readLine();
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

    /** Also loads every class before the first point. */
    private void warmUp() throws Exception {
        for (Sizes sizes : Sizes.values()) {
            workers.each(w -> w.churn(sizes, rounds));
            workers.each(w -> w.hold(sizes));
            release();
        }
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
