// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/** The VM's own account of mapped files: BufferPoolMXBean "mapped". */
final class MappedPool {
    private static final BufferPoolMXBean BEAN = ManagementFactory
            .getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(b -> b.getName().equals("mapped")).findFirst().orElseThrow();
    private static final long DEADLINE_NANOS = 60_000_000_000L;

    private MappedPool() {
    }

    static long count() {
        return BEAN.getCount();
    }

    static long used() {
        return BEAN.getMemoryUsed();
    }

    static long capacity() {
        return BEAN.getTotalCapacity();
    }

    /** Collects until exactly this many mappings are left; the rest was dropped by the program. */
    static void collectDownTo(long expected) throws InterruptedException {
        long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (count() != expected) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("still " + count() + " mapped buffers, expected " + expected);
            }
            System.gc();
            Thread.sleep(20);
        }
    }
}
