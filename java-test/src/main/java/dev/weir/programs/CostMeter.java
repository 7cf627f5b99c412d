// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;

/**
 * Times a loop: warmed up until C2 has had its say, then in batches, with the garbage collected
 * between them; the median batch counts. The clock is the thread's processor time, which other
 * programs on the machine disturb least; wall time is printed beside it.
 */
final class CostMeter {
    interface Loop {
        void run(int turns) throws Exception;
    }

    interface Step {
        void run() throws Exception;
    }

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final long BATCH_NANOS = 50_000_000;
    private static final int FIRST_TURNS = 200; // few and often: the loop itself is compiled too
    private static final int STEPS = 1000;      // single steps per batch

    private final long warmupNanos;
    private final int batches;
    private int depth;

    CostMeter(long warmupMillis, int batches) {
        this.warmupNanos = warmupMillis * 1_000_000;
        this.batches = batches;
    }

    /** The loop's cost per turn, run FILLER frames further down than the caller's stack is now. */
    void print(int filler, Loop loop) throws Exception {
        int missing = filler - new Throwable().getStackTrace().length;
        Loop placed = turns -> deeper(missing, loop, turns);
        int turns = warmUp(placed);
        double[] cpu = new double[batches];
        double[] wall = new double[batches];
        for (int i = 0; i < batches; i++) {
            System.gc();
            long cpuStart = THREADS.getCurrentThreadCpuTime();
            long wallStart = System.nanoTime();
            placed.run(turns);
            wall[i] = (System.nanoTime() - wallStart) / (double) turns;
            cpu[i] = (THREADS.getCurrentThreadCpuTime() - cpuStart) / (double) turns;
        }
        deeper(missing, ignored -> depth = new Throwable().getStackTrace().length, 0);
        System.out.printf("cpu=%.2f wall=%.2f depth=%d%n", median(cpu), median(wall), depth);
    }

    /** The median of single steps in wall time, for what waits for other threads; the process's time. */
    void printEach(Step step) throws Exception {
        warmUp(n -> {
            for (int i = 0; i < n; i++) {
                step.run();
            }
        });
        System.gc();
        double[] wall = new double[STEPS * batches];
        long cpuStart = PROCESS.getProcessCpuTime();
        for (int i = 0; i < wall.length; i++) {
            long start = System.nanoTime();
            step.run();
            wall[i] = System.nanoTime() - start;
        }
        double cpu = (PROCESS.getProcessCpuTime() - cpuStart) / (double) wall.length;
        System.out.printf("cpu=%.2f wall=%.2f%n", cpu, median(wall));
    }

    static void deeper(int frames, Loop loop, int turns) throws Exception {
        if (frames > 0) {
            deeper(frames - 1, loop, turns);
        } else {
            loop.run(turns);
        }
    }

    /** Answers how many turns make a batch. */
    private int warmUp(Loop loop) throws Exception {
        long begin = System.nanoTime();
        long turns = 0;
        long lastNanos = 1;
        while (System.nanoTime() - begin < warmupNanos || turns == 0) {
            long start = THREADS.getCurrentThreadCpuTime();
            for (int i = 0; i < 10; i++) {
                loop.run(FIRST_TURNS);
            }
            lastNanos = Math.max(1, THREADS.getCurrentThreadCpuTime() - start);
            turns += 10L * FIRST_TURNS;
        }
        return (int) Math.max(1, BATCH_NANOS * 10 * FIRST_TURNS / lastNanos);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
