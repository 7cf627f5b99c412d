// SPDX-License-Identifier: Apache-2.0
package dev.weir.programs;

import java.lang.reflect.Field;
import sun.misc.Unsafe;

/** Single bytes of native memory. */
final class RawMemory {
    private static final Unsafe UNSAFE = unsafe();

    private RawMemory() {
    }

    static byte get(long address) {
        return UNSAFE.getByte(address);
    }

    static void put(long address, byte value) {
        UNSAFE.putByte(address, value);
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
