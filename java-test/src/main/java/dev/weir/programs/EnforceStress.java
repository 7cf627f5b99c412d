// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Threads that take and give back direct buffers and blocks of Unsafe at a limit that is too small
 * for all of them. Arguments: THREADS SECONDS HELD LARGEST_BYTES. One line a second, then, when all is
 * given back, the VM's figures. A line on stdin starts it, the end of stdin ends it.
 */
public final class EnforceStress {
    private final AtomicLong taken = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong strange = new AtomicLong();
    private final int held;
    private final int largest;
    private volatile boolean stop;

    private EnforceStress(int held, int largest) {
        this.held = held;
        this.largest = largest;
    }

    public static void main(String[] args) throws Exception {
        EnforceStress stress = new EnforceStress(Integer.parseInt(args[2]), Integer.parseInt(args[3]));
        DirectPool.count(); // loads the bean
        say("ready");
        System.in.read(); // somebody may want to look first
        stress.run(Integer.parseInt(args[0]), Integer.parseInt(args[1]));
        while (System.in.read() >= 0) {
            continue;
        }
    }

    private void run(int count, int seconds) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int seed = i;
            threads.add(new Thread(() -> work(seed), "taker-" + i));
        }
        threads.forEach(Thread::start);
        for (int second = 1; second <= seconds; second++) {
            Thread.sleep(1000);
            say("second " + second + " taken=" + taken + " refused=" + refused + " used=" + DirectPool.used()
                    + " collections=" + collections());
        }
        stop = true;
        for (Thread thread : threads) {
            thread.join();
        }
        DirectPool.collectDownTo(0);
        say("end direct_count=" + DirectPool.count() + " direct_used=" + DirectPool.used()
                + " unsafe_blocks=0 unsafe_bytes=0");
        say("strange=" + strange);
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount).sum();
    }

    private static void say(String line) {
        System.out.println(line);
    }

    private void work(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        ByteBuffer[] buffers = new ByteBuffer[held];
        long[] blocks = new long[held];
        while (!stop) {
            int at = random.nextInt(held);
            if (random.nextInt(3) == 0) {
                blocks[at] = swap(blocks[at], 1 + random.nextInt(largest), random.nextInt(4));
            } else {
                buffers[at] = replace(buffers[at], 1 + random.nextInt(largest), random.nextInt(8) != 0);
            }
        }
        for (int i = 0; i < held; i++) {
            replace(buffers[i], 0, true);
            NativeMemory.free(blocks[i]);
        }
    }

    /** One buffer in eight is left to the collector. */
    private ByteBuffer replace(ByteBuffer old, int bytes, boolean clean) {
        if (old != null && clean) {
            NativeMemory.clean(old);
        }
        if (bytes == 0) {
            return null;
        }
        try {
            ByteBuffer buffer = NativeMemory.direct(bytes);
            taken.incrementAndGet();
            return buffer;
        } catch (OutOfMemoryError e) {
            note(e);
            return null;
        }
    }

    private long swap(long old, int bytes, int way) {
        try {
            if (way == 0 || old == 0) {
                NativeMemory.free(old);
                old = 0;
                old = NativeMemory.allocate(bytes);
            } else {
                old = NativeMemory.reallocate(old, bytes);
            }
            taken.incrementAndGet();
        } catch (OutOfMemoryError e) {
            note(e); // what was held is still held
        }
        return old;
    }

    private void note(OutOfMemoryError e) {
        refused.incrementAndGet();
        if (!String.valueOf(e.getMessage()).startsWith("weir: task.off-heap: ")) {
            if (strange.incrementAndGet() == 1) {
                e.printStackTrace();
            }
        }
    }
}
