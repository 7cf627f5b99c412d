// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import sun.misc.Unsafe;

/** The two ways a program takes native memory in Java: direct buffers and sun.misc.Unsafe. */
final class NativeMemory {
    static final Unsafe UNSAFE = unsafe();

    private NativeMemory() {
    }

    static ByteBuffer direct(int size) {
        return ByteBuffer.allocateDirect(size);
    }

    /** Runs the buffer's Cleaner now instead of leaving it to the collector. */
    static void clean(ByteBuffer buffer) {
        UNSAFE.invokeCleaner(buffer);
    }

    static long allocate(long size) {
        return UNSAFE.allocateMemory(size);
    }

    static long reallocate(long address, long size) {
        return UNSAFE.reallocateMemory(address, size);
    }

    static void free(long address) {
        UNSAFE.freeMemory(address);
    }

    private static Unsafe unsafe() {
        try {
            Field field = Unsafe.class.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            return (Unsafe) field.get(null);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
