// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/** The VM's own account of direct buffers: BufferPoolMXBean "direct". */
final class DirectPool {
    private static final BufferPoolMXBean BEAN = ManagementFactory
            .getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(b -> b.getName().equals("direct")).findFirst().orElseThrow();
    private static final long DEADLINE_NANOS = 60_000_000_000L;

    private DirectPool() {
    }

    static long count() {
        return BEAN.getCount();
    }

    static long used() {
        return BEAN.getMemoryUsed();
    }

    /** Collects until exactly this many buffers are left; the rest was dropped by the program. */
    static void collectDownTo(long expected) throws InterruptedException {
        long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (count() != expected) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("still " + count() + " direct buffers, expected " + expected);
            }
            System.gc();
            Thread.sleep(20);
        }
    }
}
